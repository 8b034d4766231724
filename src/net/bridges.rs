//! stub
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
/// b
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Bridge {
    pub name: String,
    pub index: u32,
    pub ports: Vec<String>,
    pub snooping: bool,
    pub querier: bool,
    pub other_querier: Option<IpAddr>,
    pub igmp_version: Option<u8>,
    pub mld_version: Option<u8>,
    pub nf_call_iptables: bool,
    pub nf_call_ip6tables: bool,
    pub members: Vec<BridgeMember>,
}
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
/// m
pub struct BridgeMember {
    pub port: String,
    pub group: IpAddr,
    pub source: Option<IpAddr>,
    pub permanent: bool,
}
/// f
pub fn bridges() -> Option<Vec<Bridge>> {
    None
}
/// f
pub fn bridge_netfilter(_ipv4: bool) -> Option<bool> {
    None
}
