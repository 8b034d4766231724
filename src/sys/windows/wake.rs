//! Nothing wakes a wait on Windows: it ends after a slice of time.

use std::io;

use super::PollSource;

/// Without content.
#[derive(Debug)]
pub struct WakePipe;

impl WakePipe {
    pub fn open(_signals: &[i32]) -> io::Result<Self> {
        Ok(WakePipe)
    }

    pub fn source(&self) -> Option<PollSource<'_>> {
        None
    }

    pub fn drain(&self) {}
}
