//! Standard error.

use std::io::{self, Write};

use super::progress::ProgressLine;
use super::screen::{Screen, finished};
use crate::units::printable::{is_printable, name_of};

/// Standard error. That nobody reads it any more, or that its disk is full, is no reason to stop:
/// the results go elsewhere. Its clones share the line at the end of the terminal that shows the
/// progress, and what is written makes that line go first. Each write should be of whole lines,
/// which are broken to fit the terminal.
#[derive(Clone, Default)]
pub struct Notes {
    pub(super) line: ProgressLine,
}

impl Notes {
    fn write_raw(&self, bytes: &[u8]) {
        self.line.clear();
        let _ = io::stderr().write_all(bytes);
    }

    /// The writer of the log, whose lines are not broken.
    pub fn log(&self) -> Log {
        Log(self.clone())
    }
}

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_raw(&finished(bytes, Screen::Diagnostics.columns()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log on standard error: a record in each write. Of what a terminal would not simply print, it
/// keeps the colours of `tracing`, which escapes those in its fields.
pub struct Log(Notes);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = String::with_capacity(bytes.len());
        for letter in name_of(bytes.strip_suffix(b"\n").unwrap_or(bytes)).chars() {
            if is_printable(letter) || letter == '\u{1b}' {
                line.push(letter);
            } else {
                line.extend(letter.escape_debug());
            }
        }
        line.push('\n');
        self.0.write_raw(line.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
