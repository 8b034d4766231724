//! The console of a full-screen view.

use std::io;

/// The console that keys come from.
#[derive(Debug)]
pub struct TerminalInput;

impl TerminalInput {
    /// Opens the console.
    ///
    /// # Errors
    /// None.
    pub fn open() -> io::Result<Self> {
        Ok(TerminalInput)
    }

    /// Always true: Windows has no background processes on a console.
    pub fn is_foreground(&self) -> bool {
        true
    }
}
