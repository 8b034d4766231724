//! The events of `mcast check`, except its findings.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::json::nanos;
use super::{Program, TargetInfo};
use crate::notice::{Id, Level, Notice};
use crate::verdict::Verdict;

/// The group is joined: datagrams that arrive from now on count.
#[derive(Debug, Serialize)]
pub struct Checking<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The target on each interface.
    pub targets: Vec<TargetInfo<'a>>,
    /// The interface where the group should arrive; `null` if the choice is open.
    pub expected: Option<&'a str>,
    /// The longest time to listen.
    #[serde(rename = "duration_ns", serialize_with = "nanos")]
    pub duration: Duration,
    /// The command to type on the sender; `null` without `--listen`.
    pub send: Option<String>,
}

/// The result of one cycle of `mcast check`, for observers. Without `--watch` there is one cycle. A
/// cycle that a signal interrupts has none.
#[derive(Clone, Copy, Debug)]
pub struct CheckState<'a> {
    /// The number of the cycle, from 1.
    pub cycle: u64,
    /// The time at which the cycle ended.
    pub time: SystemTime,
    /// The duration of the cycle.
    pub elapsed: Duration,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface where the group should arrive; `None` if the choice is open.
    pub iface: Option<&'a str>,
    /// All findings of the cycle, not only the new ones.
    pub findings: &'a [Notice],
}

/// The first cycle of a repeated command has ended, and the changes follow.
#[derive(Debug, Serialize)]
pub struct Watching {
    /// The time from the start of a cycle to the next one. `mcast ifaces` also reports changes
    /// between two cycles.
    #[serde(rename = "interval_ns", serialize_with = "nanos")]
    pub every: Duration,
    /// The conclusion of the first check, in one sentence; `null` for `mcast ifaces`.
    pub conclusion: Option<String>,
    /// The result of the first check.
    #[serde(skip)]
    pub first: Option<CheckSummary>,
}

/// The last event of `mcast check`.
#[derive(Clone, Debug, Serialize)]
pub struct CheckSummary {
    /// The duration of the check, with all its cycles.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The number of complete cycles; `null` without `--watch`.
    pub cycles: Option<u64>,
    /// How many findings are passes.
    pub passes: usize,
    /// How many are notes.
    pub notes: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are faults.
    pub faults: usize,
    /// The conclusion, in one sentence.
    pub conclusion: String,
    /// The exit status and its reasons.
    pub verdict: Verdict,
    /// Datagrams from other hosts arrive, and no finding is above a note.
    #[serde(skip)]
    pub works: bool,
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
        CheckSummary {
            elapsed,
            cycles: None,
            passes,
            notes,
            warnings,
            faults,
            conclusion,
            verdict,
            works,
        }
    }

    /// The same after this number of cycles.
    pub fn after(self, cycles: u64) -> Self {
        CheckSummary { cycles: Some(cycles), ..self }
    }
}
