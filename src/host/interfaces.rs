//! The interfaces of this host.

use std::collections::BTreeMap;
use std::io;

use crate::iface::{Address, Flag, Interface, MacAddr};

/// Lists the interfaces of this host, by index.
///
/// # Errors
/// What the system refused.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces = list()?;
    interfaces.sort_by_key(|iface| iface.index);
    Ok(interfaces)
}

/// The MTU of each interface in bytes, by its index. What the system does not tell is not there.
pub fn mtus() -> BTreeMap<u32, u32> {
    #[cfg(target_os = "linux")]
    match super::netlink::mtus() {
        Ok(mtus) => return mtus,
        Err(error) => tracing::debug!(%error, "no route netlink, so no MTU"),
    }
    BTreeMap::new()
}

/// The interface of this name in the list, added where it is not there yet.
fn entry<'a>(interfaces: &'a mut Vec<Interface>, name: &str) -> &'a mut Interface {
    let position = interfaces.iter().position(|iface| iface.name == name).unwrap_or_else(|| {
        interfaces.push(Interface { name: name.to_owned(), ..Interface::default() });
        interfaces.len() - 1
    });
    &mut interfaces[position]
}

#[cfg(unix)]
fn list() -> io::Result<Vec<Interface>> {
    use std::net::IpAddr;

    use nix::net::if_::{InterfaceFlags, if_nametoindex};
    use nix::sys::socket::{LinkAddr, SockaddrLike, SockaddrStorage};

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
            #[cfg(target_os = "linux")]
            (InterfaceFlags::IFF_LOWER_UP, Flag::LowerUp),
            #[cfg(target_os = "linux")]
            (InterfaceFlags::IFF_DORMANT, Flag::Dormant),
        ];
        known.into_iter().filter(|(bit, _)| found.contains(*bit)).map(|(_, flag)| flag).collect()
    }

    /// The Ethernet address, not that of another sort of link: a tunnel's is an IP address,
    /// InfiniBand's has 20 bytes.
    fn mac(link: &LinkAddr) -> Option<MacAddr> {
        #[cfg(target_os = "linux")]
        if link.halen() != 6 {
            return None;
        }
        link.addr().filter(|mac| mac.iter().any(|byte| *byte != 0)).map(MacAddr)
    }

    let mut interfaces = Vec::new();
    for found in nix::ifaddrs::getifaddrs()? {
        // Linux lists the labels of old aliases ("e0:1") as names of their own; they are addresses
        // of e0.
        let name = found.interface_name.split(':').next().unwrap_or(&found.interface_name);
        let iface = entry(&mut interfaces, name);
        iface.up = found.flags.contains(InterfaceFlags::IFF_UP);
        iface.multicast = found.flags.contains(InterfaceFlags::IFF_MULTICAST);
        iface.loopback = found.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        iface.flags = flags(found.flags);
        let Some(address) = found.address else { continue };
        if let Some(link) = address.as_link_addr() {
            iface.mac = mac(link);
        } else if let Some(ip) = ip(&address) {
            let prefix =
                found.netmask.filter(|mask| mask.family().is_some()).as_ref().and_then(prefix);
            iface.addresses.push(Address { ip, prefix });
        }
    }
    for iface in &mut interfaces {
        iface.index = if_nametoindex(iface.name.as_str()).unwrap_or(0);
    }
    interfaces.retain(|iface| iface.index != 0);
    Ok(interfaces)
}

#[cfg(windows)]
fn list() -> io::Result<Vec<Interface>> {
    use std::net::IpAddr;

    use getifaddrs::{Address as Found, InterfaceFlags, getifaddrs};

    fn flags(found: InterfaceFlags) -> Vec<Flag> {
        let known = [
            (InterfaceFlags::UP, Flag::Up),
            (InterfaceFlags::BROADCAST, Flag::Broadcast),
            (InterfaceFlags::LOOPBACK, Flag::Loopback),
            (InterfaceFlags::POINTTOPOINT, Flag::PointToPoint),
            (InterfaceFlags::RUNNING, Flag::Running),
            (InterfaceFlags::MULTICAST, Flag::Multicast),
        ];
        known.into_iter().filter(|(bit, _)| found.contains(*bit)).map(|(_, flag)| flag).collect()
    }

    let mut interfaces = Vec::new();
    for found in getifaddrs()? {
        let iface = entry(&mut interfaces, &found.name);
        iface.index = found.index.unwrap_or(0);
        iface.up = found.flags.contains(InterfaceFlags::UP);
        iface.multicast = found.flags.contains(InterfaceFlags::MULTICAST);
        iface.loopback = found.flags.contains(InterfaceFlags::LOOPBACK);
        iface.flags = flags(found.flags);
        match found.address {
            Found::Mac(mac) => iface.mac = Some(MacAddr(mac)).filter(|mac| mac.0 != [0; 6]),
            address => {
                let prefix = address.netmask().map(|mask| match mask {
                    IpAddr::V4(mask) => mask.to_bits().leading_ones() as u8,
                    IpAddr::V6(mask) => mask.to_bits().leading_ones() as u8,
                });
                iface.addresses.extend(address.ip_addr().map(|ip| Address { ip, prefix }));
            }
        }
    }
    Ok(interfaces)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_host_has_a_loopback_interface_with_an_index_and_a_name() {
        let interfaces = super::interfaces().unwrap();
        let lo = interfaces.iter().find(|iface| iface.loopback).expect("every host has one");
        assert!(lo.index > 0 && !lo.name.is_empty(), "{lo:?}");
    }
}
