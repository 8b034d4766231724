//! A measured stream that its sender sends to several addresses at once: what left for each, and what came.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::facts::{Leg, LegKind, Path};
use crate::iface::Cast;
use crate::net::Datagram;
use crate::plan::FLOODED;
use crate::probe::{self, Kind, Probe, Reading};

/// What came of measured streams, by stream and by address.
pub struct Paths {
    group: IpAddr,
    legs: BTreeMap<(u64, IpAddr), (IpAddr, Counted)>,
}

/// What came to one address.
struct Counted {
    leg: Leg,
    highest: u64,
    ended: bool,
}

impl Paths {
    /// Of streams to this group, and to what is listened to besides.
    pub fn new(group: IpAddr) -> Self {
        Paths { group, legs: BTreeMap::new() }
    }

    /// Takes note of a datagram, which may be a probe.
    pub fn note(&mut self, datagram: &Datagram) {
        let Reading::Probe(probe) = probe::read(datagram.payload, datagram.meta.truncated) else { return };
        let Datagram { meta, endpoint, iface, .. } = datagram;
        let iface = iface.unwrap_or(&endpoint.via.name).to_owned();
        self.add(&probe, meta.source.ip(), endpoint.group, endpoint.cast, meta.ttl, iface);
    }

    fn add(&mut self, probe: &Probe, source: IpAddr, to: IpAddr, cast: Cast, left: Option<u8>, iface: String) {
        let kind = match cast {
            _ if to == self.group => LegKind::Group,
            Cast::Multicast => LegKind::Flooded,
            _ => LegKind::Unicast,
        };
        let fresh = || {
            let leg = Leg { to, kind, sent: None, received: 0, ttl: None, iface: Some(iface) };
            (source, Counted { leg, highest: 0, ended: false })
        };
        let (_, counted) = self.legs.entry((probe.stream, to)).or_insert_with(fresh);
        match probe.kind {
            Kind::End => {
                counted.leg.sent = Some(probe.sequence);
                counted.ended = true;
            }
            Kind::Data => {
                counted.leg.received += 1;
                counted.highest = counted.highest.max(probe.sequence + 1);
            }
            Kind::Reply => {}
        }
        if let Some(left) = left {
            let (sent, least) = counted.leg.ttl.unwrap_or((probe.ttl, left));
            counted.leg.ttl = Some((sent, least.min(left)));
        }
    }

    /// Whether a stream has ended, wherever it was heard.
    pub fn has_ended(&self) -> bool {
        self.legs.values().any(|(_, counted)| counted.ended)
    }

    /// What came of the stream of which most came; `None` where none did. An address to which nothing came has a leg of nothing.
    pub fn told(&self) -> Option<Path> {
        let received = |stream: u64| {
            self.legs
                .iter()
                .filter(move |((of, _), _)| *of == stream)
                .map(|(_, (_, counted))| counted.leg.received + 1)
                .sum::<u64>()
        };
        let stream = self.legs.keys().map(|(stream, _)| *stream).max_by_key(|stream| received(*stream))?;
        let of_it = || self.legs.iter().filter(move |((of, _), _)| *of == stream).map(|(_, leg)| leg);
        let source = of_it().next().map(|(source, _)| *source)?;
        let mut legs: Vec<Leg> =
            of_it().map(|(_, counted)| Leg { sent: counted.leg.sent.or(Some(counted.highest)), ..counted.leg.clone() }).collect();
        let missing = |kind| !legs.iter().any(|leg| leg.kind == kind);
        let nothing = |to, kind| Leg { to, kind, sent: None, received: 0, ttl: None, iface: None };
        let group = missing(LegKind::Group).then(|| nothing(self.group, LegKind::Group));
        let flooded = (self.group.is_ipv4() && missing(LegKind::Flooded)).then(|| nothing(FLOODED.into(), LegKind::Flooded));
        legs.extend(group.into_iter().chain(flooded));
        legs.sort_by_key(|leg| leg.kind as u8);
        Some(Path { source, legs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(kind: Kind, sequence: u64, ttl: u8) -> Probe {
        Probe { kind, reply_wanted: false, synchronised: false, stream: 7, sequence, sent: 0, ttl, traffic_class: 0, host: 0 }
    }

    #[test]
    fn what_left_and_what_came_is_told_for_each_address_and_nothing_too() {
        let group: IpAddr = "239.1.1.1".parse().unwrap();
        let (source, own): (IpAddr, IpAddr) = ("10.0.0.100".parse().unwrap(), "10.1.0.101".parse().unwrap());
        let mut paths = Paths::new(group);
        assert_eq!(paths.told(), None);
        for sequence in [0, 1, 3] {
            paths.add(&probe(Kind::Data, sequence, 64), source, own, Cast::Unicast, Some(63), "e0".to_owned());
        }
        assert!(!paths.has_ended());
        assert_eq!(paths.told().unwrap().legs.last().unwrap().sent, Some(4), "the highest that came, while the end is not heard");
        paths.add(&probe(Kind::End, 5, 64), source, own, Cast::Unicast, Some(63), "e0".to_owned());
        assert!(paths.has_ended());
        let Path { source: from, legs } = paths.told().unwrap();
        assert_eq!(from, source);
        let told: Vec<_> = legs.iter().map(|leg| (leg.kind, leg.sent, leg.received, leg.ttl)).collect();
        assert_eq!(
            told,
            [(LegKind::Group, None, 0, None), (LegKind::Flooded, None, 0, None), (LegKind::Unicast, Some(5), 3, Some((64, 63)))]
        );
    }
}
