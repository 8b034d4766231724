//! The settings that Linux shows below /proc/sys, and the limits that an administrator sets there.

use std::path::Path;
use std::str::FromStr;

use crate::iface::Family;

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

/// Reads a setting by the components of its path, because the name of an interface may contain a
/// dot. `None` if the system has no such setting, or does not show it. Settings below `net` are
/// those of the network namespace of this process.
pub fn read<'a, T: FromStr>(components: impl IntoIterator<Item = &'a str>) -> Option<T> {
    let mut path = Path::new("/proc/sys").to_owned();
    for component in components {
        if matches!(component, "" | "." | "..") || component.contains('/') {
            return None;
        }
        path.push(component);
    }
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Reads a limit by its name as sysctl(8) has it: `net.ipv4.igmp_max_memberships`.
pub fn limit(name: &str) -> Option<u64> {
    read(name.split('.'))
}

/// A setting of one interface, or of `all` of them.
fn of_interface<T: FromStr>(family: Family, iface: &str, name: &str) -> Option<T> {
    read(["net", family.pick("ipv4", "ipv6"), "conf", iface, name])
}

/// How many groups one socket may join, and from how many sources each; `None` if the system has no
/// such limit, or does not show it.
pub fn membership_limits(family: Family) -> (Option<u64>, Option<u64>) {
    match family {
        Family::V4 => (limit(MOST_GROUPS), limit(MOST_SOURCES_V4)),
        Family::V6 => (None, limit(MOST_SOURCES_V6)),
    }
}

/// Sockets that are bound to no VRF receive from all of them (Documentation/networking/vrf.rst).
pub const L3MDEV_ACCEPT: &str = "net.ipv4.udp_l3mdev_accept";

/// The value of [`L3MDEV_ACCEPT`], for IPv4 and IPv6; `None` if the kernel has no VRFs.
pub fn l3mdev_accept() -> Option<bool> {
    limit(L3MDEV_ACCEPT).map(|accept| accept != 0)
}

/// The value of [`MOST_RCVBUF`], if the system has and shows it.
pub fn most_rcvbuf() -> Option<u64> {
    limit(MOST_RCVBUF)
}

/// The reverse path filter that is in force on an interface: 0 off, 1 strict, 2 loose. The maximum
/// of `conf.all` and the interface's own counts (ip-sysctl.rst). Only IPv4 has it. `None` if the
/// system does not show it.
pub fn rp_filter(iface: &str) -> Option<u8> {
    Some(rp_filter_of("all")?.max(rp_filter_of(iface)?))
}

/// The reverse path filter as it is set for one interface, or for `all` of them.
fn rp_filter_of(iface: &str) -> Option<u8> {
    of_interface(Family::V4, iface, "rp_filter")
}

/// Whether IPv6 is switched off on an interface. `None` if the system does not show it.
pub fn ipv6_disabled(iface: &str) -> Option<bool> {
    of_interface(Family::V6, iface, "disable_ipv6").map(|disabled: i32| disabled != 0)
}

/// The state of IPv6 on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6 {
    /// It is there.
    On,
    /// It is switched off (disable_ipv6).
    Off,
    /// The interface does without, because its MTU is too small.
    Missing,
}

/// The state of IPv6 on an interface; `None` if the system does not show it, or has no IPv6 at all.
pub fn ipv6_of(iface: &str) -> Option<Ipv6> {
    if !Path::new("/proc/sys/net/ipv6/conf").is_dir() {
        return None;
    }
    Some(match ipv6_disabled(iface) {
        Some(false) => Ipv6::On,
        Some(true) => Ipv6::Off,
        None => Ipv6::Missing,
    })
}

/// The version of IGMP that an administrator has forced on an interface, or on all of them; the
/// older one if they differ, as in IGMP_V1_SEEN and IGMP_V2_SEEN of net/ipv4/igmp.c. `None` if none
/// is forced, and if the system does not show it.
pub fn forced_igmp_version(iface: &str) -> Option<u8> {
    let of = |iface| of_interface(Family::V4, iface, "force_igmp_version");
    let own = of(iface)?;
    oldest([of("all")?, own])
}

/// Zero forces nothing.
fn oldest(forced: [u8; 2]) -> Option<u8> {
    forced.into_iter().filter(|version| *version > 0).min()
}

/// The version of MLD that an interface speaks: 1 or 2 (RFC 2710, RFC 3810), as the setting
/// `force_mld_version` has it. Linux does not show that it has heard an MLDv1 querier, so behind
/// one this says 2 all the same. `None` if IPv6 is absent or disabled, or nothing is known.
pub fn mld_version(iface: &str) -> Option<u8> {
    match mld_setting(iface)? {
        0 => Some(2),
        forced => u8::try_from(forced).ok().filter(|version| matches!(version, 1 | 2)),
    }
}

/// The version of MLD that an administrator has forced on an interface. With version 2 the kernel
/// ignores an MLDv1 querier.
pub fn forced_mld_version(iface: &str) -> Option<u8> {
    mld_version(iface).filter(|_| mld_setting(iface) != Some(0))
}

/// The setting `force_mld_version` that is in force on an interface with IPv6.
fn mld_setting(iface: &str) -> Option<i32> {
    let setting = |iface, name| of_interface::<i32>(Family::V6, iface, name);
    let disabled = setting(iface, "disable_ipv6")?;
    // A version forced on all interfaces goes before one forced on a single interface
    // (net/ipv6/mcast.c, mld_force_mld_version).
    let (all, one) = (setting("all", "force_mld_version")?, setting(iface, "force_mld_version")?);
    Some(if all == 0 { one } else { all }).filter(|_| disabled == 0)
}

/// Whether the datagrams of all bridges pass the firewall (br_netfilter). `None` if the system does
/// no such thing.
pub fn bridge_netfilter(family: Family) -> Option<bool> {
    let name = family.pick("bridge-nf-call-iptables", "bridge-nf-call-ip6tables");
    read(["net", "bridge", name]).map(|value: u64| value != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_settings_of_the_loopback_are_told() {
        let (own, all) = (rp_filter_of("lo").unwrap(), rp_filter_of("all").unwrap());
        assert_eq!(rp_filter("lo"), Some(own.max(all)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_setting_is_read_by_its_name_and_by_its_components() {
        let named: u64 = limit("kernel.pid_max").unwrap();
        assert_eq!(read(["kernel", "pid_max"]), Some(named));
        assert_eq!(read::<u64>(["kernel", "ostype"]), None, "no number");
        assert_eq!(read(["kernel", "ostype"]), Some("Linux".to_owned()));
    }

    #[test]
    fn the_oldest_forced_version_counts() {
        assert_eq!(
            [[0, 0], [2, 0], [0, 3], [2, 3], [2, 1]].map(oldest),
            [None, Some(2), Some(3), Some(2), Some(1)]
        );
    }

    #[test]
    fn what_is_no_name_of_an_interface_has_no_settings() {
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
