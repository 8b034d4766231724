//! Facts made by hand, for the texts about the firewall: `rules/{firewall, membership}` and
//! `diagnosis/firewall`.

use std::time::Duration;

use serde_json::{Value, json};

use super::findings_of_wire::{changed, counters, flows, queries};
use crate::diagnosis::firewall::{Carries, DropRule, Flow, Ruleset, Way};
use crate::diagnosis::{Facts, FirewallFacts};
use crate::host::Unread;

/// Facts, each with a name.
pub fn facts() -> Vec<(String, Facts)> {
    [by_rules(), by_place(), in_kernel(), membership(), unread()].into_iter().flatten().collect()
}

/// The rules that drop a flow, of a chain of `table inet filter` with one rule and a policy.
fn drops(hook: &str, policy: &str, statements: Value, flow: &Flow) -> Vec<DropRule> {
    let (family, way) = match hook {
        "output" => ("inet", Way::Out),
        "forward" => ("bridge", Way::Bridged),
        _ => ("inet", Way::In),
    };
    let chain = json!({"family": family, "table": "filter", "name": hook, "hook": hook, "prio": 0,
        "policy": policy});
    let rule = json!({"family": family, "table": "filter", "chain": hook, "handle": 4,
        "expr": statements});
    let text = json!({"nftables": [{"chain": chain}, {"rule": rule}]}).to_string();
    Ruleset::parse(&text).expect("a ruleset").drops(flow, way)
}

/// What a bridge with two ports drops between them: datagrams and queries.
pub fn between_ports() -> (Vec<DropRule>, Vec<DropRule>) {
    let [data, messages] =
        [("239.1.1.1", UDP), ("224.0.0.1", Carries::Query)].map(|(group, of)| {
            let ports = vec!["p0".to_owned(), "p1".to_owned()];
            let flow = Flow { iface: "br0".to_owned(), ports, ..flow(group, of) };
            drops("forward", "drop", json!([]), &flow)
        });
    (data, messages)
}

/// A flow on e0.
fn flow(group: &str, carries: Carries) -> Flow {
    Flow {
        iface: "e0".to_owned(),
        ports: Vec::new(),
        source: None,
        wanted: None,
        group: group.parse().expect("an address"),
        carries,
    }
}

const UDP: Carries = Carries::Udp { port: 5000, fragments: false };

/// A rule of the chain input that drops IGMP.
pub fn drops_igmp() -> DropRule {
    let left = json!({"payload": {"protocol": "ip", "field": "protocol"}});
    let rule = json!([{"match": {"op": "==", "left": left, "right": "igmp"}}, {"drop": null}]);
    drops("input", "accept", rule, &flow("224.0.0.1", Carries::Query)).remove(0)
}

/// A rule of the chain output that drops IGMP.
fn drops_reports() -> DropRule {
    let left = json!({"meta": {"key": "l4proto"}});
    let rule = json!([{"match": {"op": "==", "left": left, "right": "igmp"}}, {"drop": null}]);
    drops("output", "accept", rule, &flow("224.0.0.22", Carries::Report(3))).remove(0)
}

/// A rule that drops only what exceeds a rate.
fn drops_above_rate(carries: Carries, group: &str) -> DropRule {
    let rule = json!([{"limit": {"rate": 20, "per": "second", "inv": true}}, {"drop": null}]);
    drops("input", "accept", rule, &flow(group, carries)).remove(0)
}

fn by_rules() -> Vec<(String, Facts)> {
    let pieces = flow("239.1.1.1", Carries::Udp { port: 5000, fragments: true });
    let left = json!({"fib": {"result": "type", "flags": ["daddr"]}});
    let multicast =
        json!([{"match": {"op": "==", "left": left, "right": "multicast"}}, {"drop": null}]);
    vec![
        changed("silence-ipv6", "firewall-input-policy-ipv6", |facts| {
            let flow = flow("ff15::1234", UDP);
            facts.firewall.inbound = drops("input", "drop", json!([]), &flow);
        }),
        changed("silence", "firewall-prerouting-fragments", |facts| {
            facts.firewall.inbound = drops("prerouting", "accept", multicast, &pieces);
        }),
        changed("silence-ipv6", "firewall-prerouting-ipv6", |facts| {
            let flow = flow("ff15::1234", UDP);
            facts.firewall.inbound = drops("prerouting", "drop", json!([]), &flow);
        }),
        changed("healthy", "firewall-drops-some", |facts| {
            facts.firewall.inbound = vec![drops_above_rate(UDP, "239.1.1.1")];
            facts.heard[0].datagrams = 20;
        }),
        changed("firewall-input-policy", "firewall-drops-igmp-too", |facts| {
            facts.firewall.queries = vec![drops_igmp()];
        }),
        changed("firewall-input-policy", "firewall-probably", |facts| {
            facts.firewall.inbound = vec![drops_above_rate(UDP, "239.1.1.1")];
        }),
        changed("firewall-input-policy", "firewall-perhaps", |facts| {
            facts.firewall.inbound = vec![drops_above_rate(UDP, "239.1.1.1")];
            flows(facts).clear();
            facts.counters = counters(&[]);
        }),
    ]
}

