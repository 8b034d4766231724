//! `mcast check`, from the facts to the verdict.

use std::fs::File;
use std::io::{self, Write};
use std::time::Instant;

use super::cycle::{Cycle, judge};
use super::watch;
use crate::diagnosis::Facts;
use crate::event::Event;
use crate::report::{Reporter, write_pretty_json};
use crate::sys::create_file;
use crate::verdict::{RunError, Verdict};
use crate::{plan, verdict};

/// Checks, and reports the findings. With `--watch`, repeats that and reports the changes.
///
/// # Errors
/// The operation without which the check cannot run.
pub fn run(plan: &plan::Check, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    match plan.watch {
        Some(every) => watch::run(plan, every, reporter),
        None => once(plan, reporter),
    }
}

fn once(plan: &plan::Check, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let cannot_record =
        |source| RunError::Record { file: plan.record.clone().unwrap_or_default(), source };
    // The file is opened first: a check without its record would have to run again.
    let record = plan.record.as_deref().map(create_file).transpose().map_err(cannot_record)?;
    let mut result = None;
    let ran = Cycle::run(1, plan, reporter).map(|cycle| {
        let stop = cycle.stop;
        result = Some(cycle);
        stop
    });
    let (stop, failure) = verdict::conclude(ran, reporter.signal());
    if let Some(error) = failure {
        return Err(error);
    }
    let Some(cycle) = result else { return Ok(judge(&[], stop)) };
    let recorded = record.map_or(Ok(()), |file| write_record(&cycle.facts, file));
    let failure = recorded.map_err(cannot_record).err();
    let verdict = failure.as_ref().map_or_else(|| judge(&cycle.found, stop), Verdict::could_not);
    reporter.final_output(|reporter| {
        cycle.found.iter().try_for_each(|finding| reporter.event(&Event::Finding(finding)))?;
        cycle.observe(reporter);
        reporter.event(&Event::CheckSummary(cycle.summary(start.elapsed(), verdict.clone())))
    })?;
    failure.map_or(Ok(verdict), Err)
}

fn write_record(facts: &Facts, mut file: File) -> io::Result<()> {
    let mut text = Vec::new();
    write_pretty_json(facts, &mut text)?;
    text.push(b'\n');
    file.write_all(&text)
}
