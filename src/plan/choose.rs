//! The choice of the interfaces for a target: those that the user named, else that of the kernel's
//! route, else the only one that can carry it.

use std::net::{IpAddr, Ipv4Addr};

use super::{Choices, IfaceError};
use crate::iface::{Cast, Family, Interface, Route, Via, Wanted};
use crate::target::Target;
use crate::units::order::sort_by_key;
use crate::units::printable::Printable;

/// A receiver can join without an address; a sender needs an address to send from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Send,
    Receive,
}

/// Chooses the interfaces for `target`: the one of its zone, or those that `wanted` names; else
/// that of the kernel's `route`; else the only interface that is up and supports multicast. Each
/// interface appears once.
///
/// # Errors
/// [`IfaceError`], if no interface or several interfaces fit, or if the chosen one cannot carry the
/// target.
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
    if target.group.is_unspecified() {
        return Ok(vec![choosing.anywhere(&named, wanted)?]);
    }
    if choosing.is_own_address() {
        return Ok(vec![choosing.where_it_is(&named)?]);
    }
    let mut vias: Vec<Via> = Vec::new();
    for (iface, pinned) in named {
        let via = choosing.via(iface, pinned, true)?;
        // Two addresses of one interface are two senders, but one receiver.
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

    /// The interfaces that the zone and `wanted` name, each with the address that the user named it
    /// by.
    fn named(&self, wanted: &[Wanted]) -> Result<Vec<(&'a Interface, Option<IpAddr>)>, IfaceError> {
        let group = self.target.group;
        let mut named = Vec::new();
        for wanted in wanted {
            match wanted {
                Wanted::Named(text) => {
                    let iface = find(self.interfaces, text)?;
                    named.push((iface, pinned(iface, text, group)));
                }
                // A target that determines its interface overrides the default.
                Wanted::Default(_) if self.target.zone.is_some() || self.is_own_address() => {}
                Wanted::Default(text) => {
                    let unknown = |_| IfaceError::DefaultUnknown {
                        wanted: text.clone(),
                        choices: self.choices(),
                    };
                    let iface = find(self.interfaces, text).map_err(unknown)?;
                    named.push((iface, pinned(iface, text, group)));
                }
                Wanted::All => named.extend(
                    self.interfaces
                        .iter()
                        .filter(|iface| iface.is_one_of_all(group))
                        .map(|iface| (iface, None)),
                ),
                Wanted::Ask => {}
            }
        }
        let Some(zone) = &self.target.zone else {
            return match (named.is_empty(), wanted.contains(&Wanted::All)) {
                (true, true) => Err(IfaceError::NoneAble {
                    group,
                    family: Family::of(group),
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

    /// Whether a receiver binds an address of this host or of one of its networks. The datagrams
    /// may arrive on any interface.
    fn is_own_address(&self) -> bool {
        self.purpose == Purpose::Receive
            && self.cast != Cast::Multicast
            && !self.target.group.is_unspecified()
            && self.target.group != Ipv4Addr::BROADCAST
    }

    /// The interfaces for the unspecified address: the one that the user named, else all.
    fn anywhere(
        &self,
        named: &[(&'a Interface, Option<IpAddr>)],
        wanted: &[Wanted],
    ) -> Result<Via, IfaceError> {
        match named {
            [(iface, _)] if !wanted.contains(&Wanted::All) => self.via(iface, None, true),
            _ => Ok(Via::any()),
        }
    }

    /// The interface with the address. If the user named interfaces, it must be one of them.
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
        // A broadcast belongs to one network. Datagrams to this host may arrive on any interface:
        // its own arrive on `lo`.
        let named = self.cast == Cast::Broadcast && !named.is_empty();
        Ok(Via { address: Some(group), ..Via::of(iface, group, None, named) })
    }

    /// The address is on another interface, or not on this host.
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

    /// The interface if the user named none.
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
        // Wine identifies the interface of an IPv4 membership by its address only; the systems use
        // its index.
        let can_do_without = receives && !(cfg!(windows) && group.is_ipv4());
        if address.is_none() && !can_do_without {
            let purpose = if receives { "join" } else { "send to" };
            return Err(IfaceError::NoAddress {
                name,
                family: Family::of(group),
                purpose,
                group,
                choices: choices(),
            });
        }
        Ok(Via::of(iface, group, pinned, named))
    }
}

/// The address that the user named, directly or by its label, if it is of the group's family.
fn pinned(iface: &Interface, text: &str, group: IpAddr) -> Option<IpAddr> {
    let address = text.split('%').next()?.parse::<IpAddr>().ok();
    address.or_else(|| iface.labelled(text)).filter(|ip| ip.is_ipv4() == group.is_ipv4())
}

fn by_index(interfaces: &[Interface], index: u32) -> Option<&Interface> {
    interfaces.iter().find(|iface| iface.index == index)
}

/// Finds an interface by name, address, index or label of an address. The name comes first: it may
/// look like a number. An address may have a zone, as in `fe80::1%eth0`. `eth0@if5` is the form of
/// `ip link`.
///
/// # Errors
/// No interface matches, or several interfaces have the address.
pub fn find<'a>(interfaces: &'a [Interface], text: &str) -> Result<&'a Interface, IfaceError> {
    let choices = || Choices::of(interfaces);
    let unknown = || IfaceError::Unknown { wanted: text.to_owned(), choices: choices() };
    let is_shown = |iface: &&Interface| Printable(&iface.name).to_string() == text;
    let named = interfaces.iter().find(|iface| iface.name == text);
    if let Some(iface) = named.or_else(|| interfaces.iter().find(is_shown)) {
        return Ok(iface);
    }
    if let Some(iface) = interfaces.iter().find(|iface| iface.labelled(text).is_some()) {
        return Ok(iface);
    }
    if let Some((name, _)) = text.rsplit_once('@') {
        return interfaces.iter().find(|iface| iface.name == name).ok_or_else(unknown);
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

/// The interface of the kernel's route, else the only one that can carry the group.
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

/// The entries of the menu, the best first: the interface of the kernel's route, then those that
/// can carry the group, then the others, and the loopback interface last.
pub fn candidates(
    interfaces: &[Interface],
    group: IpAddr,
    route: Option<Route>,
) -> Vec<&Interface> {
    let mut offered: Vec<&Interface> = interfaces.iter().collect();
    sort_by_key(&mut offered, |iface| {
        let routed = route.is_some_and(|route| route.index == iface.index);
        (iface.loopback && !routed, !iface.is_able(group), !routed, iface.index)
    });
    offered
}

#[cfg(test)]
mod tests;
