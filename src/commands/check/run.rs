//! `mcast check`, from the facts to the verdict.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

use super::gather::gather;
use super::watch;
use crate::diagnosis::{Facts, conclusion, findings};
use crate::event::{CheckState, CheckSummary, Event};
use crate::notice::{Level, Notice};
use crate::report::Reporter;
use crate::sys::create_file;
use crate::verdict::{RunError, Stop, Verdict};
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

/// One whole check.
pub(super) struct Cycle {
    number: u64,
    elapsed: Duration,
    facts: Facts,
    pub found: Vec<Notice>,
    /// Why listening stopped.
    pub stop: Stop,
}

impl Cycle {
    /// Gathers the facts, and draws the conclusions. The first cycle has the number 1.
    ///
    /// # Errors
    /// The operation without which the check cannot run.
    pub fn run(number: u64, plan: &plan::Check, reporter: &mut Reporter) -> Result<Self, RunError> {
        let start = Instant::now();
        let (facts, stop) = gather(plan, number == 1, reporter)?;
        let found = findings(&facts);
        Ok(Cycle { number, elapsed: start.elapsed(), facts, found, stop })
    }

    /// Whether it listened for the whole time.
    pub fn is_complete(&self) -> bool {
        !matches!(self.stop, Stop::Interrupted(_) | Stop::ReaderGone)
    }

    /// Passes a complete cycle to the observers.
    pub fn observe(&self, reporter: &mut Reporter) {
        if self.is_complete() {
            reporter.observe(&Event::Checked(CheckState {
                cycle: self.number,
                time: SystemTime::now(),
                elapsed: self.elapsed,
                group: self.facts.target.group,
                port: self.facts.target.port,
                iface: self.facts.iface.as_deref(),
                findings: &self.found,
            }));
        }
    }

    /// The summary of a check that took `elapsed` until now.
    pub fn summary(&self, elapsed: Duration, verdict: Verdict) -> CheckSummary {
        let conclusion = conclusion(&self.facts, &self.found);
        CheckSummary::new(elapsed, &self.found, conclusion, verdict)
    }
}

/// A fault fails the check, and a signal too, because the findings are incomplete.
pub(super) fn judge(found: &[Notice], stop: Stop) -> Verdict {
    let reasons: Vec<String> = found
        .iter()
        .filter(|finding| finding.level == Level::Fault)
        .map(|finding| finding.what.clone())
        .collect();
    match stop {
        Stop::Interrupted(signal) => Verdict {
            status: signal.status(),
            reasons: [vec![format!("stopped by {}", signal.name())], reasons].concat(),
        },
        _ => Verdict { status: u8::from(!reasons.is_empty()), reasons },
    }
}

fn write_record(facts: &Facts, mut file: File) -> io::Result<()> {
    let text = serde_json::to_string_pretty(facts)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}
