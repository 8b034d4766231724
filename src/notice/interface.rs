//! Warnings about interfaces that come and go.

use std::net::IpAddr;

use super::{Id, Level, Notice, shared};
use crate::host::{self, Ipv6};
use crate::iface::{Change, Family, Master, Presence, Via};
use crate::net::{self, InterfaceEvent, NetError, describe};
use crate::units::words::setting;

/// A change of an interface that a warning reports.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    /// It was deleted.
    Gone,
    /// It was made again.
    Back,
    /// The address that the user chose it by moved to it from the interface of this name.
    Moved(String),
    /// It is administratively down.
    Down,
    /// It is up, after it was down.
    Up,
    /// It has no address of the family, or lost the one that the user chose it by.
    NoAddress(Family, Option<IpAddr>),
    /// It has this address now, and had another one or none.
    Address(IpAddr, Option<IpAddr>),
    /// Targets that failed on it before can be used now.
    Usable,
    /// It appeared while every interface was to be joined on.
    Joined,
    /// It is a port or a member of another interface, which takes its frames.
    Member(Master),
    /// It belongs to this VRF, to which mcast could not bind.
    Unbound(String),
    /// It is a VRF, which sends no reports.
    Vrf,
    /// It is an ipvlan of a mode without multicast.
    L3Ipvlan,
}

impl Status {
    /// What to report of a change, in this order.
    fn of(change: &Change, family: Family) -> Vec<Status> {
        use Presence::{Down, Gone, NoAddress, Ready};
        let pinned = change.new.address.filter(|_| change.new.pinned);
        let missing = Status::NoAddress(family, pinned);
        let pinned_is_missing = change.now == NoAddress && pinned.is_some();
        match (change.was, change.now) {
            (_, Gone) => vec![Status::Gone],
            (was, _) if change.remade => {
                let mut statuses = match was {
                    Gone => vec![Status::Back],
                    _ if change.old_is_there => vec![Status::Moved(change.old.name.clone())],
                    _ => vec![Status::Gone, Status::Back],
                };
                statuses.extend(pinned_is_missing.then_some(missing));
                statuses
            }
            (Down, Down) => vec![],
            (_, Down) => vec![Status::Down],
            (Down, _) => {
                [Status::Up].into_iter().chain(pinned_is_missing.then_some(missing)).collect()
            }
            (Ready, NoAddress) => vec![missing],
            (NoAddress, Ready) => {
                change.new.address.map(|now| Status::Address(now, None)).into_iter().collect()
            }
            _ if change.old.address != change.new.address => change
                .new
                .address
                .map(|now| Status::Address(now, change.old.address))
                .into_iter()
                .collect(),
            _ => vec![],
        }
    }

    /// What to report of an interface before anything has changed.
    fn at_start(via: &Via, presence: Presence, family: Family) -> Option<Status> {
        if let Some(master) = via.link.upper() {
            return Some(Status::Member(master.clone()));
        }
        if via.link.is_vrf() {
            return Some(Status::Vrf);
        }
        if via.link.is_l3_ipvlan {
            return Some(Status::L3Ipvlan);
        }
        match presence {
            Presence::Down => Some(Status::Down),
            Presence::NoAddress => Some(Status::NoAddress(family, None)),
            Presence::Gone => Some(Status::Gone),
            Presence::Ready => Status::unbound(via),
        }
    }

    /// Without SO_BINDTODEVICE a socket receives from a VRF only by `udp_l3mdev_accept`.
    fn unbound(via: &Via) -> Option<Status> {
        let vrf = via.vrf()?;
        let is_served = host::l3mdev_accept() == Some(true) || net::may_bind_to_device(vrf);
        (!is_served).then(|| Status::Unbound(vrf.to_owned()))
    }

