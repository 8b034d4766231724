//! `mcast check --watch`: repeats the check, and reports the changes.

use std::time::{Duration, Instant};

use super::cycle::{Cycle, judge};
use crate::cli::menu;
use crate::diagnosis::{CurrentFindings, FindingChanges};
use crate::event::{Event, Watching};
use crate::net::NetError;
use crate::report::Reporter;
use crate::sys::Signal;
use crate::verdict::{RunError, Stop, Verdict};
use crate::{net, plan, verdict};

/// Repeats the check until a signal, or until the reader closes the output. The last complete cycle
/// decides the verdict.
///
/// # Errors
/// The operation without which the check cannot run.
pub fn run(
    plan: &plan::Check,
    every: Duration,
    reporter: &mut Reporter,
) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let mut watch = Watch { every, last: None, cycles: 0, current: CurrentFindings::default() };
    let ran = watch.repeat(plan.clone(), reporter);
    let (stop, failure) = verdict::conclude(ran, reporter.signal());
    if let Some(error) = failure {
        return Err(error);
    }
    let Watch { last, cycles, .. } = watch;
    let Some(last) = last else { return Ok(judge(&[], stop)) };
    let stop = match stop {
        // The usual end. A closed terminal is none.
        Stop::Interrupted(signal) if cycles > 0 && signal != Signal::Hangup => Stop::Duration,
        other => other,
    };
    let verdict = judge(&last.found, stop);
    let summary = last.summary(start.elapsed(), verdict.clone()).after(cycles);
    reporter.final_output(|reporter| reporter.event(&Event::CheckSummary(summary)))?;
    Ok(verdict)
}

/// The state between two cycles.
struct Watch {
    every: Duration,
    /// The last complete cycle; the first one also if it is not complete.
    last: Option<Cycle>,
    /// The number of complete cycles.
    cycles: u64,
    current: CurrentFindings,
}

impl Watch {
    fn repeat(&mut self, mut plan: plan::Check, reporter: &mut Reporter) -> Result<Stop, RunError> {
        loop {
            let start = Instant::now();
            let cycle = Cycle::run(self.cycles + 1, &plan, reporter)?;
            let stop = cycle.stop;
            if cycle.is_complete() {
                self.cycles += 1;
            } else if self.cycles > 0 {
                // What it did not see yet is no change.
                return Ok(stop);
            }
            let is_complete = cycle.is_complete();
            self.report(&cycle, start, reporter)?;
            self.last = Some(cycle);
            if !is_complete {
                return Ok(stop);
            }
            if let Some(stop) = wait(start + self.every, reporter)? {
                return Ok(stop);
            }
            plan = plan::Host::here(&menu::ask)?.check_again(&plan);
        }
    }

    /// Reports the changes of a cycle. All findings of the first one are new.
    fn report(
        &mut self,
        cycle: &Cycle,
        start: Instant,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let FindingChanges { resolved, new } = self.current.update(&cycle.found);
        resolved.iter().try_for_each(|finding| reporter.event(&Event::Resolved(finding)))?;
        new.iter().try_for_each(|finding| reporter.event(&Event::Finding(finding)))?;
        cycle.observe(reporter);
        if self.cycles == 1 {
            let verdict = judge(&cycle.found, cycle.stop);
            let first = cycle.summary(start.elapsed(), verdict);
            let conclusion = Some(first.conclusion.clone());
            let every = self.every;
            reporter.event(&Event::Watching(Watching { every, conclusion, first: Some(first) }))?;
        }
        Ok(reporter.flush()?)
    }
}

/// Waits for the next cycle. Returns the reason to stop, if there is one.
fn wait(until: Instant, reporter: &Reporter) -> Result<Option<Stop>, NetError> {
    loop {
        if let Some(signal) = reporter.signal() {
            return Ok(Some(Stop::Interrupted(signal)));
        }
        if until <= Instant::now() {
            return Ok(None);
        }
        if net::wait(reporter.wake(), Some(until))? {
            return Ok(Some(Stop::ReaderGone));
        }
    }
}
