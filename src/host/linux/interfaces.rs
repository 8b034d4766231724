//! The interfaces of this host by ioctl and /proc, without netlink, which getifaddrs(3) needs. A
//! service with RestrictAddressFamilies of systemd may have no netlink.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::{fs, io};

use nix::net::if_::InterfaceFlags;

use crate::host::if_inet6;
use crate::host::interface_list::entry;
use crate::host::os::set_flags;
use crate::iface::{Address, Interface, MacAddr};
use crate::sys::{Hardware, InterfaceQuery};
use crate::units::order;

pub fn has_netlink() -> bool {
    use netlink_sys::Socket;
    use netlink_sys::protocols::NETLINK_ROUTE;
    Socket::new(NETLINK_ROUTE).is_ok()
}

pub fn interfaces_without_netlink() -> io::Result<Vec<Interface>> {
    let query = InterfaceQuery::open()?;
    let mut interfaces = Vec::new();
    for name in names()? {
        // The interface may have disappeared.
        let Ok(index) = query.index(&name) else { continue };
        let iface = entry(&mut interfaces, &String::from_utf8_lossy(&name));
        iface.index = index;
        set_flags(iface, flags(query.flags(&name).unwrap_or(0)));
        let hardware = query.hardware(&name).ok();
        let is_ethernet = |hardware: &Hardware| {
            hardware.link_type == libc::ARPHRD_ETHER && hardware.address != [0; 6]
        };
        iface.mac = hardware.filter(is_ethernet).map(|hardware| MacAddr(hardware.address));
    }
    for (label, address) in query.ipv4_addresses()? {
        let text = String::from_utf8_lossy(&label);
        let name = text.split(':').next().unwrap_or(&text);
        let prefix = query.netmask(&label, address).ok().map(prefix);
        let address = Address { ip: IpAddr::V4(address), prefix };
        if let Some(iface) = interfaces.iter_mut().find(|iface| iface.name == name) {
            iface.addresses.push(address);
        }
    }
    for found in if_inet6::addresses() {
        let address = Address { ip: IpAddr::V6(found.address), prefix: Some(found.prefix) };
        if let Some(iface) = interfaces.iter_mut().find(|iface| iface.index == found.index) {
            iface.addresses.push(address);
        }
    }
    Ok(interfaces)
}

/// In bytes, by interface index.
pub fn mtus_without_netlink() -> io::Result<BTreeMap<u32, u32>> {
    let query = InterfaceQuery::open()?;
    let mtu = |name: Vec<u8>| Some((query.index(&name).ok()?, query.mtu(&name).ok()?));
    Ok(order::map(names()?.into_iter().filter_map(mtu)))
}

/// The flags of an interface; the ioctl has only 16 bits. A running interface has a carrier.
fn flags(found: i32) -> InterfaceFlags {
    let flags = InterfaceFlags::from_bits_truncate(found);
    let works = flags.contains(InterfaceFlags::IFF_RUNNING);
    if works { flags | InterfaceFlags::IFF_LOWER_UP } else { flags }
}

fn prefix(mask: Ipv4Addr) -> u8 {
    u8::try_from(mask.to_bits().leading_ones()).unwrap_or(32)
}

/// The names of the interfaces: two header lines, then `  eth0: 1234 ...`.
fn names() -> io::Result<Vec<Vec<u8>>> {
    let table = fs::read("/proc/thread-self/net/dev")?;
    let name = |line: &[u8]| {
        let end = line.iter().rposition(|byte| *byte == b':')?;
        Some(line.get(..end)?.trim_ascii_start().to_vec())
    };
    Ok(table.split(|byte| *byte == b'\n').skip(2).filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_list_the_same_interfaces() {
        let sorted = |mut interfaces: Vec<Interface>| {
            interfaces.sort_by_key(|iface| iface.index);
            for iface in &mut interfaces {
                iface.addresses.sort_by_key(|address| address.ip);
                // The ioctl has only 16 bits of the flags, and no kind of link.
                (iface.flags, iface.link) = Default::default();
            }
            interfaces
        };
        let with = sorted(crate::host::interfaces().unwrap());
        assert_eq!(sorted(interfaces_without_netlink().unwrap()), with);
        let mtus = mtus_without_netlink().unwrap();
        assert!(with.iter().all(|iface| mtus.get(&iface.index).is_some_and(|mtu| *mtu > 0)));
    }
}
