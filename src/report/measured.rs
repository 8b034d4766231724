//! Measured streams for people: a table of them, what was lost and where, and the delays drawn.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use super::human::{count, rate};
use super::style::Paint;
use crate::event::{FiguresInfo, IntervalReport, MeasuredInfo, ProbeInfo, RecvFigures, StreamInfo};
use crate::stats::delay::{Delays, Quantiles};
use crate::stats::stream::Clock;
use crate::verdict::{Judgement, Value};

/// How many streams are listed one by one.
const MOST_ROWS: usize = 20;

/// How many bars there are at most, the one for the longest delays not counted.
const BARS: i64 = 8;

/// The length of the longest bar.
const LONGEST_BAR: u64 = 40;

/// Below this a drawing says nothing that the table does not.
const FEWEST_DRAWN: u64 = 20;

/// What a measured datagram says.
pub fn probe(probe: &ProbeInfo) -> impl Display {
    struct Shown<'a>(&'a ProbeInfo);
    impl Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                ProbeInfo::Whole { seq, delay_ns: Some(delay), .. } => write!(f, "probe {seq}  delay {}", Value::Nanos(*delay)),
                ProbeInfo::Whole { seq, .. } | ProbeInfo::Sent { seq, .. } => write!(f, "probe {seq}"),
                ProbeInfo::Damaged { damage } => write!(f, "{damage} probe"),
            }
        }
    }
    Shown(probe)
}

