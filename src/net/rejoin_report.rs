//! Says once more, unasked, what is true anyway: that this host is a member of a group. A switch
//! that has forgotten it forwards again.

#[cfg_attr(target_os = "linux", path = "rejoin_report/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "rejoin_report/fallback.rs")]
mod imp;

use std::io;
use std::net::IpAddr;

/// Reports the membership of a group on the interface with this index, in the name of `source`, an
/// address of this host there (for IPv6 that of the link). `version` is that of IGMP or MLD which
/// is in force there: the newest version is always spoken, an older one as well. It needs
/// CAP_NET_RAW. That the host is a member is the caller's word.
///
/// # Errors
/// `PermissionDenied` without the right, `Unsupported` on systems other than Linux, `InvalidInput`
/// for addresses that do not go together, and what else the system refuses.
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
    fn addresses_that_do_not_go_together_are_refused() {
        for (group, source) in [
            ("239.1.1.1", "fe80::1"),
            ("ff15::1", "10.0.0.1"),
            ("10.0.0.2", "10.0.0.1"),
            ("fe80::2", "fe80::1"),
            // A report of MLD from elsewhere is thrown away (RFC 3810, 5.2.13).
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
    fn no_such_interface_is_refused() {
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
