//! A measured stream that is sent to several addresses at once: how much was sent to each, and how
//! much arrived.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diagnosis::facts::{Leg, LegKind, Path};
use crate::format::probe;
use crate::format::probe::{Probe, ProbeKind, Reading};
use crate::iface::Cast;
use crate::net::Datagram;
use crate::plan::FLOODED;
use crate::units::order::sort_by_key;

/// The measured streams that arrived, by stream and by address.
pub struct Paths {
    group: IpAddr,
    legs: BTreeMap<(u64, IpAddr), (IpAddr, Counted)>,
}

/// The datagrams to one address.
struct Counted {
    leg: Leg,
    /// The lowest sequence number that arrived.
    first: u64,
    /// One more than the highest sequence number that is known to be sent.
    end: u64,
    ended: bool,
}

/// The most legs that are remembered: an attacker can forge any number of streams.
const MAX_LEGS: usize = 1000;

impl Paths {
    /// Collects streams to this group and to the addresses beside it.
    pub fn new(group: IpAddr) -> Self {
        Paths { group, legs: BTreeMap::new() }
    }

    /// Notes a datagram, which may be a probe.
    pub fn note(&mut self, datagram: &Datagram) {
        let Reading::Probe(probe) = probe::read(datagram.payload, datagram.meta.truncated) else {
            return;
        };
        let Datagram { meta, endpoint, iface, .. } = datagram;
        let iface = iface.unwrap_or(&endpoint.via.name).to_owned();
        self.add(&probe, meta.source.ip(), endpoint.group, endpoint.cast, meta.ttl, iface);
    }

    fn add(
        &mut self,
        probe: &Probe,
        source: IpAddr,
        to: IpAddr,
        cast: Cast,
        left: Option<u8>,
        iface: String,
    ) {
        let kind = match cast {
            _ if to == self.group => LegKind::Group,
            Cast::Multicast => LegKind::Flooded,
            _ => LegKind::Unicast,
        };
        let fresh = || {
            let leg = Leg { to, kind, sent: None, received: 0, ttl: None, iface: Some(iface) };
            (source, Counted { leg, first: probe.sequence, end: 0, ended: false })
        };
        if self.legs.len() >= MAX_LEGS && !self.legs.contains_key(&(probe.stream, to)) {
            return;
        }
        let (_, counted) = self.legs.entry((probe.stream, to)).or_insert_with(fresh);
        match probe.kind {
            ProbeKind::End => {
                counted.end = probe.sequence;
                counted.ended = true;
            }
            ProbeKind::Data => {
                counted.leg.received += 1;
                counted.first = counted.first.min(probe.sequence);
                counted.end = counted.end.max(probe.sequence.saturating_add(1));
            }
            ProbeKind::Reply | ProbeKind::Report => {}
        }
        if let Some(left) = left {
            let (sent, least) = counted.leg.ttl.unwrap_or((probe.ttl, left));
            counted.leg.ttl = Some((sent, least.min(left)));
        }
    }

    /// Whether a stream has ended, at any of its addresses.
    pub fn has_ended(&self) -> bool {
        self.legs.values().any(|(_, counted)| counted.ended)
    }

