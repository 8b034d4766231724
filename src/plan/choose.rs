//! The choice of the interfaces for a target: what the user named, else the kernel's route, else
//! the only one that would do.

use std::net::{IpAddr, Ipv4Addr};

use super::{Choices, IfaceError};
use crate::iface::{Cast, Interface, Route, Via, Wanted};
use crate::target::{Target, family};

/// What the interface is for. A receiver can join where nothing arrives yet; a sender needs an
/// address to send from at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To send from.
    Send,
    /// To receive on.
    Receive,
}

/// Chooses the interfaces for `target`: the one of its zone, or those that `wanted` names; else
/// that of the kernel's `route`; else the only interface that is up and carries multicast. Each
/// interface is answered once.
///
/// # Errors
/// [`IfaceError`], where nothing or more than one thing fits, or where the choice can carry
/// nothing.
pub fn choose(
    interfaces: &[Interface],
    target: &Target,
    wanted: &[Wanted],
    purpose: Purpose,
    route: impl FnOnce() -> Option<Route>,
) -> Result<Vec<Via>, IfaceError> {
    let choosing =
        Choosing { interfaces, target, purpose, cast: Cast::of(target.group, interfaces) };
    let named = choosing.named(wanted)?;
    if choosing.is_own_address() {
        return Ok(vec![choosing.where_it_is(&named)?]);
    }
    let mut vias: Vec<Via> = Vec::new();
    for (iface, pinned) in named {
        let via = choosing.via(iface, pinned, true)?;
        // Two addresses of one interface are two senders, and one receiver.
        let twice = |known: &Via| {
            known.index == via.index
                && (purpose == Purpose::Receive || known.address == via.address)
        };
        if !vias.iter().any(twice) {
            vias.push(via);
        }
    }
    if vias.is_empty() {
        vias.push(choosing.unnamed(route)?);
    }
    Ok(vias)
}

struct Choosing<'a> {
    interfaces: &'a [Interface],
    target: &'a Target,
    purpose: Purpose,
    cast: Cast,
}

impl<'a> Choosing<'a> {
    fn choices(&self) -> Choices {
        Choices::of(self.interfaces)
    }

    /// The interfaces that the zone and `wanted` name, each with the address that it was named by.
    /// Empty where nothing is named.
    fn named(&self, wanted: &[Wanted]) -> Result<Vec<(&'a Interface, Option<IpAddr>)>, IfaceError> {
        let group = self.target.group;
        let mut named = Vec::new();
        for wanted in wanted {
            match wanted {
                Wanted::Named(text) => {
                    named.push((find(self.interfaces, text)?, pinned(text, group)))
                }
                Wanted::All => named.extend(
                    self.interfaces
                        .iter()
                        .filter(|iface| iface.is_able(group))
                        .map(|iface| (iface, None)),
                ),
                Wanted::Ask => {}
            }
        }
        let Some(zone) = &self.target.zone else {
            return match (named.is_empty(), wanted.contains(&Wanted::All)) {
                (true, true) => Err(IfaceError::NoneAble {
                    group,
                    family: family(group),
                    choices: self.choices(),
                }),
                _ => Ok(named),
            };
        };
        let zone = find(self.interfaces, zone)?;
        if wanted.contains(&Wanted::All) || named.is_empty() {
            return Ok(vec![(zone, None)]);
        }
        let other = named[0].0.name.clone();
        named.retain(|(iface, _)| iface.index == zone.index);
        let conflict = || IfaceError::ZoneConflict { zone: zone.name.clone(), iface: other };
        if named.is_empty() { Err(conflict()) } else { Ok(named) }
    }

    /// Whether it is an address of this host's own, or of one of its networks, that a receiver
    /// binds. It is heard wherever it arrives.
    fn is_own_address(&self) -> bool {
        self.purpose == Purpose::Receive
            && self.cast != Cast::Multicast
            && self.target.group != Ipv4Addr::BROADCAST
    }

