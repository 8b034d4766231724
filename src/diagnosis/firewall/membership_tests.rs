//! The rules for messages that keep a membership alive: incoming queries and outgoing reports.

use serde_json::{Value, json};

use super::*;

const STATEFUL: &str = include_str!("recorded/stateful.json");
const FIREWALLD: &str = include_str!("recorded/firewalld.json");
const UFW: &str = include_str!("recorded/ufw.json");
const UFW_LISTING: &str = include_str!("recorded/ufw.txt");

/// Messages on e0, which may be a bridge, to or from `destination`.
fn messages(destination: &str, carries: Carries) -> Flow {
    Flow {
        iface: "e0".to_owned(),
        ports: Vec::new(),
        source: None,
        wanted: None,
        group: destination.parse().unwrap(),
        carries,
    }
}

/// A ruleset with one chain of rules, each the list of its statements, at a hook.
fn chain(family: &str, hook: &str, policy: &str, rules: &[Value]) -> Ruleset {
    let chain = json!({"family": family, "table": "t", "name": "c", "type": "filter", "hook": hook,
        "prio": 0, "policy": policy, "dev": "e0"});
    let rule = |(handle, expr)| json!({"rule": {"family": family, "table": "t", "chain": "c", "handle": handle, "expr": expr}});
    let rules = rules.iter().enumerate().map(rule);
    let objects: Vec<Value> = [json!({"chain": chain})].into_iter().chain(rules).collect();
    Ruleset::parse(&json!({"nftables": objects}).to_string()).unwrap()
}

/// `left == right drop`
fn drops_if(left: Value, right: Value) -> Value {
    json!([{"match": {"op": "==", "left": left, "right": right}}, {"drop": null}])
}

fn payload(protocol: &str, field: &str) -> Value {
    json!({"payload": {"protocol": protocol, "field": field}})
}

const IPV4: [(&str, Carries); 4] = [
    ("224.0.0.1", Carries::Query),
    ("224.0.0.22", Carries::Report(3)),
    ("239.1.1.1", Carries::Report(2)),
    ("239.1.1.1", Carries::Report(1)),
];
const IPV6: [(&str, Carries); 3] = [
    ("ff02::1", Carries::Query),
    ("ff02::16", Carries::Report(2)),
    ("ff15::1", Carries::Report(1)),
];

#[test]
fn every_hook_on_the_path_is_judged() {
    for (query, report, left, right) in [
        (IPV4[0], IPV4[1], payload("ip", "protocol"), json!("igmp")),
        (IPV6[0], IPV6[1], json!({"meta": {"key": "l4proto"}}), json!("ipv6-icmp")),
    ] {
        for (hook, family, way) in [
            ("ingress", "netdev", Way::In),
            ("prerouting", "inet", Way::In),
            ("input", "inet", Way::In),
            ("output", "inet", Way::Out),
            ("postrouting", "inet", Way::Out),
            ("egress", "netdev", Way::Out),
        ] {
            let rules = chain(family, hook, "accept", &[drops_if(left.clone(), right.clone())]);
            for (ours, (to, carries)) in [(Way::In, query), (Way::Out, report)] {
                let found = rules.drops(&messages(to, carries), ours);
                assert_eq!(found.len(), usize::from(ours == way), "{hook} {to}");
                assert!(found.iter().all(|drop| drop.certain), "{hook} {to}");
            }
        }
    }
}

#[test]
fn each_condition_on_a_message_has_an_answer() {
    let proto = json!({"meta": {"key": "l4proto"}});
    let state = json!({"ct": {"key": "state"}});
    let igmp = |number: usize| (IPV4[number].0, IPV4[number].1);
    let mld = |number: usize| (IPV6[number].0, IPV6[number].1);
    for ((to, carries), left, right, drops) in [
        (igmp(0), proto.clone(), json!("igmp"), true),
        (igmp(0), proto.clone(), json!(2), true),
        (igmp(0), proto.clone(), json!("udp"), false),
        (igmp(0), payload("igmp", "type"), json!("membership-query"), true),
        (igmp(0), payload("igmp", "type"), json!("membership-report-v3"), false),
        (igmp(1), payload("igmp", "type"), json!("membership-report-v3"), true),
        (igmp(2), payload("igmp", "type"), json!(0x16), true),
        (igmp(3), payload("igmp", "type"), json!("membership-report-v1"), true),
        (igmp(0), payload("ip", "ttl"), json!(1), true),
        (igmp(0), payload("udp", "dport"), json!(5000), false),
        (igmp(0), payload("icmp", "type"), json!("echo-request"), false),
        (igmp(0), state.clone(), json!("new"), true),
        (igmp(0), state.clone(), json!("established"), false),
        (mld(0), proto.clone(), json!("icmpv6"), true),
        (mld(0), proto, json!(58), true),
        (mld(0), payload("icmpv6", "type"), json!("mld-listener-query"), true),
        (mld(0), payload("icmpv6", "type"), json!({"set": [133, 134, 135, 136]}), false),
        (mld(1), payload("icmpv6", "type"), json!(143), true),
        (mld(2), payload("icmpv6", "type"), json!("mld-listener-report"), true),
        // MLD stands behind a hop-by-hop header: this does not match it.
        (mld(0), payload("ip6", "nexthdr"), json!("ipv6-icmp"), false),
        (mld(0), payload("ip6", "nexthdr"), json!(0), true),
        (mld(0), payload("ip6", "hoplimit"), json!(1), true),
        (mld(0), payload("igmp", "type"), json!(0x11), false),
        // Linux tracks no messages of MLD.
        (mld(0), state.clone(), json!("untracked"), true),
        (mld(0), state, json!("new"), false),
    ] {
        let rules = chain("inet", "input", "accept", &[drops_if(left.clone(), right.clone())]);
        let found = rules.drops(&messages(to, carries), Way::In);
        let certain = found.first().map(|drop| drop.certain);
        assert_eq!(certain, drops.then_some(true), "{to} {carries:?}: {left} {right}");
    }
}

