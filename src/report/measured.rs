//! Measured streams for people: a table of them, what was lost and where, and the delays drawn.

use std::cmp::Reverse;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use super::columns;
use super::drawing::draw;
use super::style::Paint;
use crate::assertion::{Judgement, Value};
use crate::event::{FiguresInfo, LatenessInfo, MeasuredInfo, ProbeInfo, RecvFigures, StreamInfo};
use crate::net::KernelDrops;
use crate::stats::delay::Quantiles;
use crate::stats::stream::Clock;
use crate::sys::LONGEST_TRAIN;
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many streams are listed one by one.
const MOST_ROWS: usize = 20;

/// What a narrow terminal does not show, the first first.
const FIRST_OUT: [&str; 10] =
    ["JITTER", "p99", "REORD", "DUP", "max", "STREAM", "IFACE", "LOSS", "DELAY p50", "PDV p50"];

/// Below this a drawing says nothing that the table does not.
const FEWEST_DRAWN: u64 = 20;

/// What a measured datagram says.
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

/// What was asserted and held. What did not is among the reasons of the verdict.
pub fn held(judgements: &[Judgement], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for Judgement { expr, value, .. } in judgements.iter().filter(|judgement| judgement.held) {
        write!(out, "{} {expr}", paint.good("held:"))?;
        value.map_or(Ok(()), |value| write!(out, ": it was {value}"))?;
        writeln!(out)?;
    }
    Ok(())
}

/// What the measured streams of a run came to. `columns` are those of the terminal.
pub fn summary(
    figures: &RecvFigures,
    whole: bool,
    columns: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(measured) = &figures.measured {
        table(&figures.streams, whole, columns, paint, out)?;
        losses(measured, figures.dropped(), figures.checksum_errors, paint, out)?;
        remarks(measured, paint, out)?;
        delays(measured, &figures.streams, paint, out)?;
    }
    let odd = [
        (figures.corrupt, "corrupt: a wrong checksum or length"),
        (figures.unsupported, "unsupported: of a version or kind that this mcast does not know"),
        (
            figures.untracked,
            "untracked: there were too many streams to follow them all, and the loss in the \
             others is unknown",
        ),
    ];
    for (many, what) in odd.iter().filter(|(many, _)| *many > 0) {
        writeln!(out, "{} {what}", paint.bad(count(*many, "probe")))?;
    }
    Ok(())
}

/// A column: its title, whether it is aligned to the right, and its cells.
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

/// Where a stream goes, and where it comes from.
fn place(stream: &StreamInfo) -> impl Ord + '_ {
    (stream.group, stream.port, stream.iface.as_deref(), &stream.source)
}

/// A row for each stream. What is the same for all stands in the lines around it.
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
        match row.checked_sub(1).map(|row| &shown[row].figures) {
            None => writeln!(out, "{}", paint.faint(line))?,
            Some(figures) if figures.lost > 0 => writeln!(out, "{}", paint.bad(line))?,
            Some(_) => writeln!(out, "{line}")?,
        }
    }
    match (streams.len() - shown.len(), streams.iter().any(|stream| stream.figures.lost > 0)) {
        (0, _) => Ok(()),
        (more, false) => writeln!(out, "and {}; -v shows all", count(more as u64, "more stream")),
        (more, true) => {
            writeln!(
                out,
                "and {}, none of which lost more than these; -v shows all",
                count(more as u64, "more stream")
            )
        }
    }
}

/// The streams that are worth a row each, in the order of their places.
fn rows(streams: &[StreamInfo], whole: bool) -> Vec<&StreamInfo> {
    let mut shown: Vec<&StreamInfo> = streams.iter().collect();
    if !whole && shown.len() > MOST_ROWS {
        shown.sort_by(|one, other| place(one).cmp(&place(other)));
        // Those with the heaviest losses are worth the room most.
        shown.sort_by_key(|stream| Reverse(stream.figures.lost));
        shown.truncate(MOST_ROWS);
    }
    shown.sort_by(|one, other| place(one).cmp(&place(other)));
    shown
}

