//! Changes of selected interfaces, derived from two lists of the host's interfaces.
//!
//! A membership survives an interface that goes down, is renamed or changes its address. It ends
//! silently with an interface that is deleted. An interface recreated under the same name is
//! another interface with another index (measured on Linux; other systems do the same).

use std::net::IpAddr;
use std::sync::Arc;

use super::{Family, Interface, Via};

/// How an interface is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Not at all.
    Gone,
    /// It is there, and administratively down.
    Down,
    /// It is up, without an address of the family, or without the one that it was chosen by.
    NoAddress,
    /// It is up and has an address.
    Ready,
}

/// An interface that is followed, on behalf of targets of one family.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The current interface, or the last known index and address.
    pub via: Arc<Via>,
    /// The address by which the user selected it, if any.
    pinned: Option<IpAddr>,
    /// The first address that it had. An interface that is made again has its link-local address
    /// before all others; once the first one exists again, it is used again.
    first: Option<IpAddr>,
    presence: Presence,
    family: Family,
}

/// The change of an interface between two updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The interface before.
    pub old: Arc<Via>,
    /// The interface now, or the old one if it disappeared.
    pub new: Arc<Via>,
    /// How it was there.
    pub was: Presence,
    /// How it is there now.
    pub now: Presence,
    /// It is another interface than before, and memberships and sockets of the old one are invalid.
    pub remade: bool,
    /// The old interface still exists: it lost the address by which it was selected.
    pub old_is_there: bool,
}

impl Followed {
    /// Follows an interface for targets of one family, from the state that `interfaces` shows.
    pub fn new(via: Arc<Via>, family: Family, interfaces: &[Interface]) -> Self {
        let pinned = via.address.filter(|_| via.pinned);
        let found = interfaces.iter().find(|iface| iface.index == via.index);
        let presence = found.map_or(Presence::Gone, |iface| presence(iface, family, pinned));
        Followed { first: via.address, via, pinned, presence, family }
    }

    /// How the interface is there.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Updates the state and returns the change. `interfaces` is the current list; `deleted` are
    /// the indexes deleted since the last update (a recreated interface may have the same index).
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

    /// The current interface: the same one, or else the one that now matches the user's selection.
    fn find<'a>(
        &self,
        interfaces: &'a [Interface],
        remade_in_place: bool,
    ) -> Option<&'a Interface> {
        let same = interfaces
            .iter()
            .find(|iface| iface.index == self.via.index)
            .filter(|_| !remade_in_place && self.presence != Presence::Gone);
        // A link-local address does not identify a link: routers use the same one on many links.
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
        // An address that went away for a while stays the one to come back to.
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
