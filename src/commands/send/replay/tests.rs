//! Datagrams for the tests of a replay.

use crate::capture::{Captured, Checksum};

/// A datagram to 239.1.1.1:5000 with this payload.
pub fn captured(payload: &[u8]) -> Captured<'_> {
    Captured {
        time: None,
        interface: 0,
        device: None,
        vlan: None,
        source: "10.0.0.5:4000".parse().unwrap(),
        destination: "239.1.1.1:5000".parse().unwrap(),
        ttl: 4,
        traffic_class: 0,
        payload,
        outgoing: false,
        checksum: Checksum::Right,
    }
}