    /// The interface that has the address. Those that were named must have it among them.
    fn where_it_is(&self, named: &[(&'a Interface, Option<IpAddr>)]) -> Result<Via, IfaceError> {
        let Target { group, port, .. } = *self.target;
        let has_it = |iface: &&Interface| iface.has(group) || iface.has_broadcast(group);
        let having: Vec<&Interface> = self.interfaces.iter().filter(has_it).collect();
        let is_named = |iface: &&&Interface| {
            named.is_empty() || named.iter().any(|(named, _)| named.index == iface.index)
        };
        let mut fitting = having.iter().filter(is_named);
        let iface = match (fitting.next(), fitting.next()) {
            (Some(_), Some(_)) if self.target.needs_zone() => {
                return Err(IfaceError::NeedsZone { group, port, choices: self.choices() });
            }
            (Some(iface), _) => iface,
            (None, _) => return Err(self.elsewhere(named, having.first().copied())),
        };
        // A broadcast is of one network; what is addressed to this host may arrive anywhere, from
        // itself on `lo`.
        let named = self.cast == Cast::Broadcast && !named.is_empty();
        Ok(Via {
            name: iface.name.clone(),
            index: iface.index,
            address: Some(group),
            pinned: false,
            named,
        })
    }

    /// The error that an address is not where the user looks for it, or not here at all.
    fn elsewhere(
        &self,
        named: &[(&Interface, Option<IpAddr>)],
        has: Option<&Interface>,
    ) -> IfaceError {
        let address = self.target.group;
        match (has, named.first()) {
            (Some(has), Some((named, _))) => {
                IfaceError::Elsewhere { address, has: has.name.clone(), named: named.name.clone() }
            }
            _ => IfaceError::NotHere { address, choices: self.choices() },
        }
    }

    /// The interface where nobody names one.
    fn unnamed(&self, route: impl FnOnce() -> Option<Route>) -> Result<Via, IfaceError> {
        let Target { group, port, .. } = *self.target;
        match self.cast {
            _ if self.target.needs_zone() => {
                Err(IfaceError::NeedsZone { group, port, choices: self.choices() })
            }
            Cast::Unicast => {
                let by_route = route().and_then(|route| by_index(self.interfaces, route.index));
                let iface = by_route
                    .ok_or_else(|| IfaceError::NoRoute { group, choices: self.choices() })?;
                self.via(iface, None, false)
            }
            _ => self.via(follow_route(self.interfaces, group, route())?, None, false),
        }
    }

    fn via(
        &self,
        iface: &'a Interface,
        pinned: Option<IpAddr>,
        named: bool,
    ) -> Result<Via, IfaceError> {
        let Target { group, .. } = *self.target;
        let (name, choices) = (iface.name.clone(), || self.choices());
        let address = pinned.or_else(|| iface.address_like(group));
        let receives = self.purpose == Purpose::Receive;
        if !iface.up && !receives {
            return Err(IfaceError::Down { name, choices: choices() });
        }
        if group.is_loopback() && !iface.loopback {
            let has = self.interfaces.iter().find(|iface| iface.loopback);
            return Err(self.elsewhere(&[(iface, pinned)], has));
        }
        let of_another = |iface: &&Interface| iface.has_broadcast(group);
        if self.cast == Cast::Broadcast
            && group != Ipv4Addr::BROADCAST
            && !iface.has_broadcast(group)
        {
            return Err(self.elsewhere(&[(iface, pinned)], self.interfaces.iter().find(of_another)));
        }
        // Windows knows the interface of an IPv4 membership by its address; other systems by its
        // index.
        let can_do_without = receives && !(cfg!(windows) && group.is_ipv4());
        if address.is_none() && !can_do_without {
            let purpose = if receives { "join" } else { "send to" };
            return Err(IfaceError::NoAddress {
                name,
                family: family(group),
                purpose,
                group,
                choices: choices(),
            });
        }
        Ok(Via { name, index: iface.index, address, pinned: pinned.is_some(), named })
    }
}

/// The address that the user named, where it is of the group's family.
fn pinned(text: &str, group: IpAddr) -> Option<IpAddr> {
    let address = text.split('%').next()?;
    address.parse::<IpAddr>().ok().filter(|ip| ip.is_ipv4() == group.is_ipv4())
}

fn by_index(interfaces: &[Interface], index: u32) -> Option<&Interface> {
    interfaces.iter().find(|iface| iface.index == index)
}

/// The interface with this name, address or index. A name is tried first: it may look like a
/// number. An address may name its interface too, as in `fe80::1%eth0`.
///
/// # Errors
/// Where there is none, or an address stands on several.
pub fn find<'a>(interfaces: &'a [Interface], text: &str) -> Result<&'a Interface, IfaceError> {
    let choices = || Choices::of(interfaces);
    let unknown = || IfaceError::Unknown { wanted: text.to_owned(), choices: choices() };
    if let Some(iface) = interfaces.iter().find(|iface| iface.name == text) {
        return Ok(iface);
    }
    let (address, zone) =
        text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let Ok(address) = address.parse::<IpAddr>() else {
        let index = text.parse::<u32>().map_err(|_| unknown())?;
        return by_index(interfaces, index).ok_or_else(unknown);
    };
    if let Some(zone) = zone {
        let iface = find(interfaces, zone).map_err(|_| unknown())?;
        return if iface.has(address) { Ok(iface) } else { Err(unknown()) };
    }
    let mut having = interfaces.iter().filter(|iface| iface.has(address));
    match (having.next(), having.next()) {
        (Some(iface), None) => Ok(iface),
        (Some(_), Some(_)) => Err(IfaceError::Twice { address, choices: choices() }),
        (None, _) => Err(unknown()),
    }
}

