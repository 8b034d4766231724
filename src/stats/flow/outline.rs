//! The outline of a datagram whose flow is not recognised yet.

use crate::stats::stream::Arrival;
use crate::units::UnixTime;

/// How many bytes of a datagram an outline keeps at least.
const FEW_BYTES: usize = 64;

/// The longest datagram that an outline keeps whole.
const MOST_BYTES: usize = 9216;

/// A datagram, counted as soon as the format of its flow is known.
#[derive(Clone, Debug)]
pub struct Outline {
    time: UnixTime,
    read: Option<UnixTime>,
    ttl: Option<u8>,
    traffic_class: Option<u8>,
    len: usize,
    /// The payload, or its beginning.
    pub bytes: Box<[u8]>,
}

impl Outline {
    /// Keeps a datagram; only the beginning if it is too long, or unless `has_room`.
    pub fn new(payload: &[u8], arrival: &Arrival, has_room: bool) -> Self {
        let most = if has_room && payload.len() <= MOST_BYTES { MOST_BYTES } else { FEW_BYTES };
        Outline {
            time: arrival.time,
            read: arrival.read,
            ttl: arrival.ttl,
            traffic_class: arrival.traffic_class,
            len: arrival.len,
            bytes: payload[..payload.len().min(most)].into(),
        }
    }

    /// The circumstances of its arrival; `later` is another arrival of the same flow.
    pub fn arrival<'a>(&self, later: &Arrival<'a>) -> Arrival<'a> {
        Arrival {
            time: self.time,
            read: self.read,
            ttl: self.ttl,
            traffic_class: self.traffic_class,
            len: self.len,
            ..*later
        }
    }

    /// The memory in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Outline>() + self.bytes.len()
    }
}
