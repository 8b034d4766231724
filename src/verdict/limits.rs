//! The limits of a receiver.

use std::time::Duration;

/// The limits of a receiver. Times start when every group is joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Stop after exactly this many datagrams.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// The longest to wait for all of `count` and for the end of the streams with `once`; without
    /// these, for the first datagram.
    pub timeout: Option<Duration>,
    /// Stop if no datagram arrives for this time after another one.
    pub idle: Option<Duration>,
    /// Stop when every measured stream has ended.
    pub once: bool,
}
