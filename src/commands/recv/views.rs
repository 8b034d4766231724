//! A received datagram as others need it: an event to show, and a datagram to record.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::count::Classified;
use crate::capture::Recorded;
use crate::event::{Payload, ProbeInfo, ReceivedDatagram};
use crate::format::probe::Damage;
use crate::iface::Cast;
use crate::net::Datagram;
use crate::stats::flow::Seen;
use crate::target::Zoned;

/// The event that shows a datagram.
pub fn received<'a>(datagram: &Datagram<'a>, classified: Classified) -> ReceivedDatagram<'a> {
    let Datagram { payload, meta, endpoint, iface, zone, .. } = *datagram;
    let probe = match classified {
        Classified::Measured { stream, seq, delay } => {
            Some(ProbeInfo::Whole { stream, seq, delay_ns: delay })
        }
        Classified::Damaged(damage) => Some(ProbeInfo::Damaged { damage: damage.name() }),
        Classified::Foreign(Seen { format: Some(format), number, delay, corrupt }) => {
            let format = format.name();
            Some(match corrupt {
                true => ProbeInfo::Misfit { format, damage: Damage::Corrupt.name() },
                false => ProbeInfo::Foreign { format, seq: number, delay_ns: delay },
            })
        }
        Classified::Plain | Classified::Foreign(_) | Classified::Beside | Classified::End => None,
    };
    ReceivedDatagram {
        time: meta.time.into(),
        source: Zoned::socket(meta.source, zone),
        group: datagram.group(),
        port: endpoint.port,
        iface,
        ttl: meta.ttl,
        dscp: meta.dscp(),
        ecn: meta.ecn(),
        len_bytes: payload.len(),
        probe,
        payload: Payload(payload),
    }
}

/// The datagram to record.
pub fn recorded<'a>(datagram: &Datagram<'a>) -> Recorded<'a> {
    let Datagram { payload, meta, endpoint, iface, .. } = *datagram;
    let group = datagram.group();
    // The target may be any address.
    let cast = match group {
        IpAddr::V4(Ipv4Addr::BROADCAST) => Cast::Broadcast,
        group if group.is_multicast() => Cast::Multicast,
        _ => endpoint.cast,
    };
    Recorded {
        time: meta.time,
        iface,
        source: meta.source,
        destination: SocketAddr::new(group, endpoint.port),
        cast,
        ttl: meta.ttl,
        traffic_class: meta.traffic_class,
        payload,
        outgoing: false,
    }
}
