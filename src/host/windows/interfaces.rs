//! The interfaces of this host, by GetAdaptersAddresses.

use std::io;
use std::net::IpAddr;

use crate::iface::{Address, Flag, Interface, MacAddr};
use crate::sys::{Adapter, adapters};

/// IfType of IANA, as Windows uses it.
const IF_TYPE_ETHERNET: u32 = 6;
const IF_TYPE_PPP: u32 = 23;
const IF_TYPE_LOOPBACK: u32 = 24;
const IF_TYPE_WIFI: u32 = 71;
const IF_TYPE_TUNNEL: u32 = 131;

/// The interfaces of this host, in the order of the system.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    Ok(adapters()?.iter().flat_map(of).collect())
}

/// The interface of an adapter. If IPv4 and IPv6 have different indexes, each has an interface.
fn of(adapter: &Adapter) -> Vec<Interface> {
    let both = [(adapter.index_v4, true), (adapter.index_v6, false)];
    let is_one = both.iter().any(|(index, _)| *index == 0) || adapter.index_v4 == adapter.index_v6;
    let whole = interface(adapter, adapter.index_v4.max(adapter.index_v6), |_| true);
    if is_one {
        return vec![whole].into_iter().filter(|iface| iface.index != 0).collect();
    }
    both.map(|(index, ipv4)| interface(adapter, index, |ip| ip.is_ipv4() == ipv4)).into()
}

fn interface(adapter: &Adapter, index: u32, belongs: impl Fn(IpAddr) -> bool) -> Interface {
    let loopback = adapter.kind == IF_TYPE_LOOPBACK;
    let addresses = adapter.addresses.iter().filter(|address| belongs(address.ip));
    Interface {
        name: adapter.name.clone(),
        description: Some(adapter.description.clone()).filter(|text| !text.is_empty()),
        index,
        addresses: addresses
            .map(|address| Address { ip: address.ip, prefix: Some(address.prefix) })
            .collect(),
        mac: adapter.mac.map(MacAddr),
        up: adapter.is_up,
        multicast: carries_multicast(adapter),
        loopback,
        flags: flags(adapter),
        ..Interface::default()
    }
}

fn flags(adapter: &Adapter) -> Vec<Flag> {
    let has_broadcast = matches!(adapter.kind, IF_TYPE_ETHERNET | IF_TYPE_WIFI);
    let known = [
        (adapter.is_up, Flag::Up),
        (has_broadcast, Flag::Broadcast),
        (adapter.kind == IF_TYPE_LOOPBACK, Flag::Loopback),
        (adapter.kind == IF_TYPE_PPP, Flag::PointToPoint),
        (carries_multicast(adapter), Flag::Multicast),
    ];
    known.into_iter().filter(|(holds, _)| *holds).map(|(_, flag)| flag).collect()
}

/// As on Linux, the loopback interface carries multicast without the flag, and `--iface all` leaves
/// it out.
fn carries_multicast(adapter: &Adapter) -> bool {
    !adapter.no_multicast && adapter.kind != IF_TYPE_LOOPBACK
}

/// The indexes of an adapter, which are mostly equal.
pub fn indexes(adapter: &Adapter) -> impl Iterator<Item = u32> {
    let second = Some(adapter.index_v6).filter(|index| *index != adapter.index_v4);
    [adapter.index_v4].into_iter().chain(second).filter(|index| *index != 0)
}

/// Whether its frames have no Ethernet addresses.
pub fn has_no_ethernet(adapter: &Adapter) -> bool {
    matches!(adapter.kind, IF_TYPE_PPP | IF_TYPE_LOOPBACK | IF_TYPE_TUNNEL)
}

/// The kind of an interface that is not a network card.
pub fn kind(adapter: &Adapter) -> Option<&'static str> {
    match adapter.kind {
        IF_TYPE_PPP => Some("ppp"),
        IF_TYPE_WIFI => Some("wifi"),
        IF_TYPE_TUNNEL => Some("tunnel"),
        _ => None,
    }
}
