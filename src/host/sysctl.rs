//! The settings of the kernel, in /proc/sys (Linux) or by sysctl(3) (macOS, FreeBSD).

use std::path::Path;
use std::str::FromStr;

use crate::iface::Family;

/// The maximum number of IPv4 groups per socket (default 20; ip-sysctl.rst).
pub const MOST_GROUPS: &str = "net.ipv4.igmp_max_memberships";

/// The maximum number of sources per IPv4 group and socket (default 10).
pub const MOST_SOURCES_V4: &str = "net.ipv4.igmp_max_msf";

/// The same for IPv6 (default 64).
pub const MOST_SOURCES_V6: &str = "net.ipv6.mld_max_msf";

/// The maximum memory of a socket's options in bytes, memberships included.
pub const MOST_OPTIONS: &str = "net.core.optmem_max";

/// The maximum receive buffer without CAP_NET_ADMIN, in bytes of `SO_RCVBUF`.
pub const MOST_RCVBUF: &str = if cfg!(any(target_os = "macos", target_os = "freebsd")) {
    "kern.ipc.maxsockbuf"
} else {
    "net.core.rmem_max"
};

/// Reads a setting by the components of its path, because the name of an interface may contain a
/// dot. `None` if the system does not have or show it. Settings below `net` are those of this
/// network namespace.
pub fn read<'a, T: FromStr>(components: impl IntoIterator<Item = &'a str>) -> Option<T> {
    // Wine shows the settings of the Linux below it.
    if cfg!(windows) {
        return None;
    }
    let mut path = Path::new("/proc/sys").to_owned();
    for component in components {
        if matches!(component, "" | "." | "..") || component.contains('/') {
            return None;
        }
        path.push(component);
    }
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The operating system with its version: `Linux 6.1.0`.
pub fn system() -> String {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    if let Some(system) = super::imp::system() {
        return system;
    }
    let named = |name| read::<String>(["kernel", name]);
    match (named("ostype"), named("osrelease")) {
        (Some(name), Some(release)) => format!("{name} {release}"),
        _ => std::env::consts::OS.to_owned(),
    }
}

/// Reads a limit by its name in sysctl(8): `net.ipv4.igmp_max_memberships`.
pub fn limit(name: &str) -> Option<u64> {
    read(name.split('.'))
}

/// A setting of one interface, or of `all`.
fn of_interface<T: FromStr>(family: Family, iface: &str, name: &str) -> Option<T> {
    read(["net", family.pick("ipv4", "ipv6"), "conf", iface, name])
}

/// The maximum numbers of groups per socket and of sources per group; `None` if the system does not
/// have or show them.
pub fn membership_limits(family: Family) -> (Option<u64>, Option<u64>) {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    return (None, super::imp::most_sources(family));
    #[cfg(not(any(target_os = "macos", target_os = "freebsd")))]
    match family {
        Family::V4 => (limit(MOST_GROUPS), limit(MOST_SOURCES_V4)),
        Family::V6 => (None, limit(MOST_SOURCES_V6)),
    }
}

/// Sockets that are not bound to a VRF receive from all VRFs (Documentation/networking/vrf.rst).
pub const L3MDEV_ACCEPT: &str = "net.ipv4.udp_l3mdev_accept";

/// The value of [`L3MDEV_ACCEPT`] for both families; `None` if the kernel has no VRFs.
pub fn l3mdev_accept() -> Option<bool> {
    limit(L3MDEV_ACCEPT).map(|accept| accept != 0)
}

/// The value of [`MOST_RCVBUF`], if the system shows it.
pub fn most_rcvbuf() -> Option<u64> {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    return super::imp::number(MOST_RCVBUF);
    #[cfg(not(any(target_os = "macos", target_os = "freebsd")))]
    limit(MOST_RCVBUF)
}

/// The effective reverse path filter of an interface: 0 off, 1 strict, 2 loose. It is the maximum
/// of `conf.all` and the interface's setting (ip-sysctl.rst). IPv4 only. `None` if the system does
/// not show it.
pub fn rp_filter(iface: &str) -> Option<u8> {
    Some(rp_filter_of("all")?.max(rp_filter_of(iface)?))
}

/// The setting of one interface, or of `all`.
fn rp_filter_of(iface: &str) -> Option<u8> {
    of_interface(Family::V4, iface, "rp_filter")
}

/// `None` if the system does not show it.
pub fn ipv6_disabled(iface: &str) -> Option<bool> {
    of_interface(Family::V6, iface, "disable_ipv6").map(|disabled: i32| disabled != 0)
}

/// The state of IPv6 on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6 {
    /// Enabled.
    On,
    /// Disabled (disable_ipv6).
    Off,
    /// Absent, because the MTU is too small.
    Missing,
}

