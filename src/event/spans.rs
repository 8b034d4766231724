//! Consecutive targets, shown as one: ten thousand groups take one line.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Excluded, Origin, TargetInfo};

/// Targets on one interface with consecutive addresses or ports. It prints as a user would type it:
/// `239.0.0.0+10000:5000`.
#[derive(Debug)]
pub struct Span<'a, 'b> {
    /// The first target. The others differ only in address or port.
    pub first: &'a TargetInfo<'b>,
    /// The number of addresses.
    groups: u32,
    /// The number of ports.
    ports: u16,
}

impl Span<'_, '_> {
    /// Whether it is a single target.
    pub fn is_one(&self) -> bool {
        self.groups == 1 && self.ports == 1
    }

    fn takes(&self, next: &TargetInfo) -> bool {
        let first = self.first;
        next.port == first.port
            && self.ports == 1
            && Some(next.group) == nth(first.group, self.groups)
    }

    fn continues_with(&self, next: &Span) -> bool {
        let same_ports = (self.first.port, self.ports) == (next.first.port, next.ports);
        same_ports && Some(next.first.group) == nth(self.first.group, self.groups)
    }

    fn takes_port(&self, next: &TargetInfo) -> bool {
        let first = self.first;
        next.group == first.group
            && self.groups == 1
            && Some(next.port) == first.port.checked_add(self.ports)
    }
}

fn nth(first: IpAddr, offset: u32) -> Option<IpAddr> {
    Some(match first {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits().checked_add(offset)?).into(),
        IpAddr::V6(first) => {
            Ipv6Addr::from_bits(first.to_bits().checked_add(offset.into())?).into()
        }
    })
}

/// Groups targets into spans, in the order of their first targets.
pub fn spans<'a, 'b>(targets: &'a [TargetInfo<'b>]) -> Vec<Span<'a, 'b>> {
    let mut spans: Vec<Span> = Vec::new();
    // A target on several interfaces is listed once for each, and the interfaces alternate.
    let mut open: HashMap<Key, usize> = HashMap::new();
    for target in targets {
        let key = key(target);
        match open.get(&key).map(|position| &mut spans[*position]) {
            Some(span) if span.takes(target) => span.groups += 1,
            Some(span) if span.takes_port(target) => span.ports += 1,
            _ => {
                open.insert(key, spans.len());
                spans.push(Span { first: target, groups: 1, ports: 1 });
            }
        }
    }
    rectangles(spans)
}

/// Merges spans of the same ports with consecutive addresses.
fn rectangles<'a, 'b>(spans: Vec<Span<'a, 'b>>) -> Vec<Span<'a, 'b>> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    let mut open: HashMap<Key, usize> = HashMap::new();
    for span in spans {
        let key = key(span.first);
        match open.get(&key).map(|position| &mut joined[*position]) {
            Some(above) if above.continues_with(&span) => above.groups += span.groups,
            _ => {
                open.insert(key, joined.len());
                joined.push(span);
            }
        }
    }
    joined
}

/// The properties that the targets of a span share.
type Key<'a> = (u32, Option<Origin<'a>>, Option<Excluded<'a>>, Option<IpAddr>, Option<u8>);

fn key<'b>(target: &TargetInfo<'b>) -> Key<'b> {
    (target.ifindex, target.source, target.excluded, target.address, target.ttl)
}

impl fmt::Display for Span<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TargetInfo { group, port, source, .. } = self.first;
        match source {
            Some(Origin::Address(source)) if source.address().is_ipv4() => {
                write!(f, "{source}@")?;
            }
            Some(Origin::Address(source)) => write!(f, "[{source}]@")?,
            _ => {}
        }
        match group {
            IpAddr::V4(group) => write!(f, "{group}")?,
            IpAddr::V6(group) => write!(f, "[{group}]")?,
        }
        if self.groups > 1 {
            write!(f, "+{}", self.groups)?;
        }
        write!(f, ":{port}")?;
        if self.ports > 1 { write!(f, "-{}", port + self.ports - 1) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::iface::{Cast, Via};
    use crate::target::{Endpoint, Filter, Listen, TargetRange};

    fn printed(ranges: &[&str], ifaces: &[&str]) -> Vec<String> {
        let vias: Vec<Arc<Via>> = (1..)
            .zip(ifaces)
            .map(|(index, name)| {
                Arc::new(Via {
                    name: (*name).to_owned(),
                    index,
                    address: None,
                    pinned: false,
                    named: true,
                    ..Via::default()
                })
            })
            .collect();
        let mut listens = Vec::new();
        for range in ranges {
            for target in range.parse::<TargetRange>().unwrap().targets() {
                let filter = Arc::new(
                    target.source.map_or(Filter::Any, |source| Filter::Include(vec![source])),
                );
                listens.extend(vias.iter().map(|via| {
                    let at = Endpoint {
                        group: target.group,
                        port: target.port,
                        cast: Cast::Multicast,
                        via: Arc::clone(via),
                    };
                    Listen { at, filter: Arc::clone(&filter) }
                }));
            }
        }
        let targets: Vec<TargetInfo> = listens.iter().flat_map(TargetInfo::of).collect();
        spans(&targets).iter().map(|span| format!("{span} on {}", span.first.iface)).collect()
    }

    #[test]
    fn a_span_prints_as_it_was_typed() {
        for range in [
            "239.1.1.1:5000",
            "239.0.0.0+10000:5000",
            "239.1.1.1:5000-5009",
            "[ff15::1]+300:5000",
            "10.0.0.5@232.1.1.1+2:7",
            "239.1.1.1+3:7-9",
        ] {
            assert_eq!(printed(&[range], &["e0"]), [format!("{range} on e0")]);
        }
    }

    #[test]
    fn each_interface_has_its_span() {
        assert_eq!(
            printed(&["239.1.1.1+3:7"], &["e0", "e1"]),
            ["239.1.1.1+3:7 on e0", "239.1.1.1+3:7 on e1"]
        );
    }

    #[test]
    fn a_gap_ends_a_span() {
        assert_eq!(
            printed(&["239.1.1.1:7", "239.1.1.3:7", "239.1.1.4:8"], &["e0"]),
            ["239.1.1.1:7 on e0", "239.1.1.3:7 on e0", "239.1.1.4:8 on e0"]
        );
    }
}
