//! The tip for an address that cannot be used.

use std::net::IpAddr;

use crate::host;

/// The tip for an IPv6 address that cannot be used.
pub fn unusable_tip(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if host::is_duplicate(address) => duplicate_tip(address),
        _ => "check that the address exists; a new IPv6 address is usable after a second or two \
              (RFC 4862, 5.4)"
            .to_owned(),
    }
}

/// The tip for an address that duplicate address detection has disabled.
pub(crate) fn duplicate_tip(address: IpAddr) -> String {
    format!(
        "remove {address} from one host (ip -6 addr del): another host on this network uses it \
         too (duplicate address detection, RFC 4862, 5.4)"
    )
}
