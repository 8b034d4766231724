//! Standard error.

use std::io::{self, Write};

use super::full_screen::FullScreen;
use super::progress::ProgressLine;
use super::screen::{Screen, finished};
use super::workflow_commands::{are_obeyed, disarmed};
use crate::units::printable::{is_printable, name_of};

/// Standard error. A closed reader or a full disk is no reason to stop, because the results are
/// elsewhere. All clones share the progress line, and each write clears it first. A write consists
/// of whole lines, which are wrapped to fit the terminal. During a full-screen view they wait.
#[derive(Clone, Default)]
pub struct Notes {
    pub(super) line: ProgressLine,
    pub(super) full_screen: FullScreen,
}

impl Notes {
    fn write_raw(&self, bytes: &[u8]) {
        if self.full_screen.hold(bytes) {
            return;
        }
        self.line.clear();
        let _ = match are_obeyed() {
            true => io::stderr().write_all(&disarmed(bytes)),
            false => io::stderr().write_all(bytes),
        };
    }

    /// Writes lines that a runner of GitHub Actions obeys.
    pub(super) fn obeyed(&self, lines: &[u8]) {
        let lines = finished(lines, None);
        if !self.full_screen.hold(&lines) {
            self.line.clear();
            let _ = io::stderr().write_all(&lines);
        }
    }

    /// The writer of the log, whose lines are not wrapped.
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

/// The log on standard error, one record for each write. It escapes control characters except the
/// styles of `tracing`, which itself escapes those in its fields.
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
