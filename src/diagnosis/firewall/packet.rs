//! The known properties of a packet of the flow, by the expressions of nft.

use std::net::IpAddr;

use serde_json::Value;

use super::tri::Tri;
use super::{Carries, Flow, Hook, Way};

/// Connections are tracked from this priority on: NF_IP_PRI_CONNTRACK of linux/netfilter_ipv4.h.
const CONNTRACK: i64 = -200;

/// A packet of the flow at its current hook.
#[derive(Clone, Debug)]
pub struct PacketModel<'a> {
    pub flow: &'a Flow,
    pub way: Way,
    pub hook: Hook,
    pub priority: i64,
    /// The table is a bridge's: it sees the ports instead of the bridge.
    pub on_bridge: bool,
    /// Whether a rule has taken it out of connection tracking.
    pub untracked: Tri,
    /// Whether a rule has given it another destination.
    pub redirected: Tri,
}

/// The value of an expression for a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Val {
    Addr(IpAddr),
    Num(u64),
    /// A number that nft has a name for.
    Named(&'static str, u64),
    /// The name of an interface; empty if the packet has none on this side.
    Iface(String),
    /// Several, joined by dots.
    Many(Vec<Val>),
    /// The connection tracking status of an unanswered flow: whether its destination was
    /// translated.
    Status(Tri),
    Unknown,
    /// The packet lacks this property: no comparison with it matches.
    Absent,
}

