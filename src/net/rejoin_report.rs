//! Reports a membership again without a query. A switch that has forgotten the member forwards
//! again.

#[cfg_attr(target_os = "linux", path = "rejoin_report/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "rejoin_report/fallback.rs")]
mod imp;

use std::io;
use std::net::IpAddr;

/// Reports the membership of a group on the interface with this index, from `source`, an address of
/// this host there (link-local for IPv6). `version` is the IGMP or MLD version in use: an older one
/// is sent in addition to the newest. Needs CAP_NET_RAW. The caller must have joined the group.
///
/// # Errors
/// `PermissionDenied` without the right, `Unsupported` on other systems, `InvalidInput` for
/// addresses that do not fit together, or another error of the system.
pub fn report_membership(
    group: IpAddr,
    ifindex: u32,
    source: IpAddr,
    version: u8,
) -> io::Result<()> {
    imp::report(group, ifindex, source, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn mismatched_addresses_are_refused() {
        for (group, source) in [
            ("239.1.1.1", "fe80::1"),
            ("ff15::1", "10.0.0.1"),
            ("10.0.0.2", "10.0.0.1"),
            ("fe80::2", "fe80::1"),
            // Receivers discard an MLD report without a link-local source (RFC 3810, 5.2.13).
            ("ff15::1", "2001:db8::1"),
        ] {
            let error = report_membership(group.parse().unwrap(), 1, source.parse().unwrap(), 2)
                .unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(
                error.to_string(),
                format!("{source} cannot report a membership of {group}")
            );
        }
    }

    #[test]
    fn a_missing_interface_is_refused() {
        let error = report_membership(
            "239.1.1.1".parse().unwrap(),
            0x7fff_fff0,
            "10.0.0.1".parse().unwrap(),
            3,
        )
        .unwrap_err();
        assert!(!error.to_string().is_empty(), "{error:?}");
    }
}
