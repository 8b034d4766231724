//! The interfaces of this host.

use crate::iface::{Address, Interface};
use crate::target::MacAddr;

use super::{NetError, Operation};

/// Lists the interfaces of this host, by index.
///
/// # Errors
/// What the system refused.
pub fn interfaces() -> Result<Vec<Interface>, NetError> {
    let mut interfaces = list().map_err(|error| Operation::ListInterfaces.failed(error))?;
    interfaces.sort_by_key(|iface| iface.index);
    Ok(interfaces)
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
fn list() -> std::io::Result<Vec<Interface>> {
    use nix::net::if_::{InterfaceFlags, if_nametoindex};
    use nix::sys::socket::{SockaddrLike, SockaddrStorage};
    use std::net::IpAddr;

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

    let mut interfaces = Vec::new();
    for found in nix::ifaddrs::getifaddrs()? {
        // Linux lists the labels of old aliases ("e0:1") as names of their own; they are addresses of e0.
        let name = found.interface_name.split(':').next().unwrap_or(&found.interface_name);
        let iface = entry(&mut interfaces, name);
        iface.up = found.flags.contains(InterfaceFlags::IFF_UP);
        iface.multicast = found.flags.contains(InterfaceFlags::IFF_MULTICAST);
        iface.loopback = found.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        let Some(address) = found.address else { continue };
        if let Some(link) = address.as_link_addr() {
            iface.mac = link.addr().filter(|mac| mac.iter().any(|byte| *byte != 0)).map(MacAddr);
        } else if let Some(ip) = ip(&address) {
            let prefix = found.netmask.filter(|mask| mask.family().is_some()).as_ref().and_then(prefix);
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
fn list() -> std::io::Result<Vec<Interface>> {
    use getifaddrs::{Address as Found, InterfaceFlags, getifaddrs};
    use std::net::IpAddr;

    let mut interfaces = Vec::new();
    for found in getifaddrs()? {
        let iface = entry(&mut interfaces, &found.name);
        iface.index = found.index.unwrap_or(0);
        iface.up = found.flags.contains(InterfaceFlags::UP);
        iface.multicast = found.flags.contains(InterfaceFlags::MULTICAST);
        iface.loopback = found.flags.contains(InterfaceFlags::LOOPBACK);
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
