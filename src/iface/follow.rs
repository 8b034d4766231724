//! Changes of the chosen interfaces, derived from two lists of the host's interfaces.
//!
//! A membership survives if its interface goes down, is renamed or changes its address. The kernel
//! silently drops it if the interface is deleted. An interface created again under the same name is
//! another one, with a new index (measured on Linux; other systems do the same).

use std::net::IpAddr;
use std::sync::Arc;

use super::{Family, Interface, Via};

/// The state of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Deleted.
    Gone,
    /// Administratively down.
    Down,
    /// Up, without an address of the family, or without the address that it was chosen by.
    NoAddress,
    /// Up, with an address.
    Ready,
}

/// A chosen interface, on behalf of targets of one family.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The current state; index and address are the last known ones.
    pub via: Arc<Via>,
    /// The address that the user chose it by.
    pinned: Option<IpAddr>,
    /// The first address that it had. A recreated interface has its link-local address before all
    /// others; the first one is used again as soon as it returns.
    first: Option<IpAddr>,
    presence: Presence,
    family: Family,
}

/// The change of an interface between two updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub old: Arc<Via>,
    /// The state now; equal to `old` if the interface is gone.
    pub new: Arc<Via>,
    pub was: Presence,
    pub now: Presence,
    /// It is another interface: memberships and sockets of the old one are void.
    pub remade: bool,
    /// The old interface still exists: only the address that it was chosen by moved.
    pub old_is_there: bool,
}

impl Followed {
    pub fn new(via: Arc<Via>, family: Family, interfaces: &[Interface]) -> Self {
        let pinned = via.address.filter(|_| via.pinned);
        let found = interfaces.iter().find(|iface| iface.index == via.index);
        let presence = found.map_or(Presence::Gone, |iface| presence(iface, family, pinned));
        Followed { first: via.address, via, pinned, presence, family }
    }

    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Updates the state from a list of all interfaces, and the indexes deleted since the last
    /// update: a new interface can have the index of a deleted one.
    pub fn update(&mut self, interfaces: &[Interface], deleted: &[u32]) -> Option<Change> {
        let remade_in_place = deleted.contains(&self.via.index);
        let found = self.find(interfaces, remade_in_place);
        let now = found.map_or(Presence::Gone, |iface| presence(iface, self.family, self.pinned));
        let new = found.map_or_else(|| Arc::clone(&self.via), |iface| self.describe(iface));
        let remade = found.is_some()
            && (remade_in_place || self.presence == Presence::Gone || new.index != self.via.index);
        let old_is_there =
            !remade_in_place && interfaces.iter().any(|iface| iface.index == self.via.index);
        if now == self.presence && !remade && new == self.via {
            return None;
        }
        self.first = self.first.or(new.address);
        let change = Change {
            old: Arc::clone(&self.via),
            new: Arc::clone(&new),
            was: self.presence,
            now,
            remade,
            old_is_there,
        };
        (self.via, self.presence) = (new, now);
        Some(change)
    }

    /// The same interface if it still exists, else the one that now matches the user's choice.
    fn find<'a>(
        &self,
        interfaces: &'a [Interface],
        remade_in_place: bool,
    ) -> Option<&'a Interface> {
        let same = interfaces
            .iter()
            .find(|iface| iface.index == self.via.index)
            .filter(|_| !remade_in_place && self.presence != Presence::Gone);
        // A link-local address does not identify an interface: routers have the same one on many
        // links.
        let is_link_local = |address: &IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        let by_address = || {
            let address = self.pinned.filter(|address| !is_link_local(address))?;
            interfaces.iter().find(|iface| iface.has(address))
        };
        let by_name = || interfaces.iter().find(|iface| iface.name == self.via.name);
        match self.pinned {
            Some(address) => same
                .filter(|iface| iface.has(address))
                .or_else(by_address)
                .or(same)
                .or_else(by_name),
            None => same.or_else(by_name),
        }
    }

    fn describe(&self, iface: &Interface) -> Arc<Via> {
        let of_family = || {
            iface
                .addresses
                .iter()
                .map(|address| address.ip)
                .find(|ip| Family::of(*ip) == self.family)
        };
        let exists = |address: &IpAddr| iface.has(*address);
        let (first, kept) = (self.first.filter(exists), self.via.address.filter(exists));
        // An address that is temporarily gone is used again when it returns.
        let address = self.pinned.or(first).or(kept).or_else(of_family);
        let new = Via {
            address,
            pinned: self.via.pinned,
            ..Via::of(iface, self.family.unspecified(), None, self.via.named)
        };
        if new == *self.via { Arc::clone(&self.via) } else { Arc::new(new) }
    }
}

fn presence(iface: &Interface, family: Family, pinned: Option<IpAddr>) -> Presence {
    let has_it = match pinned {
        Some(address) => iface.has(address),
        None => iface.addresses.iter().any(|address| Family::of(address.ip) == family),
    };
    match (iface.up, has_it) {
        (false, _) => Presence::Down,
        (true, true) => Presence::Ready,
        (true, false) => Presence::NoAddress,
    }
}

#[cfg(test)]
mod tests;
