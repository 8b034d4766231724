//! A recording that ended before its run.

use std::io;

use thiserror::Error;

use crate::net::describe;

/// A recording ended before its run.
#[derive(Debug, Error)]
#[error("the recording to {place} ended: {}", self.reason())]
pub struct RecordingFailure {
    /// The file, in quotes, or standard output.
    pub place: String,
    /// The error of the write.
    pub source: io::Error,
}

impl RecordingFailure {
    /// The reason, as the end of a sentence.
    pub fn reason(&self) -> String {
        match self.source.kind() {
            io::ErrorKind::TimedOut => "its reader does not read".to_owned(),
            io::ErrorKind::BrokenPipe => "its reader closed it".to_owned(),
            _ => describe(&self.source).to_string(),
        }
    }

    /// Whether more space would help.
    pub fn needs_space(&self) -> bool {
        use io::ErrorKind as Kind;
        let kind = self.source.kind();
        matches!(kind, Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge)
    }
}
