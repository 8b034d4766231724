//! Warnings about interfaces that disappear or fail, and notes about those that recover.

use std::net::IpAddr;

use super::{Id, Level, Notice, shared};
use crate::host::{self, Commands, Ipv6};
use crate::iface::{Change, Family, Master, Presence, Via};
use crate::net::{self, InterfaceEvent, NetError, describe};
use crate::units::words::{count, setting};

/// The use of the interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `mcast recv`: joins groups on them.
    Receiver,
    /// `mcast send`: sends on them.
    Sender,
}

/// A change of an interface that a notice reports.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    /// It was deleted.
    Gone,
    /// It was created again.
    Back,
    /// The address that the user selected moved to it from the interface of this name.
    Moved(String),
    /// It is administratively down.
    Down,
    /// It is up, after it was down.
    Up,
    /// It has no address of the family, or lost the one that the user selected.
    NoAddress(Family, Option<IpAddr>),
    /// It has this address now, instead of another one or none.
    Address(IpAddr, Option<IpAddr>),
    /// Targets that failed on it before work now.
    Usable,
    /// It appeared, and `--iface all` joins on every interface.
    Joined,
    /// It is a port or a member of another interface, which receives its frames.
    Member(Master),
    /// It is in this VRF, to which mcast may not bind.
    Unbound(String),
    /// It is a VRF, which sends no reports.
    Vrf,
    /// It is an ipvlan interface in a mode without multicast.
    L3Ipvlan,
}

impl Status {
    /// The reports of a change, in this order.
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

    /// The report of an interface before any change.
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

    /// The warning, or for a recovery the note. `role` uses `rejoined` targets of the interface
    /// again.
    fn notice(self, iface: &str, rejoined: usize, role: Role) -> Notice {
        let warning = |id, what| Notice::new(Level::Warning, id, what);
        let note = |id, what| Notice::new(Level::Note, id, what);
        let mut notice = match self {
            Status::Gone => warning(
                Id::InterfaceGone,
                format!("interface {iface} disappeared; {}", role.plan()),
            ),
            Status::Back => note(Id::InterfaceBack, format!("interface {iface} is back")),
            Status::Moved(from) => warning(
                Id::InterfaceMoved,
                format!("the address that selected interface {from} is now on {iface}"),
            ),
            Status::Down => down(iface, Commands::HERE),
            Status::Up => note(Id::InterfaceUp, format!("interface {iface} is up")),
            Status::NoAddress(family, lost) => warning(
                Id::InterfaceNoAddress,
                match lost {
                    None => format!("interface {iface} has no {family} address"),
                    Some(address) => {
                        format!("interface {iface} no longer has the address {address}")
                    }
                },
            )
            .maybe_remedy(address_remedy(iface, family)),
            Status::Address(now, before) => note(
                Id::InterfaceAddress,
                match before {
                    None => format!("interface {iface} now has the address {now}"),
                    Some(before) => {
                        format!("interface {iface} now has the address {now} instead of {before}")
                    }
                },
            ),
            Status::Usable => note(Id::InterfaceAgain, format!("interface {iface} is usable now")),
            Status::Joined => {
                let targets = count(rejoined as u64, "target");
                let what = format!("interface {iface} appeared: listening to {targets} on it");
                return note(Id::InterfaceJoined, what);
            }
            Status::Member(master) => shared::interface_member(iface, &master)
                .remedy(format!("use --iface {}", master.name)),
            Status::L3Ipvlan => return shared::l3_ipvlan(iface),
            Status::Vrf => warning(
                Id::VrfUnbound,
                format!(
                    "{iface} is a VRF: a join on it sends no membership report, and switches and \
                     routers do not forward the group"
                ),
            )
            .remedy("name an interface of the VRF; 'mcast ifaces' lists them"),
            Status::Unbound(vrf) => vrf_unbound(iface, &vrf),
        };
        if rejoined > 0 {
            notice.what.push_str(&format!(": {}", role.resumed(rejoined)));
        }
        notice
    }
}

impl Role {
    fn plan(self) -> &'static str {
        match self {
            Role::Receiver => "mcast will rejoin its groups when it returns",
            Role::Sender => "mcast will send on it again when it returns",
        }
    }

    fn resumed(self, targets: usize) -> String {
        match self {
            // A target may be a unicast address, which is not joined.
            Role::Receiver => format!("listening to {} again", count(targets as u64, "target")),
            Role::Sender => format!("sending to {} again", count(targets as u64, "target")),
        }
    }
}

