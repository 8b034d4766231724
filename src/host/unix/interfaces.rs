//! The interfaces of this host, by getifaddrs(3).

use std::io;
use std::net::IpAddr;

use nix::net::if_::{InterfaceFlags, if_nameindex, if_nametoindex};
use nix::sys::socket::{LinkAddr, SockaddrLike, SockaddrStorage};

use crate::host::interface_list::entry;
use crate::iface::{Address, Flag, Interface, MacAddr};
use crate::units::printable::name_of;

/// The interfaces of this host, in the order of the system.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces = Vec::new();
    for found in nix::ifaddrs::getifaddrs()? {
        let label = found.interface_name;
        let name = device_of(&label, &interfaces);
        let is_label = name != label;
        let iface = entry(&mut interfaces, &name);
        set_flags(iface, found.flags);
        let Some(address) = found.address else { continue };
        if let Some(link) = address.as_link_addr() {
            iface.mac = mac(link);
        } else if let Some(ip) = ip(&address) {
            let prefix =
                found.netmask.filter(|mask| mask.family().is_some()).as_ref().and_then(prefix);
            iface.addresses.push(Address { ip, prefix });
            if is_label {
                iface.labels.push((label, ip));
            }
        }
    }
    for iface in &mut interfaces {
        iface.index = if_nametoindex(iface.name.as_str()).unwrap_or(0);
    }
    name_those_without_text(&mut interfaces);
    interfaces.retain(|iface| iface.index != 0);
    Ok(interfaces)
}

/// Copies the flags of an interface.
pub fn set_flags(iface: &mut Interface, found: InterfaceFlags) {
    iface.up = found.contains(InterfaceFlags::IFF_UP);
    iface.multicast = found.contains(InterfaceFlags::IFF_MULTICAST);
    iface.loopback = found.contains(InterfaceFlags::IFF_LOOPBACK);
    iface.flags = flags(found);
}

/// Corrects the names that are not UTF-8, which nix has converted: Linux allows any bytes except
/// blanks, `/` and `:`. Two names that differ only in such bytes remain one interface.
fn name_those_without_text(interfaces: &mut [Interface]) {
    let unknown = |iface: &&mut Interface| iface.index == 0 && iface.name.contains('\u{fffd}');
    for iface in interfaces.iter_mut().filter(unknown) {
        let Ok(names) = if_nameindex() else { return };
        let real = names.iter().find(|real| real.name().to_string_lossy() == iface.name);
        if let Some(real) = real {
            (iface.index, iface.name) = (real.index(), name_of(real.name().to_bytes()));
        }
    }
}

/// The interface of an entry. Linux lists the label of an address ("e0:1") instead of the name. The
/// label begins with the name of an earlier entry.
fn device_of(label: &str, known: &[Interface]) -> String {
    let begins = |name: &&str| label.starts_with(name);
    let names = known.iter().map(|iface| iface.name.as_str()).filter(begins);
    match names.max_by_key(|name| name.len()) {
        // Most entries of addresses have the name itself.
        Some(name) if name == label => label.to_owned(),
        // A name cannot contain a colon; a label without one is not the name of an interface.
        Some(name) if label.contains(':') || if_nametoindex(label).is_err() => name.to_owned(),
        _ => label.to_owned(),
    }
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::from(address.ip())))
}

fn prefix(mask: &SockaddrStorage) -> Option<u8> {
    let ones = match ip(mask)? {
        IpAddr::V4(mask) => mask.to_bits().leading_ones(),
        IpAddr::V6(mask) => mask.to_bits().leading_ones(),
    };
    u8::try_from(ones).ok()
}

fn flags(found: InterfaceFlags) -> Vec<Flag> {
    let known = [
        (InterfaceFlags::IFF_UP, Flag::Up),
        (InterfaceFlags::IFF_BROADCAST, Flag::Broadcast),
        (InterfaceFlags::IFF_LOOPBACK, Flag::Loopback),
        (InterfaceFlags::IFF_POINTOPOINT, Flag::PointToPoint),
        (InterfaceFlags::IFF_RUNNING, Flag::Running),
        (InterfaceFlags::IFF_NOARP, Flag::NoArp),
        (InterfaceFlags::IFF_PROMISC, Flag::Promiscuous),
        (InterfaceFlags::IFF_ALLMULTI, Flag::AllMulticast),
        (InterfaceFlags::IFF_MULTICAST, Flag::Multicast),
    ];
    let known = known.into_iter().chain(LINUX_FLAGS);
    known.filter(|(bit, _)| found.contains(*bit)).map(|(_, flag)| flag).collect()
}

/// The Ethernet address, not that of another link type: a tunnel has an IP address, InfiniBand one
/// of 20 bytes.
fn mac(link: &LinkAddr) -> Option<MacAddr> {
    link.addr().filter(|mac| is_ethernet(link) && mac.iter().any(|byte| *byte != 0)).map(MacAddr)
}

#[cfg(target_os = "linux")]
const LINUX_FLAGS: [(InterfaceFlags, Flag); 2] =
    [(InterfaceFlags::IFF_LOWER_UP, Flag::LowerUp), (InterfaceFlags::IFF_DORMANT, Flag::Dormant)];

#[cfg(not(target_os = "linux"))]
const LINUX_FLAGS: [(InterfaceFlags, Flag); 0] = [];

#[cfg(target_os = "linux")]
fn is_ethernet(link: &LinkAddr) -> bool {
    link.halen() == 6
}

/// Only Linux reports the length of the address.
#[cfg(not(target_os = "linux"))]
fn is_ethernet(_link: &LinkAddr) -> bool {
    true
}
