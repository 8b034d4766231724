//! Advice on addresses and lengths: what a network will do with them, which its user may not
//! expect. It is given once, and keeps nobody from anything.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::iface::{Cast, MacAddr};
use crate::target::{Endpoint, ethernet_address, is_control_block};
use crate::units::words::and_more;

/// Something to know about some of the groups of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What it is.
    pub kind: Kind,
    /// The first group that it is true of.
    pub group: IpAddr,
    /// How many more there are.
    pub more: usize,
}

/// What there is to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 224.0.0.0/24.
    ControlBlock,
    /// A range that IANA has kept back.
    Reserved,
    /// An IPv6 group that IANA assigns for good.
    Permanent,
    /// The Ethernet address is also that of a group of 224.0.0.0/24.
    Flooded,
    /// The TTL keeps the datagrams on this network although the group is meant to travel farther.
    StaysHere,
    /// Each datagram is longer than a frame of its interface.
    Fragmented {
        /// The length of its payload in bytes.
        len: usize,
        /// The longest payload that fits, in bytes.
        fits: usize,
    },
}

/// What a sender should know. `ttl` is the one that was asked for.
pub fn for_sender(endpoints: &[Endpoint], ttl: Option<u8>) -> Vec<Advice> {
    let kinds: &[Kind] = match ttl {
        None => {
            &[Kind::ControlBlock, Kind::Reserved, Kind::Permanent, Kind::Flooded, Kind::StaysHere]
        }
        Some(_) => &[Kind::ControlBlock, Kind::Reserved, Kind::Permanent, Kind::Flooded],
    };
    gather(endpoints.iter(), kinds)
}

/// The payload in bytes that every network carries in one piece (RFC 8200, 5: 1280 bytes with the
/// headers), so that there is no need to ask.
const ALWAYS_FITS: usize = 1280 - 40 - 8;

/// What a sender of payloads of `len` bytes should know of their length. `mtus` tells the MTU of
/// interfaces in bytes, by index.
pub fn for_length(
    len: usize,
    endpoints: &[Endpoint],
    mtus: impl FnOnce() -> BTreeMap<u32, u32>,
) -> Option<Advice> {
    if len <= ALWAYS_FITS {
        return None;
    }
    let mtus = mtus();
    let fits = |at: &Endpoint| {
        let headers = if at.group.is_ipv4() { 20 + 8 } else { 40 + 8 };
        mtus.get(&at.via.index).map_or(usize::MAX, |mtu| (*mtu as usize).saturating_sub(headers))
    };
    let (group, fits) =
        endpoints.iter().map(|at| (at.group, fits(at))).find(|(_, fits)| *fits < len)?;
    Some(Advice { kind: Kind::Fragmented { len, fits }, group, more: 0 })
}

/// What a receiver should know: it chose the group as well, but may look at anything that is on the
/// wire.
pub fn for_receiver<'a>(endpoints: impl Iterator<Item = &'a Endpoint> + Clone) -> Vec<Advice> {
    gather(endpoints, &[Kind::Reserved, Kind::Flooded])
}

fn gather<'a>(
    endpoints: impl Iterator<Item = &'a Endpoint> + Clone,
    kinds: &[Kind],
) -> Vec<Advice> {
    let of_kind = |kind: &Kind| {
        let mut groups: Vec<IpAddr> = Vec::new();
        endpoints
            .clone()
            .filter(|at| at.cast == Cast::Multicast && kind.is_true_of(at.group))
            .for_each(|at| {
                // Ports and interfaces of one group stand together.
                if groups.last() != Some(&at.group) {
                    groups.push(at.group);
                }
            });
        groups.sort_unstable();
        groups.dedup();
        let group = *groups.first()?;
        Some(Advice { kind: *kind, group, more: groups.len() - 1 })
    };
    kinds.iter().filter_map(of_kind).collect()
}

impl Kind {
    fn is_true_of(self, group: IpAddr) -> bool {
        match (self, group) {
            (Kind::ControlBlock, IpAddr::V4(_)) => is_control_block(group),
            (Kind::Reserved, IpAddr::V4(group)) => is_reserved(group),
            (Kind::Flooded, IpAddr::V4(v4)) => {
                !is_control_block(group) && is_control_block(twin(v4).into())
            }
            (Kind::StaysHere, IpAddr::V4(v4)) => {
                !is_control_block(group) && v4.octets()[..2] != [239, 255]
            }
            // RFC 4291, 2.7: T is 0 for what IANA assigns; scopes beyond the site (5) are those
            // that routers carry.
            (Kind::Permanent, IpAddr::V6(group)) => group.octets()[1] & 0x10 == 0,
            (Kind::StaysHere, IpAddr::V6(group)) => group.octets()[1] & 0x0f >= 5,
            _ => false,
        }
    }
}

/// The group of 224.0.0.0/9 that has the same Ethernet address (RFC 1112, 6.4).
fn twin(group: Ipv4Addr) -> Ipv4Addr {
    let [_, second, third, fourth] = group.octets();
    Ipv4Addr::new(224, second & 0x7f, third, fourth)
}

