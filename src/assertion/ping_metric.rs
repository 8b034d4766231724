//! The metrics of a ping.

use super::Statistic;

/// A measurement of a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PingMetric {
    /// The part of the requests that did not reach their receiver.
    LossTo,
    /// Their number.
    LostTo,
    /// The part of the replies that did not arrive.
    LossBack,
    /// Their number.
    LostBack,
    /// Requests without an answer that shows where they were lost.
    Unresolved,
    /// The round-trip time.
    Rtt(Statistic),
}
