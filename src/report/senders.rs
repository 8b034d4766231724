//! The blocks of streams from test tools, lighting sources and PTP clocks.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::assertion::Value;
use crate::event::{GrandmasterInfo, PtpInfo, SenderInfo, StreamInfo, UniverseSourceInfo};
use crate::units::printable::Printable;
use crate::units::words::count;

/// Writes the block of a stream, if its format has one here.
pub fn block(stream: &StreamInfo, out: &mut dyn Write) -> io::Result<()> {
    let detail = &stream.detail;
    if let Some(sender) = &detail.sender {
        tool(sender, stream, out)?;
    }
    if let Some(sacn) = &detail.sacn {
        title("sACN", stream, out)?;
        let object = if sacn.content == "levels" { "universe" } else { "synchronization address" };
        writeln!(out, ", {object} {}\n  CID {}", sacn.universe, sacn.cid)?;
        universe(sacn.source.as_ref(), out)?;
    }
    if let Some(artnet) = &detail.artnet {
        title("Art-Net", stream, out)?;
        writeln!(out, ", universe {}", artnet.universe)?;
        universe(artnet.source.as_ref(), out)?;
    }
    if let Some(of) = &detail.ptp {
        title("PTP", stream, out)?;
        writeln!(out, ", domain {}\n  {} of port {}", of.domain, of.message, of.port)?;
        ptp(stream, of, out)?;
    }
    Ok(())
}

fn title(format: &str, stream: &StreamInfo, out: &mut dyn Write) -> io::Result<()> {
    let to = SocketAddr::new(stream.group, stream.port);
    write!(out, "{format} from {} to {to}", stream.source)
}

fn tool(sender: &SenderInfo, stream: &StreamInfo, out: &mut dyn Write) -> io::Result<()> {
    let parts = [
        sender.number_bits.map(|bits| format!("{bits}-bit numbers")),
        sender.trip_times.filter(|on| *on).map(|_| "--trip-times".to_owned()),
        sender.flow.map(|flow| format!("flow {flow}")),
        sender.replies_wanted.filter(|on| *on).map(|_| "asks for replies".to_owned()),
        sender.pid.map(|pid| format!("process {pid}")),
        sender.interval_ns.and_then(|nanos| i64::try_from(nanos).ok()).map(every),
        sender.sent.map(|sent| format!("{} sent", count(sent, "datagram"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return Ok(());
    }
    title(sender.tool, stream, out)?;
    writeln!(out, "\n  {}", parts.join(", "))
}

fn every(nanos: i64) -> String {
    format!("one datagram every {}", Value::Nanos(nanos))
}

fn universe(source: Option<&UniverseSourceInfo>, out: &mut dyn Write) -> io::Result<()> {
    let Some(source) = source else { return Ok(()) };
    write!(out, "  {}", count(source.slots.into(), "slot"))?;
    if let Some(name) = source.source_name.as_ref().filter(|name| !name.is_empty()) {
        write!(out, ", source {}", Printable(name))?;
    }
    if let Some(priority) = source.priority {
        write!(out, ", priority {priority}")?;
    }
    if source.preview == Some(true) {
        write!(out, ", preview")?;
    }
    if source.terminated == Some(true) {
        write!(out, ", terminated")?;
    }
    if source.sources > 1 {
        write!(out, "; {} send this universe", count(source.sources, "source"))?;
    }
    writeln!(out)
}

fn ptp(stream: &StreamInfo, ptp: &PtpInfo, out: &mut dyn Write) -> io::Result<()> {
    let stated = ptp.interval_ns.filter(|nanos| *nanos > 0);
    if let (Some(rate), Some(stated)) = (stream.counters.rate_pps, stated) {
        let stated = 1e9 / stated as f64;
        writeln!(out, "  {rate:.2} messages per second; the port states {stated}")?;
    }
    if let Some(missing) = ptp.follow_ups_missing {
        writeln!(out, "  {} missing", count(missing, "Follow_Up message"))?;
    }
    if let Some(grandmaster) = &ptp.grandmaster {
        describe(grandmaster, out)?;
        if ptp.grandmasters > 1 {
            write!(out, "; {} announce themselves", count(ptp.grandmasters, "grandmaster"))?;
        }
        if ptp.grandmaster_changes > 0 {
            write!(out, "; {}", count(ptp.grandmaster_changes, "change"))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn describe(grandmaster: &GrandmasterInfo, out: &mut dyn Write) -> io::Result<()> {
    let GrandmasterInfo { identity, priority1, priority2, class, steps, .. } = grandmaster;
    write!(out, "  grandmaster {identity}: priority {priority1}/{priority2}, class {class}")?;
    if let Some(nanos) = grandmaster.accuracy_ns.and_then(|nanos| i64::try_from(nanos).ok()) {
        write!(out, ", accuracy {}", Value::Nanos(nanos))?;
    }
    if let Some(source) = grandmaster.time_source {
        let name = match source {
            "gnss" => "GNSS".to_owned(),
            "ptp" => "PTP".to_owned(),
            "ntp" => "NTP".to_owned(),
            other => other.replace('_', " "),
        };
        write!(out, ", time source {name}")?;
    }
    write!(out, ", {} away", count((*steps).into(), "step"))
}
