//! A target, with what it stands for on this host.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::json::{display_some, null_if_zero};
use crate::iface::{Cast, MacAddr};
use crate::target::{Endpoint, Filter, Listen, ethernet_address};

/// A target, with what it stands for on this host.
#[derive(Debug, Serialize)]
pub struct TargetInfo<'a> {
    /// The group; or the unicast or broadcast address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// Of a sender: the address and port that its datagrams carry. Of a receiver: the one source
    /// that is heard; `null` is any.
    pub source: Option<Origin>,
    /// Of a receiver: the sources that are not heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<&'a [IpAddr]>,
    /// The interface's name.
    pub iface: &'a str,
    /// The interface's index; 0, which is `null` in JSON, stands for every interface.
    #[serde(serialize_with = "null_if_zero")]
    pub ifindex: u32,
    /// The interface's address; `null` where it has none of the family.
    pub address: Option<IpAddr>,
    /// The Ethernet address of the group's frames; `null` for unicast.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// Of a sender: the TTL or hop limit.
    #[serde(skip)]
    pub ttl: Option<u8>,
}

/// Where datagrams come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Origin {
    /// An address, whatever the port.
    Address(IpAddr),
    /// An address and a port.
    Socket(SocketAddr),
}

impl<'a> TargetInfo<'a> {
    /// Describes an endpoint that is sent to.
    pub fn to(at: &'a Endpoint, source: SocketAddr, ttl: Option<u8>) -> Self {
        TargetInfo { ttl, ..TargetInfo::new(at, Some(Origin::Socket(source))) }
    }

    fn new(at: &'a Endpoint, source: Option<Origin>) -> Self {
        TargetInfo {
            group: at.group,
            port: at.port,
            source,
            excluded: None,
            iface: &at.via.name,
            ifindex: at.via.index,
            address: at.via.address,
            mac: if at.cast == Cast::Broadcast {
                Some(MacAddr([0xff; 6]))
            } else {
                ethernet_address(at.group)
            },
            ttl: None,
        }
    }

    /// Describes what is listened to: an entry for each source that is named.
    pub fn of(listen: &'a Listen) -> Vec<Self> {
        let heard = |source: Option<IpAddr>, excluded: &'a [IpAddr]| TargetInfo {
            excluded: Some(excluded),
            ..TargetInfo::new(&listen.at, source.map(Origin::Address))
        };
        match &*listen.filter {
            Filter::Any => vec![heard(None, &[])],
            Filter::Include(sources) => {
                sources.iter().map(|source| heard(Some(*source), &[])).collect()
            }
            Filter::Exclude(sources) => vec![heard(None, sources)],
        }
    }
}