/// mcast may not bind to `vrf`, the VRF of an interface.
pub(crate) fn vrf_unbound(iface: &str, vrf: &str) -> Notice {
    let what = format!(
        "interface {iface} is in VRF {vrf}, but mcast is not permitted to bind to that VRF and \
         receives nothing there"
    );
    Notice::new(Level::Warning, Id::VrfUnbound, what).remedy(format!(
        "allow it with 'sysctl -w {}=1', or run mcast as root",
        host::L3MDEV_ACCEPT
    ))
}

/// An interface is down, and how to bring it up.
pub(crate) fn down(iface: &str, commands: Commands) -> Notice {
    match commands.bring_up(iface) {
        Some(command) => {
            shared::interface_down(iface).remedy(format!("bring it up with '{command}'"))
        }
        None => shared::interface_not_operational(iface),
    }
}

/// The fix for an interface that can have no IPv6 address; `None` if it can have one.
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
            "enable IPv6 on it: sysctl -w net.ipv6.conf.{}.disable_ipv6=0",
            setting(iface)
        )),
        Ipv6::Missing => {
            Some(format!("raise its MTU (IPv6 needs at least 1280): ip link set {iface} mtu 1500"))
        }
    }
}

/// The warnings about interfaces before any change, once each.
pub fn at_start<'a>(interfaces: impl Iterator<Item = (&'a Via, Family, Presence)>) -> Vec<Notice> {
    let statuses = interfaces.filter_map(|(via, family, presence)| {
        Some((via.name.as_str(), Status::at_start(via, presence, family)?, 0))
    });
    once_each(statuses, Role::Receiver)
}

/// The warning that this process cannot open netlink sockets; `None` if it can.
pub fn about_netlink() -> Option<Notice> {
    (!host::has_netlink()).then(shared::no_netlink)
}

/// The notices about changes, once for each interface and not for each family.
pub fn of_events(events: &[InterfaceEvent], role: Role) -> Vec<Notice> {
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
    once_each(statuses, role)
}

/// A target could not be used again because of `error`; `more` targets failed in the same way.
pub fn not_rejoined(error: &NetError, more: usize) -> Notice {
    let others = match more {
        0 => String::new(),
        more => format!("; {} failed in the same way", count(more as u64, "other target")),
    };
    let what = format!(
        "cannot {}: {}{others}; mcast retries every second",
        error.operation,
        describe(&error.source)
    );
    Notice::new(Level::Warning, Id::NotRejoined, what).maybe_remedy(error.tip())
}

/// Merges equal reports of one interface, and adds up their targets.
fn once_each<'a>(
    statuses: impl Iterator<Item = (&'a str, Status, usize)>,
    role: Role,
) -> Vec<Notice> {
    let mut once: Vec<(&str, Status, usize)> = Vec::new();
    for (iface, status, rejoined) in statuses {
        match once.iter_mut().find(|(other, seen, _)| *other == iface && *seen == status) {
            Some((.., sum)) => *sum += rejoined,
            None => once.push((iface, status, rejoined)),
        }
    }
    once.into_iter().map(|(iface, status, rejoined)| status.notice(iface, rejoined, role)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn only_a_recovery_is_a_note() {
        use Presence::{Down, Gone, NoAddress, Ready};
        let via = Arc::new(Via { name: "e0".to_owned(), ..Via::default() });
        for (was, now, expected) in [
            (Ready, Gone, (Level::Warning, Id::InterfaceGone)),
            (Gone, Ready, (Level::Note, Id::InterfaceBack)),
            (Ready, Down, (Level::Warning, Id::InterfaceDown)),
            (Down, Ready, (Level::Note, Id::InterfaceUp)),
            (Ready, NoAddress, (Level::Warning, Id::InterfaceNoAddress)),
        ] {
            let (old, new) = (Arc::clone(&via), Arc::clone(&via));
            let change = Change { old, new, was, now, remade: was == Gone, old_is_there: false };
            let event = InterfaceEvent {
                via: Arc::clone(&via),
                family: Family::V4,
                change: Some(change),
                rejoined: 0,
                appeared: false,
            };
            let notices = of_events(&[event], Role::Receiver);
            let shown: Vec<_> = notices.iter().map(|notice| (notice.level, notice.id)).collect();
            assert_eq!(shown, [expected]);
        }
    }
}
