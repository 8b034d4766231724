//! One cycle of a check, from the facts to the verdict.

use std::time::{Duration, Instant, SystemTime};

use super::gather::gather;
use crate::diagnosis::{Facts, conclusion, findings};
use crate::event::{CheckState, CheckSummary, Event};
use crate::notice::{Level, Notice};
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{RunError, Stop, Verdict};

/// One whole check.
pub struct Cycle {
    number: u64,
    elapsed: Duration,
    pub facts: Facts,
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
pub fn judge(found: &[Notice], stop: Stop) -> Verdict {
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
