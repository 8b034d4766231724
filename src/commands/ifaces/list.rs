//! The interfaces of this host, as events describe them.

use std::io;

use crate::event::{AddressInfo, InterfaceInfo};
use crate::host;
use crate::host::Groups;
use crate::iface::{Address, Flag, Interface};

/// Lists the interfaces, by index.
///
/// # Errors
/// The system refuses to list them.
pub fn list() -> io::Result<Vec<InterfaceInfo>> {
    let interfaces = host::interfaces()?;
    let (mtus, groups) = (host::mtus(), host::groups());
    let describe = |iface: &Interface| describe(iface, mtus.get(&iface.index).copied(), &groups);
    Ok(interfaces.iter().map(describe).collect())
}

fn describe(iface: &Interface, mtu: Option<u32>, groups: &Groups) -> InterfaceInfo {
    InterfaceInfo {
        name: iface.name.clone(),
        description: iface.description.clone(),
        ifindex: iface.index,
        up: iface.up,
        carrier: iface.carrier(),
        multicast: iface.multicast,
        loopback: iface.loopback,
        point_to_point: iface.flags.contains(&Flag::PointToPoint),
        flags: iface.flags.clone(),
        kind: iface.link.kind.clone(),
        master: iface.link.master.as_ref().map(|master| master.name.clone()),
        vrf: iface.link.vrf(&iface.name).map(str::to_owned),
        mtu_bytes: mtu,
        mac: iface.mac,
        addresses: iface
            .addresses
            .iter()
            .map(|Address { ip, prefix }| AddressInfo { address: *ip, prefix: *prefix })
            .collect(),
        // An interface that is down uses no version.
        igmp_version: groups.igmp_version(iface.index).filter(|_| iface.up),
        mld_version: host::mld_version(&iface.name).filter(|_| iface.up),
        groups: groups.of(iface.index).map(<[_]>::to_vec),
    }
}
