//! The limit of a file, after which another one begins.

use std::time::Duration;

/// The limit of a file, after which another one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLimit {
    /// The most bytes of a file.
    Size(u64),
    /// The longest time from the first to the last datagram of a file.
    Time(Duration),
}

impl FileLimit {
    /// The smallest limits. A smaller one would make more files than a folder can hold.
    pub const LEAST_SIZE: u64 = 100_000;
    /// The same for a time.
    pub const LEAST_TIME: Duration = Duration::from_secs(1);
}
