//! `bench groups` in text: a line for each trial, and the capacity at the end.

use std::io::{self, Write};

use crate::event::{GroupsSummary, StepInfo};
use crate::report::style::Paint;
use crate::units::words::{count, span};

/// The table of trials, which grows.
#[derive(Default)]
pub struct Steps {
    begun: bool,
}

impl Steps {
    /// Adds a row; the first one follows the titles.
    pub fn row(&mut self, step: &StepInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let titles = format!("{:>7}{:>11}{:>9}", "groups", "receivers", "arrived");
            writeln!(out, "{}", paint.faint(titles))?;
        }
        let fewest = step.fewest.map_or_else(|| "-".to_owned(), |fewest| fewest.to_string());
        write!(out, "{:>7}{:>11}{fewest:>9}  ", step.groups, step.receivers.len())?;
        match (step.passed, step.fewest) {
            (true, _) => writeln!(out, "passed"),
            (false, Some(_)) => writeln!(out, "{}", paint.caution("not all arrived")),
            (false, None) => writeln!(out, "{}", paint.caution("no report from a receiver")),
        }
    }
}

/// The capacity, and the worst receivers.
pub fn summary(summary: &GroupsSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let GroupsSummary { capacity, failed, receivers, elapsed, steps, .. } = summary;
    writeln!(out)?;
    let of = format!("{} in {}", count(*receivers as u64, "receiver"), span(*elapsed));
    match (capacity, failed) {
        (Some(capacity), Some(failed)) => writeln!(
            out,
            "forwarded to every receiver: {}, but not {failed} (RFC 3918, 7.1); {of}",
            paint.strong(count(*capacity as u64, "group"))
        )?,
        (Some(capacity), None) => writeln!(
            out,
            "forwarded to every receiver: {}, all that were tested (RFC 3918, 7.1); {of}",
            paint.strong(count(*capacity as u64, "group"))
        )?,
        (None, _) => writeln!(out, "no number of groups arrived completely; {of}")?,
    }
    let last = steps.iter().rev().find(|step| !step.passed && step.receivers.len() > 1);
    for receiver in last.iter().flat_map(|step| &step.receivers) {
        let groups = receiver.groups.map_or_else(|| "-".to_owned(), |groups| groups.to_string());
        let of = last.map_or(0, |step| step.groups);
        writeln!(out, "  {}: {groups} of {of}", receiver.address)?;
    }
    Ok(())
}
