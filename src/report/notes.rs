//! Standard error.

use std::io::{self, Write};

use super::progress::ProgressLine;

/// Standard error. That nobody reads it any more, or that its disk is full, is no reason to stop:
/// the results go elsewhere. Its clones share the line at the end of the terminal that shows the
/// progress, and what is written makes that line go first.
#[derive(Clone, Default)]
pub struct Notes {
    pub(super) line: ProgressLine,
}

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.clear();
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