fn columns(shown: &[&StreamInfo], whole: bool) -> Vec<Column<'static>> {
    let number = |title, of: fn(&FiguresInfo) -> u64| {
        Column::new(title, true, shown, move |stream| of(&stream.figures).to_string())
    };
    // Where no delay is known there is its variation, for all of them.
    let known = shown.iter().any(|stream| stream.figures.delay_ns.is_some());
    let time = |delay, variation, of: fn(&Quantiles) -> i64| {
        Column::new(if known { delay } else { variation }, true, shown, move |stream| {
            let all = if known { stream.figures.delay_ns } else { stream.figures.pdv_ns };
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
            stream.figures.loss_ratio.map_or_else(dash, |ratio| Value::Ratio(ratio).to_string())
        }),
        number("DUP", |of| of.duplicates),
        number("REORD", |of| of.reordered),
        time("DELAY p50", "PDV p50", |all| all.p50),
        time("p99", "p99", |all| all.p99),
        time("max", "max", |all| all.max),
        Column::new("JITTER", true, shown, |stream| {
            stream.figures.jitter.map_or_else(dash, |jitter| nanos(jitter).to_string())
        }),
    ];
    // Two runs of one sender, which stand together, are told apart by their numbers.
    let alike = shown.windows(2).any(|pair| place(pair[0]) == place(pair[1]));
    if alike || whole {
        // Half of it tells them apart, and leaves the table narrow.
        let digits = if whole { 16 } else { 8 };
        let run = |stream: &StreamInfo| format!("{:016x}", stream.stream)[..digits].to_owned();
        columns.insert(3, Column::new("STREAM", false, shown, run));
    }
    columns
}

/// What was lost, and where.
fn losses(
    measured: &MeasuredInfo,
    dropped: Option<KernelDrops>,
    checksum_errors: Option<u64>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of = &measured.figures;
    writeln!(out)?;
    write!(out, "lost {} of {}", lost(of, paint), count(of.expected, "datagram"))?;
    if of.lost > 0 {
        match (of.loss_runs.count, of.loss_runs.longest) {
            (1, 1) => {}
            (1, _) => write!(out, " in one run")?,
            (_, 1) => write!(out, ", never two in a row")?,
            (many, longest) => write!(out, " in {many} runs of at most {longest}")?,
        }
        match dropped.map(|dropped| dropped.count) {
            Some(_) if checksum_errors > Some(0) => {
                write!(out, "; {}", with_checksums(of.lost, dropped, checksum_errors))?;
            }
            // Where the kernel may have dropped more than it says, nobody knows how many were lost
            // on the way.
            Some(drops) if drops > 0 && dropped.is_some_and(|dropped| !dropped.exact) => {
                let all = if drops.saturating_mul(LONGEST_TRAIN as u64) >= of.lost {
                    ", perhaps all of them"
                } else {
                    ""
                };
                write!(
                    out,
                    "; this host's kernel dropped at least {drops}{all}: it counts a train of \
                     datagrams as one"
                )?;
            }
            Some(0) if of.lost == 1 => write!(out, "; on the way, not in this host's kernel")?,
            Some(0) => write!(out, "; all on the way, none in this host's kernel")?,
            Some(drops) if drops == of.lost => write!(out, "; this host's kernel dropped as many")?,
            Some(drops) if drops > of.lost => {
                write!(out, "; this host's kernel dropped {drops}, these among them")?
            }
            Some(drops) => write!(
                out,
                "; this host's kernel dropped {drops}, at least {} were lost on the way",
                of.lost - drops
            )?,
            None => {}
        }
    } else if let Some(drops) = dropped.filter(|dropped| dropped.count > 0) {
        // Before the first that was heard, behind the last of a stream that did not end, or no part
        // of a stream.
        write!(out, "; yet this host's kernel dropped {drops}")?;
    }
    writeln!(out)
}

/// Where datagrams were lost, if the kernel has dropped some of them for a wrong checksum.
fn with_checksums(lost: u64, dropped: Option<KernelDrops>, checksum_errors: Option<u64>) -> String {
    let (drops, errors) = (dropped.unwrap_or_default(), checksum_errors.unwrap_or(0));
    let here = drops.count.saturating_add(errors);
    let of_buffer = match drops {
        KernelDrops { count: 0, exact: true } => String::new(),
        drops => format!(" and {drops} for a full receive buffer"),
    };
    let rest = match lost.checked_sub(here) {
        _ if !drops.exact => ", and not all of them can be told apart".to_owned(),
        None => ", these perhaps among them".to_owned(),
        Some(0) => String::new(),
        Some(rest) => format!(", and at least {rest} were lost on the way"),
    };
    format!("this host's kernel dropped {errors} with a wrong checksum{of_buffer}{rest}")
}

