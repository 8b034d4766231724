//! Measured streams in text: a table, the delays, and the losses with their place.

use std::fmt::{self, Display};
use std::io::{self, Write};

use super::drawing::draw;
#[cfg(feature = "report")]
use super::style::ColorWhen;
use super::style::Paint;
use super::{stream_blocks, stream_table};
use crate::assertion::{Judgement, Value};
use crate::event::{CountersInfo, LatenessInfo, MeasuredInfo, ProbeInfo, RecvCounters, StreamInfo};
use crate::net::KernelDrops;
use crate::stats::delay::Quantiles;
use crate::stats::stream::Clock;
use crate::sys::LONGEST_TRAIN;
use crate::units::words::{count, plural};

/// The formats whose streams end with a marker.
const END_MARKERS: [&str; 2] = ["mcast", "iperf"];

/// With fewer delays a histogram adds nothing to the table.
const FEWEST_DRAWN: u64 = 20;

/// `probe 41  delay 13.4 us`.
pub fn probe(probe: &ProbeInfo) -> impl Display {
    struct ProbeText<'a>(&'a ProbeInfo);
    impl Display for ProbeText<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                ProbeInfo::Whole { seq, delay_ns: Some(delay), .. } => {
                    write!(f, "probe {seq}  delay {}", Value::Nanos(*delay))
                }
                ProbeInfo::Whole { seq, .. } | ProbeInfo::Sent { seq, .. } => {
                    write!(f, "probe {seq}")
                }
                ProbeInfo::Foreign { format, seq, delay_ns } => {
                    write!(f, "{format}")?;
                    seq.map_or(Ok(()), |seq| write!(f, " {seq}"))?;
                    delay_ns.map_or(Ok(()), |delay| write!(f, "  delay {}", Value::Nanos(delay)))
                }
                ProbeInfo::Misfit { format, damage } => write!(f, "{damage} {format}"),
                ProbeInfo::Damaged { damage } => write!(f, "{damage} probe"),
            }
        }
    }
    ProbeText(probe)
}

/// The assertions that hold. The others are among the reasons of the verdict.
pub fn passed(judgements: &[Judgement], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for Judgement { expr, value, .. } in judgements.iter().filter(|judgement| judgement.held) {
        write!(out, "{} {expr}", paint.good("PASS"))?;
        value.map_or(Ok(()), |value| write!(out, " ({value})"))?;
        writeln!(out)?;
    }
    Ok(())
}

/// The results of the measured streams of a run, the most important last. `columns` are those of
/// the terminal.
pub fn summary(
    counters: &RecvCounters,
    whole: bool,
    columns: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(measured) = &counters.measured {
        stream_table::write(&counters.streams, whole, columns, paint, out)?;
        writeln!(out)?;
        if whole {
            stream_blocks::write(&counters.streams, out)?;
        }
        delays(measured, &counters.streams, out)?;
        remarks(measured, &counters.streams, paint, out)?;
    }
    let anomalies = [
        (counters.corrupt, "datagram", "corrupt: wrong checksum, length or format"),
        (counters.foreign, "datagram", "foreign: not in the format of the flow"),
        (counters.unsupported, "probe", "unsupported: version or kind unknown to this mcast"),
        (
            counters.untracked,
            "datagram",
            "untracked: too many streams; losses in the others are unknown",
        ),
    ];
    for (number, what, kind) in anomalies.iter().filter(|(number, ..)| *number > 0) {
        writeln!(out, "{} {kind}", paint.bad(count(*number, what)))?;
    }
    counters.measured.as_ref().map_or(Ok(()), |measured| {
        losses(measured, counters.dropped(), counters.checksum_errors, paint, out)
    })
}

/// The name of what losses count.
fn unit_name(unit: &str) -> &'static str {
    match unit {
        "messages" => "message",
        "ts_packets" => "TS packet",
        _ => "datagram",
    }
}

/// The losses and their place, as a sentence: `Lost 3 (1 %) of 300 datagrams: all in the network.`
/// `None` without measured streams.
#[cfg(feature = "report")]
pub fn losses_line(counters: &RecvCounters) -> Option<String> {
    let measured = counters.measured.as_ref()?;
    let plain = Paint::new(ColorWhen::Never, &io::stdout());
    let mut line = Vec::new();
    losses(measured, counters.dropped(), counters.checksum_errors, plain, &mut line).ok()?;
    let line = String::from_utf8(line).ok()?;
    Some(format!("L{}.", line.strip_prefix('l')?.trim_end()))
}

