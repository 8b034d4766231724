//! Where datagrams leave and arrive: the interfaces of this host, and the choice of one for a group.
//!
//! Nothing here asks the system; `net::ifaces` fills the list and `net::route` names the kernel's choice.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use thiserror::Error;

use crate::target::{MacAddr, Target};

/// One interface of this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as `ip link` shows it.
    pub name: String,
    /// Its index, from 1.
    pub index: u32,
    /// Its addresses, in the system's order: the first of a family is the one it sends from.
    pub addresses: Vec<Address>,
    /// Its Ethernet address, where it has one.
    pub mac: Option<MacAddr>,
    /// Administratively up (IFF_UP).
    pub up: bool,
    /// Able to carry multicast (IFF_MULTICAST); `lo` says no, and still does.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// What it can do and the state it is in, as far as the system tells.
    pub flags: Vec<Flag>,
}

/// What an interface can do, or the state it is in: the IFF_ flags of netdevice(7), spelt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Administratively up (IFF_UP).
    Up,
    /// It has broadcast (IFF_BROADCAST).
    Broadcast,
    /// A loopback interface (IFF_LOOPBACK).
    Loopback,
    /// It leads to one other host (IFF_POINTOPOINT).
    PointToPoint,
    /// It works (IFF_RUNNING).
    Running,
    /// It does not resolve addresses (IFF_NOARP).
    NoArp,
    /// It takes every frame (IFF_PROMISC).
    Promiscuous,
    /// It takes the frames of every group (IFF_ALLMULTI).
    AllMulticast,
    /// Able to carry multicast (IFF_MULTICAST).
    Multicast,
    /// Its wire carries (IFF_LOWER_UP); Linux only.
    LowerUp,
    /// It waits for something, such as to be let in by 802.1X (IFF_DORMANT); Linux only.
    Dormant,
}

/// A group that an interface is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Joined {
    /// The group.
    pub group: IpAddr,
    /// How many sockets of this host hold the membership; the kernel itself counts as one.
    pub users: u32,
}

/// An address of an interface, with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// The prefix length in bits, where the system tells it.
    pub prefix: Option<u8>,
}

/// The interface chosen for a group, with the address that datagrams carry there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// The interface's name.
    pub name: String,
    /// The interface's index.
    pub index: u32,
    /// The interface's address of the group's family: the one named by the user, else its first.
    pub address: IpAddr,
    /// The user named this very address, so it is what datagrams must carry.
    pub pinned: bool,
}

/// The kernel's route to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The index of the interface it leaves by.
    pub index: u32,
    /// The kernel had no reason to prefer this interface: IPv6 keeps an equal `ff00::/8` route for each
    /// interface and takes the first.
    pub arbitrary: bool,
}

/// Why no interface could be chosen. Each message shows what this host has.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IfaceError {
    /// `--iface` or a zone names nothing on this host.
    #[error("no interface of this host has the name, address or index '{wanted}'{choices}")]
    Unknown {
        /// What was typed.
        wanted: String,
        /// What there is.
        choices: Choices,
    },
    /// The interface is administratively down.
    #[error(
        "interface {name} is down, so nothing can leave or arrive there\n  tip: bring it up with 'ip link set {name} up'{choices}"
    )]
    Down {
        /// The interface.
        name: String,
        /// What there is.
        choices: Choices,
    },
    /// The interface has no address of the group's family.
    #[error("interface {name} has no {family} address to send from or join {group} with{choices}")]
    NoAddress {
        /// The interface.
        name: String,
        /// `IPv4` or `IPv6`.
        family: &'static str,
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// There is no route to the group, and no single interface that would do.
    #[error("this host has no route to {group}\n  tip: name the interface with --iface{choices}")]
    NoRoute {
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// `--iface` is an address that stands on several interfaces.
    #[error("several interfaces have the address {address}\n  tip: name one by its name or index{choices}")]
    Twice {
        /// The address.
        address: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// Several interfaces would do equally well.
    #[error("several interfaces could carry {group}\n  tip: name one with --iface{choices}")]
    Ambiguous {
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// A link-local group without an interface.
    #[error(
        "{group} exists on every link, so it needs an interface: write [{group}%NAME]:{port} or add --iface NAME (RFC 4007){choices}"
    )]
    NeedsZone {
        /// The group.
        group: IpAddr,
        /// Its port, to show a right target.
        port: u16,
        /// What there is.
        choices: Choices,
    },
    /// The zone says one interface and `--iface` another.
    #[error("the target names interface {zone} and --iface names {iface}; keep one of them")]
    ZoneConflict {
        /// From the target.
        zone: String,
        /// From `--iface`.
        iface: String,
    },
}

/// The interfaces of this host, printed one a line below an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices(Vec<Interface>);

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return write!(f, "\n  this host has no interfaces");
        }
        write!(f, "\n  this host has:")?;
        let width = self.0.iter().map(|iface| iface.name.len()).max().unwrap_or(0);
        for iface in &self.0 {
            write!(f, "\n    {:>3}  {:width$}  {:4}", iface.index, iface.name, if iface.up { "up" } else { "down" })?;
            for Address { ip, prefix } in &iface.addresses {
                match prefix {
                    Some(prefix) => write!(f, "  {ip}/{prefix}")?,
                    None => write!(f, "  {ip}")?,
                }
            }
            if iface.addresses.is_empty() {
                write!(f, "  no address")?;
            }
        }
        Ok(())
    }
}

