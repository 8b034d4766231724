//! The events of `mcast check`, besides its findings, which are data already.

use std::time::Duration;

use serde::Serialize;

use super::json::nanos;
use super::{Program, TargetInfo};
use crate::notice::{Id, Level, Notice};
use crate::verdict::Verdict;

/// The group is joined wherever it can be: what arrives from now on is seen.
#[derive(Debug, Serialize)]
pub struct Checking<'a> {
    /// What writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// Where it is joined.
    pub targets: Vec<TargetInfo<'a>>,
    /// The interface where it should arrive; `null` where nobody names one and several would do.
    pub expected: Option<&'a str>,
    /// How long is listened, at most.
    #[serde(rename = "duration_ns", serialize_with = "nanos")]
    pub duration: Duration,
    /// What to type on the host that sends; `null` unless a sender is waited for.
    pub send: Option<String>,
}

/// What was found, in one sentence; always the last.
#[derive(Debug, Serialize)]
pub struct CheckSummary {
    /// How long it took.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// How many findings are as they should be.
    pub passes: usize,
    /// How many are to know.
    pub notes: usize,
    /// How many may keep datagrams away.
    pub warnings: usize,
    /// How many do.
    pub faults: usize,
    /// All of it in one sentence.
    pub conclusion: String,
    /// Datagrams from other hosts arrive, and no finding is above a note.
    #[serde(skip)]
    pub works: bool,
    /// What it proved.
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
