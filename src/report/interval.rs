//! The line about an interval of a receiver or a sender (`--stats`).

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use super::columns::GAP;
use super::human::{nanos, rate};
use super::measured::{lost, spread};
use super::screen::width;
use super::style::Paint;
use crate::assertion::Value;
use crate::event::{CountersInfo, IntervalReport, SendInterval, Totals};
use crate::stats::delay::Quantiles;
use crate::units::words::{count, plural};

/// The counters of an interval, on one line. Parts that do not fit `columns` are left out.
pub fn line(
    report: &IntervalReport,
    columns: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let counters = &report.counters;
    let mut parts = Parts::begin(report.since, counters.elapsed, &counters.meter, paint);
    if let Some(measured) = &counters.measured {
        add_streams(&measured.counters, paint, &mut parts);
    }
    let anomalies = [
        ("corrupt", counters.corrupt),
        ("unsupported", counters.unsupported),
        ("untracked", counters.untracked),
    ];
    for (name, number) in anomalies.iter().filter(|(_, number)| *number > 0) {
        parts.add(Part::Always, format_args!("{} {name}", paint.bad(number)));
    }
    if let Some(drops) = counters.dropped().filter(|drops| drops.count > 0) {
        parts.add(Part::Always, format_args!("{} dropped by this host's kernel", paint.bad(drops)));
    }
    if let Some(errors @ 1..) = counters.checksum_errors {
        parts.add(
            Part::Always,
            format_args!("{} checksum error{}", paint.bad(errors), plural(errors)),
        );
    }
    writeln!(out, "{}", parts.joined(columns))
}

/// The counters of an interval of a sender, on one line.
pub fn of_sender(
    report: &SendInterval,
    columns: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = Parts::begin(report.since, report.elapsed, &report.meter, paint);
    if let errors @ 1.. = report.errors {
        parts.add(Part::Always, format_args!("{} error{}", paint.bad(errors), plural(errors)));
    }
    if let skipped @ 1.. = report.skipped {
        let rounds = format!("skipped {}", count(skipped, "round"));
        parts.add(Part::Always, paint.caution(rounds));
    }
    writeln!(out, "{}", parts.joined(columns))
}

fn add_streams(of: &CountersInfo, paint: Paint, parts: &mut Parts) {
    parts.add(Part::Always, format_args!("lost {}", lost(of, paint)));
    let anomalies =
        [("duplicates", of.duplicates), ("reordered", of.reordered), ("stale", of.stale)];
    for (name, number) in anomalies.iter().filter(|(_, number)| *number > 0) {
        parts.add(Part::Always, format_args!("{name} {number}"));
    }
    let (what, spread) = spread(of);
    if let Some(Quantiles { p50, p99, max, .. }) = spread {
        let [p50, p99, max] = [p50, p99, max].map(Value::Nanos);
        parts.add(Part::Median, format_args!("{what} p50 {p50}"));
        parts.add(Part::P99, format_args!("p99 {p99}"));
        parts.add(Part::Max, format_args!("max {max}"));
    }
    if let Some(jitter) = of.jitter {
        parts.add(Part::Jitter, format_args!("jitter {}", nanos(jitter)));
    }
}

/// The parts of the line, in the order in which a narrow terminal leaves them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Jitter,
    P99,
    Max,
    Median,
    Bitrate,
    Rate,
    Always,
}

#[derive(Default)]
struct Parts(Vec<(Part, String)>);

impl Parts {
    /// The time of an interval, its datagrams and their rates.
    fn begin(since: Duration, elapsed: Duration, meter: &Totals, paint: Paint) -> Self {
        // Enough digits to distinguish the start from the end.
        let digits = match elapsed.as_secs_f64() {
            elapsed if elapsed >= 0.95 => 1,
            elapsed if elapsed >= 0.0095 => 2,
            _ => 3,
        };
        let (since, until) = (since.as_secs_f64(), (since + elapsed).as_secs_f64());
        let mut parts = Parts::default();
        parts.add(Part::Always, paint.faint(format!("{since:.digits$}-{until:.digits$} s")));
        parts.add(Part::Always, count(meter.datagrams, "datagram"));
        if let (Some(pps), Some(bps)) = (meter.rate_pps, meter.bitrate_bps) {
            parts.add(Part::Rate, format_args!("{}pps", rate(pps)));
            parts.add(Part::Bitrate, format_args!("{}bit/s", rate(bps)));
        }
        parts
    }

    fn add(&mut self, part: Part, text: impl Display) {
        self.0.push((part, text.to_string()));
    }

    fn joined(mut self, columns: Option<usize>) -> String {
        let width = |parts: &[(Part, String)]| {
            parts.iter().map(|(_, text)| width(text) + GAP).sum::<usize>().saturating_sub(GAP)
        };
        while columns.is_some_and(|columns| width(&self.0) > columns) {
            let first = self.0.iter().map(|(part, _)| *part).min();
            let Some(first) = first.filter(|part| *part < Part::Always) else { break };
            self.0.retain(|(part, _)| *part != first);
        }
        self.0.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_leaves_out_parts_but_no_losses() {
        let line = |columns| {
            let mut parts = Parts::default();
            for (part, text) in [
                (Part::Always, "0.0-1.0 s"),
                (Part::Rate, "10 pps"),
                (Part::Bitrate, "5 kbit/s"),
                (Part::Always, "lost 1"),
                (Part::Median, "delay p50 1 us"),
                (Part::P99, "p99 2 us"),
                (Part::Jitter, "jitter 1 us"),
            ] {
                parts.add(part, text);
            }
            parts.joined(columns)
        };
        let all = "0.0-1.0 s  10 pps  5 kbit/s  lost 1  delay p50 1 us  p99 2 us  jitter 1 us";
        assert_eq!([None, Some(80)].map(line), [all, all]);
        assert_eq!(line(Some(73)), "0.0-1.0 s  10 pps  5 kbit/s  lost 1  delay p50 1 us  p99 2 us");
        assert_eq!(line(Some(52)), "0.0-1.0 s  10 pps  5 kbit/s  lost 1  delay p50 1 us");
        assert_eq!(line(Some(40)), "0.0-1.0 s  10 pps  5 kbit/s  lost 1");
        assert_eq!(line(Some(1)), "0.0-1.0 s  lost 1");
    }
}