impl Interface {
    /// Whether its wire carries. `None` where it is down, and where the system does not tell.
    pub fn carrier(&self) -> Option<bool> {
        (cfg!(target_os = "linux") && self.up).then(|| self.flags.contains(&Flag::LowerUp))
    }

    /// The first address of the same family as `like`.
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().map(|address| address.ip).find(|ip| ip.is_ipv4() == like.is_ipv4())
    }

    fn has(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|address| address.ip == ip)
    }
}

/// Chooses the interface for `target`: the one that the target's zone or `wanted` (a name, an address or an index)
/// names; else the one of the kernel's `route` to the group; else the only interface that is up and carries multicast.
///
/// # Errors
/// [`IfaceError`], where nothing or more than one thing fits, or where the choice can carry nothing.
pub fn choose(
    interfaces: &[Interface],
    target: &Target,
    wanted: Option<&str>,
    route: impl FnOnce() -> Option<Route>,
) -> Result<Via, IfaceError> {
    let group = target.group;
    let choices = || Choices(interfaces.to_vec());
    let named = |text: &str| find(interfaces, text);
    let pinned = wanted.and_then(|text| text.parse::<IpAddr>().ok()).filter(|ip| ip.is_ipv4() == group.is_ipv4());

    let iface = match (target.zone.as_deref(), wanted) {
        (Some(zone), Some(text)) => {
            let (by_zone, by_option) = (named(zone)?, named(text)?);
            if by_zone.index != by_option.index {
                return Err(IfaceError::ZoneConflict { zone: by_zone.name.clone(), iface: by_option.name.clone() });
            }
            by_option
        }
        (Some(text), None) | (None, Some(text)) => named(text)?,
        (None, None) if target.needs_zone() => {
            return Err(IfaceError::NeedsZone { group, port: target.port, choices: choices() });
        }
        (None, None) => follow(interfaces, group, route())?,
    };
    if !iface.up {
        return Err(IfaceError::Down { name: iface.name.clone(), choices: choices() });
    }
    let address = pinned.or_else(|| iface.address_like(group)).ok_or_else(|| IfaceError::NoAddress {
        name: iface.name.clone(),
        family: if group.is_ipv4() { "IPv4" } else { "IPv6" },
        group,
        choices: choices(),
    })?;
    Ok(Via { name: iface.name.clone(), index: iface.index, address, pinned: pinned.is_some() })
}

/// The interface with this name, address or index. A name is tried first: it may look like a number.
///
/// # Errors
/// Where there is none, or an address stands on several.
pub fn find<'a>(interfaces: &'a [Interface], text: &str) -> Result<&'a Interface, IfaceError> {
    let choices = || Choices(interfaces.to_vec());
    let unknown = || IfaceError::Unknown { wanted: text.to_owned(), choices: choices() };
    if let Some(iface) = interfaces.iter().find(|iface| iface.name == text) {
        return Ok(iface);
    }
    let Ok(address) = text.parse::<IpAddr>() else {
        let index = text.parse::<u32>().map_err(|_| unknown())?;
        return interfaces.iter().find(|iface| iface.index == index).ok_or_else(unknown);
    };
    let mut having = interfaces.iter().filter(|iface| iface.has(address));
    match (having.next(), having.next()) {
        (Some(iface), None) => Ok(iface),
        (Some(_), Some(_)) => Err(IfaceError::Twice { address, choices: choices() }),
        (None, _) => Err(unknown()),
    }
}

