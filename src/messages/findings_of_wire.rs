//! Facts made by hand, for the texts about the wire and its switches: `rules/{frames, lost,
//! network}`. Those about the firewall are in [`findings_of_firewall`].

use serde_json::json;

use super::findings::record;
use super::findings_of_firewall;
use crate::diagnosis::{Facts, FlowFacts, Queries, Stopped};

/// Facts, each with a name.
pub fn facts() -> Vec<(String, Facts)> {
    let all = [frames(), lost(), queriers(), stopped(), bridges(), findings_of_firewall::facts()];
    all.into_iter().flatten().collect()
}

/// A record of `tests/facts` with a change.
pub fn changed(base: &str, name: &str, change: impl FnOnce(&mut Facts)) -> (String, Facts) {
    let mut facts = record(base);
    change(&mut facts);
    (name.to_owned(), facts)
}

/// The frames that arrived.
pub fn flows(facts: &mut Facts) -> &mut Vec<FlowFacts> {
    &mut facts.frames.get_or_insert_default().flows
}

/// By how much counters rose.
pub fn counters(rises: &[(&str, u64)]) -> Option<std::collections::BTreeMap<String, u64>> {
    Some(rises.iter().map(|(name, rise)| ((*name).to_owned(), *rise)).collect())
}

/// Queries from a querier on e0.
pub fn queries(querier: &str, interval: Option<u64>) -> Queries {
    let (version, count) = if querier.contains(':') { (2, 1) } else { (3, 1) };
    let querier = querier.parse().expect("an address");
    Queries { iface: "e0".to_owned(), querier, version, interval, count }
}

fn frames() -> Vec<(String, Facts)> {
    let tagged = |name: &str, provider_tag, inner_vlan| {
        changed("vlan-tag", name, |facts| {
            flows(facts)[0] = FlowFacts { provider_tag, inner_vlan, ..flows(facts)[0].clone() };
        })
    };
    let with_interface = |name: &str, inner_vlan, seen_vlan| {
        changed("vlan-tag", name, |facts| {
            let below = FlowFacts { inner_vlan, ..flows(facts)[0].clone() };
            let iface = "e0.5".to_owned();
            let above = FlowFacts { iface, vlan: seen_vlan, inner_vlan: None, ..below.clone() };
            *flows(facts) = vec![below, above];
        })
    };
    vec![
        tagged("vlan-tag-of-provider", true, None),
        tagged("vlan-tags", false, Some(7)),
        tagged("vlan-tags-qinq", true, Some(7)),
        with_interface("vlan-tag-with-interface", None, None),
        with_interface("vlan-tags-half-open", Some(7), Some(7)),
        changed("firewall-ingress", "other-mac", |facts| {
            facts.firewall.inbound.clear();
            flows(facts)[0].others = true;
        }),
    ]
}

fn lost() -> Vec<(String, Facts)> {
    let own_address = |base: &str, name: &str, source: &str, iface: &str| {
        changed(base, name, |facts| {
            let flow = FlowFacts {
                source: source.parse().expect("an address"),
                ..record("firewall-ingress").frames.expect("frames").flows[0].clone()
            };
            *flows(facts) = vec![FlowFacts { iface: iface.to_owned(), ..flow }];
        })
    };
    vec![
        changed("healthy", "rp-filter-of-others", |facts| {
            facts.interfaces[1].rp_filter = Some(1);
            facts.counters = counters(&[("TcpExt.IPReversePathFilter", 5)]);
        }),
        changed("rp-filter-strict-as-nobody", "rp-filter-loose-as-nobody", |facts| {
            facts.interfaces[1].rp_filter = Some(2);
        }),
        changed("bad-checksum", "bad-checksum-of-others", |facts| flows(facts).clear()),
        changed("bad-length", "bad-length-as-nobody", |facts| facts.frames = None),
        changed("mtu-too-small", "mtu-or-protocol", |facts| {
            let counters = facts.interfaces[1].counters.as_mut().expect("counters");
            counters.rx_packets = counters.rx_dropped + 9;
        }),
        changed("duplicate-address", "own-datagrams-return", |facts| {
            facts.interfaces[0] = facts.interfaces[1].clone();
            "e1".clone_into(&mut facts.interfaces[0].name);
            facts.interfaces[1].addresses[0].ip = "10.0.0.102".parse().expect("an address");
        }),
        own_address("silence-ipv6", "duplicate-address-ipv6", "fe80::b8f9:eff:fe66:a8a8", "e0"),
    ]
}

fn queriers() -> Vec<(String, Facts)> {
    vec![
        changed("silence", "no-querier-in-a-full-interval", |facts| facts.seconds = 130.0),
        changed("silence", "pruned-or-rare", |facts| facts.after_report = Some(1)),
        changed("healthy-with-querier", "one-query", |facts| {
            let frames = facts.frames.as_mut().expect("frames");
            frames.queries = vec![queries("10.0.0.1", Some(125))];
        }),
    ]
}

fn stopped() -> Vec<(String, Facts)> {
    let stream = |name: &str, change: fn(&mut Facts)| {
        changed("silence", name, |facts| {
            facts.stopped = Some(Stopped { datagrams: 7, flowed: 3.0, silent: 5.0 });
            change(facts);
        })
    };
    vec![
        stream("stopped", |facts| facts.firewall.read = true),
        stream("stopped-as-nobody", |facts| facts.firewall.read = false),
        stream("stopped-and-left", |facts| {
            (facts.membership.seen, facts.more) = (Some(false), 2);
        }),
        stream("stopped-flooded", |facts| {
            facts.target.group = "224.0.0.117".parse().expect("a group");
        }),
        stream("stopped-by-firewall", |facts| {
            facts.firewall.queries = vec![findings_of_firewall::drops_igmp()];
        }),
    ]
}

fn bridges() -> Vec<(String, Facts)> {
    let bridge = |name: &str, querier: bool, other: Option<&str>, port: Option<&str>| {
        changed("bridge-firewall", name, |facts| {
            let group = facts.target.group;
            let bridge = &mut facts.bridges.as_mut().expect("bridges")[0];
            (bridge.snooping, bridge.querier) = (true, querier);
            bridge.other_querier = other.map(|other| other.parse().expect("an address"));
            bridge.members = port
                .map(|port| json!({"port": port, "group": group, "permanent": false}))
                .map(|member| serde_json::from_value(member).expect("a member"))
                .into_iter()
                .collect();
        })
    };
    vec![
        bridge("bridge-without-querier", false, None, None),
        bridge("bridge-is-querier", true, None, Some("p0")),
        bridge("bridge-with-querier", false, Some("10.0.0.1"), Some("br0")),
        changed("bridge-firewall", "bridge-firewall-of-one", |facts| {
            facts.bridge_netfilter = Some(false);
            facts.bridges.as_mut().expect("bridges")[0].nf_call_iptables = true;
        }),
        changed("bridge-firewall", "bridge-table", |facts| {
            let (data, messages) = findings_of_firewall::between_ports();
            facts.firewall.bridged = [("br0".to_owned(), data)].into();
            facts.firewall.bridged_messages = [("br0".to_owned(), messages)].into();
        }),
    ]
}
