//! The interface of the formats.

use std::io::{self, Write};
use std::time::SystemTime;

use crate::event::Event;

/// Writes events.
pub trait Format {
    /// Adds results to `out` and writes diagnostics to `notes`.
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()>;

    /// Sets the clock of the events that follow, if the format shows one.
    fn set_clock(&mut self, _clock: EventClock) {}
}

/// The clock that dates events.
#[derive(Clone, Copy, Debug, Default)]
pub enum EventClock {
    /// The clock of this host.
    #[default]
    System,
    /// The clock of a capture, which has reached this time; `None` before its first datagram.
    Capture(Option<SystemTime>),
}
