//! The numbers and times of a datagram, from any format.

use super::Clock;
use crate::format::probe::Probe;
use crate::units::UnixTime;

/// A datagram of a stream: the numbers that it holds, and what its sender states.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The first number, extended to 64 bits.
    pub first: u64,
    /// How many consecutive numbers it holds, at least 1.
    pub count: u64,
    /// The send time by the sender's clock, if the format has one.
    pub sent: Option<UnixTime>,
    /// The evidence that the clocks agree.
    pub clock: Clock,
    /// The TTL or hop limit as sent.
    pub ttl: Option<u8>,
    /// The traffic class as sent.
    pub traffic_class: Option<u8>,
}

impl Sample {
    #[inline]
    pub(super) fn of_probe(probe: &Probe, clock: Clock) -> Self {
        Sample {
            first: probe.sequence,
            count: 1,
            sent: Some(UnixTime::from_nanos(i64::try_from(probe.sent).unwrap_or(i64::MAX))),
            clock,
            ttl: Some(probe.ttl),
            traffic_class: Some(probe.traffic_class),
        }
    }
}
