//! A flow to judge, and the rule that drops it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The packets that are asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The interface of arrival or departure; for bridged packets the bridge.
    pub iface: String,
    /// The ports of that interface, if it is a bridge whose own tables are asked too.
    pub ports: Vec<String>,
    /// The sender, if known.
    pub source: Option<IpAddr>,
    /// The only wanted source. If set, suggested rules accept no other source.
    pub wanted: Option<IpAddr>,
    /// The destination group.
    pub group: IpAddr,
    /// The payload.
    pub carries: Carries,
}

/// The payload of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// UDP datagrams.
    Udp {
        /// The port they go to.
        port: u16,
        /// The datagrams are fragmented: only the first fragment contains the port.
        fragments: bool,
    },
    /// Queries of IGMP, or of MLD for a destination of IPv6.
    Query,
    /// Reports of this version of IGMP or MLD.
    Report(u8),
}

/// The way that datagrams take through this host.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the interface to a program: ingress, prerouting, input.
    In,
    /// From a program to the interface: output, postrouting, egress.
    Out,
    /// Between ports of a bridge, if br_netfilter passes bridged packets to the firewall:
    /// prerouting, forward, postrouting.
    Bridged,
}

/// The place of a firewall hook.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// As it arrives, before the host has looked at it.
    Ingress,
    /// Before it is decided whether it is for this host.
    Prerouting,
    /// On the way to a program.
    Input,
    /// From one interface to another.
    Forward,
    /// As a program sent it.
    Output,
    /// Before it leaves.
    Postrouting,
    /// As it leaves.
    Egress,
}

/// A place in the firewall that drops the datagrams, or may.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct DropRule {
    /// The hook of the drop.
    pub hook: Hook,
    /// The family of the table: `inet`, `ip`, `ip6`, `netdev`.
    pub family: String,
    /// The table.
    pub table: String,
    /// The chain that the rule is in, or whose policy it is.
    pub chain: String,
    /// The rule in a form close to nft's syntax, with its handle. `None`: the policy of the chain
    /// drops.
    pub rule: Option<String>,
    /// It does not hang on anything that is not known here: a source, a limit, a match that is not
    /// read.
    pub certain: bool,
    /// The command that lets the datagrams through here, ready to type.
    pub command: String,
}

impl Way {
    /// The hooks on the way, in the order in which a datagram meets them.
    pub fn hooks(self) -> &'static [Hook] {
        match self {
            Way::In => &[Hook::Ingress, Hook::Prerouting, Hook::Input],
            Way::Out => &[Hook::Output, Hook::Postrouting, Hook::Egress],
            Way::Bridged => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
        }
    }
}

impl Hook {
    pub(super) fn named(name: &str) -> Option<Hook> {
        Some(match name {
            "ingress" => Hook::Ingress,
            "prerouting" => Hook::Prerouting,
            "input" => Hook::Input,
            "forward" => Hook::Forward,
            "output" => Hook::Output,
            "postrouting" => Hook::Postrouting,
            "egress" => Hook::Egress,
            _ => return None,
        })
    }

    /// Whether the chains of this hook see the packets of certain devices only.
    pub fn is_of_devices(self) -> bool {
        matches!(self, Hook::Ingress | Hook::Egress)
    }
}
