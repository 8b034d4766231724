//! The silence of an input, of which the user is warned once.

use std::io;
use std::time::{Duration, Instant};

use crate::notice::Notice;
use crate::report::Reporter;

/// A pipe without a byte for this long is probably not what the user expects.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Warns once of an input that has no bytes for a time.
#[derive(Debug)]
pub struct InputSilence {
    /// When the warning is due; `None` if no silence matters any more.
    due: Option<Instant>,
}

impl InputSilence {
    /// A silence that begins at `now` and matters after [`PATIENCE`].
    pub fn new(now: Instant) -> Self {
        InputSilence { due: now.checked_add(PATIENCE) }
    }

    /// No silence matters.
    pub fn ignored() -> Self {
        InputSilence { due: None }
    }

    /// Bytes arrived by `now`: the next silence matters after `patience`; `None` if it never does.
    /// Without effect after the warning.
    pub fn end(&mut self, now: Instant, patience: Option<Duration>) {
        self.due = self.due.and(patience.and_then(|patience| now.checked_add(patience)));
    }

    /// When the warning is due.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Warns if the warning is due at `now`.
    ///
    /// # Errors
    /// As [`Reporter::warn`].
    pub fn warn_if_due(
        &mut self,
        now: Instant,
        reporter: &mut Reporter,
        warning: impl FnOnce() -> Notice,
    ) -> io::Result<()> {
        if self.due.is_none_or(|due| now < due) {
            return Ok(());
        }
        self.due = None;
        reporter.warn(&warning())?;
        reporter.flush()
    }
}
