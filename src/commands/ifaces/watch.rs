//! `mcast ifaces --watch`: the changes of the interfaces, as they happen.

use std::time::{Duration, Instant};

use super::list::list;
use crate::event::{Event, IfacesSummary, InterfaceInfo, Watching, interface_changes};
use crate::net::{InterfaceMonitor, NetError};
use crate::report::Reporter;
use crate::verdict::{RunError, Stop, Verdict};

/// The longest time between two lists: the system sends no message about a membership or a version.
const PERIOD: Duration = Duration::from_secs(1);

/// The shortest time between two lists: a host that starts a hundred containers sends thousands of
/// messages.
const LEAST_PERIOD: Duration = Duration::from_millis(20);

/// The interfaces, as they were reported.
pub struct Watch {
    monitor: InterfaceMonitor,
    known: Vec<InterfaceInfo>,
    changes: u64,
}

impl Watch {
    /// Follows the interfaces from this list on.
    pub fn new(monitor: InterfaceMonitor, known: Vec<InterfaceInfo>) -> Self {
        Watch { monitor, known, changes: 0 }
    }

    /// Reports the list, and then the changes, until a signal.
    ///
    /// # Errors
    /// The interfaces cannot be listed, or the output cannot be written.
    pub fn run(&mut self, reporter: &mut Reporter) -> Result<Stop, RunError> {
        for iface in &self.known {
            reporter.event(&Event::Interface(iface.clone()))?;
        }
        let watching = Watching { every: PERIOD, conclusion: None, first: None };
        reporter.event(&Event::Watching(watching))?;
        loop {
            reporter.flush()?;
            let listed = Instant::now();
            if let Some(signal) = reporter.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if self.monitor.wait(reporter.wake(), listed + PERIOD)? {
                return Ok(Stop::ReaderGone);
            }
            if reporter.signal().is_none() {
                // Further messages are read later.
                let pause = LEAST_PERIOD.saturating_sub(listed.elapsed());
                std::thread::sleep(pause);
                self.report_changes(reporter)?;
            }
        }
    }

    fn report_changes(&mut self, reporter: &mut Reporter) -> Result<(), RunError> {
        let listed = list().map_err(NetError::list_interfaces)?;
        for change in interface_changes(&self.known, &listed) {
            self.changes += 1;
            reporter.event(&Event::InterfaceChange(change))?;
        }
        self.known = listed;
        Ok(())
    }

    /// The summary of the run.
    pub fn summary(&self, verdict: Verdict) -> IfacesSummary {
        IfacesSummary { interfaces: self.known.len(), changes: Some(self.changes), verdict }
    }
}
