//! The interface of the formats.

use std::io::{self, Write};

use crate::event::Event;

/// Writes events.
pub trait Format {
    /// Adds results to `out` and writes diagnostics to `notes`.
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()>;
}
