//! The bridges of this host, by route netlink.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use netlink_packet_core::NlasIterator;

use super::netlink::{self, address, find};
use crate::host::bridges::{Bridge, BridgeMember};
use crate::units::order;
use crate::units::printable::name_of;

/// The used attributes of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Link {
    index: u32,
    name: String,
    master: Option<u32>,
    /// The bridge without its ports and members, if the link is one.
    bridge: Option<Bridge>,
}

/// An entry of a bridge's group table, with indexes instead of names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    port: u32,
    group: IpAddr,
    source: Option<IpAddr>,
    permanent: bool,
}

/// The bridges of this host, sorted by index. `None` if the system does not show them.
pub fn bridges() -> Option<Vec<Bridge>> {
    read().inspect_err(|error| tracing::debug!(%error, "cannot read the bridges")).ok()
}

fn read() -> io::Result<Vec<Bridge>> {
    let mut links = Vec::new();
    netlink::links(|bytes| links.extend(link(bytes)))?;
    let mut groups = Vec::new();
    // A kernel without IGMP snooping has no such table.
    if let Err(error) = netlink::bridge_groups(|bytes| groups.extend(entries(bytes))) {
        tracing::debug!(%error, "cannot read the groups of bridges");
    }
    Ok(put_together(&links, groups))
}

fn put_together(links: &[Link], groups: Vec<(u32, Vec<Entry>)>) -> Vec<Bridge> {
    let names: BTreeMap<u32, &str> =
        order::map(links.iter().map(|link| (link.index, link.name.as_str())));
    let mut bridges: BTreeMap<u32, Bridge> =
        order::map(links.iter().filter_map(|link| Some((link.index, link.bridge.clone()?))));
    for link in links {
        if let Some(bridge) = link.master.and_then(|master| bridges.get_mut(&master)) {
            bridge.ports.push(link.name.clone());
        }
    }
    for (index, entries) in groups {
        let Some(bridge) = bridges.get_mut(&index) else { continue };
        for Entry { port, group, source, permanent } in entries {
            let port = names.get(&port).map_or_else(|| port.to_string(), |name| (*name).to_owned());
            let member = BridgeMember { port, group, source, permanent };
            // Another VLAN may have the same group.
            if !bridge.members.contains(&member) {
                bridge.members.push(member);
            }
        }
    }
    bridges.into_values().collect()
}

/// Reads a link: a `struct ifinfomsg` with attributes.
fn link(bytes: &[u8]) -> Option<Link> {
    const IFINFOMSG: usize = 16;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_MASTER: u16 = 10;
    const IFLA_LINKINFO: u16 = 18;
    let mut link = Link { index: number(bytes.get(4..8)?)?, ..Link::default() };
    let mut info = None;
    for attribute in NlasIterator::new(bytes.get(IFINFOMSG..)?).flatten() {
        match attribute.kind() {
            IFLA_IFNAME => link.name = text(attribute.value()),
            IFLA_MASTER => link.master = number(attribute.value()),
            IFLA_LINKINFO => info = bridge(attribute.value()),
            _ => {}
        }
    }
    link.bridge =
        info.map(|bridge| Bridge { name: link.name.clone(), index: link.index, ..bridge });
    Some(link)
}

