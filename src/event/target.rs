//! A target on an interface of this host.

use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use super::json::{display_some, null_if_zero};
use crate::iface::{Cast, MacAddr};
use crate::target::{Endpoint, Filter, Listen, Zoned, ethernet_address};

/// A target on an interface of this host.
#[derive(Debug, Serialize)]
pub struct TargetInfo<'a> {
    /// The group; or the unicast or broadcast address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// For a sender: its own address and port. For a receiver: the only accepted source; `null`
    /// means any.
    pub source: Option<Origin<'a>>,
    /// For a receiver: the excluded sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Excluded<'a>>,
    /// The interface's name.
    pub iface: &'a str,
    /// The interface's index; 0 means every interface, and is `null` in JSON.
    #[serde(serialize_with = "null_if_zero")]
    pub ifindex: u32,
    /// The interface's address; `null` if it has none of the family.
    pub address: Option<IpAddr>,
    /// The Ethernet address of the group's frames; `null` for unicast, and on a tunnel without
    /// Ethernet.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// The VRF that the interface is in.
    pub vrf: Option<&'a str>,
    /// For a sender: the TTL or hop limit.
    #[serde(skip)]
    pub ttl: Option<u8>,
    /// For a receiver: the datagrams only describe streams, and are not counted.
    #[serde(skip)]
    pub beside: bool,
}

/// A source address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Origin<'a> {
    /// An address with any port.
    Address(Zoned<IpAddr, &'a str>),
    /// An address and a port.
    Socket(Zoned<SocketAddr, &'a str>),
}

/// The excluded sources on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Excluded<'a> {
    sources: &'a [IpAddr],
    iface: &'a str,
}

impl<'a> Excluded<'a> {
    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Zoned<IpAddr, &'a str>> {
        self.sources.iter().map(move |source| Zoned::ip(*source, Some(self.iface)))
    }
}

impl Serialize for Excluded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'a> TargetInfo<'a> {
    /// Describes an endpoint of a sender.
    pub fn to(at: &'a Endpoint, source: SocketAddr, ttl: Option<u8>) -> Self {
        let source = Zoned::socket(source, Some(at.via.name.as_str()));
        TargetInfo { ttl, ..TargetInfo::new(at, Some(Origin::Socket(source))) }
    }

    fn new(at: &'a Endpoint, source: Option<Origin<'a>>) -> Self {
        TargetInfo {
            group: at.group,
            port: at.port,
            source,
            excluded: None,
            iface: &at.via.name,
            ifindex: at.via.index,
            address: at.via.address,
            mac: match at.cast {
                _ if at.via.link.no_ethernet => None,
                Cast::Broadcast => Some(MacAddr([0xff; 6])),
                _ => ethernet_address(at.group),
            },
            vrf: at.via.vrf(),
            ttl: None,
            beside: false,
        }
    }

    /// Describes an endpoint of a receiver: an entry for each accepted source.
    pub fn of(listen: &'a Listen) -> Vec<Self> {
        let iface = listen.at.via.name.as_str();
        let entry = |source: Option<IpAddr>, sources: &'a [IpAddr]| {
            let source = source.map(|source| Origin::Address(Zoned::ip(source, Some(iface))));
            TargetInfo {
                excluded: Some(Excluded { sources, iface }),
                ..TargetInfo::new(&listen.at, source)
            }
        };
        match &*listen.filter {
            Filter::Any => vec![entry(None, &[])],
            Filter::Include(sources) => {
                sources.iter().map(|source| entry(Some(*source), &[])).collect()
            }
            Filter::Exclude(sources) => vec![entry(None, sources)],
        }
    }
}
