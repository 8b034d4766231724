//! The trait of all formats.

use std::io::{self, Write};

use crate::event::Event;

/// A way to show events.
pub trait Format {
    /// Shows `event`: results are added to `out`, diagnostics go to `notes`.
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()>;
}