/// `None` if the system does not show it, or has no IPv6.
pub fn ipv6_of(iface: &str) -> Option<Ipv6> {
    if cfg!(windows) || !Path::new("/proc/sys/net/ipv6/conf").is_dir() {
        return None;
    }
    Some(match ipv6_disabled(iface) {
        Some(false) => Ipv6::On,
        Some(true) => Ipv6::Off,
        None => Ipv6::Missing,
    })
}

/// The IGMP version that the settings of an interface or of `all` force. The older one if they
/// differ, as in IGMP_V1_SEEN and IGMP_V2_SEEN of net/ipv4/igmp.c. `None` if no version is forced,
/// or the system does not show it.
pub fn forced_igmp_version(iface: &str) -> Option<u8> {
    let of = |iface| of_interface(Family::V4, iface, "force_igmp_version");
    let own = of(iface)?;
    oldest([of("all")?, own])
}

/// Zero forces no version.
fn oldest(forced: [u8; 2]) -> Option<u8> {
    forced.into_iter().filter(|version| *version > 0).min()
}

/// The MLD version of an interface: 1 or 2 (RFC 2710, RFC 3810), by the setting
/// `force_mld_version`. Linux does not show that it detected an MLDv1 querier: the result is 2
/// then, too. macOS and FreeBSD show it. `None` if IPv6 is absent or disabled, or nothing is known.
pub fn mld_version(iface: &str) -> Option<u8> {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    return super::imp::mld_version(iface);
    #[cfg(not(any(target_os = "macos", target_os = "freebsd")))]
    match mld_setting(iface)? {
        0 => Some(2),
        forced => u8::try_from(forced).ok().filter(|version| matches!(version, 1 | 2)),
    }
}

/// The MLD version that the settings of an interface force. With version 2 the kernel ignores an
/// MLDv1 querier.
pub fn forced_mld_version(iface: &str) -> Option<u8> {
    mld_version(iface).filter(|_| mld_setting(iface) != Some(0))
}

/// The effective `force_mld_version` of an interface with IPv6.
fn mld_setting(iface: &str) -> Option<i32> {
    let setting = |iface, name| of_interface::<i32>(Family::V6, iface, name);
    let disabled = setting(iface, "disable_ipv6")?;
    // `conf.all` overrides the setting of an interface (net/ipv6/mcast.c, mld_force_mld_version).
    let (all, one) = (setting("all", "force_mld_version")?, setting(iface, "force_mld_version")?);
    Some(if all == 0 { one } else { all }).filter(|_| disabled == 0)
}

/// Whether the datagrams of all bridges pass the firewall (br_netfilter). `None` if the system has
/// no such setting.
pub fn bridge_netfilter(family: Family) -> Option<bool> {
    let name = family.pick("bridge-nf-call-iptables", "bridge-nf-call-ip6tables");
    read(["net", "bridge", name]).map(|value: u64| value != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_loopback_interface_has_settings() {
        let (own, all) = (rp_filter_of("lo").unwrap(), rp_filter_of("all").unwrap());
        assert_eq!(rp_filter("lo"), Some(own.max(all)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_setting_is_read_by_name_and_by_components() {
        let named: u64 = limit("kernel.pid_max").unwrap();
        assert_eq!(read(["kernel", "pid_max"]), Some(named));
        assert_eq!(read::<u64>(["kernel", "ostype"]), None, "no number");
        assert_eq!(read(["kernel", "ostype"]), Some("Linux".to_owned()));
    }

    #[test]
    fn the_oldest_forced_version_is_effective() {
        assert_eq!(
            [[0, 0], [2, 0], [0, 3], [2, 3], [2, 1]].map(oldest),
            [None, Some(2), Some(3), Some(2), Some(1)]
        );
    }

    #[test]
    fn an_invalid_interface_name_has_no_settings() {
        for name in ["", ".", "..", "no-such-interface", "../conf/lo", "a/b"] {
            assert_eq!((ipv6_disabled(name), mld_version(name)), (None, None), "{name:?}");
            assert_eq!(
                (rp_filter(name), rp_filter_of(name), forced_igmp_version(name)),
                (None, None, None),
                "{name:?}"
            );
        }
    }
}