impl PacketModel<'_> {
    pub fn value(&self, expression: &Value) -> Val {
        let Some((kind, of)) = single(expression) else { return Val::Unknown };
        let key = of.get("key").and_then(Value::as_str).or(of.as_str()).unwrap_or_default();
        match kind {
            "meta" => self.meta(key),
            "payload" => self.payload(of),
            "ct" => self.ct(key),
            "fib" => fib(of),
            "concat" => of.as_array().map_or(Val::Unknown, |parts| {
                Val::Many(parts.iter().map(|part| self.value(part)).collect())
            }),
            "&" => self.masked(of),
            _ => Val::Unknown,
        }
    }

    fn is_v4(&self) -> bool {
        self.flow.group.is_ipv4()
    }

    fn meta(&self, key: &str) -> Val {
        let v4 = self.is_v4();
        match key {
            "l4proto" => self.protocol(),
            "nfproto" if v4 => Val::Named("ipv4", 2),
            "nfproto" => Val::Named("ipv6", 10),
            "protocol" => self.ethertype(),
            "ibrname" | "obrname" if self.on_bridge => Val::Iface(self.flow.iface.clone()),
            "iif" | "iifname" => {
                self.iface(matches!(self.hook, Hook::Output | Hook::Postrouting | Hook::Egress))
            }
            "oif" | "oifname" => {
                self.iface(matches!(self.hook, Hook::Ingress | Hook::Prerouting | Hook::Input))
            }
            // Measured: a multicast datagram that leaves is one for the host until it is copied
            // back.
            "pkttype" if self.way == Way::Out => match self.hook {
                Hook::Output => Val::Named("host", 0),
                _ => Val::Unknown,
            },
            "pkttype" => Val::Named("multicast", 2),
            _ => Val::Unknown,
        }
    }

    fn ethertype(&self) -> Val {
        if self.is_v4() { Val::Named("ip", 0x0800) } else { Val::Named("ip6", 0x86dd) }
    }

    fn iface(&self, none: bool) -> Val {
        match &self.flow.ports[..] {
            _ if none => Val::Iface(String::new()),
            [port] if self.on_bridge => Val::Iface(port.clone()),
            _ if self.on_bridge => Val::Unknown,
            _ => Val::Iface(self.flow.iface.clone()),
        }
    }

    /// The protocol that IP carries, behind the headers that extend it.
    fn protocol(&self) -> Val {
        match self.flow.carries {
            Carries::Udp { .. } => UDP,
            _ if self.is_v4() => IGMP,
            _ => ICMPV6,
        }
    }

    /// The type of a message of IGMP or MLD.
    fn message_type(&self) -> Val {
        let (name, number) = match (self.flow.carries, self.is_v4()) {
            (Carries::Udp { .. }, _) => return Val::Absent,
            (Carries::Query, true) => ("membership-query", 0x11),
            (Carries::Report(1), true) => ("membership-report-v1", 0x12),
            (Carries::Report(2), true) => ("membership-report-v2", 0x16),
            (Carries::Report(_), true) => ("membership-report-v3", 0x22),
            (Carries::Query, false) => ("mld-listener-query", 130),
            (Carries::Report(1), false) => ("mld-listener-report", 131),
            (Carries::Report(_), false) => ("mld2-listener-report", 143),
        };
        Val::Named(name, number)
    }

    /// A field of the transport header.
    fn transport(&self, protocol: &str, field: &str) -> Val {
        match (protocol, self.flow.carries) {
            ("udp" | "th", Carries::Udp { port, .. }) if field == "dport" => Val::Num(port.into()),
            ("udp" | "th", Carries::Udp { .. }) | ("th", _) => Val::Unknown,
            ("igmp", Carries::Query | Carries::Report(_)) if self.is_v4() => match field {
                "type" => self.message_type(),
                _ => Val::Unknown,
            },
            ("icmpv6", Carries::Query | Carries::Report(_)) if !self.is_v4() => match field {
                "type" => self.message_type(),
                "code" => Val::Num(0),
                _ => Val::Unknown,
            },
            _ => Val::Absent,
        }
    }

    fn payload(&self, of: &Value) -> Val {
        let (Some(protocol), Some(field)) =
            (of.get("protocol").and_then(Value::as_str), of.get("field").and_then(Value::as_str))
        else {
            return Val::Unknown;
        };
        if of.get("tunnel").is_some() {
            return Val::Unknown;
        }
        let own_version = match protocol {
            "ip" => self.is_v4(),
            "ip6" => !self.is_v4(),
            _ => true,
        };
        match (protocol, field) {
            ("ip" | "ip6", _) if !own_version => Val::Absent,
            ("ip" | "ip6", "daddr") => Val::Addr(self.flow.group),
            ("ip" | "ip6", "saddr") => self.flow.source.map_or(Val::Unknown, Val::Addr),
            ("ip", "protocol") => self.protocol(),
            ("ip6", "nexthdr") => match self.flow.carries {
                Carries::Udp { .. } => UDP,
                // MLD stands behind a router alert (RFC 3810, 5).
                _ => HOP_BY_HOP,
            },
            // Messages of IGMP and MLD stay on the link (RFC 3376, 4; RFC 3810, 5).
            ("ip", "ttl") | ("ip6", "hoplimit")
                if !matches!(self.flow.carries, Carries::Udp { .. }) =>
            {
                Val::Num(1)
            }
            ("ip", "version") => Val::Num(4),
            ("ip6", "version") => Val::Num(6),
            ("ether", "type") => self.ethertype(),
            (
                "udp" | "th" | "arp" | "tcp" | "sctp" | "dccp" | "udplite" | "icmp" | "icmpv6"
                | "igmp" | "ah" | "esp" | "comp",
                _,
            ) => self.transport(protocol, field),
            _ => Val::Unknown,
        }
    }

    fn ct(&self, key: &str) -> Val {
        match key {
            // A multicast datagram is never answered, and its flow is never established.
            "state" if self.before_tracking() => Val::Named("invalid", 1),
            // Linux does not track the messages of MLD (nf_conntrack_proto_icmpv6.c).
            "state" if self.protocol() == ICMPV6 => Val::Named("untracked", 64),
            "state" => match self.untracked {
                Tri::No => Val::Named("new", 8),
                Tri::Yes => Val::Named("untracked", 64),
                Tri::Unknown => Val::Unknown,
            },
            "status" => Val::Status(self.redirected),
            "direction" => Val::Named("original", 0),
            _ => Val::Unknown,
        }
    }

    fn before_tracking(&self) -> bool {
        match self.hook {
            Hook::Ingress => true,
            Hook::Prerouting | Hook::Output => self.priority < CONNTRACK,
            _ => false,
        }
    }

    fn masked(&self, of: &Value) -> Val {
        let Some([left, right]) = of.as_array().map(Vec::as_slice) else { return Val::Unknown };
        match (self.value(left), right.as_u64()) {
            (Val::Absent, _) => Val::Absent,
            (Val::Num(number) | Val::Named(_, number), Some(mask)) => Val::Num(number & mask),
            _ => Val::Unknown,
        }
    }
}

const UDP: Val = Val::Named("udp", 17);
const IGMP: Val = Val::Named("igmp", 2);
const ICMPV6: Val = Val::Named("ipv6-icmp", 58);
const HOP_BY_HOP: Val = Val::Named("hopopt", 0);

/// The type of the destination address. The route to the source is unknown here.
fn fib(of: &Value) -> Val {
    let by_destination = of
        .get("flags")
        .and_then(Value::as_array)
        .is_some_and(|flags| flags.iter().any(|flag| flag == "daddr"));
    match of.get("result").and_then(Value::as_str) {
        Some("type") if by_destination => Val::Named("multicast", 5),
        _ => Val::Unknown,
    }
}

/// The only key of an object, and its value.
pub fn single(object: &Value) -> Option<(&str, &Value)> {
    let object = object.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(key, value)| (key.as_str(), value))
}
