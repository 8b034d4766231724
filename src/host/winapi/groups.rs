//! The groups of this host, by GetAdaptersAddresses.

use std::collections::BTreeMap;

use tracing::debug;

use crate::host::groups::Groups;
use crate::host::os::indexes;
use crate::iface::Joined;
use crate::sys::adapters;
use crate::units::order::sort_by_key;

/// Windows shows neither the number of members nor the versions of IGMP and MLD in force.
pub fn groups() -> Groups {
    let adapters = match adapters() {
        Ok(adapters) => adapters,
        Err(error) => {
            debug!(%error, "cannot list the memberships");
            return Groups::default();
        }
    };
    // Every host is a member of 224.0.0.1 and ff02::1: no group at all means that the system does
    // not list them, as Wine 8.
    if adapters.iter().all(|adapter| adapter.groups.is_empty()) {
        return Groups::default();
    }
    let mut joined: BTreeMap<u32, Vec<Joined>> = BTreeMap::new();
    for adapter in &adapters {
        // An interface without groups is listed too.
        indexes(adapter).for_each(|index| {
            joined.entry(index).or_default();
        });
        for group in &adapter.groups {
            let index = if group.is_ipv4() { adapter.index_v4 } else { adapter.index_v6 };
            joined.entry(index).or_default().push(Joined { group: *group, users: None });
        }
    }
    joined.values_mut().for_each(|groups| {
        sort_by_key(groups, |joined| joined.group);
        groups.dedup();
    });
    Groups { joined: Some(joined), igmp_versions: BTreeMap::new() }
}
