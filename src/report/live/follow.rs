//! Follows a run by its events.

use std::time::SystemTime;

use super::snapshot::Snapshot;
use crate::event::Event;

/// Follows a command.
pub trait Follow {
    /// Takes an event at this time. Returns what to show, if that changed.
    fn event(&mut self, event: &Event, now: SystemTime) -> Option<Snapshot>;

    /// Sets the counters to zero. The next snapshots carry the number of the reset.
    fn reset(&mut self, number: u64);
}
