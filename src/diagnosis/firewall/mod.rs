//! What this host's firewall does with the datagrams of one multicast flow, judged from what `nft
//! -j list ruleset` prints.
//!
//! ```text
//! parse     JSON -> tables, chains, rules, sets           (listing: what only the text of `nft -a list ruleset` tells)
//! judge     a packet walks the chains of its way           (matching: one condition; packet: what is known of the datagram)
//! words     a rule in words near to nft's own
//! ```
//!
//! What cannot be known is neither taken as a match nor as none: a drop that hangs on it is not
//! [`DropRule::certain`].

mod judge;
mod listing;
mod matching;
mod packet;
mod parse;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The firewall of this host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruleset {
    chains: Vec<Chain>,
    /// Sets and maps that have a name, by family, table and name.
    sets: BTreeMap<(String, String, String), Vec<Value>>,
}

/// The datagrams that are asked about.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The interface they arrive on or leave by; the bridge, where they are bridged.
    pub iface: String,
    /// Who sends them, where that is known.
    pub source: Option<IpAddr>,
    /// The one source that they are wanted from; where there is one, no other is to be let
    /// through.
    pub wanted: Option<IpAddr>,
    /// Where they go.
    pub group: IpAddr,
    /// The UDP port they go to.
    pub port: u16,
    /// They come in fragments, of which the first alone tells the port.
    #[serde(default)]
    pub fragments: bool,
}

/// The way that datagrams take through this host.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the interface to a program: ingress, prerouting, input.
    In,
    /// From a program to the interface: output, postrouting, egress.
    Out,
    /// From one port of a bridge to another, where br_netfilter shows bridged datagrams to the
    /// firewall: prerouting, forward, postrouting.
    Bridged,
}

/// Where the firewall looks at a datagram.
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
    /// Where the firewall looked at them.
    pub hook: Hook,
    /// The family of the table: `inet`, `ip`, `ip6`, `netdev`.
    pub family: String,
    /// The table.
    pub table: String,
    /// The chain that the rule is in, or whose policy it is.
    pub chain: String,
    /// What the rule says, near to nft's own words, with its handle. `None`: it is the policy of
    /// the chain.
    pub rule: Option<String>,
    /// It does not hang on anything that is not known here: a source, a limit, a match that is not
    /// read.
    pub certain: bool,
    /// The command that lets the datagrams through here, ready to type.
    pub command: String,
}

/// A chain and its rules.
#[derive(Clone, Debug, PartialEq)]
struct Chain {
    family: String,
    table: String,
    name: String,
    /// Where packets enter it; `None` for one that others jump to.
    base: Option<Base>,
    rules: Vec<Rule>,
}

/// What makes a chain one that packets enter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    hook: Hook,
    priority: i64,
    policy_drops: bool,
    /// The devices whose packets it sees, for a hook that is bound to devices; `None` where the
    /// listing does not say.
    devices: Option<Vec<String>>,
    /// The table may be switched off: the listing is not clear.
    maybe_dormant: bool,
    dormant: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    handle: Option<u64>,
    comment: Option<String>,
    statements: Vec<Value>,
    /// The rule as nft writes it, where that was asked for.
    listed: Option<String>,
}

/// Yes, no, or not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tri {
    No,
    Unknown,
    Yes,
}

impl Tri {
    fn and(self, other: Tri) -> Tri {
        match (self, other) {
            (Tri::No, _) | (_, Tri::No) => Tri::No,
            (Tri::Yes, Tri::Yes) => Tri::Yes,
            _ => Tri::Unknown,
        }
    }

    fn or(self, other: Tri) -> Tri {
        self.negated().and(other.negated()).negated()
    }

    fn negated(self) -> Tri {
        match self {
            Tri::No => Tri::Yes,
            Tri::Unknown => Tri::Unknown,
            Tri::Yes => Tri::No,
        }
    }
}

impl From<bool> for Tri {
    fn from(known: bool) -> Tri {
        if known { Tri::Yes } else { Tri::No }
    }
}

impl Way {
    /// The hooks on the way, in the order in which a datagram meets them.
    fn hooks(self) -> &'static [Hook] {
        match self {
            Way::In => &[Hook::Ingress, Hook::Prerouting, Hook::Input],
            Way::Out => &[Hook::Output, Hook::Postrouting, Hook::Egress],
            Way::Bridged => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
        }
    }
}

impl Hook {
    fn named(name: &str) -> Option<Hook> {
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
    fn is_of_devices(self) -> bool {
        matches!(self, Hook::Ingress | Hook::Egress)
    }
}

impl Ruleset {
    /// Reads what `nft -j list ruleset` prints. What is odd in it is passed over.
    pub fn parse(json: &str) -> Result<Ruleset, String> {
        parse::parse(json)
    }

    /// Adds what only the text of `nft -a list ruleset` tells: what iptables' own matches say, and
    /// with older versions of nft the devices of a chain and whether a table is dormant.
    pub fn with_listing(mut self, text: &str) -> Ruleset {
        listing::add(&mut self, text);
        self
    }

    /// Where the datagrams of this flow are dropped, or may be, in the order in which they meet the
    /// chains; at most one place for each base chain.
    pub fn drops(&self, flow: &Flow, way: Way) -> Vec<DropRule> {
        judge::drops(self, flow, way)
    }
}
