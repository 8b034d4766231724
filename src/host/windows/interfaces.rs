//! The interfaces of this host, by GetAdaptersAddresses.

use std::io;
use std::net::IpAddr;

use getifaddrs::{Address as Found, InterfaceFlags, getifaddrs};

use crate::host::interface_list::entry;
use crate::iface::{Address, Flag, Interface, MacAddr};

/// The interfaces of this host, in the order of the system.
pub fn interfaces() -> io::Result<Vec<Interface>> {
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
