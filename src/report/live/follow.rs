//! Follows a run by its events.

use std::time::SystemTime;

use super::ping::Ping;
use super::recv::Recv;
use super::scan::Scan;
use super::send::Send;
use super::snapshot::Snapshot;
use crate::event::Event;

/// Follows a command.
pub trait Follow {
    /// Takes an event at this time. Returns what to show, if that changed.
    fn event(&mut self, event: &Event, now: SystemTime) -> Option<Snapshot>;

    /// Sets the counters to zero. The next snapshots carry the number of the reset.
    fn reset(&mut self, number: u64);
}

/// Follows the command of this name.
pub fn of(command: &str) -> Box<dyn Follow> {
    match command {
        "send" => Box::new(Send::default()),
        "ping" => Box::new(Ping::default()),
        "scan" => Box::new(Scan::default()),
        _ => Box::new(Recv::default()),
    }
}
