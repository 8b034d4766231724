//! `bench join` in text: a line for each cycle, and the latencies at the end.

use std::io::{self, Write};
use std::time::Duration;

use super::latency::{histogram, table, time, time_or_dash};
use crate::event::{CycleInfo, JoinFrom, JoinSummary};
use crate::report::style::Paint;
use crate::units::words::{count, list, span};

/// The table of cycles, which grows.
#[derive(Default)]
pub struct Cycles {
    begun: bool,
}

impl Cycles {
    /// Adds a row; the first one follows the titles.
    pub fn row(&mut self, cycle: &CycleInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let titles = format!(
                "{:>5}{:>12}{:>12}{:>12}{:>12}",
                "cycle", "join", "leave", "datagrams", "gap p50"
            );
            writeln!(out, "{}", paint.faint(titles))?;
        }
        write!(
            out,
            "{:>5}{:>12}{:>12}{:>12}{:>12}",
            cycle.cycle,
            time_or_dash(cycle.join),
            cycle.leave.map_or_else(|| "-".to_owned(), |leave| after_leave(leave, cycle.gap)),
            cycle.datagrams,
            time_or_dash(cycle.gap)
        )?;
        let remarks = [
            (cycle.forwarded_before == Some(true), "arrived before the join"),
            (cycle.stopped == Some(false), "did not stop after the leave"),
            (cycle.datagrams == 0, "no datagrams"),
        ];
        for (_, remark) in remarks.iter().filter(|(applies, _)| *applies) {
            write!(out, "  {}", paint.caution(remark))?;
        }
        writeln!(out)
    }
}

/// A leave latency. Below the gap between datagrams, only that is known.
fn after_leave(leave: Duration, gap: Option<Duration>) -> String {
    match gap.filter(|gap| leave < *gap) {
        Some(gap) => format!("< {}", time(gap)),
        None => time(leave),
    }
}

/// The latencies, and how exact they are.
pub fn summary(summary: &JoinSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let JoinSummary { join, report_delay, leave, .. } = summary;
    let from = match summary.join_from {
        JoinFrom::Report => "the membership report on the wire",
        JoinFrom::Call => "the call of mcast",
    };
    if join.is_some() || leave.is_some() {
        writeln!(out)?;
        let rows = [
            ("join", join.as_ref()),
            ("leave", leave.as_ref()),
            ("report delay", report_delay.as_ref()),
        ];
        table(&rows, paint, out)?;
    }
    if let Some(info) = join {
        histogram(&format!("join latency: from {from} to the first datagram"), info, out)?;
    }
    if let Some(info) = leave {
        histogram("leave latency: from the leave on the wire to the last frame", info, out)?;
    }
    writeln!(out)?;
    exactness(summary, out)?;
    let senders: Vec<String> = summary.sources.iter().map(ToString::to_string).collect();
    write!(
        out,
        "{} in {}",
        paint.strong(count(summary.cycles.into(), "cycle")),
        span(summary.elapsed)
    )?;
    if !senders.is_empty() {
        write!(out, "; from {}", list(&senders))?;
    }
    let remarks = [
        (summary.missed, "without datagrams"),
        (summary.forwarded_before.unwrap_or(0), "not counted: the group arrived before the join"),
        (summary.not_stopped.unwrap_or(0), "in which the group did not stop after the leave"),
    ];
    for (number, remark) in remarks.into_iter().filter(|(number, _)| *number > 0) {
        write!(out, "; {} {remark}", paint.caution(count(number.into(), "cycle")))?;
    }
    writeln!(out)
}

/// The bound that the gaps between datagrams set.
fn exactness(summary: &JoinSummary, out: &mut dyn Write) -> io::Result<()> {
    let (Some(gap), Some(most)) = (summary.gap, summary.gap_max) else { return Ok(()) };
    writeln!(
        out,
        "resolution: the time between two datagrams, p50 {}, max {}",
        time(gap),
        time(most)
    )
}
