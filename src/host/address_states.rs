//! Whether the IPv6 addresses of this host are usable.

use std::net::IpAddr;

use super::if_inet6::AddressState;
use super::imp;

/// Whether duplicate address detection found another host with this address.
pub fn is_duplicate(address: IpAddr) -> bool {
    imp::inet6_addresses()
        .iter()
        .any(|found| IpAddr::V6(found.address) == address && found.state == AddressState::Duplicate)
}

/// Whether duplicate address detection is running on an interface, for `address` or for any
/// address.
pub fn is_tentative(index: u32, address: Option<IpAddr>) -> bool {
    imp::inet6_addresses().iter().any(|found| {
        found.index == index
            && address.is_none_or(|address| IpAddr::V6(found.address) == address)
            && found.state == AddressState::Tentative
    })
}
