//! The states of IPv6 addresses, by GetAdaptersAddresses.

use std::net::IpAddr;

use crate::host::if_inet6::{AddressState, Inet6Address};
use crate::sys::adapters;

/// The IPv6 addresses of this host with their states. Empty if they cannot be listed.
pub fn inet6_addresses() -> Vec<Inet6Address> {
    let mut all = Vec::new();
    for adapter in adapters().unwrap_or_default() {
        for found in &adapter.addresses {
            let IpAddr::V6(address) = found.ip else { continue };
            let state = match (found.is_duplicate, found.is_tentative) {
                (true, _) => AddressState::Duplicate,
                (false, true) => AddressState::Tentative,
                (false, false) => AddressState::Ready,
            };
            all.push(Inet6Address {
                address,
                index: adapter.index_v6,
                prefix: found.prefix,
                state,
            });
        }
    }
    all
}
