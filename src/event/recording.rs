//! A recording.

use serde::Serialize;

/// What a receiver has recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordingInfo {
    /// The file as it was named; `-` is standard output.
    pub path: String,
    /// How many files were written.
    pub files: u64,
    /// How many of them were kept; 0 for standard output.
    pub kept: u64,
    /// The oldest of these; `null` for standard output.
    pub first: Option<String>,
    /// The newest of these; `null` for standard output.
    pub last: Option<String>,
    /// The datagrams in all files, with end markers, announcements and RTCP.
    pub datagrams: u64,
    /// The length of all files in bytes.
    pub bytes: u64,
    /// Why the recording ended before the run; `null` if it did not.
    pub error: Option<String>,
}
