//! Settings of an interface that decide whether multicast is heard: what Linux shows in
//! /proc/sys/net/ipv4/conf and ipv6/conf.

/// The reverse path filter that is in force on an interface: 0 off, 1 strict, 2 loose. The larger
/// of the one of all interfaces and its own counts (ip-sysctl.rst). Only IPv4 has it. `None` where
/// the system does not tell.
pub fn rp_filter(iface: &str) -> Option<u8> {
    Some(rp_filter_of("all")?.max(rp_filter_of(iface)?))
}

/// The reverse path filter as it is set for one interface, or for `all` of them.
pub fn rp_filter_of(name: &str) -> Option<u8> {
    setting(name, "rp_filter")
}

/// Whether IPv6 is switched off on an interface. `None` where the system does not tell.
pub fn ipv6_disabled(iface: &str) -> Option<bool> {
    setting_of(6, iface, "disable_ipv6").map(|disabled| disabled != 0)
}

/// The version of IGMP that an administrator has forced on an interface, or on all of them; the
/// older one where they differ, as in IGMP_V1_SEEN and IGMP_V2_SEEN of net/ipv4/igmp.c. `None`
/// where none is forced, and where the system does not tell.
pub fn forced_igmp_version(iface: &str) -> Option<u8> {
    let own = setting(iface, FORCED)?;
    oldest([setting("all", FORCED)?, own])
}

const FORCED: &str = "force_igmp_version";

/// Zero forces nothing.
fn oldest(forced: [u8; 2]) -> Option<u8> {
    forced.into_iter().filter(|version| *version > 0).min()
}

/// A setting of IPv4, of the network namespace of the one who reads it.
fn setting(iface: &str, name: &str) -> Option<u8> {
    setting_of(4, iface, name)
}

/// The same of either version of IP.
fn setting_of(version: u8, iface: &str, name: &str) -> Option<u8> {
    let is_a_name = !iface.is_empty() && !iface.contains('/') && iface != "." && iface != "..";
    let path = is_a_name.then(|| format!("/proc/sys/net/ipv{version}/conf/{iface}/{name}"))?;
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
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
    fn the_oldest_forced_version_counts() {
        assert_eq!(
            [[0, 0], [2, 0], [0, 3], [2, 3], [2, 1]].map(oldest),
            [None, Some(2), Some(3), Some(2), Some(1)]
        );
    }

    #[test]
    fn what_is_no_name_of_an_interface_has_no_settings() {
        for name in ["", ".", "..", "no-such-interface", "../conf/lo", "a/b"] {
            assert_eq!(ipv6_disabled(name), None, "{name:?}");
            assert_eq!(
                (rp_filter(name), rp_filter_of(name), forced_igmp_version(name)),
                (None, None, None),
                "{name:?}"
            );
        }
    }
}
