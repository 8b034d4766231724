//! Measured streams in text: a table, the delays, and the losses with their place.

use std::cmp::Reverse;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use super::columns;
use super::drawing::draw;
use super::style::Paint;
use crate::assertion::{Judgement, Value};
use crate::event::{CountersInfo, LatenessInfo, MeasuredInfo, ProbeInfo, RecvCounters, StreamInfo};
use crate::net::KernelDrops;
use crate::stats::delay::Quantiles;
use crate::stats::stream::Clock;
use crate::sys::LONGEST_TRAIN;
use crate::units::printable::Printable;
use crate::units::words::{count, plural};

/// How many streams have a row each.
const MOST_ROWS: usize = 20;

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 10] =
    ["JITTER", "p99", "REORD", "DUP", "max", "STREAM", "IFACE", "LOSS", "DELAY p50", "PDV p50"];

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
        table(&counters.streams, whole, columns, paint, out)?;
        writeln!(out)?;
        delays(measured, &counters.streams, out)?;
        remarks(measured, paint, out)?;
    }
    let anomalies = [
        (counters.corrupt, "corrupt: wrong checksum or length"),
        (counters.unsupported, "unsupported: version or kind unknown to this mcast"),
        (counters.untracked, "untracked: too many streams; losses in the others are unknown"),
    ];
    for (number, kind) in anomalies.iter().filter(|(number, _)| *number > 0) {
        writeln!(out, "{} {kind}", paint.bad(count(*number, "probe")))?;
    }
    counters.measured.as_ref().map_or(Ok(()), |measured| {
        losses(measured, counters.dropped(), counters.checksum_errors, paint, out)
    })
}

/// A column of the table.
struct Column<'a> {
    title: &'a str,
    right: bool,
    cells: Vec<String>,
}

impl<'a> Column<'a> {
    fn new(
        title: &'a str,
        right: bool,
        streams: &[&StreamInfo],
        cell: impl Fn(&StreamInfo) -> String,
    ) -> Self {
        Column { title, right, cells: streams.iter().map(|stream| cell(stream)).collect() }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.chars().count());
        cells.chain([self.title.len()]).max().unwrap_or(0)
    }
}

/// The order of the rows.
fn place(stream: &StreamInfo) -> impl Ord + '_ {
    (stream.group, stream.port, stream.iface.as_deref(), &stream.source)
}

/// A row for each stream.
fn table(
    streams: &[StreamInfo],
    whole: bool,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = rows(streams, whole);
    let columns = columns(&shown, whole);
    writeln!(out)?;
    let widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let fits = columns::shown(&titles, &widths, room, &FIRST_OUT);
    for row in 0..=shown.len() {
        let mut line = String::new();
        let kept = columns.iter().zip(&widths).zip(&fits).filter(|(_, fits)| **fits);
        for ((column, &width), _) in kept {
            let cell = if row == 0 { column.title } else { &column.cells[row - 1] };
            line += &if column.right {
                format!("{cell:>width$}  ")
            } else {
                format!("{cell:<width$}  ")
            };
        }
        let line = line.trim_end();
        match row.checked_sub(1).map(|row| &shown[row].counters) {
            None => writeln!(out, "{}", paint.faint(line))?,
            Some(counters) if counters.lost > 0 => writeln!(out, "{}", paint.bad(line))?,
            Some(_) => writeln!(out, "{line}")?,
        }
    }
    match (streams.len() - shown.len(), streams.iter().any(|stream| stream.counters.lost > 0)) {
        (0, _) => Ok(()),
        (more, false) => writeln!(out, "and {}; -v shows all", count(more as u64, "more stream")),
        (more, true) => {
            writeln!(
                out,
                "and {}, none with more losses; -v shows all",
                count(more as u64, "more stream")
            )
        }
    }
}