    /// Summarises the stream of which most arrived; `None` if there is none. An address at which
    /// nothing arrived has an empty leg. Datagrams before the first that arrived at any address
    /// were sent before this host listened, and do not count.
    pub fn summary(&self) -> Option<Path> {
        let received = |stream: u64| {
            self.legs
                .iter()
                .filter(move |((of, _), _)| *of == stream)
                .map(|(_, (_, counted))| counted.leg.received + 1)
                .sum::<u64>()
        };
        let stream =
            self.legs.keys().map(|(stream, _)| *stream).max_by_key(|stream| received(*stream))?;
        let of_it =
            || self.legs.iter().filter(move |((of, _), _)| *of == stream).map(|(_, leg)| leg);
        let source = of_it().next().map(|(source, _)| *source)?;
        let first = of_it().map(|(_, counted)| counted.first).min()?;
        let sent = |counted: &Counted| counted.end.saturating_sub(first);
        let mut legs: Vec<Leg> = of_it()
            .map(|(_, counted)| Leg { sent: Some(sent(counted)), ..counted.leg.clone() })
            .collect();
        let missing = |kind| !legs.iter().any(|leg| leg.kind == kind);
        let nothing = |to, kind| Leg { to, kind, sent: None, received: 0, ttl: None, iface: None };
        let group = missing(LegKind::Group).then(|| nothing(self.group, LegKind::Group));
        let flooded = (self.group.is_ipv4() && missing(LegKind::Flooded))
            .then(|| nothing(FLOODED.into(), LegKind::Flooded));
        legs.extend(group.into_iter().chain(flooded));
        sort_by_key(&mut legs, |leg| leg.kind as u8);
        Some(Path { source, legs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(kind: ProbeKind, sequence: u64, ttl: u8) -> Probe {
        Probe {
            kind,
            reply_wanted: false,
            report_wanted: false,
            synchronised: false,
            stream: 7,
            sequence,
            sent: 0,
            ttl,
            traffic_class: 0,
            host: 0,
        }
    }

    #[test]
    fn each_address_has_its_sent_and_received_counts() {
        let group: IpAddr = "239.1.1.1".parse().unwrap();
        let (source, own): (IpAddr, IpAddr) =
            ("10.0.0.100".parse().unwrap(), "10.1.0.101".parse().unwrap());
        let mut paths = Paths::new(group);
        assert_eq!(paths.summary(), None);
        for sequence in [0, 1, 3] {
            paths.add(
                &probe(ProbeKind::Data, sequence, 64),
                source,
                own,
                Cast::Unicast,
                Some(63),
                "e0".to_owned(),
            );
        }
        assert!(!paths.has_ended());
        assert_eq!(
            paths.summary().unwrap().legs.last().unwrap().sent,
            Some(4),
            "the highest that arrived, before the end marker"
        );
        paths.add(
            &probe(ProbeKind::End, 5, 64),
            source,
            own,
            Cast::Unicast,
            Some(63),
            "e0".to_owned(),
        );
        assert!(paths.has_ended());
        let Path { source: from, legs } = paths.summary().unwrap();
        assert_eq!(from, source);
        let legs: Vec<_> =
            legs.iter().map(|leg| (leg.kind, leg.sent, leg.received, leg.ttl)).collect();
        assert_eq!(
            legs,
            [
                (LegKind::Group, None, 0, None),
                (LegKind::Flooded, None, 0, None),
                (LegKind::Unicast, Some(5), 3, Some((64, 63)))
            ]
        );
    }
    #[test]
    fn datagrams_before_the_first_arrival_do_not_count() {
        let [group, own]: [IpAddr; 2] =
            ["239.1.1.1", "10.1.0.101"].map(|address| address.parse().unwrap());
        let source = "10.0.0.100".parse().unwrap();
        let mut paths = Paths::new(group);
        let mut add = |kind, sequence, to, cast| {
            paths.add(&probe(kind, sequence, 1), source, to, cast, Some(1), "e0".to_owned())
        };
        // The host joined ten datagrams late, and the switch took another two to forward the group.
        (12..20).for_each(|sequence| add(ProbeKind::Data, sequence, group, Cast::Multicast));
        (10..20).for_each(|sequence| add(ProbeKind::Data, sequence, own, Cast::Unicast));
        [(group, Cast::Multicast), (own, Cast::Unicast)]
            .into_iter()
            .for_each(|(to, cast)| add(ProbeKind::End, 20, to, cast));
        let legs: Vec<_> = paths
            .summary()
            .unwrap()
            .legs
            .iter()
            .map(|leg| (leg.kind, leg.sent, leg.received))
            .collect();
        assert_eq!(
            legs,
            [
                (LegKind::Group, Some(10), 8),
                (LegKind::Flooded, None, 0),
                (LegKind::Unicast, Some(10), 10)
            ]
        );
    }

    #[test]
    fn forged_streams_use_bounded_memory() {
        let group: IpAddr = "239.1.1.1".parse().unwrap();
        let mut paths = Paths::new(group);
        for stream in 0..2000 {
            let probe = Probe { stream, ..probe(ProbeKind::Data, u64::MAX, 1) };
            paths.add(
                &probe,
                "10.0.0.100".parse().unwrap(),
                group,
                Cast::Multicast,
                Some(1),
                "e0".to_owned(),
            );
        }
        assert_eq!(paths.legs.len(), MAX_LEGS);
        assert!(paths.summary().is_some());
    }
}