/// What the table of RFC 5771, 3 calls reserved, less what is assigned all the same:
/// 224.252.0.0/14, the transient groups of DIS in IANA's registry, and 234.0.0.0/8 (RFC 6034).
fn is_reserved(group: Ipv4Addr) -> bool {
    matches!(group.octets(), [224, 1 | 5..=251, ..] | [225..=231 | 235..=238, ..])
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Advice { kind, group, more } = self;
        let one = *more == 0;
        let (is, it, shares) = if one { ("is", "it", "shares") } else { ("are", "them", "share") };
        if !matches!(kind, Kind::StaysHere | Kind::Fragmented { .. }) {
            write!(f, "{} ", and_more(group, *more, "group"))?;
        }
        match kind {
            Kind::ControlBlock => write!(
                f,
                "{is} for the protocols of one network: routers never forward {it}, whatever the \
                 TTL, and switches flood {it} (RFC 5771, 4; RFC 4541, 2.1.2)"
            ),
            Kind::Fragmented { len, fits } => write!(
                f,
                "a payload of {len} bytes to {group} travels in fragments, since a frame carries \
                 {fits}: each datagram is lost with any of them (RFC 8085, 3.2)"
            ),
            Kind::Reserved => write!(
                f,
                "{is} in a range that IANA keeps back (RFC 5771, 3); groups for private use are \
                 those of 239.0.0.0/8 (RFC 2365)"
            ),
            Kind::Permanent => write!(
                f,
                "{is} for what IANA assigns (flag T is 0: RFC 4291, 2.7); groups for private use \
                 begin with ff1, as ff15::1234"
            ),
            Kind::Flooded => {
                let mac = ethernet_address(*group).unwrap_or(MacAddr([0; 6]));
                let twin = if let IpAddr::V4(group) = group {
                    twin(*group)
                } else {
                    Ipv4Addr::UNSPECIFIED
                };
                write!(
                    f,
                    "{shares} an Ethernet address with the control block ({mac} is also that of \
                     {twin}), which switches flood to every port (RFC 1112, 6.4; RFC 4541, 2.1.2)"
                )
            }
            Kind::StaysHere => {
                let (name, rfc) = if group.is_ipv4() {
                    ("TTL 1", "RFC 1112, 6.1")
                } else {
                    ("hop limit 1", "RFC 8200, 3")
                };
                write!(
                    f,
                    "{name} keeps these datagrams on this network; --ttl 16 lets up to fifteen \
                     routers pass them on ({rfc})"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::iface::Via;

    fn endpoints(groups: &[&str]) -> Vec<Endpoint> {
        let via = Arc::new(Via {
            name: "e0".to_owned(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
        });
        let at = |group: &&str| {
            let group: IpAddr = group.parse().unwrap();
            let cast = if group.is_multicast() { Cast::Multicast } else { Cast::Unicast };
            Endpoint { group, port: 5000, cast, via: Arc::clone(&via) }
        };
        groups.iter().map(at).collect()
    }

    fn kinds(group: &str, ttl: Option<u8>) -> Vec<Kind> {
        for_sender(&endpoints(&[group]), ttl).iter().map(|advice| advice.kind).collect()
    }

    #[test]
    fn a_payload_that_a_frame_does_not_hold_is_told() {
        let told = |group: &str, len| {
            for_length(len, &endpoints(&[group]), || BTreeMap::from([(2, 1500)]))
                .map(|advice| advice.to_string())
        };
        assert_eq!(
            (told("239.1.1.1", 1472), told("ff15::1", 1452), told("239.1.1.1", 64)),
            (None, None, None)
        );
        assert!(
            told("239.1.1.1", 1473).unwrap().contains(
                "1473 bytes to 239.1.1.1 travels in fragments, since a frame carries 1472"
            )
        );
        assert!(told("ff15::1", 1453).unwrap().contains("carries 1452"));
        assert_eq!(
            for_length(9000, &endpoints(&["239.1.1.1"]), BTreeMap::new),
            None,
            "where the MTU is not known"
        );
    }

    #[test]
    fn each_address_gets_the_advice_it_deserves() {
        use Kind::*;
        for (group, expected) in [
            ("224.0.0.251", &[ControlBlock][..]),
            ("224.202.20.30", &[Reserved, StaysHere]),
            ("238.128.0.5", &[Reserved, Flooded, StaysHere]),
            ("239.0.0.1", &[Flooded, StaysHere]),
            ("239.128.0.1", &[Flooded, StaysHere]),
            ("239.1.1.1", &[StaysHere]),
            ("239.255.1.1", &[]),
            ("232.1.1.1", &[StaysHere]),
            ("234.1.1.1", &[StaysHere]),
            ("224.2.1.1", &[StaysHere]),
            ("ff02::fb", &[Permanent]),
            ("ff12::1", &[]),
            ("ff15::1", &[StaysHere]),
            ("10.0.0.5", &[]),
        ] {
            assert_eq!(kinds(group, None), expected, "{group}");
        }
        assert_eq!(kinds("239.1.1.1", Some(1)), [], "who says --ttl 1 means it");
    }

    #[test]
    fn many_groups_are_one_advice_and_it_cites_its_rfc() {
        let groups = endpoints(&["239.0.0.2", "239.0.0.1", "239.0.0.1", "224.0.0.9", "239.1.1.1"]);
        let said: Vec<String> = for_sender(&groups, None).iter().map(Advice::to_string).collect();
        assert_eq!(said.len(), 3, "{said:#?}");
        assert!(
            said[1].starts_with("239.0.0.1 and 1 more group share an Ethernet address"),
            "{}",
            said[1]
        );
        assert!(said[1].contains("01:00:5e:00:00:01 is also that of 224.0.0.1"), "{}", said[1]);
        assert!(said.iter().all(|advice| advice.contains("RFC")), "{said:#?}");
    }

    #[test]
    fn a_receiver_may_look_at_what_is_there() {
        assert_eq!(for_receiver(endpoints(&["224.0.0.251", "239.1.1.1"]).iter()), []);
        assert_eq!(for_receiver(endpoints(&["225.1.1.1"]).iter()).len(), 1);
    }
}