/// Reads IFLA_LINKINFO of a bridge.
fn bridge(info: &[u8]) -> Option<Bridge> {
    const IFLA_INFO_KIND: u16 = 1;
    const IFLA_INFO_DATA: u16 = 2;
    const IFLA_BR_MCAST_SNOOPING: u16 = 23;
    const IFLA_BR_MCAST_QUERIER: u16 = 25;
    const IFLA_BR_NF_CALL_IPTABLES: u16 = 36;
    const IFLA_BR_NF_CALL_IP6TABLES: u16 = 37;
    const IFLA_BR_MCAST_IGMP_VERSION: u16 = 43;
    const IFLA_BR_MCAST_MLD_VERSION: u16 = 44;
    const IFLA_BR_MCAST_QUERIER_STATE: u16 = 47;
    if text(&find(info, IFLA_INFO_KIND)?) != "bridge" {
        return None;
    }
    let mut bridge = Bridge::default();
    for attribute in NlasIterator::new(&find(info, IFLA_INFO_DATA).unwrap_or_default()).flatten() {
        let value = attribute.value();
        let first = value.first().copied();
        match attribute.kind() {
            IFLA_BR_MCAST_SNOOPING => bridge.snooping = first == Some(1),
            IFLA_BR_MCAST_QUERIER => bridge.querier = first == Some(1),
            IFLA_BR_NF_CALL_IPTABLES => bridge.nf_call_iptables = first == Some(1),
            IFLA_BR_NF_CALL_IP6TABLES => bridge.nf_call_ip6tables = first == Some(1),
            IFLA_BR_MCAST_IGMP_VERSION => bridge.igmp_version = first,
            IFLA_BR_MCAST_MLD_VERSION => bridge.mld_version = first,
            IFLA_BR_MCAST_QUERIER_STATE => {
                (bridge.other_querier, bridge.other_querier_of_ipv6) = other_queriers(value);
            }
            _ => {}
        }
    }
    Some(bridge)
}

/// Reads the addresses of the other IPv4 and IPv6 queriers. An address without a timer is that of
/// the bridge itself.
fn other_queriers(state: &[u8]) -> (Option<IpAddr>, Option<IpAddr>) {
    const BRIDGE_QUERIER_IP_ADDRESS: u16 = 1;
    const BRIDGE_QUERIER_IP_OTHER_TIMER: u16 = 3;
    const BRIDGE_QUERIER_IPV6_ADDRESS: u16 = 5;
    const BRIDGE_QUERIER_IPV6_OTHER_TIMER: u16 = 7;
    let other = |timer, of| find(state, timer).and_then(|_| address(&find(state, of)?));
    (
        other(BRIDGE_QUERIER_IP_OTHER_TIMER, BRIDGE_QUERIER_IP_ADDRESS),
        other(BRIDGE_QUERIER_IPV6_OTHER_TIMER, BRIDGE_QUERIER_IPV6_ADDRESS),
    )
}

/// Reads the groups of a bridge, and its index: a `struct br_port_msg` with attributes.
fn entries(bytes: &[u8]) -> Option<(u32, Vec<Entry>)> {
    const BR_PORT_MSG: usize = 8;
    const MDBA_MDB: u16 = 1;
    let bridge = number(bytes.get(4..8)?)?;
    let mut found = Vec::new();
    for table in
        NlasIterator::new(bytes.get(BR_PORT_MSG..)?).flatten().filter(|it| it.kind() == MDBA_MDB)
    {
        for group in NlasIterator::new(table.value()).flatten() {
            found.extend(
                NlasIterator::new(group.value()).flatten().filter_map(|port| entry(port.value())),
            );
        }
    }
    Some((bridge, found))
}

