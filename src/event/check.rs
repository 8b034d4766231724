//! The events of `mcast check` except its findings.

use std::time::Duration;

use serde::Serialize;

use super::json::nanos;
use super::{Program, TargetInfo};
use crate::notice::{Id, Level, Notice};
use crate::verdict::Verdict;

/// The group is joined on all interfaces that can carry it, and listening begins.
#[derive(Debug, Serialize)]
pub struct Checking<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The group on each interface that joined it.
    pub targets: Vec<TargetInfo<'a>>,
    /// The interface on which the group should arrive; `null` if neither the user nor a route
    /// selects one.
    pub expected: Option<&'a str>,
    /// The longest time to listen.
    #[serde(rename = "duration_ns", serialize_with = "nanos")]
    pub duration: Duration,
    /// The command for the sender; `null` without `--listen`.
    pub send: Option<String>,
}

/// The counts and the conclusion: always the last event.
#[derive(Debug, Serialize)]
pub struct CheckSummary {
    /// The duration of the check.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The number of passes.
    pub passes: usize,
    /// The number of notes.
    pub notes: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of faults.
    pub faults: usize,
    /// One sentence that stands alone.
    pub conclusion: String,
    /// Datagrams from other hosts arrive, and no finding is above a note.
    #[serde(skip)]
    pub works: bool,
    /// The verdict, with the exit status.
    pub verdict: Verdict,
}

impl CheckSummary {
    /// Counts the findings.
    pub fn new(elapsed: Duration, found: &[Notice], conclusion: String, verdict: Verdict) -> Self {
        let count = |level| found.iter().filter(|finding| finding.level == level).count();
        let [passes, notes, warnings, faults] =
            [Level::Pass, Level::Note, Level::Warning, Level::Fault].map(count);
        let arrives =
            found.iter().any(|finding| finding.id == Id::Arrives && finding.level == Level::Pass);
        let works = arrives && warnings == 0 && faults == 0;
        CheckSummary { elapsed, passes, notes, warnings, faults, conclusion, works, verdict }
    }
}
