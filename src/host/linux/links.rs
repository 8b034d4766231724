//! The kinds and masters of interfaces, from route netlink or /sys/class/net.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netlink_packet_core::NlasIterator;

use super::netlink;
use crate::iface::{Flag, Interface, Link, Master};
use crate::units::bytes;
use crate::units::order;

/// ARPHRD_* of linux/if_arp.h: link types with Ethernet addresses.
const ETHERNET_TYPES: [u16; 3] = [1, 772, 801];

/// The used attributes of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Described {
    index: u32,
    name: String,
    kind: Option<String>,
    no_ethernet: bool,
    no_arp: bool,
    master: Option<u32>,
}

/// By interface index.
pub fn links(interfaces: &[Interface]) -> BTreeMap<u32, Link> {
    let mut described = Vec::new();
    match netlink::links(|link| described.extend(describe(link))) {
        Ok(()) => put_together(described),
        Err(error) => {
            tracing::debug!(%error, "no route netlink; reading links from /sys/class/net");
            let by_sysfs = |iface: &Interface| Some((iface.index, by_sysfs(iface)?));
            order::map(interfaces.iter().filter_map(by_sysfs))
        }
    }
}

fn put_together(described: Vec<Described>) -> BTreeMap<u32, Link> {
    let master = |link: &Described| Master { name: link.name.clone(), kind: link.kind.clone() };
    let masters = order::map(described.iter().map(|link| (link.index, master(link))));
    let link = |Described { index, kind, no_ethernet, no_arp, master, .. }| {
        // The index of a master in another namespace has no meaning here.
        let master = master.and_then(|master| masters.get(&master).cloned());
        let is_l3_ipvlan = is_l3_ipvlan(kind.as_deref(), no_arp);
        (index, Link { kind, no_ethernet, is_l3_ipvlan, master })
    };
    order::map(described.into_iter().map(link))
}

/// An ipvlan resolves addresses in mode L2 only.
fn is_l3_ipvlan(kind: Option<&str>, no_arp: bool) -> bool {
    kind == Some("ipvlan") && no_arp
}

/// Reads a link: a `struct ifinfomsg` with attributes.
fn describe(link: &[u8]) -> Option<Described> {
    const IFINFOMSG: usize = 16;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_MASTER: u16 = 10;
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_INFO_KIND: u16 = 1;
    let link_type = bytes::take(link, 2).map(u16::from_ne_bytes)?;
    let flags = bytes::take(link, 8).map(i32::from_ne_bytes)?;
    let mut described = Described {
        index: bytes::take(link, 4).map(u32::from_ne_bytes)?,
        no_ethernet: !ETHERNET_TYPES.contains(&link_type),
        no_arp: flags & libc::IFF_NOARP != 0,
        ..Described::default()
    };
    for attribute in NlasIterator::new(link.get(IFINFOMSG..)?).flatten() {
        match attribute.kind() {
            IFLA_IFNAME => described.name = text(attribute.value()),
            IFLA_MASTER => {
                described.master = bytes::take(attribute.value(), 0).map(u32::from_ne_bytes)
            }
            IFLA_LINKINFO => {
                let kind = NlasIterator::new(attribute.value())
                    .flatten()
                    .find(|info| info.kind() == IFLA_INFO_KIND);
                described.kind = kind.map(|kind| text(kind.value()));
            }
            _ => {}
        }
    }
    Some(described)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// Reads a link from sysfs. `None` if sysfs shows another network namespace.
fn by_sysfs(iface: &Interface) -> Option<Link> {
    let folder = Path::new("/sys/class/net").join(&iface.name);
    let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let index: u32 = read("ifindex")?.trim().parse().ok()?;
    let link_type: Option<u16> = read("type").and_then(|text| text.trim().parse().ok());
    let master = fs::canonicalize(folder.join("master")).ok().map(|path| Master {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        kind: kind_by_sysfs(&path),
    });
    let kind = kind_by_sysfs(&folder);
    (index == iface.index).then(|| Link {
        is_l3_ipvlan: is_l3_ipvlan(kind.as_deref(), iface.flags.contains(&Flag::NoArp)),
        kind,
        no_ethernet: link_type.is_some_and(|link_type| !ETHERNET_TYPES.contains(&link_type)),
        master,
    })
}

/// The kind of a link: `DEVTYPE` of its uevent, for example `bond` or `bridge`.
fn kind_by_sysfs(folder: &Path) -> Option<String> {
    let uevent = fs::read_to_string(PathBuf::from(folder).join("uevent")).ok()?;
    uevent.lines().find_map(|line| line.strip_prefix("DEVTYPE=")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Recorded on Linux 6.18 (x86_64); see the tests of `bridges`.
    const BRIDGE: &[u8] = include_bytes!("recorded/bridge.link");
    const PORT: &[u8] = include_bytes!("recorded/port.link");

    #[cfg(target_endian = "little")]
    #[test]
    fn a_port_has_its_bridge_as_master() {
        let links = put_together([BRIDGE, PORT].into_iter().filter_map(describe).collect());
        let port = links.values().find(|link| link.master.is_some()).unwrap();
        let bridge = Master { name: "br0".to_owned(), kind: Some("bridge".to_owned()) };
        assert_eq!((port.upper(), port.no_ethernet), (Some(&bridge), false));
        assert_eq!(links[&8].kind.as_deref(), Some("bridge"));
    }

    #[test]
    fn a_raw_ip_link_has_no_ethernet_addresses() {
        // ARPHRD_NONE, as of a tun device and WireGuard.
        let mut tunnel = vec![0; 16];
        tunnel[2..4].copy_from_slice(&0xfffe_u16.to_ne_bytes());
        assert!(describe(&tunnel).unwrap().no_ethernet);
    }

    #[test]
    fn an_ipvlan_without_arp_is_in_mode_l3() {
        let [l3, l2, other] = [("ipvlan", true), ("ipvlan", false), ("vrf", true)]
            .map(|(kind, no_arp)| is_l3_ipvlan(Some(kind), no_arp));
        assert!(l3 && !l2 && !other);
    }

    #[test]
    fn this_host_describes_its_links() {
        let interfaces = crate::host::interfaces().unwrap();
        let links = links(&interfaces);
        for iface in interfaces {
            assert!(links.contains_key(&iface.index), "{}", iface.name);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = describe(&bytes);
        }
    }
}