/// Reads a `struct br_mdb_entry` with attributes.
fn entry(bytes: &[u8]) -> Option<Entry> {
    const BR_MDB_ENTRY: usize = 28;
    const MDBA_MDB_EATTR_SOURCE: u16 = 4;
    const ETH_P_IP: u16 = 0x0800;
    const ETH_P_IPV6: u16 = 0x86dd;
    let group = match u16::from_be_bytes(bytes.get(24..26)?.try_into().ok()?) {
        ETH_P_IP => address(bytes.get(8..12)?)?,
        ETH_P_IPV6 => address(bytes.get(8..24)?)?,
        // The Ethernet address of a layer 2 group.
        _ => return None,
    };
    let source =
        find(bytes.get(BR_MDB_ENTRY..)?, MDBA_MDB_EATTR_SOURCE).and_then(|source| address(&source));
    let permanent = *bytes.get(4)? == 1;
    Some(Entry { port: number(bytes.get(0..4)?)?, group, source, permanent })
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    name_of(bytes).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Recorded on Linux 6.18 (x86_64): a bridge br0 with two ports and IGMPv3, just after a query
    // from 10.8.0.7.
    const BRIDGE: &[u8] = include_bytes!("recorded/bridge.link");
    const PORT: &[u8] = include_bytes!("recorded/port.link");
    const GROUPS: &[u8] = include_bytes!("recorded/bridge.mdb");

    fn member(port: &str, group: &str, source: Option<&str>, permanent: bool) -> BridgeMember {
        let source = source.map(|source| source.parse().unwrap());
        BridgeMember { port: port.into(), group: group.parse().unwrap(), source, permanent }
    }

    // Netlink uses the machine's byte order.
    #[cfg(target_endian = "little")]
    #[test]
    fn a_bridge_is_read_with_its_ports_and_groups() {
        let links = [link(BRIDGE).unwrap(), link(PORT).unwrap()];
        let bridges = put_together(&links, entries(GROUPS).into_iter().collect());
        let [bridge] = &bridges[..] else { panic!("{bridges:?}") };
        assert_eq!(
            (bridge.name.as_str(), bridge.index, &bridge.ports[..]),
            ("br0", 8, &["p0".to_owned()][..])
        );
        assert_eq!(
            (bridge.snooping, bridge.querier, bridge.other_querier),
            (true, false, Some([10, 8, 0, 7].into()))
        );
        assert_eq!((bridge.igmp_version, bridge.mld_version), (Some(3), Some(1)));
        assert!(!bridge.nf_call_iptables && !bridge.nf_call_ip6tables);
        for expected in [
            member("p0", "239.1.1.1", None, true),
            member("p0", "239.1.1.2", Some("10.0.0.9"), true),
            member("br0", "239.1.1.3", None, false),
            member("br0", "ff02::6a", None, false),
        ] {
            assert!(bridge.members.contains(&expected), "{expected:?}: {:?}", bridge.members);
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn the_settings_of_a_bridge_are_read() {
        // Each setting is one byte in an attribute of five bytes: length, kind, value.
        let set = |kind: u8, value: u8| {
            let mut bytes = BRIDGE.to_vec();
            let at = bytes.windows(4).position(|head| head == [5, 0, kind, 0]).unwrap();
            bytes[at + 4] = value;
            link(&bytes).unwrap().bridge.unwrap()
        };
        assert!(!set(23, 0).snooping);
        assert!(set(25, 1).querier);
        assert!(set(36, 1).nf_call_iptables && !set(36, 1).nf_call_ip6tables);
        assert!(set(37, 1).nf_call_ip6tables);
        assert_eq!((set(43, 2).igmp_version, set(44, 2).mld_version), (Some(2), Some(2)));
    }

    #[test]
    fn duplicate_groups_are_merged_and_a_missing_port_is_a_number() {
        let bridge =
            Link { index: 3, name: "br0".into(), master: None, bridge: Some(Bridge::default()) };
        let port = Link { index: 4, name: "p0".into(), master: Some(3), bridge: None };
        let entry =
            |port| Entry { port, group: [239, 1, 1, 1].into(), source: None, permanent: false };
        let bridges = put_together(
            &[bridge, port],
            vec![(3, vec![entry(4), entry(4), entry(9)]), (7, vec![entry(4)])],
        );
        assert_eq!(bridges[0].ports, ["p0"]);
        assert_eq!(
            bridges[0].members,
            [member("p0", "239.1.1.1", None, false), member("9", "239.1.1.1", None, false)]
        );
        assert_eq!(bridges.len(), 1);
    }

    #[test]
    fn the_bridges_of_this_host_are_read() {
        let bridges = bridges().expect("route netlink takes no rights");
        assert!(
            bridges.iter().all(|bridge| !bridge.name.is_empty() && bridge.index > 0),
            "{bridges:?}"
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            at in 0_usize..2000,
            byte in any::<u8>(),
            end in 0_usize..2000,
        ) {
            let _ = (link(&bytes), entries(&bytes));
            for recorded in [BRIDGE, GROUPS] {
                let mut bent = recorded.to_vec();
                let at = at % bent.len();
                bent[at] = byte;
                bent.truncate(end);
                let _ = (link(&bent), entries(&bent));
            }
        }
    }
}
