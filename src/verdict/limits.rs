//! When receiving stops.

use std::time::Duration;

/// When receiving stops. Each is counted from the moment when every group is joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// After exactly this many datagrams.
    pub count: Option<u64>,
    /// After this time, whatever came.
    pub duration: Option<Duration>,
    /// The longest to wait for all of `count` and for the end of the streams with `once`; without
    /// these, for the first datagram.
    pub timeout: Option<Duration>,
    /// After this time of silence, once something has come.
    pub idle: Option<Duration>,
    /// When every measured stream that was heard has ended.
    pub once: bool,
}
