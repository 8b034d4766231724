//! The counters of UDP and IP that macOS and FreeBSD show by sysctl(3), and those of UDP that Windows
//! shows, with their own names: their meaning is not that of Linux' counters.

use std::collections::BTreeMap;

use crate::units::order;

/// The counters by name. `None` on systems without them. `udp.fullsock` is `udps_fullsock`: the
/// datagrams that found a full receive buffer, of all UDP sockets of the host, of IPv4 and IPv6
/// (sys/netinet/udp_usrreq.c of FreeBSD, bsd/netinet/udp_usrreq.c of xnu). `udp.InErrors` of Windows
/// is `dwInErrors`: its documentation names no reasons.
pub fn system_counters() -> Option<BTreeMap<String, u64>> {
    #[cfg(any(target_os = "macos", target_os = "freebsd", windows))]
    return super::imp::system_counters();
    #[cfg(not(any(target_os = "macos", target_os = "freebsd", windows)))]
    None
}

/// The packet filters of macOS and FreeBSD that are present: `pf`, `ipfw`.
pub fn packet_filters() -> Vec<String> {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    return super::imp::packet_filters();
    #[cfg(not(any(target_os = "macos", target_os = "freebsd")))]
    Vec::new()
}

/// Whether pf is enabled. `None` on other systems, and without the rights of root.
pub fn pf_enabled() -> Option<bool> {
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    return super::imp::pf_enabled();
    #[cfg(not(any(target_os = "macos", target_os = "freebsd")))]
    None
}

/// The increase of each counter. Omits counters without increase, and those that were reset.
pub fn increase(
    before: &BTreeMap<String, u64>,
    now: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    let grown = |(name, now): (&String, &u64)| {
        let grown = now.checked_sub(*before.get(name)?)?;
        (grown > 0).then(|| (name.clone(), grown))
    };
    order::map(now.iter().filter_map(grown))
}

#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
pub use decode::{Table, decode, version_of};

#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
mod decode {
    use std::collections::BTreeMap;

    use crate::units::bytes::take;

    /// The position of each counter in the structure of one system.
    pub struct Table {
        /// The size of a counter in bytes.
        pub size: usize,
        pub udp: &'static [(&'static str, usize)],
        pub ip: &'static [(&'static str, usize)],
        /// The position of the version in `igmp_ifinfo` and `mld_ifinfo`, in bytes.
        pub version: usize,
    }

    /// `struct ipstat`, alike on both systems up to here (netinet/ip_var.h).
    const IP: [(&str, usize); 8] = [
        ("ip.badsum", 1),
        ("ip.fragments", 6),
        ("ip.fragdropped", 7),
        ("ip.fragtimeout", 8),
        ("ip.delivered", 14),
        ("ip.reassembled", 17),
        ("ip.notmember", 26),
        ("ip.badaddr", 28),
    ];

    #[cfg_attr(not(test), allow(dead_code, reason = "each system uses its own table"))]
    impl Table {
        /// netinet/udp_var.h, netinet/ip_var.h, netinet/igmp_var.h of FreeBSD.
        pub const FREEBSD: Table = Table {
            size: 8,
            udp: &[
                ("udp.ipackets", 0),
                ("udp.badsum", 2),
                ("udp.badlen", 4),
                ("udp.fullsock", 7),
                ("udp.noportmcast", 12),
                ("udp.filtermcast", 13),
            ],
            ip: &IP,
            version: 0,
        };

        /// bsd/netinet/udp_var.h, ip_var.h and igmp_var.h of xnu.
        pub const MACOS: Table = Table {
            size: 4,
            udp: &[
                ("udp.ipackets", 0),
                ("udp.badsum", 2),
                ("udp.badlen", 3),
                ("udp.fullsock", 6),
                ("udp.noportmcast", 12),
                ("udp.filtermcast", 13),
            ],
            ip: &IP,
            version: 4,
        };

        #[cfg(target_os = "freebsd")]
        pub const HERE: Table = Table::FREEBSD;

        #[cfg(target_os = "macos")]
        pub const HERE: Table = Table::MACOS;
    }

    /// The counters of a structure by name. A short structure has fewer.
    pub fn decode(
        bytes: &[u8],
        size: usize,
        names: &[(&str, usize)],
        into: &mut BTreeMap<String, u64>,
    ) {
        for (name, position) in names {
            let at = position * size;
            let value = match size {
                4 => take(bytes, at).map(|value| u64::from(u32::from_ne_bytes(value))),
                _ => take(bytes, at).map(u64::from_ne_bytes),
            };
            into.extend(value.map(|value| ((*name).to_owned(), value)));
        }
    }

    /// The version of IGMP or MLD in force, from `igmp_ifinfo` or `mld_ifinfo`.
    pub fn version_of(bytes: &[u8], at: usize) -> Option<u8> {
        let version = take(bytes, at).map(u32::from_ne_bytes)?;
        u8::try_from(version).ok().filter(|version| (1..=3).contains(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure whose counter at each position is ten times its position.
    fn structure(size: usize) -> Vec<u8> {
        (0..32_u32)
            .flat_map(|position| match size {
                4 => (10 * position).to_ne_bytes().to_vec(),
                _ => u64::from(10 * position).to_ne_bytes().to_vec(),
            })
            .collect()
    }

    #[test]
    fn each_system_has_its_positions() {
        for (table, fullsock) in [(Table::FREEBSD, 70), (Table::MACOS, 60)] {
            let mut found = BTreeMap::new();
            decode(&structure(table.size), table.size, table.udp, &mut found);
            decode(&structure(table.size), table.size, table.ip, &mut found);
            assert_eq!((found["udp.fullsock"], found["udp.noportmcast"]), (fullsock, 120));
            assert_eq!((found["ip.fragtimeout"], found["ip.notmember"]), (80, 260));
            let mut short = BTreeMap::new();
            decode(&structure(table.size)[..8], table.size, table.udp, &mut short);
            assert_eq!(short.keys().collect::<Vec<_>>(), ["udp.ipackets"], "cut short");
        }
    }

    #[test]
    fn a_version_is_between_1_and_3() {
        let info = [3_u32, 2, 0, 7].map(u32::to_ne_bytes).concat();
        let at = |at| version_of(&info, at);
        assert_eq!([at(0), at(4), at(8), at(12), at(16)], [Some(3), Some(2), None, None, None]);
        // The structure of macOS begins with the index of the interface.
        let [freebsd, macos] = [Table::FREEBSD, Table::MACOS].map(|table| at(table.version));
        assert_eq!((freebsd, macos), (Some(3), Some(2)));
    }

    #[test]
    fn only_counters_that_rose_are_reported() {
        let counters = |values: [u64; 3]| -> BTreeMap<String, u64> {
            ["a", "b", "c"].map(str::to_owned).into_iter().zip(values).collect()
        };
        let rise = increase(&counters([1, 2, 3]), &counters([1, 7, 0]));
        assert_eq!(rise, BTreeMap::from([("b".to_owned(), 5)]));
    }
}