/// The interface of the kernel's route, else the only one that would do.
fn follow_route(
    interfaces: &[Interface],
    group: IpAddr,
    route: Option<Route>,
) -> Result<&Interface, IfaceError> {
    let mut able = interfaces.iter().filter(|iface| iface.is_able(group));
    let (first, more) = (able.next(), able.next().is_some());
    let by_route = route.and_then(|route| by_index(interfaces, route.index));
    let arbitrary = route.is_some_and(|route| route.arbitrary);
    match (by_route, first) {
        (Some(iface), _) if !(arbitrary && more) => Ok(iface),
        (_, Some(only)) if !more => Ok(only),
        (_, Some(_)) => Err(IfaceError::Ambiguous { group, choices: Choices::of(interfaces) }),
        (_, None) => Err(IfaceError::NoRoute { group, choices: Choices::of(interfaces) }),
    }
}

/// What a menu offers for a group, the best first: the interface of the kernel's route, then those
/// that could carry the group, then those that may come to it, and the loopback interface last.
pub fn candidates(
    interfaces: &[Interface],
    group: IpAddr,
    route: Option<Route>,
) -> Vec<&Interface> {
    let mut offered: Vec<&Interface> = interfaces.iter().collect();
    offered.sort_by_key(|iface| {
        let routed = route.is_some_and(|route| route.index == iface.index);
        (iface.loopback && !routed, !iface.is_able(group), !routed, iface.index)
    });
    offered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::Address;
    use crate::target::TargetRange;

    fn iface(index: u32, name: &str, addresses: &[&str]) -> Interface {
        let address = |text: &&str| {
            let (ip, prefix) = text.split_once('/').unwrap();
            Address { ip: ip.parse().unwrap(), prefix: prefix.parse().ok() }
        };
        Interface {
            name: name.to_owned(),
            index,
            addresses: addresses.iter().map(address).collect(),
            mac: None,
            up: true,
            multicast: name != "lo",
            loopback: name == "lo",
            ..Interface::default()
        }
    }

    fn host() -> Vec<Interface> {
        vec![
            iface(1, "lo", &["127.0.0.1/8", "::1/128"]),
            iface(2, "e0", &["10.0.0.101/24", "10.0.0.102/24", "fe80::1/64"]),
            iface(5, "e1", &["10.1.0.101/24"]),
        ]
    }

    fn target(text: &str) -> Target {
        text.parse::<TargetRange>().unwrap().targets().next().unwrap()
    }

    fn all(
        purpose: Purpose,
        text: &str,
        wanted: &[&str],
        route: Option<u32>,
    ) -> Result<Vec<Via>, IfaceError> {
        let wanted: Vec<Wanted> = wanted.iter().map(|text| text.parse().unwrap()).collect();
        let route = route.map(|index| Route { index, arbitrary: text.contains("ff") });
        choose(&host(), &target(text), &wanted, purpose, || route)
    }

    fn choice(text: &str, wanted: Option<&str>, route: Option<u32>) -> Result<Via, IfaceError> {
        let mut vias = all(Purpose::Send, text, wanted.as_slice(), route)?;
        assert_eq!(vias.len(), 1);
        Ok(vias.remove(0))
    }

    fn address(via: &Via) -> String {
        via.address.unwrap().to_string()
    }

    #[test]
    fn an_interface_is_named_by_name_address_or_index() {
        for wanted in ["e0", "10.0.0.101", "2", "fe80::1", "fe80::1%e0", "fe80::1%2"] {
            assert_eq!(choice("239.1.1.1", Some(wanted), None).unwrap().index, 2, "{wanted}");
        }
        for wanted in ["e9", "9", "10.0.0.9", "fe80::1%e1", "fe80::1%"] {
            assert!(
                matches!(choice("239.1.1.1", Some(wanted), None), Err(IfaceError::Unknown { .. })),
                "{wanted}"
            );
        }
    }

    #[test]
    fn several_interfaces_are_each_taken_once() {
        let names = |purpose, wanted: &[&str]| -> Vec<String> {
            all(purpose, "239.1.1.1", wanted, None)
                .unwrap()
                .iter()
                .map(|via| format!("{} {}", via.name, address(via)))
                .collect()
        };
        assert_eq!(names(Purpose::Send, &["e0", "e1", "2"]), ["e0 10.0.0.101", "e1 10.1.0.101"]);
        assert_eq!(
            names(Purpose::Send, &["10.0.0.101", "10.0.0.102"]),
            ["e0 10.0.0.101", "e0 10.0.0.102"]
        );
        assert_eq!(names(Purpose::Receive, &["10.0.0.101", "10.0.0.102"]), ["e0 10.0.0.101"]);
        assert_eq!(names(Purpose::Send, &["all"]), ["e0 10.0.0.101", "e1 10.1.0.101"]);
        assert_eq!(
            names(Purpose::Send, &["lo", "all"]),
            ["lo 127.0.0.1", "e0 10.0.0.101", "e1 10.1.0.101"]
        );
        assert_eq!(
            all(Purpose::Send, "[ff15::1]", &["all"], None).unwrap().len(),
            1,
            "e1 has no IPv6 address"
        );
    }

    #[test]
    fn an_address_that_was_named_is_the_one_to_send_from() {
        let via = choice("239.1.1.1", Some("10.0.0.102"), None).unwrap();
        assert_eq!((address(&via).as_str(), via.pinned, via.named), ("10.0.0.102", true, true));
        let via = choice("239.1.1.1", Some("e0"), None).unwrap();
        assert_eq!((address(&via).as_str(), via.pinned), ("10.0.0.101", false));
        let other_family = choice("239.1.1.1", Some("fe80::1"), None).unwrap();
        assert_eq!((address(&other_family).as_str(), other_family.pinned), ("10.0.0.101", false));
    }

    #[test]
    fn an_address_on_two_interfaces_names_neither() {
        let mut twice = host();
        twice[2].addresses.push(Address { ip: "10.0.0.101".parse().unwrap(), prefix: Some(24) });
        let wanted = [Wanted::Named("10.0.0.101".to_owned())];
        let error =
            choose(&twice, &target("239.1.1.1"), &wanted, Purpose::Send, || None).unwrap_err();
        assert!(matches!(error, IfaceError::Twice { .. }), "{error}");
    }

    #[test]
    fn the_route_decides_where_nothing_is_named() {
        let via = choice("239.1.1.1", None, Some(5)).unwrap();
        assert_eq!((via.name.as_str(), via.named), ("e1", false));
        assert_eq!(choice("239.1.1.1", None, Some(1)).unwrap().name, "lo");
    }

    #[test]
    fn without_a_route_only_a_single_interface_will_do() {
        assert!(matches!(choice("239.1.1.1", None, None), Err(IfaceError::Ambiguous { .. })));
        let only =
            |host: &[Interface]| choose(host, &target("239.1.1.1"), &[], Purpose::Send, || None);
        assert_eq!(only(&host()[..2]).unwrap()[0].name, "e0");
        assert!(matches!(only(&host()[..1]), Err(IfaceError::NoRoute { .. })));
    }

    #[test]
    fn an_arbitrary_route_counts_only_where_there_is_no_choice() {
        assert_eq!(choice("[ff15::1]:5000", None, Some(2)).unwrap().name, "e0");
        let mut two = host();
        two[2].addresses.push(Address { ip: "fe80::2".parse().unwrap(), prefix: Some(64) });
        let route = || Some(Route { index: 2, arbitrary: true });
        let error = choose(&two, &target("[ff15::1]:5000"), &[], Purpose::Send, route).unwrap_err();
        assert!(matches!(error, IfaceError::Ambiguous { .. }), "{error}");
    }

    #[test]
    fn a_link_local_group_needs_an_interface_and_takes_it_from_either_place() {
        assert!(matches!(choice("ff02::1", None, Some(2)), Err(IfaceError::NeedsZone { .. })));
        assert!(matches!(choice("fe80::9", None, Some(2)), Err(IfaceError::NeedsZone { .. })));
        for (text, wanted) in [
            ("ff02::1%e0", None),
            ("ff02::1", Some("e0")),
            ("ff02::1%2", Some("e0")),
            ("ff02::1%e0", Some("all")),
        ] {
            assert_eq!(choice(text, wanted, None).unwrap().name, "e0", "{text} {wanted:?}");
        }
        assert!(matches!(
            choice("ff02::1%e0", Some("e1"), None),
            Err(IfaceError::ZoneConflict { .. })
        ));
        assert_eq!(all(Purpose::Send, "ff02::1%e0", &["e1", "e0"], None).unwrap()[0].name, "e0");
    }

    #[test]
    fn what_can_send_nothing_is_refused_and_what_may_yet_hear_is_not() {
        assert!(matches!(
            choice("ff15::1", Some("e1"), None),
            Err(IfaceError::NoAddress { family: "IPv6", .. })
        ));
        let heard = all(Purpose::Receive, "ff15::1", &["e1"], None).unwrap();
        assert_eq!((heard[0].index, heard[0].address), (5, None));
        let mut down = host();
        down[1].up = false;
        let wanted = [Wanted::Named("e0".to_owned())];
        let error =
            choose(&down, &target("239.1.1.1"), &wanted, Purpose::Send, || None).unwrap_err();
        assert!(matches!(error, IfaceError::Down { .. }), "{error}");
        assert!(choose(&down, &target("239.1.1.1"), &wanted, Purpose::Receive, || None).is_ok());
    }

    #[test]
    fn a_unicast_target_goes_by_its_route_and_is_heard_where_the_address_is() {
        assert_eq!(choice("10.9.9.9", None, Some(5)).unwrap().name, "e1");
        assert!(matches!(choice("10.9.9.9", None, None), Err(IfaceError::NoRoute { .. })));
        let heard =
            |text: &str| all(Purpose::Receive, text, &[], None).map(|vias| vias[0].name.clone());
        assert_eq!(heard("10.1.0.101"), Ok("e1".to_owned()));
        assert_eq!(heard("127.0.0.9"), Ok("lo".to_owned()));
        assert_eq!(heard("10.0.0.255"), Ok("e0".to_owned()));
        assert!(matches!(heard("10.9.9.9"), Err(IfaceError::NotHere { .. })));
        assert!(matches!(
            all(Purpose::Receive, "10.9.9.9", &["e0"], None),
            Err(IfaceError::NotHere { .. })
        ));
        assert_eq!(all(Purpose::Receive, "10.1.0.101", &["all"], None).unwrap()[0].name, "e1");
        assert!(matches!(
            all(Purpose::Receive, "10.1.0.101", &["e0"], None),
            Err(IfaceError::Elsewhere { .. })
        ));
        assert!(matches!(choice("127.0.0.1", Some("e0"), None), Err(IfaceError::Elsewhere { .. })));
        assert!(matches!(heard("255.255.255.255"), Err(IfaceError::Ambiguous { .. })));
    }

    #[test]
    fn a_broadcast_address_is_known_by_the_network() {
        for (address, cast) in [
            ("239.1.1.1", Cast::Multicast),
            ("255.255.255.255", Cast::Broadcast),
            ("10.0.0.255", Cast::Broadcast),
            ("10.0.9.255", Cast::Unicast),
            ("127.255.255.255", Cast::Unicast),
        ] {
            assert_eq!(Cast::of(address.parse().unwrap(), &host()), cast, "{address}");
        }
    }

    #[test]
    fn a_menu_offers_the_sane_default_first_and_loopback_last() {
        let mut host = host();
        host[1].up = false;
        let names = |route: Option<u32>| -> Vec<String> {
            let route = route.map(|index| Route { index, arbitrary: false });
            candidates(&host, "239.1.1.1".parse().unwrap(), route)
                .iter()
                .map(|iface| iface.name.clone())
                .collect()
        };
        assert_eq!(names(None), ["e1", "e0", "lo"]);
        assert_eq!(names(Some(5)), ["e1", "e0", "lo"]);
        assert_eq!(names(Some(1)), ["e1", "lo", "e0"]);
    }

    #[test]
    fn an_error_lists_what_there_is() {
        let text = choice("239.1.1.1", Some("eth9"), None).unwrap_err().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "no interface of this host has the name, address or index 'eth9'",
                "  this host has:",
                "      1  lo  up    127.0.0.1/8  ::1/128",
                "      2  e0  up    10.0.0.101/24  10.0.0.102/24  fe80::1/64",
                "      5  e1  up    10.1.0.101/24",
            ]
        );
    }
}