/// The streams that have a row, in the order of their places.
fn rows(streams: &[StreamInfo], whole: bool) -> Vec<&StreamInfo> {
    let mut shown: Vec<&StreamInfo> = streams.iter().collect();
    if !whole && shown.len() > MOST_ROWS {
        shown.sort_by(|one, other| place(one).cmp(&place(other)));
        // The streams with the most losses have a row in any case.
        shown.sort_by_key(|stream| Reverse(stream.counters.lost));
        shown.truncate(MOST_ROWS);
    }
    shown.sort_by(|one, other| place(one).cmp(&place(other)));
    shown
}

fn columns(shown: &[&StreamInfo], whole: bool) -> Vec<Column<'static>> {
    let number = |title, of: fn(&CountersInfo) -> u64| {
        Column::new(title, true, shown, move |stream| of(&stream.counters).to_string())
    };
    // If no stream has a known delay, all show the variation.
    let known = shown.iter().any(|stream| stream.counters.delay_ns.is_some());
    let time = |delay, variation, of: fn(&Quantiles) -> i64| {
        Column::new(if known { delay } else { variation }, true, shown, move |stream| {
            let all = if known { stream.counters.delay_ns } else { stream.counters.pdv_ns };
            all.map_or_else(dash, |all| Value::Nanos(of(&all)).to_string())
        })
    };
    let mut columns = vec![
        Column::new("SOURCE", false, shown, |stream| stream.source.to_string()),
        Column::new("TO", false, shown, |stream| {
            SocketAddr::new(stream.group, stream.port).to_string()
        }),
        Column::new("IFACE", false, shown, |stream| {
            stream.iface.as_deref().map_or_else(dash, |iface| Printable(iface).to_string())
        }),
        number("RECV", |of| of.received),
        number("LOST", |of| of.lost),
        Column::new("LOSS", true, shown, |stream| {
            stream.counters.loss_ratio.map_or_else(dash, |ratio| Value::Ratio(ratio).to_string())
        }),
        number("DUP", |of| of.duplicates),
        number("REORD", |of| of.reordered),
        time("DELAY p50", "PDV p50", |all| all.p50),
        time("p99", "p99", |all| all.p99),
        time("max", "max", |all| all.max),
        Column::new("JITTER", true, shown, |stream| {
            stream.counters.jitter.map_or_else(dash, |jitter| nanos(jitter).to_string())
        }),
    ];
    // The stream id distinguishes two runs of one sender, which are neighbours.
    let alike = shown.windows(2).any(|pair| place(pair[0]) == place(pair[1]));
    if alike || whole {
        // Half of the id is enough, and keeps the table narrow.
        let digits = if whole { 16 } else { 8 };
        let run = |stream: &StreamInfo| format!("{:016x}", stream.stream)[..digits].to_owned();
        columns.insert(3, Column::new("STREAM", false, shown, run));
    }
    columns
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
    write!(out, "lost {} of {}", lost(of, paint), count(of.expected, "datagram"))?;
    if of.lost > 0 {
        match (of.loss_runs.count, of.loss_runs.longest) {
            (1, 1) => {}
            (1, _) => write!(out, " in one run")?,
            (_, 1) => write!(out, ", never two in a row")?,
            (many, longest) => write!(out, " in {many} runs of at most {longest}")?,
        }
        place_of_losses(of.lost, dropped, checksum_errors, out)?;
    } else if let Some(drops) = dropped.filter(|dropped| dropped.count > 0) {
        // Sent before the first datagram that was received, or after the last one of a stream
        // without an end marker, or not part of a stream.
        write!(out, "; this host's kernel dropped {drops} other datagram{}", plural(drops.count))?;
    }
    writeln!(out)
}

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
fn remarks(measured: &MeasuredInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
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
    run_remarks(measured, out)?;
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
fn run_remarks(measured: &MeasuredInfo, out: &mut dyn Write) -> io::Result<()> {
    let missed = measured.missed_before;
    if missed > 0 {
        let (was, does) = if missed == 1 { ("was", "does") } else { ("were", "do") };
        writeln!(
            out,
            "{} {was} sent before the first one received and {does} not count as lost",
            count(missed, "datagram")
        )?;
    }
    let open = measured.streams - measured.ended;
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

pub fn nanos(nanos: f64) -> Value {
    Value::Nanos(nanos.round() as i64)
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