/// The interface of the kernel's route, else the only one that would do.
fn follow(interfaces: &[Interface], group: IpAddr, route: Option<Route>) -> Result<&Interface, IfaceError> {
    let mut able = interfaces.iter().filter(|iface| iface.up && iface.multicast && iface.address_like(group).is_some());
    let (first, more) = (able.next(), able.next().is_some());
    let by_route = route.and_then(|route| interfaces.iter().find(|iface| iface.index == route.index));
    let arbitrary = route.is_some_and(|route| route.arbitrary);
    match (by_route, first) {
        (Some(iface), _) if !(arbitrary && more) => Ok(iface),
        (_, Some(only)) if !more => Ok(only),
        (_, Some(_)) => Err(IfaceError::Ambiguous { group, choices: Choices(interfaces.to_vec()) }),
        (_, None) => Err(IfaceError::NoRoute { group, choices: Choices(interfaces.to_vec()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn choice(target: &str, wanted: Option<&str>, route: Option<u32>) -> Result<Via, IfaceError> {
        let route = route.map(|index| Route { index, arbitrary: target.contains("ff") });
        choose(&host(), &target.parse().unwrap(), wanted, || route)
    }

    #[test]
    fn an_interface_is_named_by_name_address_or_index() {
        for wanted in ["e0", "10.0.0.101", "2", "fe80::1"] {
            assert_eq!(choice("239.1.1.1", Some(wanted), None).unwrap().index, 2, "{wanted}");
        }
    }

    #[test]
    fn an_address_that_was_named_is_the_one_to_send_from() {
        let via = choice("239.1.1.1", Some("10.0.0.102"), None).unwrap();
        assert_eq!((via.address.to_string().as_str(), via.pinned), ("10.0.0.102", true));
        let via = choice("239.1.1.1", Some("e0"), None).unwrap();
        assert_eq!((via.address.to_string().as_str(), via.pinned), ("10.0.0.101", false));
        let other_family = choice("239.1.1.1", Some("fe80::1"), None).unwrap();
        assert_eq!((other_family.address.to_string().as_str(), other_family.pinned), ("10.0.0.101", false));
    }

    #[test]
    fn an_address_on_two_interfaces_names_neither() {
        let mut twice = host();
        twice[2].addresses.push(Address { ip: "10.0.0.101".parse().unwrap(), prefix: Some(24) });
        let error = choose(&twice, &Target::default(), Some("10.0.0.101"), || None).unwrap_err();
        assert!(matches!(error, IfaceError::Twice { .. }), "{error}");
    }

    #[test]
    fn the_route_decides_where_nothing_is_named() {
        assert_eq!(choice("239.1.1.1", None, Some(5)).unwrap().name, "e1");
        assert_eq!(choice("239.1.1.1", None, Some(1)).unwrap().name, "lo");
    }

    #[test]
    fn without_a_route_only_a_single_interface_will_do() {
        assert!(matches!(choice("239.1.1.1", None, None), Err(IfaceError::Ambiguous { .. })));
        let one = &host()[..2];
        assert_eq!(choose(one, &"239.1.1.1".parse().unwrap(), None, || None).unwrap().name, "e0");
        let none = &host()[..1];
        assert!(matches!(choose(none, &"239.1.1.1".parse().unwrap(), None, || None), Err(IfaceError::NoRoute { .. })));
    }

    #[test]
    fn an_arbitrary_route_counts_only_where_there_is_no_choice() {
        assert_eq!(choice("[ff15::1]:5000", None, Some(2)).unwrap().name, "e0");
        let mut two = host();
        two[2].addresses.push(Address { ip: "fe80::2".parse().unwrap(), prefix: Some(64) });
        let route = || Some(Route { index: 2, arbitrary: true });
        let error = choose(&two, &"[ff15::1]:5000".parse().unwrap(), None, route).unwrap_err();
        assert!(matches!(error, IfaceError::Ambiguous { .. }), "{error}");
    }

    #[test]
    fn a_link_local_group_needs_an_interface_and_takes_it_from_either_place() {
        assert!(matches!(choice("ff02::1", None, Some(2)), Err(IfaceError::NeedsZone { .. })));
        assert_eq!(choice("ff02::1%e0", None, None).unwrap().name, "e0");
        assert_eq!(choice("ff02::1", Some("e0"), None).unwrap().name, "e0");
        assert_eq!(choice("ff02::1%2", Some("e0"), None).unwrap().name, "e0");
        assert!(matches!(choice("ff02::1%e0", Some("e1"), None), Err(IfaceError::ZoneConflict { .. })));
    }

    #[test]
    fn what_can_carry_nothing_is_refused() {
        assert!(matches!(choice("ff15::1", Some("e1"), None), Err(IfaceError::NoAddress { family: "IPv6", .. })));
        let mut down = host();
        down[1].up = false;
        let error = choose(&down, &Target::default(), Some("e0"), || None).unwrap_err();
        assert!(matches!(error, IfaceError::Down { .. }), "{error}");
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