#[test]
fn a_drop_policy_needs_one_command_per_family() {
    let command = |to, carries| {
        chain("inet", "input", "drop", &[])
            .drops(&messages(to, carries), Way::In)
            .into_iter()
            .map(|drop| drop.command)
            .collect::<Vec<_>>()
    };
    for (to, carries) in IPV4 {
        assert_eq!(command(to, carries), ["nft insert rule inet t c ip protocol igmp accept"]);
    }
    for (to, carries) in IPV6 {
        assert_eq!(
            command(to, carries),
            ["nft insert rule inet t c icmpv6 type { mld-listener-query, mld-listener-report, \
              mld-listener-done, mld2-listener-report } accept"]
        );
    }
}

#[test]
fn the_default_deny_of_known_firewalls_drops_queries() {
    let drops = |rules: Ruleset, to, carries, way| {
        let found = rules.drops(&messages(to, carries), way);
        found.into_iter().map(|drop| (drop.chain, drop.certain)).collect::<Vec<_>>()
    };
    let ufw = || Ruleset::parse(UFW).unwrap().with_listing(UFW_LISTING);
    assert_eq!(drops(ufw(), "224.0.0.1", Carries::Query, Way::In), [("INPUT".to_owned(), true)]);
    assert_eq!(drops(ufw(), "224.0.0.22", Carries::Report(3), Way::Out), []);
    let stateful = || Ruleset::parse(STATEFUL).unwrap();
    for ((to, carries), expected) in [(IPV4[0], 1), (IPV6[0], 0)] {
        let found = drops(stateful(), to, carries, Way::In);
        assert_eq!(found.len(), expected, "{to}: {found:?}");
    }
    let firewalld = Ruleset::parse(FIREWALLD).unwrap();
    assert_eq!(
        drops(firewalld, "224.0.0.1", Carries::Query, Way::In),
        [("filter_INPUT".to_owned(), true)]
    );
}

#[test]
fn bridge_tables_are_judged_for_the_bridge_itself() {
    let by_port = drops_if(json!({"meta": {"key": "iifname"}}), json!("p1"));
    let on = |ports: &[&str]| Flow {
        ports: ports.iter().map(|port| (*port).to_owned()).collect(),
        ..messages("224.0.0.1", Carries::Query)
    };
    for (family, ports, certain) in [
        ("bridge", &["p1"][..], Some(true)),
        ("bridge", &["p2"], None),
        // Which of them it comes by is not known.
        ("bridge", &["p1", "p2"], Some(false)),
        // The interface is no bridge.
        ("bridge", &[], None),
        // The tables of IP see the bridge, not its port.
        ("inet", &["p1"], None),
    ] {
        let rules = chain(family, "input", "accept", std::slice::from_ref(&by_port));
        let found = rules.drops(&on(ports), Way::In);
        assert_eq!(found.first().map(|drop| drop.certain), certain, "{family} {ports:?}");
    }
}

#[test]
fn a_port_hook_sees_frames_for_the_bridge() {
    let rules = |device: &str| {
        let json = json!({"nftables": [{"chain": {"family": "netdev", "table": "t", "name": "c",
            "hook": "ingress", "prio": 0, "policy": "drop", "dev": device}}]});
        Ruleset::parse(&json.to_string()).unwrap()
    };
    let on = |ports: &[&str]| Flow {
        ports: ports.iter().map(|port| (*port).to_owned()).collect(),
        ..messages("224.0.0.1", Carries::Query)
    };
    for (device, ports, certain) in [
        ("p1", &["p1"][..], Some(true)),
        ("p1", &["p1", "p2"], Some(false)),
        ("p*", &["p1", "p2"], Some(true)),
        ("p3", &["p1", "p2"], None),
        ("e0", &["p1", "p2"], Some(true)),
    ] {
        let found = rules(device).drops(&on(ports), Way::In);
        assert_eq!(found.first().map(|drop| drop.certain), certain, "{device} {ports:?}");
    }
}
