//! Frames that reached an interface, before IP and the firewall.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::net::wire::Flaw;

/// The frames that a packet socket received on the interfaces of this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameFacts {
    /// Frames of the target's group.
    pub flows: Vec<FlowFacts>,
    /// Membership queries.
    pub queries: Vec<Queries>,
    /// The number of multicast frames of other groups, by interface.
    pub others: BTreeMap<String, u64>,
    /// The routers that sent PIM hellos.
    pub pim_routers: Vec<PimRouter>,
    /// How many frames this program was too slow to read.
    pub missed: u64,
}

/// Frames of the group from one sender on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowFacts {
    /// The interface.
    pub iface: String,
    /// The sender.
    pub source: IpAddr,
    /// The UDP port; `None` for fragments behind the first.
    pub port: Option<u16>,
    /// The VLAN of their tag.
    pub vlan: Option<u16>,
    /// The tag is a provider tag (802.1ad).
    #[serde(default)]
    pub provider_tag: bool,
    /// The VLAN of a second, inner tag.
    #[serde(default)]
    pub inner_vlan: Option<u16>,
    /// Their destination is another host, by the kernel's packet type.
    pub others: bool,
    /// They are fragments.
    pub fragments: bool,
    /// They have no UDP checksum, which IPv6 forbids.
    #[serde(default)]
    pub unsummed: bool,
    /// The flaw of their header for which IP drops them.
    #[serde(default)]
    pub flaw: Option<Flaw>,
    /// How many frames arrived.
    pub frames: u64,
    /// The smallest TTL or hop limit that was left.
    pub ttl: u8,
    /// The longest IP packet in bytes.
    pub longest: usize,
}

/// Membership queries from one querier on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// The interface.
    pub iface: String,
    /// The querier.
    pub querier: IpAddr,
    /// The version of IGMP or MLD.
    pub version: u8,
    /// The query interval that it announces, in seconds.
    pub interval: Option<u64>,
    /// How many queries arrived.
    pub count: u64,
}

/// A router that sent PIM hellos on an interface (RFC 7761, 4.3). The options are those of its
/// newest hello. Older records hold only the interface and the address, as a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PimRouter {
    /// The interface.
    pub iface: String,
    /// The router.
    pub router: IpAddr,
    /// How many seconds it counts as a neighbour after a hello: 0 if it stopped PIM, 65535 if it
    /// never expires.
    pub hold_time: Option<u16>,
    /// The highest becomes the designated router.
    pub dr_priority: Option<u32>,
    /// A random number of each start of PIM on the interface.
    pub generation: Option<u32>,
    /// The other addresses of the router's interface.
    pub addresses: Vec<IpAddr>,
    /// How many hellos arrived.
    pub hellos: u64,
    /// How often the generation changed: PIM started again on the router.
    pub restarts: u64,
}

impl Default for PimRouter {
    fn default() -> Self {
        PimRouter {
            iface: String::new(),
            router: std::net::Ipv4Addr::UNSPECIFIED.into(),
            hold_time: None,
            dr_priority: None,
            generation: None,
            addresses: Vec::new(),
            hellos: 0,
            restarts: 0,
        }
    }
}

impl PimRouter {
    /// Whether the router announced the end of PIM on the interface.
    pub fn has_left(&self) -> bool {
        self.hold_time == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_records_stay_readable() {
        let old = r#"{"pim_routers": [["e0", "10.1.0.1"]]}"#;
        let facts: FrameFacts = serde_json::from_str(old).unwrap();
        let router = PimRouter {
            iface: "e0".to_owned(),
            router: "10.1.0.1".parse().unwrap(),
            ..PimRouter::default()
        };
        assert_eq!(facts.pim_routers, [router]);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<FrameFacts>(&text).unwrap(), facts);
    }
}