/// What an interval came to, on one line.
pub fn interval(report: &IntervalReport, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let figures = &report.figures;
    let (since, until) = (report.since.as_secs_f64(), (report.since + figures.elapsed).as_secs_f64());
    write!(out, "{}  {}", paint.faint(format_args!("{since:.1}-{until:.1} s")), count(figures.meter.datagrams, "datagram"))?;
    if let (Some(pps), Some(bps)) = (figures.meter.rate_pps, figures.meter.bitrate_bps) {
        write!(out, "  {}pps  {}bit/s", rate(pps), rate(bps))?;
    }
    if let Some(measured) = &figures.measured {
        let of = &measured.figures;
        write!(out, "  lost {}", lost(of, paint))?;
        let odd = [("duplicates", of.duplicates), ("reordered", of.reordered), ("stale", of.stale)];
        odd.iter().filter(|(_, many)| *many > 0).try_for_each(|(what, many)| write!(out, "  {what} {many}"))?;
        let (what, spread) = spread(of);
        if let Some(Quantiles { p50, p99, max, .. }) = spread {
            let [p50, p99, max] = [p50, p99, max].map(Value::Nanos);
            write!(out, "  {what} p50 {p50}  p99 {p99}  max {max}")?;
        }
        if let Some(jitter) = of.jitter {
            write!(out, "  jitter {}", nanos(jitter))?;
        }
    }
    let odd = [
        ("corrupt", figures.corrupt),
        ("unsupported", figures.unsupported),
        ("untracked", figures.untracked),
        ("dropped by this host's kernel", figures.kernel_drops.unwrap_or(0)),
    ];
    for (what, many) in odd.iter().filter(|(_, many)| *many > 0) {
        write!(out, "  {} {what}", paint.bad(many))?;
    }
    writeln!(out)
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

/// What the measured streams of a run came to.
pub fn summary(figures: &RecvFigures, whole: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if let Some(measured) = &figures.measured {
        table(&figures.streams, whole, paint, out)?;
        losses(measured, figures.kernel_drops, paint, out)?;
        remarks(&figures.streams, measured, paint, out)?;
        delays(measured, &figures.streams, paint, out)?;
    }
    let odd = [
        (figures.corrupt, "corrupt: a wrong checksum or length"),
        (figures.unsupported, "of a version or kind that this mcast does not know"),
        (figures.untracked, "of streams that were too many to be followed: nothing is known of their loss"),
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
    fn new(title: &'a str, right: bool, streams: &[&StreamInfo], cell: impl Fn(&StreamInfo) -> String) -> Self {
        Column { title, right, cells: streams.iter().map(|stream| cell(stream)).collect() }
    }

    fn width(&self) -> usize {
        self.cells.iter().map(String::len).chain([self.title.len()]).max().unwrap_or(0)
    }
}

/// A row for each stream. What is the same for all stands in the lines around it.
fn table(streams: &[StreamInfo], whole: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut shown: Vec<&StreamInfo> = streams.iter().collect();
    shown.sort_by_key(|stream| (stream.group, stream.port, stream.iface.as_deref(), stream.source));
    if !whole {
        shown.truncate(MOST_ROWS);
    }
    let shown = shown.as_slice();
    let number =
        |title, of: fn(&FiguresInfo) -> u64| Column::new(title, true, shown, move |stream| of(&stream.figures).to_string());
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
        Column::new("TO", false, shown, |stream| SocketAddr::new(stream.group, stream.port).to_string()),
        Column::new("IFACE", false, shown, |stream| stream.iface.clone().unwrap_or_else(dash)),
        number("RECEIVED", |of| of.received),
        number("LOST", |of| of.lost),
        Column::new("LOSS", true, shown, |stream| {
            stream.figures.loss_ratio.map_or_else(dash, |ratio| Value::Ratio(ratio).to_string())
        }),
        number("DUP", |of| of.duplicates),
        number("REORD", |of| of.reordered),
        time("DELAY p50", "PDV p50", |all| all.p50),
        time("p99", "p99", |all| all.p99),
        time("max", "max", |all| all.max),
        Column::new("JITTER", true, shown, |stream| stream.figures.jitter.map_or_else(dash, |jitter| nanos(jitter).to_string())),
    ];
    // Two runs of one sender are told apart by their numbers.
    let place = |stream: &StreamInfo| (stream.source, stream.group, stream.port, stream.iface.clone());
    let alike = shown.iter().enumerate().any(|(position, one)| shown[..position].iter().any(|other| place(one) == place(other)));
    if alike || whole {
        columns.insert(3, Column::new("STREAM", false, shown, |stream| format!("{:016x}", stream.stream)));
    }
    writeln!(out)?;
    for row in 0..=shown.len() {
        let mut line = String::new();
        for column in &columns {
            let cell = if row == 0 { column.title } else { &column.cells[row - 1] };
            let width = column.width();
            line += &if column.right { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
        }
        let line = line.trim_end();
        match row.checked_sub(1).map(|row| &shown[row].figures) {
            None => writeln!(out, "{}", paint.faint(line))?,
            Some(figures) if figures.lost > 0 => writeln!(out, "{}", paint.bad(line))?,
            Some(_) => writeln!(out, "{line}")?,
        }
    }
    let more = streams.len() - shown.len();
    if more > 0 { writeln!(out, "and {more} more streams; -v shows all") } else { Ok(()) }
}

/// What was lost, and where.
fn losses(measured: &MeasuredInfo, kernel_drops: Option<u64>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let of = &measured.figures;
    writeln!(out)?;
    write!(out, "lost {} of {}", lost(of, paint), count(of.expected, "datagram"))?;
    if of.lost > 0 {
        let runs = &of.loss_runs;
        match (runs.count, runs.longest) {
            (1, longest) => write!(out, " in one run of {longest}")?,
            (many, 1) => write!(out, ", one at a time, {many} times")?,
            (many, longest) => write!(out, " in {many} runs, the longest of {longest}")?,
        }
        match kernel_drops {
            Some(0) => write!(out, ": on the way, this host's kernel dropped none")?,
            Some(drops) if drops == of.lost => write!(out, ": this host's kernel dropped as many, the receive buffer was full")?,
            Some(drops) if drops > of.lost => write!(out, ": this host's kernel dropped {drops}, these among them")?,
            Some(drops) => write!(out, ": this host's kernel dropped {drops}, the others were lost on the way")?,
            None => {}
        }
    }
    writeln!(out)
}

/// What is out of the ordinary.
fn remarks(streams: &[StreamInfo], measured: &MeasuredInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let of = &measured.figures;
    if of.reordered > 0 {
        writeln!(out, "{} came after a later one, by up to {}", of.reordered, of.reorder_extent_max)?;
    }
    if of.stale > 0 {
        writeln!(out, "{} came too late to tell whether they were duplicates", of.stale)?;
    }
    if of.truncated > 0 {
        writeln!(out, "{} were cut on the way", paint.bad(of.truncated))?;
    }
    // Of ends that are made up, the sum may be more than there are numbers.
    let missed = streams.iter().map(|stream| stream.missed_before).fold(0, u64::saturating_add);
    if missed > 0 {
        writeln!(out, "{missed} were sent before the first that was heard, and are not counted as lost")?;
    }
    let open = measured.streams - measured.ended;
    if open > 0 {
        let streams = count(measured.streams as u64, "stream");
        writeln!(out, "{open} of {streams} did not say its end: what is lost after the last that came does not show")?;
    }
    if measured.restarts > 0 {
        writeln!(out, "{} began where an earlier one of the same address was over", count(measured.restarts, "stream"))?;
    }
    match of.dscp_changed {
        Some(changed) if changed > 0 => writeln!(out, "{} with another DSCP than they were sent with", paint.caution(changed))?,
        _ => {}
    }
    match of.hops {
        Some(hops) if hops.max > 0 && hops.min == hops.max => writeln!(out, "{} on the way", count(hops.max.into(), "router"))?,
        Some(hops) if hops.max > 0 => writeln!(out, "{} to {} routers on the way", hops.min, hops.max)?,
        _ => {}
    }
    of.gap_ns.map_or(Ok(()), |gap| writeln!(out, "longest silence {}", Value::Nanos(gap)))
}

/// What is known of the delays, and the drawing of them.
fn delays(measured: &MeasuredInfo, streams: &[StreamInfo], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let (what, spread) = spread(&measured.figures);
    let Some(spread) = spread else { return Ok(()) };
    let clock = streams.iter().map(|stream| stream.clock).min().unwrap_or(Clock::Unknown);
    let known = match clock {
        Clock::SameHost => "one host, one clock",
        Clock::Synchronised => "both clocks follow a reference",
        Clock::Unknown => "the clocks are not known to agree: how much longer each took than the quickest",
    };
    let [min, mean, p50, p90, p99, p999, max] =
        [spread.min, spread.mean, spread.p50, spread.p90, spread.p99, spread.p999, spread.max].map(Value::Nanos);
    writeln!(out, "{what} min {min}, mean {mean}, p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max} ({known})")?;
    if measured.spread.count() < FEWEST_DRAWN { Ok(()) } else { draw(&measured.spread, &spread, paint, out) }
}

/// Draws delays: bars of equal width up to the 99th percentile, and one for what is longer.
fn draw(delays: &Delays, spread: &Quantiles, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let edges = edges(spread);
    let up_to = delays.up_to(&edges);
    let total = delays.count();
    let counts: Vec<u64> = up_to.iter().scan(0, |before, up_to| Some(up_to - std::mem::replace(before, *up_to))).collect();
    let longest = counts.iter().copied().max().unwrap_or(1).max(1);
    let labels: Vec<(String, String)> = (0..edges.len())
        .map(|row| {
            let from = if row == 0 { spread.min.min(edges[0]) } else { edges[row - 1] };
            (Value::Nanos(from).to_string(), Value::Nanos(edges[row]).to_string())
        })
        .collect();
    let width = labels.iter().flat_map(|(from, to)| [from.len(), to.len()]).max().unwrap_or(0);
    let digits = total.to_string().len();
    for ((from, to), many) in labels.iter().zip(&counts) {
        // Whatever is there is seen.
        let length = (many * LONGEST_BAR).div_ceil(longest) as usize;
        writeln!(out, "  {from:>width$} - {to:>width$}  {many:>digits$}  {}", paint.good("#".repeat(length)))?;
    }
    Ok(())
}

/// The upper edges of the bars: round numbers, and last of all the longest delay.
fn edges(spread: &Quantiles) -> Vec<i64> {
    let step = round_up(spread.p99.saturating_sub(spread.min) / BARS);
    let first = spread.min.div_euclid(step).saturating_mul(step);
    let mut edges: Vec<i64> = (1..=BARS + 2).map(|bar| first.saturating_add(step.saturating_mul(bar))).collect();
    let needed = edges.iter().take_while(|edge| **edge < spread.p99).count() + 1;
    edges.truncate(needed.min(edges.len()));
    edges.retain(|edge| *edge < spread.max);
    edges.push(spread.max);
    edges
}

/// The next number that is 1, 2 or 5 and zeroes.
fn round_up(least: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for digit in [1, 2, 5] {
            if power.saturating_mul(digit) >= least {
                return power.saturating_mul(digit);
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The delays, where they are known, else their variation; and which of them it is.
fn spread(of: &FiguresInfo) -> (&'static str, Option<Quantiles>) {
    of.delay_ns.map_or(("delay variation", of.pdv_ns), |delays| ("delay", Some(delays)))
}

fn lost(of: &FiguresInfo, paint: Paint) -> String {
    let ratio = of.loss_ratio.map(|ratio| format!(" ({})", Value::Ratio(ratio))).unwrap_or_default();
    if of.lost > 0 { format!("{}{ratio}", paint.bad(of.lost)) } else { format!("0{ratio}") }
}

fn nanos(nanos: f64) -> Value {
    Value::Nanos(nanos.round() as i64)
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ColorWhen;
    use crate::stats::delay::Precision;
    use proptest::prelude::*;

    fn drawn(delays: &[i64]) -> String {
        let mut all = Delays::new(Precision::Fine);
        delays.iter().for_each(|delay| all.record(*delay));
        let mut out = Vec::new();
        draw(&all, &all.quantiles().unwrap(), Paint::new(ColorWhen::Never, &io::stdout()), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bars_have_round_edges_and_the_last_one_holds_what_is_longer() {
        let mut delays: Vec<i64> = (0..990).map(|number| 20_000 + number * 40).collect();
        delays.extend([9_000_000; 10]);
        let drawn = drawn(&delays);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[0].starts_with("  20.0 us - 25.0 us   125  ####"), "{drawn}");
        assert!(lines[lines.len() - 1].contains("- 9.00 ms"), "{drawn}");
        assert!(lines.len() <= BARS as usize + 2 && lines.iter().all(|line| line.contains('#')), "{drawn}");
    }

    #[test]
    fn delays_that_are_all_alike_are_one_bar() {
        assert_eq!(drawn(&[70_000; 25]), format!("  70.0 us - 70.0 us  25  {}\n", "#".repeat(40)));
    }

    #[test]
    fn round_numbers_are_1_2_and_5() {
        assert_eq!([0, 1, 2, 3, 6, 19, 21, 700].map(round_up), [1, 1, 2, 5, 10, 20, 50, 1000]);
        assert_eq!(round_up(i64::MAX), i64::MAX);
    }

    proptest! {
        #[test]
        fn every_delay_is_in_one_bar(delays in proptest::collection::vec(-1_000_000_000..100_000_000_000_i64, 1..300)) {
            let drawn = drawn(&delays);
            let counts = drawn.lines().map(|line| line.trim_end_matches('#').split_whitespace().last().unwrap().parse::<u64>().unwrap());
            prop_assert_eq!(counts.sum::<u64>(), delays.len() as u64, "{}", drawn);
            prop_assert!(drawn.lines().count() <= BARS as usize + 3);
        }

        #[test]
        fn no_spread_is_too_wild_to_draw(delays in proptest::collection::vec(any::<i64>(), 1..50)) {
            drawn(&delays);
        }
    }
}
