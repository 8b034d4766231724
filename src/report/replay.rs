//! The lines of a replay.

use std::io::{self, Write};
use std::time::Duration;

use crate::event::{ReplayInfo, ReplayTotals};
use crate::units::Speed;
use crate::units::words::{count, list, span};

/// The first line: the capture and its pace.
pub fn begin(info: &ReplayInfo, out: &mut dyn Write) -> io::Result<()> {
    let pace = match info.speed {
        Speed::Max => "as fast as possible".to_owned(),
        Speed::ORIGINAL => "at the pace of the capture".to_owned(),
        speed => format!("at {speed} times the pace of the capture"),
    };
    write!(out, "replaying {} {pace}", info.name)?;
    if let Some(datagrams) = info.datagrams {
        write!(out, ": {}", count(datagrams, "datagram"))?;
        if let (Some(duration), true) = (info.duration, info.speed != Speed::Max) {
            write!(out, " in {}", span(duration))?;
        }
    }
    match info.passes {
        Some(1) => {}
        Some(passes) => write!(out, ", {passes} times")?,
        None => write!(out, ", without end")?,
    }
    writeln!(out)
}

/// The lines of the summary.
pub fn summary(totals: &ReplayTotals, out: &mut dyn Write) -> io::Result<()> {
    let [datagrams, records] = totals.parts();
    let read = count(totals.datagrams, "datagram");
    write!(out, "  read {read} in {}", count(totals.records, "record"))?;
    if totals.passes > 1 {
        write!(out, " in {} passes", totals.passes)?;
    }
    if !datagrams.is_empty() {
        write!(out, "; left out {}", list(&datagrams))?;
    }
    writeln!(out)?;
    if !records.is_empty() {
        writeln!(out, "  records without a whole UDP datagram: {}", list(&records))?;
    }
    if totals.gaps_shortened > 0 {
        let gaps = count(totals.gaps_shortened, "gap");
        let removed = span(totals.gap_time_removed);
        writeln!(out, "  shortened {gaps} by {removed} in total (--max-gap)")?;
    }
    if totals.steps_back > 0 {
        let late = count(totals.steps_back, "datagram");
        writeln!(out, "  {late} with an earlier time than the one before left at once")?;
    }
    if totals.without_time > 0 {
        writeln!(out, "  {} without a time left at once", count(totals.without_time, "datagram"))?;
    }
    if totals.postponed > Duration::ZERO {
        let postponed = span(totals.postponed);
        writeln!(
            out,
            "  fell behind by {postponed} in total: this host or its input was too slow"
        )?;
    }
    Ok(())
}