    /// The warning. `rejoined` targets of the interface are used again.
    fn notice(self, iface: &str, rejoined: usize) -> Notice {
        let new = |id, what| Notice::new(Level::Warning, id, what);
        let mut notice = match self {
            Status::Gone => new(
                Id::InterfaceGone,
                format!(
                    "interface {iface} is gone; what is used there will be used again when it is \
                     back"
                ),
            ),
            Status::Back => new(Id::InterfaceBack, format!("interface {iface} is back")),
            Status::Moved(from) => new(
                Id::InterfaceMoved,
                format!("the address that chose interface {from} is on {iface} now"),
            ),
            Status::Down => shared::interface_down(iface)
                .remedy(format!("bring it up with 'ip link set {iface} up'")),
            Status::Up => new(Id::InterfaceUp, format!("interface {iface} is up")),
            Status::NoAddress(family, lost) => new(
                Id::InterfaceNoAddress,
                match lost {
                    None => format!("interface {iface} has no {family} address"),
                    Some(address) => format!("interface {iface} is without {address}"),
                },
            )
            .maybe_remedy(address_remedy(iface, family)),
            Status::Address(now, before) => new(
                Id::InterfaceAddress,
                match before {
                    None => format!("interface {iface} has the address {now}"),
                    Some(before) => {
                        format!("interface {iface} has the address {now}, and no longer {before}")
                    }
                },
            ),
            Status::Usable => new(Id::InterfaceAgain, format!("interface {iface} can be used now")),
            Status::Joined => {
                let targets = if rejoined == 1 { "target" } else { "targets" };
                let what = format!("interface {iface} appeared: joined {rejoined} {targets} there");
                return new(Id::InterfaceJoined, what);
            }
            Status::Member(master) => shared::interface_member(iface, &master)
                .remedy(format!("use --iface {}", master.name)),
            Status::L3Ipvlan => return shared::l3_ipvlan(iface),
            Status::Vrf => new(
                Id::VrfUnbound,
                format!(
                    "{iface} is a VRF, and a join on it sends no report: switches and routers do \
                     not forward the group"
                ),
            )
            .remedy("name an interface of the VRF; 'mcast ifaces' lists them"),
            Status::Unbound(vrf) => vrf_unbound(iface, &vrf),
        };
        match rejoined {
            0 => {}
            1 => notice.what.push_str(": its target is used again"),
            many => notice.what.push_str(&format!(": its {many} targets are used again")),
        }
        notice
    }
}

/// mcast may not bind to the VRF of an interface.
pub(crate) fn vrf_unbound(iface: &str, vrf: &str) -> Notice {
    let what = format!(
        "interface {iface} belongs to the VRF {vrf}, and mcast may not bind to it, so it receives \
         nothing there"
    );
    Notice::new(Level::Warning, Id::VrfUnbound, what)
        .remedy(format!("'sysctl -w {}=1', or run mcast as root", host::L3MDEV_ACCEPT))
}

/// Why an interface can have no IPv6 address, and the fix; `None` if it can have one.
fn address_remedy(iface: &str, family: Family) -> Option<String> {
    if family == Family::V4 {
        return None;
    }
    ipv6_remedy(iface, host::ipv6_of(iface)?)
}

/// The fix for an interface that can have no IPv6 address.
pub(crate) fn ipv6_remedy(iface: &str, ipv6: Ipv6) -> Option<String> {
    match ipv6 {
        Ipv6::On => None,
        Ipv6::Off => Some(format!(
            "IPv6 is switched off there: sysctl -w net.ipv6.conf.{}.disable_ipv6=0",
            setting(iface)
        )),
        Ipv6::Missing => {
            Some(format!("IPv6 needs an MTU of 1280 at least: ip link set {iface} mtu 1500"))
        }
    }
}

/// The warnings about interfaces before anything has changed, once each.
pub fn at_start<'a>(interfaces: impl Iterator<Item = (&'a Via, Family, Presence)>) -> Vec<Notice> {
    let statuses = interfaces.filter_map(|(via, family, presence)| {
        Some((via.name.as_str(), Status::at_start(via, presence, family)?, 0))
    });
    once_each(statuses)
}

/// The warning that this process may open no netlink socket, if so.
pub fn about_netlink() -> Option<Notice> {
    (!host::has_netlink()).then(shared::no_netlink)
}

/// The warnings about changes, once for each interface and not for each family.
pub fn of_events(events: &[InterfaceEvent]) -> Vec<Notice> {
    let statuses =
        events.iter().flat_map(|InterfaceEvent { via, family, change, rejoined, appeared }| {
            let mut statuses = match change {
                Some(change) => Status::of(change, *family),
                None if *appeared => vec![Status::Joined],
                None => Vec::new(),
            };
            if statuses.is_empty() && *rejoined > 0 {
                statuses.push(Status::Usable);
            }
            let last = statuses.len().saturating_sub(1);
            let counted = move |(position, status)| {
                (via.name.as_str(), status, if position == last { *rejoined } else { 0 })
            };
            statuses.into_iter().enumerate().map(counted)
        });
    once_each(statuses)
}

/// `error` keeps a target from being used on an interface that is back; `more` others failed in the
/// same way.
pub fn not_rejoined(error: &NetError, more: usize) -> Notice {
    let alike = if more > 0 { format!("; so it is with {more} more") } else { String::new() };
    let what = format!(
        "cannot {}: {}{alike}; it is tried again every second",
        error.operation,
        describe(&error.source)
    );
    Notice::new(Level::Warning, Id::NotRejoined, what).maybe_remedy(error.tip())
}

fn once_each<'a>(statuses: impl Iterator<Item = (&'a str, Status, usize)>) -> Vec<Notice> {
    let mut once: Vec<(&str, Status, usize)> = Vec::new();
    for (iface, status, rejoined) in statuses {
        match once.iter_mut().find(|(other, seen, _)| *other == iface && *seen == status) {
            Some((.., sum)) => *sum += rejoined,
            None => once.push((iface, status, rejoined)),
        }
    }
    once.into_iter().map(|(iface, status, rejoined)| status.notice(iface, rejoined)).collect()
}
