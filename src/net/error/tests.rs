//! Every errno that a join or a leave is known to return has a reason and a tip.

use std::sync::Arc;

use nix::errno::Errno;

use super::*;
use crate::iface::{Cast, Via};
use crate::target::Endpoint;

fn at(group: &str) -> Endpoint {
    let via = Arc::new(Via {
        name: "eth1".to_owned(),
        index: 3,
        address: None,
        pinned: false,
        named: true,
        ..Via::default()
    });
    Endpoint { group: group.parse().unwrap(), port: 5000, cast: Cast::Multicast, via }
}

/// ip(7), and measurements on Linux.
#[test]
fn each_errno_of_a_membership_has_a_tip() {
    let join = |group: &str| Operation::Join(at(group), None);
    let from =
        |group: &str, source: &str| Operation::Join(at(group), Some(source.parse().unwrap()));
    let block = |group: &str, source: &str| Operation::Block(at(group), source.parse().unwrap());
    let leave = |group: &str| Operation::Leave(at(group));
    for (operation, errno, parts) in [
        (
            join("239.1.1.1"),
            Errno::EADDRINUSE,
            ["cannot join 239.1.1.1 on eth1 (index 3)", "has already joined 239.1.1.1 on eth1"],
        ),
        (join("239.1.1.1"), Errno::ENODEV, ["No such device (ENODEV)", "whether eth1 disappeared"]),
        (
            join("ff15::1"),
            Errno::ENODEV,
            ["cannot join ff15::1 on eth1", "check that eth1 exists and has IPv6"],
        ),
        (join("ff15::1"), Errno::EINVAL, ["Invalid argument (EINVAL)", "an MTU of 1280 or more"]),
        (
            from("232.1.1.1", "10.0.0.9"),
            Errno::EINVAL,
            ["cannot join 232.1.1.1 from 10.0.0.9", "mix included and excluded sources"],
        ),
        (join("239.1.1.1"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv4.igmp_max_memberships"]),
        (join("ff15::1"), Errno::ENOBUFS, ["(ENOBUFS)", "net.core.optmem_max"]),
        (from("232.1.1.1", "10.0.0.9"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv4.igmp_max_msf"]),
        (from("ff3e::1", "fd00::9"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv6.mld_max_msf"]),
        (
            block("239.1.1.1", "10.0.0.9"),
            Errno::ENOBUFS,
            ["cannot exclude 10.0.0.9 from 239.1.1.1", "net.ipv4.igmp_max_msf"],
        ),
        (
            block("239.1.1.1", "10.0.0.9"),
            Errno::EADDRNOTAVAIL,
            ["(EADDRNOTAVAIL)", "check that 10.0.0.9 is named only once"],
        ),
        (
            join("239.1.1.1"),
            Errno::EADDRNOTAVAIL,
            ["(EADDRNOTAVAIL)", "check whether eth1 has a new index"],
        ),
        (
            from("ff3e::1", "fd00::9"),
            Errno::ENOPROTOOPT,
            ["(ENOPROTOOPT)", "too old for source filters (RFC 3678)"],
        ),
        (join("239.1.1.1"), Errno::EPERM, ["(EPERM)", "security policies of this host"]),
        (
            leave("239.1.1.1"),
            Errno::ENODEV,
            ["cannot leave 239.1.1.1 on eth1 (index 3)", "and the membership with it"],
        ),
        (
            leave("239.1.1.1"),
            Errno::EADDRNOTAVAIL,
            ["(EADDRNOTAVAIL)", "which was deleted or has a new index"],
        ),
    ] {
        let error = operation.failed(errno.into());
        let text = error.to_string();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        assert!(text.contains("\n  tip: ") && error.tip().is_some(), "{text}");
    }
}
