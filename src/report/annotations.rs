//! Annotations of GitHub Actions: the reasons of the verdict, and warnings, beside the summary of a
//! workflow.

use super::Notes;
use super::observe::{Observer, ObserverError, Observers, RunInfo};
use super::workflow_commands::{are_obeyed, data, property};
use crate::event::Event;
use crate::notice::{Level, Notice};
use crate::verdict::Verdict;

/// GitHub shows no more of each kind in a step.
const MOST: usize = 10;

/// Writes annotations to standard error. The runner reads it like standard output, which may hold
/// JSON.
struct Annotations {
    title: String,
    notes: Notes,
    warnings: usize,
}

/// Adds the annotations of a run, if a runner of GitHub Actions reads them.
pub fn annotate(observers: &mut Observers, run: &RunInfo, notes: &Notes) {
    if are_obeyed() {
        let title = format!("mcast {}", run.command);
        observers.add(Box::new(Annotations { title, notes: notes.clone(), warnings: 0 }));
    }
}

impl Annotations {
    fn warning(&mut self, notice: &Notice) {
        if notice.level < Level::Warning || self.warnings == MOST {
            return;
        }
        self.warnings += 1;
        let tip = notice.remedy.iter().map(|tip| format!("\n  tip: {tip}"));
        let text = notice.what.clone() + &tip.collect::<String>();
        self.annotate("warning", &text);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        for reason in verdict.reasons.iter().take(MOST) {
            self.annotate("error", reason);
        }
    }

    fn annotate(&mut self, kind: &str, text: &str) {
        let line = format!("::{kind} title={}::{}\n", property(&self.title), data(text));
        self.notes.obeyed(line.as_bytes());
    }
}

impl Observer for Annotations {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        match event {
            Event::Warning(notice) | Event::Explanation(notice) => self.warning(notice),
            // A fault is a reason of the verdict.
            Event::Finding(finding) if finding.level < Level::Fault => self.warning(finding),
            Event::RecvSummary(summary) => self.verdict(&summary.verdict),
            Event::SendSummary(summary) => self.verdict(&summary.verdict),
            Event::ScanSummary(summary) => self.verdict(&summary.verdict),
            Event::PingSummary(summary) => self.verdict(&summary.verdict),
            Event::CheckSummary(summary) => self.verdict(&summary.verdict),
            Event::ThroughputSummary(summary) => self.verdict(&summary.verdict),
            Event::JoinSummary(summary) => self.verdict(&summary.verdict),
            Event::GroupsSummary(summary) => self.verdict(&summary.verdict),
            Event::IfacesSummary(summary) => self.verdict(&summary.verdict),
            Event::Failure(failure) => self.verdict(&failure.verdict),
            _ => {}
        }
        Ok(())
    }
}
