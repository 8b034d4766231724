//! What this host allows: open files for this process, and the limits that an administrator sets.

use crate::iface::Family;
/// A limit that an administrator sets, by its name: `net.ipv4.igmp_max_memberships`. `None` where
/// the system has no such thing.
pub fn sysctl(name: &str) -> Option<u64> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// What became of IPv6 on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6 {
    /// It is there.
    On,
    /// It is switched off (disable_ipv6).
    Off,
    /// The interface does without, because its MTU is too small.
    Missing,
}

/// What became of IPv6 on an interface; `None` where the system does not tell, or has no IPv6 at
/// all.
pub fn ipv6_of(iface: &str) -> Option<Ipv6> {
    let settings = std::path::Path::new("/proc/sys/net/ipv6/conf");
    if !settings.is_dir() {
        return None;
    }
    match std::fs::read_to_string(settings.join(iface).join("disable_ipv6")) {
        Ok(value) if value.trim() == "0" => Some(Ipv6::On),
        Ok(_) => Some(Ipv6::Off),
        Err(_) => Some(Ipv6::Missing),
    }
}

/// How many groups of IPv4 one socket may join (Linux: 20 unless changed; ip-sysctl.rst).
pub const MOST_GROUPS: &str = "net.ipv4.igmp_max_memberships";

/// How many sources one socket may name for an IPv4 group (Linux: 10 unless changed).
pub const MOST_SOURCES_V4: &str = "net.ipv4.igmp_max_msf";

/// The same for IPv6 (64 unless changed).
pub const MOST_SOURCES_V6: &str = "net.ipv6.mld_max_msf";

/// How many bytes a socket's options may take, memberships among them.
pub const MOST_OPTIONS: &str = "net.core.optmem_max";

/// The largest receive buffer that a socket gets without CAP_NET_ADMIN, in bytes of `SO_RCVBUF`.
pub const MOST_RCVBUF: &str = "net.core.rmem_max";

/// How many groups one socket may join, and from how many sources each; `None` where the system has
/// no such limit, or does not show it.
pub fn membership_limits(family: Family) -> (Option<u64>, Option<u64>) {
    if family == Family::V4 {
        (sysctl(MOST_GROUPS), sysctl(MOST_SOURCES_V4))
    } else {
        (None, sysctl(MOST_SOURCES_V6))
    }
}

/// The value of [`MOST_RCVBUF`], where the system has and shows it.
pub fn most_rcvbuf() -> Option<u64> {
    sysctl(MOST_RCVBUF)
}