/// The losses and their place.
fn losses(
    measured: &MeasuredInfo,
    dropped: Option<KernelDrops>,
    checksum_errors: Option<u64>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of = &measured.counters;
    let bound = if of.lost_exact { "" } else { "at least " };
    write!(out, "lost {bound}")?;
    match measured.unit {
        Some(unit) => {
            write!(out, "{} of {}", lost(of, paint), count(of.expected, unit_name(unit)))?
        }
        None => write!(
            out,
            "{} of {} datagrams, messages or TS packets",
            if of.lost > 0 { paint.bad(of.lost).to_string() } else { "0".to_owned() },
            of.expected
        )?,
    }
    if of.lost > 0 {
        match (of.loss_runs.count, of.loss_runs.longest) {
            (1, 1) => {}
            (1, _) => write!(out, " in one run")?,
            (_, 1) => write!(out, ", never two in a row")?,
            (many, longest) => write!(out, " in {many} runs of at most {longest}")?,
        }
        match (measured.unit, dropped) {
            (Some("datagrams"), _) => {
                place_of_losses(of.lost, dropped, checksum_errors, out)?;
            }
            // A datagram holds any number of messages or packets.
            (_, Some(KernelDrops { count: 0, exact: false })) => write!(out, "{UNKNOWN_PLACE}")?,
            (_, Some(KernelDrops { count: 0, exact: true })) => {
                write!(out, "; none dropped by this host's kernel")?;
            }
            (_, Some(dropped)) => {
                let drops = count(dropped.count, "datagram");
                write!(out, "; this host's kernel dropped {drops}")?;
            }
            (_, None) => {}
        }
    } else if let Some(drops) = dropped.filter(|dropped| dropped.count > 0) {
        // Sent before the first datagram that was received, or after the last one of a stream
        // without an end marker, or not part of a stream.
        write!(out, "; this host's kernel dropped {drops} other datagram{}", plural(drops.count))?;
    }
    writeln!(out)
}

/// The kernel dropped datagrams, and does not count them by socket.
const UNKNOWN_PLACE: &str = "; this host's kernel dropped datagrams, possibly these";

/// How many datagrams the kernel dropped, and how many were therefore lost elsewhere.
fn place_of_losses(
    lost: u64,
    dropped: Option<KernelDrops>,
    checksum_errors: Option<u64>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(dropped) = dropped else { return Ok(()) };
    if checksum_errors > Some(0) {
        return write!(out, "; {}", with_checksums(lost, Some(dropped), checksum_errors));
    }
    match dropped.count {
        0 if !dropped.exact => write!(out, "{UNKNOWN_PLACE}"),
        0 if lost == 1 => write!(out, ": in the network, not dropped by this host's kernel"),
        0 => write!(out, ": all in the network, none dropped by this host's kernel"),
        // The kernel may have dropped more than it counted, and the rest is unknown.
        drops if !dropped.exact => {
            let all = if drops.saturating_mul(LONGEST_TRAIN as u64) >= lost {
                ", possibly all of them"
            } else {
                ""
            };
            write!(
                out,
                "; this host's kernel dropped at least {drops}{all} (it counts a train of \
                 datagrams as one)"
            )
        }
        drops if drops == lost => write!(out, "; this host's kernel dropped the same number"),
        drops if drops > lost => {
            write!(out, "; this host's kernel dropped {drops}, including these")
        }
        drops => write!(
            out,
            "; this host's kernel dropped {drops}; at least {} were lost in the network",
            lost - drops
        ),
    }
}

/// The place of the losses, if the kernel dropped some datagrams for a wrong checksum.
fn with_checksums(lost: u64, dropped: Option<KernelDrops>, checksum_errors: Option<u64>) -> String {
    let (drops, errors) = (dropped.unwrap_or_default(), checksum_errors.unwrap_or(0));
    let here = drops.count.saturating_add(errors);
    let of_buffer = match drops {
        KernelDrops { count: 0, exact: true } => String::new(),
        drops => format!(" and {drops} because the receive buffer was full"),
    };
    let rest = match lost.checked_sub(here) {
        _ if !drops.exact => "; its counters do not separate all of them".to_owned(),
        None => ", possibly including these".to_owned(),
        Some(0) => String::new(),
        Some(rest) => format!("; at least {rest} were lost in the network"),
    };
    format!("this host's kernel dropped {errors} with a wrong checksum{of_buffer}{rest}")
}

