//! The terminal.

use std::io;
use std::thread;
use std::time::Duration;

use crate::sys::InputState;

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

    /// Waits for the time. Keys wait in the console.
    pub fn wait(&self, timeout: Duration) -> InputState {
        thread::sleep(timeout);
        InputState::Ready
    }
}