/// No rule is known to drop the target, but datagrams are lost inside this host.
fn by_place() -> Vec<(String, Facts)> {
    let lost = |name: &str, firewall: FirewallFacts, rights| {
        changed("firewall-input-policy", name, |facts| {
            (facts.firewall, facts.rights.firewall) = (firewall, rights);
        })
    };
    let legacy = FirewallFacts { read: true, legacy: true, ..FirewallFacts::default() };
    vec![
        lost("firewall-legacy", legacy, true),
        lost("firewall-not-read", FirewallFacts::default(), true),
        lost("firewall-not-permitted", FirewallFacts::default(), false),
        changed("silence-as-nobody", "firewall-or-ipsec", |facts| {
            let rises = [("Ip.InReceives", 60), ("IpExt.InMcastPkts", 60)];
            facts.counters = counters(&rises);
        }),
    ]
}

/// All rules were read, and none drops the target.
fn in_kernel() -> Vec<(String, Facts)> {
    let dropped =
        |base: &str, name: &str| changed(base, name, |facts| facts.firewall.inbound.clear());
    vec![
        dropped("firewall-ingress", "dropped-at-ingress"),
        dropped("firewall-prerouting", "dropped-before-delivery"),
        dropped("firewall-input-rule", "dropped-before-the-socket"),
    ]
}

fn membership() -> Vec<(String, Facts)> {
    let firewall = |base: &str, name: &str, firewall: FirewallFacts| {
        changed(base, name, |facts| facts.firewall = FirewallFacts { read: true, ..firewall })
    };
    let none = FirewallFacts::default;
    let igmp = || vec![drops_igmp()];
    let mut with_querier = firewall(
        "silence",
        "igmp-reports-dropped-with-querier",
        FirewallFacts { reports: vec![drops_reports()], ..none() },
    );
    let frames = with_querier.1.frames.as_mut().expect("frames");
    frames.queries = vec![queries("10.0.0.1", Some(125)), queries("fe80::1", None)];
    let maybe = vec![drops_above_rate(Carries::Query, "224.0.0.1")];
    vec![
        firewall(
            "healthy-with-querier",
            "igmp-queries-dropped",
            FirewallFacts { queries: igmp(), ..none() },
        ),
        firewall(
            "silence",
            "igmp-group-queries-dropped",
            FirewallFacts { group_queries: igmp(), ..none() },
        ),
        firewall(
            "silence",
            "igmp-reports-dropped",
            FirewallFacts { reports: vec![drops_reports()], ..none() },
        ),
        with_querier,
        firewall("silence", "igmp-perhaps-dropped", FirewallFacts { queries: maybe, ..none() }),
        firewall(
            "snooping-pruned",
            "pruned-by-own-firewall",
            FirewallFacts { queries: igmp(), ..none() },
        ),
    ]
}

/// The reasons why the rules cannot be read.
fn unread() -> Vec<(String, Facts)> {
    let reason = |name: &str, reason: String| {
        changed("silence", name, |facts| {
            facts.firewall = FirewallFacts { unread: Some(reason), ..FirewallFacts::default() };
        })
    };
    let parse = |text: &str| Ruleset::parse(text).expect_err("no ruleset");
    vec![
        reason("nft-not-permitted", Unread::NotPermitted.to_string()),
        reason("nft-missing", Unread::NoTool.to_string()),
        reason("nft-slow", Unread::NoAnswer(Duration::from_secs(2)).to_string()),
        reason("nft-failed", Unread::NoReason.to_string()),
        reason("nft-without-json", Unread::Failed("Error: syntax error".to_owned()).to_string()),
        reason("nft-not-json", parse("table inet filter")),
        reason("nft-other-json", parse("[]")),
    ]
}
