//! Measured streams for people: a table of them, what was lost and where, and the delays drawn.

use std::cmp::Reverse;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use super::drawing::draw;
use super::human::{count, rate};
use super::style::Paint;
use crate::assertion::{Judgement, Value};
use crate::event::{
    FiguresInfo, IntervalReport, LatenessInfo, MeasuredInfo, ProbeInfo, RecvFigures, StreamInfo,
};
use crate::net::KernelDrops;
use crate::stats::delay::Quantiles;
use crate::stats::stream::Clock;
use crate::sys::LONGEST_TRAIN;

/// How many streams are listed one by one.
const MOST_ROWS: usize = 20;

/// Below this a drawing says nothing that the table does not.
const FEWEST_DRAWN: u64 = 20;

/// What a measured datagram says.
pub fn probe(probe: &ProbeInfo) -> impl Display {
    struct Shown<'a>(&'a ProbeInfo);
    impl Display for Shown<'_> {
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
    Shown(probe)
}

/// What an interval came to, on one line.
pub fn interval(report: &IntervalReport, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let figures = &report.figures;
    let (since, until) =
        (report.since.as_secs_f64(), (report.since + figures.elapsed).as_secs_f64());
    // As many digits as it takes to see where one ends and the next begins.
    let digits = match figures.elapsed.as_secs_f64() {
        elapsed if elapsed >= 0.95 => 1,
        elapsed if elapsed >= 0.0095 => 2,
        _ => 3,
    };
    let time = format!("{since:.digits$}-{until:.digits$} s");
    write!(out, "{}  {}", paint.faint(time), count(figures.meter.datagrams, "datagram"))?;
    if let (Some(pps), Some(bps)) = (figures.meter.rate_pps, figures.meter.bitrate_bps) {
        write!(out, "  {}pps  {}bit/s", rate(pps), rate(bps))?;
    }
    if let Some(measured) = &figures.measured {
        let of = &measured.figures;
        write!(out, "  lost {}", lost(of, paint))?;
        let odd = [("duplicates", of.duplicates), ("reordered", of.reordered), ("stale", of.stale)];
        odd.iter()
            .filter(|(_, many)| *many > 0)
            .try_for_each(|(what, many)| write!(out, "  {what} {many}"))?;
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
    ];
    for (what, many) in odd.iter().filter(|(_, many)| *many > 0) {
        write!(out, "  {} {what}", paint.bad(many))?;
    }
    if let Some(drops) = figures.dropped().filter(|drops| drops.count > 0) {
        write!(out, "  {} dropped by this host's kernel", paint.bad(drops))?;
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
pub fn summary(
    figures: &RecvFigures,
    whole: bool,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(measured) = &figures.measured {
        table(&figures.streams, whole, paint, out)?;
        losses(measured, figures.dropped(), paint, out)?;
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
        self.cells.iter().map(String::len).chain([self.title.len()]).max().unwrap_or(0)
    }
}

/// Where a stream goes, and where it comes from.
fn place(stream: &StreamInfo) -> impl Ord + '_ {
    (stream.group, stream.port, stream.iface.as_deref(), stream.source)
}

/// A row for each stream. What is the same for all stands in the lines around it.
fn table(streams: &[StreamInfo], whole: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut shown: Vec<&StreamInfo> = streams.iter().collect();
    shown.sort_by(|one, other| place(one).cmp(&place(other)));
    if !whole && shown.len() > MOST_ROWS {
        // Those with the heaviest losses are worth the room most.
        shown.sort_by_key(|stream| Reverse(stream.figures.lost));
        shown.truncate(MOST_ROWS);
        shown.sort_by(|one, other| place(one).cmp(&place(other)));
    }
    let shown = shown.as_slice();
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
        Column::new("IFACE", false, shown, |stream| stream.iface.clone().unwrap_or_else(dash)),
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
        columns.insert(
            3,
            Column::new("STREAM", false, shown, |stream| {
                format!("{:016x}", stream.stream)[..digits].to_owned()
            }),
        );
    }
    writeln!(out)?;
    let widths: Vec<usize> = columns.iter().map(Column::width).collect();
    for row in 0..=shown.len() {
        let mut line = String::new();
        for (column, &width) in columns.iter().zip(&widths) {
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

/// What was lost, and where.
fn losses(
    measured: &MeasuredInfo,
    dropped: Option<KernelDrops>,
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
fn spread(of: &FiguresInfo) -> (&'static str, Option<Quantiles>) {
    of.delay_ns.map_or(("delay variation", of.pdv_ns), |delays| ("delay", Some(delays)))
}

fn lost(of: &FiguresInfo, paint: Paint) -> String {
    let ratio =
        of.loss_ratio.map(|ratio| format!(" ({})", Value::Ratio(ratio))).unwrap_or_default();
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
    use crate::event::RunsInfo;
    use crate::report::ColorWhen;
    use crate::stats::delay::{Delays, Precision};

    fn figures(received: u64, lost: u64, runs: (u64, u64)) -> FiguresInfo {
        FiguresInfo {
            received,
            expected: received + lost,
            lost,
            loss_ratio: Some(lost as f64 / (received + lost) as f64),
            loss_runs: RunsInfo { count: runs.0, longest: runs.1 },
            duplicates: 0,
            reordered: 0,
            reorder_extent_max: 0,
            stale: 0,
            corrupt: 0,
            truncated: 0,
            bytes: received * 64,
            rate_pps: None,
            bitrate_bps: None,
            jitter: None,
            delay_ns: None,
            wakeup_ns: None,
            pdv_ns: None,
            hops: None,
            dscp_changed: Some(0),
            gap_ns: None,
        }
    }

    fn stream(last: u8, figures: FiguresInfo) -> StreamInfo {
        StreamInfo {
            source: "10.0.0.100:41244".parse().unwrap(),
            group: [239, 1, 1, last].into(),
            port: 5000,
            iface: Some("e0".to_owned()),
            format: "mcast",
            stream: 0x9dfb_ac36_a4a7_115f,
            figures,
            missed_before: 0,
            clock: Clock::Unknown,
            ended: true,
            restarts: 0,
        }
    }

    fn together(figures: FiguresInfo, streams: usize, ended: usize, restarts: u64) -> MeasuredInfo {
        MeasuredInfo {
            streams,
            ended,
            restarts,
            missed_before: 0,
            figures,
            spread: Delays::new(Precision::Fine),
        }
    }

    fn plain() -> Paint {
        Paint::new(ColorWhen::Never, &io::stdout())
    }

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_loss_is_told_with_its_runs_and_its_place() {
        for (received, lost, runs, drops, told) in [
            (10, 0, (0, 0), Some(0), "lost 0 (0 %) of 10 datagrams"),
            (
                48,
                0,
                (0, 0),
                Some(457),
                "lost 0 (0 %) of 48 datagrams; yet this host's kernel dropped 457",
            ),
            (
                99,
                1,
                (1, 1),
                Some(0),
                "lost 1 (1.00 %) of 100 datagrams; on the way, not in this host's kernel",
            ),
            (
                95,
                5,
                (1, 5),
                Some(0),
                "lost 5 (5.00 %) of 100 datagrams in one run; all on the way, none in this host's \
                 kernel",
            ),
            (
                90,
                10,
                (1, 10),
                Some(10),
                "lost 10 (10.0 %) of 100 datagrams in one run; this host's kernel dropped as many",
            ),
            (
                90,
                10,
                (10, 1),
                Some(15),
                "lost 10 (10.0 %) of 100 datagrams, never two in a row; this host's kernel \
                 dropped 15, these among them",
            ),
            (
                90,
                10,
                (3, 5),
                Some(4),
                "lost 10 (10.0 %) of 100 datagrams in 3 runs of at most 5; this host's kernel \
                 dropped 4, at least 6 were lost on the way",
            ),
            (90, 10, (3, 5), None, "lost 10 (10.0 %) of 100 datagrams in 3 runs of at most 5"),
        ] {
            let measured = together(figures(received, lost, runs), 1, 1, 0);
            let dropped = drops.map(|count| KernelDrops { count, exact: true });
            assert_eq!(written(|out| losses(&measured, dropped, plain(), out)).trim(), told);
        }
    }

    #[test]
    fn where_the_kernel_may_have_dropped_more_nothing_is_said_of_the_way() {
        for (count, exact, told) in [
            (
                0,
                true,
                "lost 4 (4.00 %) of 100 datagrams, never two in a row; all on the way, none in \
                 this host's kernel",
            ),
            (
                3,
                false,
                "lost 4 (4.00 %) of 100 datagrams, never two in a row; this host's kernel dropped \
                 at least 3, perhaps all of them: it counts a train of datagrams as one",
            ),
        ] {
            let measured = together(figures(96, 4, (4, 1)), 1, 1, 0);
            assert_eq!(
                written(|out| losses(&measured, Some(KernelDrops { count, exact }), plain(), out))
                    .trim(),
                told
            );
        }
        let measured = together(figures(48, 0, (0, 0)), 1, 1, 0);
        let told = written(|out| {
            losses(&measured, Some(KernelDrops { count: 7, exact: false }), plain(), out)
        });
        assert_eq!(
            told.trim(),
            "lost 0 (0 %) of 48 datagrams; yet this host's kernel dropped at least 7"
        );
    }

    #[test]
    fn what_is_out_of_the_ordinary_has_the_names_of_the_json() {
        let mut odd = figures(100, 0, (0, 0));
        (odd.reordered, odd.reorder_extent_max, odd.stale, odd.truncated) = (2, 1, 1, 3);
        odd.dscp_changed = Some(1);
        let told = written(|out| {
            remarks(&MeasuredInfo { missed_before: 1, ..together(odd, 3, 2, 1) }, plain(), out)
        });
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "2 datagrams reordered: came after a later one, by at most 1 position",
                "1 datagram stale: came too late to be told from duplicates",
                "3 datagrams truncated: arrived shorter than sent",
                "1 datagram was sent before the first that was heard, and is not counted as lost",
                "of 3 streams, 1 was not heard to end: what was lost after the last datagram that \
                 came does not show",
                "1 restart: a stream began after the last of an earlier one from the same address",
                "1 datagram with a DSCP that was changed on the way",
            ]
        );
    }

    #[test]
    fn a_stream_of_which_only_the_end_came_casts_no_doubt_on_the_delays_of_others() {
        let spread = Quantiles { min: 1, mean: 2, p50: 2, p90: 3, p99: 3, p999: 3, max: 3 };
        let known = || FiguresInfo { delay_ns: Some(spread), ..figures(5, 0, (0, 0)) };
        let streams = [
            StreamInfo { clock: Clock::SameHost, ..stream(1, known()) },
            StreamInfo { clock: Clock::Unknown, ..stream(2, figures(0, 0, (0, 0))) },
        ];
        let told = written(|out| delays(&together(known(), 2, 2, 0), &streams, plain(), out));
        assert!(told.starts_with("delay (one host, one clock):\n"), "{told}");
    }

    #[test]
    fn of_many_streams_those_are_listed_that_lost_most() {
        let streams: Vec<StreamInfo> = (1..=50)
            .map(|last| stream(last, figures(100, u64::from(last > 45), (u64::from(last > 45), 1))))
            .collect();
        let told = written(|out| table(&streams, false, plain(), out));
        let lines: Vec<&str> = told.trim().lines().collect();
        assert_eq!(lines.len(), 1 + MOST_ROWS + 1, "{told}");
        assert!(
            lines[1].contains("239.1.1.1:5000") && lines[20].contains("239.1.1.50:5000"),
            "{told}"
        );
        assert_eq!(
            (46..=50).filter(|last| told.contains(&format!("239.1.1.{last}:5000"))).count(),
            5,
            "{told}"
        );
        assert_eq!(
            lines[21],
            "and 30 more streams, none of which lost more than these; -v shows all"
        );
        let told = written(|out| table(&streams[..21], false, plain(), out));
        assert!(told.ends_with("and 1 more stream; -v shows all\n"), "{told}");
        assert_eq!(written(|out| table(&streams, true, plain(), out)).trim().lines().count(), 51);
    }

    #[test]
    fn a_row_of_ordinary_figures_is_no_wider_than_115_columns() {
        let mut row = figures(1_000_000, 12_345, (1, 1));
        let spread = Quantiles {
            min: 2040,
            mean: 3590,
            p50: 3590,
            p90: 4000,
            p99: 11_100,
            p999: 12_200,
            max: 54_300,
        };
        (row.delay_ns, row.jitter) = (Some(spread), Some(615.0));
        let told = written(|out| {
            table(&[stream(1, figures(9, 0, (0, 0))), stream(2, row)], false, plain(), out)
        });
        assert!(told.lines().all(|line| line.len() <= 115), "{told}");
        let (first, second) = (stream(1, figures(9, 0, (0, 0))), stream(1, figures(9, 0, (0, 0))));
        let told = written(|out| table(&[first, second], false, plain(), out));
        assert!(told.contains("  9dfbac36  "), "two runs of one address are told apart: {told}");
    }
}
