//! The block of an RTP stream.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::assertion::Value;
use crate::event::{PtpDelayInfo, RtpInfo, StreamInfo};
use crate::stats::rtp::ClockOrigin;
use crate::units::printable::Printable;
use crate::units::words::count;

/// Writes the measurements that only RTP has.
pub fn block(stream: &StreamInfo, rtp: &RtpInfo, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "RTP from {} to {}", stream.source, SocketAddr::new(stream.group, stream.port))?;
    if let Some(session) = &rtp.session {
        write!(out, ", session {}", Printable(session))?;
    }
    write!(out, "\n  SSRC {:#010x}, payload type {}", rtp.ssrc, rtp.payload_type)?;
    if let Some(encoding) = &rtp.encoding {
        write!(out, " ({})", Printable(encoding))?;
    }
    if rtp.sequence_bits > 16 {
        write!(out, ", {}-bit sequence", rtp.sequence_bits)?;
    }
    writeln!(out)?;
    clock(rtp, out)?;
    if let Some(jitter) = rtp.jitter_ns {
        write!(out, "  jitter {}", Value::Nanos(jitter))?;
        if let (Some(last), Some(worst)) = (rtp.ts_df_last_ns, rtp.ts_df_ns) {
            let (last, worst) = (Value::Nanos(last), Value::Nanos(worst));
            write!(out, ", TS-DF {last} in the last second, {worst} at most")?;
        }
        writeln!(out)?;
    }
    if rtp.marker > 0 {
        write!(out, "  {}", count(rtp.marker, "marker"))?;
        if let Some(rate) = rtp.marker_rate {
            write!(out, ", {rate:.2} per second")?;
        }
        writeln!(out)?;
    }
    if rtp.ssrc_changes + rtp.retransmissions > 0 {
        let changes = count(rtp.ssrc_changes, "SSRC change");
        writeln!(out, "  {changes}, {}", count(rtp.retransmissions, "retransmission"))?;
    }
    reported(rtp, out)
}

/// The media clock.
fn clock(rtp: &RtpInfo, out: &mut dyn Write) -> io::Result<()> {
    let (Some(hz), Some(origin)) = (rtp.clock_hz, rtp.clock_origin) else {
        return writeln!(out, "  media clock unknown; set it with --rtp-clock");
    };
    let origin = match origin {
        ClockOrigin::Estimated => "estimated",
        ClockOrigin::PayloadType => "by the payload type",
        ClockOrigin::Sap => "by SAP",
        ClockOrigin::Option => "by --rtp-clock",
    };
    write!(out, "  media clock {hz} Hz ({origin})")?;
    if let Some(time) = rtp.packet_time_ns {
        write!(out, ", {} in a datagram", Value::Nanos(time))?;
    }
    writeln!(out)
}

/// What the sender reports, and the delay by a shared clock.
fn reported(rtp: &RtpInfo, out: &mut dyn Write) -> io::Result<()> {
    if let Some(sent) = rtp.packets_sent {
        let reports = count(rtp.sender_reports, "sender report");
        writeln!(out, "  {reports}: {} sent", count(sent, "datagram"))?;
    }
    if let Some(PtpDelayInfo { min, mean, max, .. }) = rtp.ptp_delay_ns {
        let [min, mean, max] = [min, mean, max].map(Value::Nanos);
        writeln!(out, "  delay from sampling by PTP: min {min}, mean {mean}, max {max}")?;
    }
    Ok(())
}
