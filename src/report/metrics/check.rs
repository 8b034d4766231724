//! The metrics of a check.

use super::catalogue::{CHECK, FINDINGS};
use super::labelled::Labelled;
use super::snapshot::{Labels, Snapshot, Value, labels};
use crate::event::CheckState;
use crate::notice::Level;
use crate::units::UnixTime;

/// The metrics of a check, by its last cycle.
#[derive(Debug)]
pub struct Check {
    runs: u64,
    last: UnixTime,
    findings: Vec<Labels>,
}

impl Check {
    /// The metrics after a cycle.
    pub fn new(state: &CheckState) -> Self {
        let labels = |level: Level, id: &str| {
            labels([
                ("id", Some(id.to_owned())),
                ("level", Some(level.name().to_owned())),
                ("group", Some(state.group.to_string())),
                ("port", Some(state.port.to_string())),
                ("iface", state.iface.map(str::to_owned)),
            ])
        };
        let findings = state.findings.iter();
        Check {
            runs: state.cycle,
            last: state.time.into(),
            findings: findings.map(|found| labels(found.level, found.id.as_str())).collect(),
        }
    }

    /// Adds the current values to a snapshot.
    pub fn describe(&self, snapshot: &mut Snapshot) {
        let last = Value::seconds(Some(self.last.nanos()));
        snapshot.add(&CHECK, &[Value::Count(self.runs), last]);
        // Findings about several interfaces may have the same id.
        let mut findings = Labelled::new(&FINDINGS);
        self.findings.iter().for_each(|of| findings.add(of.clone(), &[Value::Count(1)]));
        snapshot.tables.push(findings.into());
    }
}
