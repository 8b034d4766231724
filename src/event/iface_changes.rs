//! The changes of the interfaces between two lists.

use serde::Serialize;

use super::{AddressInfo, InterfaceInfo};
use crate::iface::{Flag, Joined};

/// A change of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InterfaceChange {
    /// The name, after the change.
    pub name: String,
    /// The index.
    pub ifindex: u32,
    /// The changed field, with its value before and after.
    #[serde(flatten)]
    pub changed: Changed,
}

/// The changed field of an interface event. For a list, each element that was added, removed or
/// changed is one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "field", rename_all = "snake_case")]
pub enum Changed {
    /// The whole interface: it appeared or disappeared.
    Interface(Values<Option<Box<InterfaceInfo>>>),
    /// The name.
    Name(Values<String>),
    /// It is administratively up.
    Up(Values<bool>),
    /// It has a carrier.
    Carrier(Values<Option<bool>>),
    /// The MULTICAST flag is set.
    Multicast(Values<bool>),
    /// All flags.
    Flags(Values<Vec<Flag>>),
    /// The bridge, bond, team or VRF that it is a port or a member of.
    Master(Values<Option<String>>),
    /// The VRF that it is in.
    Vrf(Values<Option<String>>),
    /// The MTU.
    MtuBytes(Values<Option<u32>>),
    /// The Ethernet address.
    Mac(Values<Option<String>>),
    /// An address.
    Address(Values<Option<AddressInfo>>),
    /// The IGMP version in use.
    IgmpVersion(Values<Option<u8>>),
    /// The MLD version in use.
    MldVersion(Values<Option<u8>>),
    /// A membership.
    Group(Values<Option<Joined>>),
}

/// A value before and after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Values<T> {
    /// The value before.
    pub before: T,
    /// The value after.
    pub after: T,
}

impl<T: PartialEq> Values<T> {
    fn of(before: T, after: T) -> Option<Self> {
        (before != after).then_some(Values { before, after })
    }
}

/// The changes from one list of the interfaces to the next, by index.
pub fn interface_changes(
    before: &[InterfaceInfo],
    after: &[InterfaceInfo],
) -> Vec<InterfaceChange> {
    let whole = |iface: &InterfaceInfo| Some(Box::new(iface.clone()));
    let of = |iface: &InterfaceInfo, changed| InterfaceChange {
        name: iface.name.clone(),
        ifindex: iface.ifindex,
        changed,
    };
    let same = |list: &[InterfaceInfo], iface: &InterfaceInfo| {
        list.iter().position(|other| other.ifindex == iface.ifindex)
    };
    let gone = before.iter().filter(|iface| same(after, iface).is_none());
    let mut changes: Vec<InterfaceChange> = gone
        .map(|iface| of(iface, Changed::Interface(Values { before: whole(iface), after: None })))
        .collect();
    for iface in after {
        match same(before, iface) {
            Some(known) => {
                let changed = fields(&before[known], iface);
                changes.extend(changed.into_iter().map(|changed| of(iface, changed)));
            }
            None => changes
                .push(of(iface, Changed::Interface(Values { before: None, after: whole(iface) }))),
        }
    }
    changes
}

/// The changed fields of an interface.
fn fields(old: &InterfaceInfo, new: &InterfaceInfo) -> Vec<Changed> {
    let mac = |iface: &InterfaceInfo| iface.mac.map(|mac| mac.to_string());
    let single = [
        Values::of(old.name.clone(), new.name.clone()).map(Changed::Name),
        Values::of(old.up, new.up).map(Changed::Up),
        Values::of(old.carrier, new.carrier).map(Changed::Carrier),
        Values::of(old.multicast, new.multicast).map(Changed::Multicast),
        Values::of(old.flags.clone(), new.flags.clone()).map(Changed::Flags),
        Values::of(old.master.clone(), new.master.clone()).map(Changed::Master),
        Values::of(old.vrf.clone(), new.vrf.clone()).map(Changed::Vrf),
        Values::of(old.mtu_bytes, new.mtu_bytes).map(Changed::MtuBytes),
        Values::of(mac(old), mac(new)).map(Changed::Mac),
        Values::of(old.igmp_version, new.igmp_version).map(Changed::IgmpVersion),
        Values::of(old.mld_version, new.mld_version).map(Changed::MldVersion),
    ];
    let addresses = elements(&old.addresses, &new.addresses, |address| address.address);
    let groups = [old, new].map(|iface| iface.groups.as_deref().unwrap_or_default());
    let groups = elements(groups[0], groups[1], |joined| joined.group);
    let single = single.into_iter().flatten();
    let addresses = addresses.into_iter().map(Changed::Address);
    single.chain(addresses).chain(groups.into_iter().map(Changed::Group)).collect()
}

/// The removed, changed and added elements of a list, which `key` identifies.
fn elements<T: Copy + PartialEq, K: PartialEq>(
    before: &[T],
    after: &[T],
    key: impl Fn(&T) -> K,
) -> Vec<Values<Option<T>>> {
    let find = |list: &[T], one: &T| list.iter().copied().find(|other| key(other) == key(one));
    let of_old = before.iter().filter_map(|old| Values::of(Some(*old), find(after, old)));
    let added = after.iter().filter(|new| find(before, new).is_none());
    of_old.chain(added.map(|new| Values { before: None, after: Some(*new) })).collect()
}

#[cfg(test)]
mod tests;