/// The anomalies, the path, and the longest gap.
fn remarks(
    measured: &MeasuredInfo,
    streams: &[StreamInfo],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of = &measured.counters;
    if of.reordered > 0 {
        let positions = count(of.reorder_extent_max, "position");
        writeln!(out, "{} reordered, by at most {positions}", count(of.reordered, "datagram"))?;
    }
    if of.stale > 0 {
        writeln!(
            out,
            "{} stale: too late to distinguish from duplicates",
            count(of.stale, "datagram")
        )?;
    }
    if of.truncated > 0 {
        writeln!(
            out,
            "{} truncated: shorter than sent",
            paint.bad(count(of.truncated, "datagram"))
        )?;
    }
    run_remarks(measured, streams, out)?;
    match of.dscp_changed {
        Some(changed) if changed > 0 => {
            writeln!(
                out,
                "{} arrived with a changed DSCP",
                paint.caution(count(changed, "datagram"))
            )?;
        }
        _ => {}
    }
    match of.hops {
        Some(hops) if hops.max > 0 && hops.min == hops.max => {
            writeln!(out, "{} on the path", count(hops.max.into(), "router"))?
        }
        Some(hops) if hops.max > 0 => {
            writeln!(out, "{} to {} routers on the path", hops.min, hops.max)?
        }
        _ => {}
    }
    let within = if measured.streams > 1 { " within a stream" } else { "" };
    of.gap_ns.map_or(Ok(()), |gap| writeln!(out, "longest gap{within} {}", Value::Nanos(gap)))
}

/// The beginnings and ends of the streams.
fn run_remarks(
    measured: &MeasuredInfo,
    streams: &[StreamInfo],
    out: &mut dyn Write,
) -> io::Result<()> {
    let missed = measured.missed_before;
    if missed > 0 {
        let (was, does) = if missed == 1 { ("was", "does") } else { ("were", "do") };
        writeln!(
            out,
            "{} {was} sent before the first one received and {does} not count as lost",
            count(missed, "datagram")
        )?;
    }
    // Most formats have no marker: its absence means nothing.
    let marked = |stream: &&StreamInfo| END_MARKERS.contains(&stream.format);
    let open = streams.iter().filter(marked).filter(|stream| !stream.ended).count();
    if open > 0 {
        write!(out, "no end-of-stream marker received")?;
        if measured.streams > 1 {
            write!(out, " from {open} of {} streams", measured.streams)?;
        }
        let last = match (measured.streams, open) {
            (1, _) => "the last datagram",
            (_, 1) => "its last datagram",
            _ => "their last datagrams",
        };
        writeln!(out, "; losses after {last} are unknown")?;
    }
    match measured.source_changes {
        0 => {}
        1 => writeln!(out, "the address of a sender changed once")?,
        many => writeln!(out, "the addresses of senders changed {many} times")?,
    }
    match measured.restarts {
        0 => {}
        1 => writeln!(
            out,
            "1 restart: a new stream began after the last datagram of an earlier one from the same \
             address"
        )?,
        many => writeln!(
            out,
            "{many} restarts: new streams began after the last datagrams of earlier ones from the \
             same address"
        )?,
    }
    Ok(())
}

/// The delays or their variation, with a histogram.
fn delays(measured: &MeasuredInfo, streams: &[StreamInfo], out: &mut dyn Write) -> io::Result<()> {
    let (what, spread) = spread(&measured.counters);
    let Some(spread) = spread else { return Ok(()) };
    // A stream of which only the end marker arrived has no clock and no delay.
    let clock = streams
        .iter()
        .filter(|stream| stream.counters.received > 0)
        .map(|stream| stream.clock)
        .min();
    let clock = clock.unwrap_or(Clock::Unknown);
    let basis = match clock {
        Clock::SameHost => "same host, same clock",
        Clock::Synchronised => "both hosts report synchronised clocks",
        Clock::Asserted => "clocks agree, according to --trust-clock",
        Clock::Ptp => "the sender's media clock follows PTP",
        Clock::Unknown => "relative to the fastest datagram; the clocks may differ",
    };
    let [min, mean, p50, p90, p99, p999, max] =
        [spread.min, spread.mean, spread.p50, spread.p90, spread.p99, spread.p999, spread.max]
            .map(Value::Nanos);
    writeln!(out, "{what} ({basis}):")?;
    writeln!(
        out,
        "  min {min}, mean {mean}, p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}"
    )?;
    if measured.spread.count() >= FEWEST_DRAWN {
        draw(&measured.spread, &spread, out)?;
    }
    // This is not part of the delay, which ends at the kernel.
    let Some(LatenessInfo { p50, p99, max }) = measured.counters.wakeup_ns else { return Ok(()) };
    let [p50, p99, max] = [p50, p99, max].map(Value::Nanos);
    writeln!(out, "kernel-to-application latency: p50 {p50}, p99 {p99}, max {max}")
}

/// The delays if the clocks agree, else their variation; and the name of it.
pub fn spread(of: &CountersInfo) -> (&'static str, Option<Quantiles>) {
    of.delay_ns.map_or(("delay variation", of.pdv_ns), |delays| ("delay", Some(delays)))
}

pub fn lost(of: &CountersInfo, paint: Paint) -> String {
    let ratio =
        of.loss_ratio.map(|ratio| format!(" ({})", Value::Ratio(ratio))).unwrap_or_default();
    if of.lost > 0 { format!("{}{ratio}", paint.bad(of.lost)) } else { format!("0{ratio}") }
}

#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
