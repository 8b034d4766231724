//! The groups of this host, and its versions of IGMP and MLD.

use std::collections::BTreeMap;

use libc::c_int;
use nix::net::if_::if_nametoindex;

use super::links::{list, states};
use crate::host::groups::Groups;
use crate::host::routing::Message;
use crate::host::system_counters::{Table, version_of};
use crate::iface::Joined;
use crate::sys::sysctl_indexed;
use crate::units::order::sort_by_key;

/// The list of memberships. That of macOS is part of the list of interfaces.
#[cfg(target_os = "macos")]
const LIST: c_int = libc::NET_RT_IFLIST2;

#[cfg(target_os = "freebsd")]
const LIST: c_int = libc::NET_RT_IFMALIST;

/// The groups that the interfaces receive. The system does not count their sockets.
pub fn groups() -> Groups {
    let listed = list(LIST).inspect_err(|error| tracing::debug!(%error, "cannot list memberships"));
    let joined = listed.ok().map(|messages| {
        let mut groups: BTreeMap<u32, Vec<Joined>> = BTreeMap::new();
        for message in messages {
            if let Message::Member { index, group: Some(group) } = message {
                groups.entry(index).or_default().push(Joined { group, users: None });
            }
        }
        for groups in groups.values_mut() {
            sort_by_key(groups, |joined| joined.group);
            groups.dedup();
        }
        groups
    });
    let version = |index| Some((index, version("net.inet.igmp.ifinfo", index)?));
    let igmp_versions = states().into_iter().filter_map(|state| version(state.index)).collect();
    Groups { joined, igmp_versions }
}

/// The version in force on an interface: 1, 2 or 3. `None` if it is unknown.
pub fn igmp_version(ifname: &str) -> Option<u8> {
    version("net.inet.igmp.ifinfo", if_nametoindex(ifname).ok()?)
}

/// The version in force on an interface: 1 or 2. `None` if it is unknown.
pub fn mld_version(ifname: &str) -> Option<u8> {
    version("net.inet6.mld.ifinfo", if_nametoindex(ifname).ok()?).filter(|version| *version < 3)
}

/// `struct igmp_ifinfo` or `mld_ifinfo` of an interface, which ifmcstat(8) reads too.
fn version(name: &str, index: u32) -> Option<u8> {
    let bytes = sysctl_indexed(name, c_int::try_from(index).ok()?)
        .inspect_err(|error| tracing::debug!(name, index, %error, "cannot read"))
        .ok()?;
    version_of(&bytes, Table::HERE.version)
}