/// What is out of the ordinary.
fn remarks(measured: &MeasuredInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let of = &measured.figures;
    if of.reordered > 0 {
        let positions = count(of.reorder_extent_max, "position");
        writeln!(
            out,
            "{} reordered: came after a later one, by at most {positions}",
            count(of.reordered, "datagram")
        )?;
    }
    if of.stale > 0 {
        writeln!(
            out,
            "{} stale: came too late to be told from duplicates",
            count(of.stale, "datagram")
        )?;
    }
    if of.truncated > 0 {
        writeln!(
            out,
            "{} truncated: arrived shorter than sent",
            paint.bad(count(of.truncated, "datagram"))
        )?;
    }
    run_remarks(measured, out)?;
    match of.dscp_changed {
        Some(changed) if changed > 0 => {
            writeln!(
                out,
                "{} with a DSCP that was changed on the way",
                paint.caution(count(changed, "datagram"))
            )?;
        }
        _ => {}
    }
    match of.hops {
        Some(hops) if hops.max > 0 && hops.min == hops.max => {
            writeln!(out, "{} on the way", count(hops.max.into(), "router"))?
        }
        Some(hops) if hops.max > 0 => {
            writeln!(out, "{} to {} routers on the way", hops.min, hops.max)?
        }
        _ => {}
    }
    let within = if measured.streams > 1 { " in a stream" } else { "" };
    of.gap_ns.map_or(Ok(()), |gap| writeln!(out, "longest silence{within} {}", Value::Nanos(gap)))
}

/// What is known of the beginnings and ends of the streams.
fn run_remarks(measured: &MeasuredInfo, out: &mut dyn Write) -> io::Result<()> {
    let missed = measured.missed_before;
    if missed > 0 {
        let (was, is) = if missed == 1 { ("was", "is") } else { ("were", "are") };
        writeln!(
            out,
            "{} {was} sent before the first that was heard, and {is} not counted as lost",
            count(missed, "datagram")
        )?;
    }
    let open = measured.streams - measured.ended;
    if open > 0 {
        match measured.streams {
            1 => write!(out, "the end of the stream was not heard")?,
            streams if open == 1 => write!(out, "of {streams} streams, 1 was not heard to end")?,
            streams => write!(out, "of {streams} streams, {open} were not heard to end")?,
        }
        writeln!(out, ": what was lost after the last datagram that came does not show")?;
    }
    match measured.source_changes {
        0 => {}
        1 => writeln!(out, "a sender's address changed once")?,
        many => writeln!(out, "senders' addresses changed {many} times")?,
    }
    match measured.restarts {
        0 => {}
        1 => writeln!(
            out,
            "1 restart: a stream began after the last of an earlier one from the same address"
        )?,
        many => writeln!(
            out,
            "{many} restarts: streams began after the last of earlier ones from the same address"
        )?,
    }
    Ok(())
}

/// What is known of the delays, and the drawing of them.
fn delays(
    measured: &MeasuredInfo,
    streams: &[StreamInfo],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (what, spread) = spread(&measured.figures);
    let Some(spread) = spread else { return Ok(()) };
    // Of a stream of which nothing came no clock is known, and there is none to be known.
    let clock = streams
        .iter()
        .filter(|stream| stream.figures.received > 0)
        .map(|stream| stream.clock)
        .min();
    let clock = clock.unwrap_or(Clock::Unknown);
    let known = match clock {
        Clock::SameHost => "one host, one clock",
        Clock::Synchronised => "both clocks follow a reference",
        Clock::Unknown => "how much longer than the quickest; the clocks are not known to agree",
    };
    let [min, mean, p50, p90, p99, p999, max] =
        [spread.min, spread.mean, spread.p50, spread.p90, spread.p99, spread.p999, spread.max]
            .map(Value::Nanos);
    writeln!(out, "{what} ({known}):")?;
    writeln!(
        out,
        "  min {min}, mean {mean}, p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}"
    )?;
    if measured.spread.count() >= FEWEST_DRAWN {
        draw(&measured.spread, &spread, paint, out)?;
    }
    // No part of the delay, which ends at the kernel.
    let Some(LatenessInfo { p50, p99, max }) = measured.figures.wakeup_ns else { return Ok(()) };
    let [p50, p99, max] = [p50, p99, max].map(Value::Nanos);
    writeln!(out, "from this host's kernel to mcast: p50 {p50}, p99 {p99}, max {max}")
}

/// The delays, where they are known, else their variation; and which of them it is.
pub fn spread(of: &FiguresInfo) -> (&'static str, Option<Quantiles>) {
    of.delay_ns.map_or(("delay variation", of.pdv_ns), |delays| ("delay", Some(delays)))
}

pub fn lost(of: &FiguresInfo, paint: Paint) -> String {
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
