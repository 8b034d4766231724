//! The terminal.

use std::io;

/// Always true: Windows has no background processes on a console.
pub fn stderr_is_foreground() -> bool {
    true
}

/// Always true: Windows does not report whether a write to a console would block.
pub fn stderr_is_writable() -> bool {
    true
}

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
