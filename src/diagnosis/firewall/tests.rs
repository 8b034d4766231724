//! The JSON was recorded from nft 1.0.6 in a network namespace. The rules of Docker and ufw come
//! from iptables 1.8.9 (nf_tables).

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const STATEFUL: &str = include_str!("recorded/stateful.json");
const FIREWALLD: &str = include_str!("recorded/firewalld.json");
const HOOKS: &str = include_str!("recorded/hooks.json");
const DORMANT: &str = include_str!("recorded/dormant.json");
const SETS: &str = include_str!("recorded/sets.json");
const DOCKER: &str = include_str!("recorded/docker.json");
const UFW: &str = include_str!("recorded/ufw.json");
const UFW_LISTING: &str = include_str!("recorded/ufw.txt");

/// A flow on e0, `239.1.1.1:5000` or `10.0.0.9@239.1.1.1:5000`.
fn flow(target: &str) -> Flow {
    let (source, at) = target
        .split_once('@')
        .map_or((None, target), |(source, at)| (Some(source.parse().unwrap()), at));
    let (group, port) = at.rsplit_once(':').unwrap();
    Flow {
        iface: "e0".into(),
        ports: Vec::new(),
        source,
        wanted: source,
        group: group.trim_matches(['[', ']']).parse().unwrap(),
        carries: Carries::Udp { port: port.parse().unwrap(), fragments: false },
    }
}

/// Each drop in short: the hook, the rule, and a question mark if it is not certain.
fn short(drops: &[DropRule]) -> Vec<String> {
    let one = |drop: &DropRule| {
        let DropRule { hook, family, table, chain, rule, certain, .. } = drop;
        let by = rule.as_deref().unwrap_or("policy");
        format!("{hook:?} {family} {table} {chain}: {by}{}", if *certain { "" } else { " ?" })
            .to_lowercase()
    };
    drops.iter().map(one).collect()
}

fn drops(json: &str, target: &str, way: Way) -> Vec<String> {
    short(&Ruleset::parse(json).unwrap().drops(&flow(target), way))
}

/// The JSON of an input chain in `table inet t` with these rules: each is the list of its
/// statements.
fn input(policy: &str, rules: &[Value]) -> String {
    let place = json!({"family": "inet", "table": "t", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": policy});
    let mut objects = vec![json!({"chain": place})];
    objects.extend(
        rules.iter().enumerate().map(
            |(handle, expr)| json!({"rule": {"family": "inet", "table": "t", "chain": "in", "handle": handle, "expr": expr}}),
        ),
    );
    json!({"nftables": objects}).to_string()
}

#[test]
fn a_policy_drops_flows_that_are_never_established() {
    assert_eq!(drops(STATEFUL, "239.1.1.1:5000", Way::In), ["input inet filter input: policy"]);
    assert_eq!(drops(STATEFUL, "[ff12::1]:5000", Way::In), ["input inet filter input: policy"]);
    assert_eq!(
        drops(STATEFUL, "239.1.1.1:5000", Way::Bridged),
        ["forward inet filter forward: policy"]
    );
    assert!(drops(STATEFUL, "239.1.1.1:5000", Way::Out).is_empty());
    let loopback = Flow { iface: "lo".into(), ..flow("239.1.1.1:5000") };
    assert!(Ruleset::parse(STATEFUL).unwrap().drops(&loopback, Way::In).is_empty());
}

#[test]
fn the_command_accepts_this_flow_before_other_rules() {
    let commands = |json: &str, target: &str, way| {
        let drops = Ruleset::parse(json).unwrap().drops(&flow(target), way);
        drops.into_iter().map(|drop| drop.command).collect::<Vec<_>>()
    };
    assert_eq!(
        commands(STATEFUL, "239.1.1.1:5000", Way::In),
        ["nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept"]
    );
    assert_eq!(
        commands(STATEFUL, "fe80::1@[ff12::1]:5000", Way::In),
        ["nft insert rule inet filter input ip6 saddr fe80::1 ip6 daddr ff12::1 udp dport 5000 \
          accept"]
    );
    // The chain that drops is another one: the command goes to the one that packets enter.
    assert_eq!(
        commands(UFW, "239.1.1.1:5006", Way::In),
        ["nft insert rule ip filter INPUT ip daddr 239.1.1.1 udp dport 5006 accept"]
    );
    assert_eq!(
        commands(HOOKS, "239.3.1.1:5000", Way::Out),
        [
            "nft insert rule ip raw out ip daddr 239.3.1.1 udp dport 5000 accept",
            "nft insert rule netdev early out ip daddr 239.3.1.1 udp dport 5000 accept"
        ]
    );
}

#[test]
fn names_are_quoted_for_a_shell() {
    let json = input("drop", &[]).replace("\"t\"", "\"a b;c\"");
    let drops = Ruleset::parse(&json).unwrap().drops(&flow("239.1.1.1:5000"), Way::In);
    assert_eq!(
        drops[0].command,
        "nft insert rule inet 'a b;c' in ip daddr 239.1.1.1 udp dport 5000 accept"
    );
}

#[test]
fn zones_of_firewalld_accept_their_services() {
    let reject =
        "input inet firewalld filter_input: reject with icmpx admin-prohibited # handle 26";
    assert_eq!(drops(FIREWALLD, "239.1.1.1:5000", Way::In), [reject]);
    assert!(drops(FIREWALLD, "239.7.1.1:5000", Way::In).is_empty());
    assert_eq!(drops(FIREWALLD, "239.7.1.1:5001", Way::In), [reject]);
    assert!(drops(FIREWALLD, "224.0.0.251:5353", Way::In).is_empty());
    // Whether there is a way back to the source of an IPv6 datagram is not known here.
    let no_way_back = "prerouting inet firewalld filter_prerouting: meta nfproto ipv6 fib saddr . \
                       mark . iif oif missing drop # handle 19 ?";
    assert_eq!(drops(FIREWALLD, "[ff02::fb]:5353", Way::In), [no_way_back]);
}

#[test]
fn docker_drops_bridged_multicast() {
    assert_eq!(
        drops(DOCKER, "239.1.1.1:5000", Way::Bridged),
        ["forward ip filter forward: policy"]
    );
    let docker0 = Flow { iface: "docker0".into(), ..flow("239.1.1.1:5000") };
    assert!(Ruleset::parse(DOCKER).unwrap().drops(&docker0, Way::Bridged).is_empty());
    assert!(drops(DOCKER, "239.1.1.1:5000", Way::In).is_empty());
    assert!(drops(DOCKER, "[ff12::1]:5000", Way::Bridged).is_empty());
}

#[test]
fn matches_of_iptables_are_unknown_without_the_text() {
    assert_eq!(drops(UFW, "239.1.1.1:5000", Way::In), ["input ip filter input: policy ?"]);
    assert_eq!(drops(UFW, "239.1.1.1:5004", Way::In), ["input ip filter input: policy ?"]);
    // The uncertain drop of INVALID comes first, then the certain accept.
    assert_eq!(
        drops(UFW, "224.0.0.251:5353", Way::In),
        ["input ip filter ufw-before-input: xt match \"conntrack\" drop # handle 21 ?"]
    );
}

#[test]
fn the_text_contains_the_matches_of_iptables() {
    let ruleset = Ruleset::parse(UFW).unwrap().with_listing(UFW_LISTING);
    let drops = |target: &str| short(&ruleset.drops(&flow(target), Way::In));
    assert_eq!(drops("239.1.1.1:5000"), ["input ip filter input: policy"]);
    assert!(drops("224.0.0.251:5353").is_empty());
    for (port, passes) in [
        (5003, false),
        (5004, true),
        (5005, true),
        (5999, false),
        (6000, true),
        (6010, true),
        (6011, false),
    ] {
        assert_eq!(drops(&format!("239.1.1.1:{port}")).is_empty(), passes, "{port}");
    }
    assert_eq!(
        drops("239.1.1.1:5006"),
        ["input ip filter ufw-user-input: udp dport 5006 reject # handle 42"]
    );
    assert_eq!(
        drops("239.1.1.1:137"),
        ["input ip filter ufw-skip-to-policy-input: drop # handle 38"]
    );
}

#[test]
fn hooks_are_judged_in_the_order_of_the_path() {
    assert_eq!(
        drops(HOOKS, "239.1.1.1:5000", Way::In),
        [
            "ingress netdev early in: ip daddr 239.1.1.1 udp dport 5000 drop # handle 3 ?",
            "prerouting ip raw pre: ip daddr 239.1.1.1-239.1.1.9 drop comment \"no groups\" # \
             handle 4"
        ]
    );
    assert_eq!(drops(HOOKS, "239.1.1.10:5000", Way::In), [""; 0]);
    assert_eq!(
        drops(HOOKS, "[ff12::1]:5000", Way::In),
        ["prerouting ip6 raw pre: ip6 daddr ff12::/16 udp dport 5000 drop # handle 2"]
    );
    let rejected = "output ip raw out: oifname e0 ip daddr 224.0.0.0/4 reject with icmp \
                    host-prohibited # handle 5";
    assert_eq!(drops(HOOKS, "239.1.1.1:5000", Way::Out), [rejected]);
    assert_eq!(
        drops(HOOKS, "239.3.1.1:5001", Way::Out),
        [
            rejected,
            "postrouting ip raw post: udp dport != 5000 drop # handle 6",
            "egress netdev early out: ip daddr 239.3.0.0/16 drop # handle 4 ?"
        ]
    );
    let other = Flow { iface: "e1".into(), ..flow("239.1.1.1:5000") };
    assert!(Ruleset::parse(HOOKS).unwrap().drops(&other, Way::Out).is_empty());
}

#[test]
fn chains_of_one_hook_are_ordered_by_priority() {
    let chain = |table: &str, family: &str, priority: i64| json!({"chain": {"family": family, "table": table, "name": "c", "hook": "input", "prio": priority, "policy": "drop"}});
    let json = json!({"nftables": [chain("late", "inet", 10), chain("early", "ip", -10), chain("other", "ip6", -20), chain("mid", "inet", 0)]});
    assert_eq!(
        drops(&json.to_string(), "239.1.1.1:1", Way::In),
        ["input ip early c: policy", "input inet mid c: policy", "input inet late c: policy"]
    );
}

#[test]
fn a_chain_of_another_device_does_not_apply() {
    let listing = "table netdev early { # handle 1\n\tchain in { # handle 1\n\t\ttype filter hook \
                   ingress DEVICE priority -500; policy accept;\n\t}\n}\n";
    let of = |device: &str| {
        let ruleset =
            Ruleset::parse(HOOKS).unwrap().with_listing(&listing.replace("DEVICE", device));
        short(&ruleset.drops(&flow("239.1.1.1:5000"), Way::In)[..1])
    };
    let ingress = "ingress netdev early in: ip daddr 239.1.1.1 udp dport 5000 drop # handle 3";
    assert_eq!(of("device \"e0\""), [ingress]);
    assert_eq!(of("devices = { lo, e0 }"), [ingress]);
    assert_eq!(of("devices = { \"lo\", \"e*\" }"), [ingress]);
    for others in ["device \"e1\"", "devices = { lo, e1 }"] {
        assert!(of(others)[0].starts_with("prerouting"), "{others}");
    }
    // Newer versions of nft have it in the JSON.
    for (json, sees) in [(json!("e0"), true), (json!(["lo", "e0"]), true), (json!("e1"), false)] {
        let chain = json!({"family": "netdev", "table": "t", "name": "c", "hook": "ingress", "prio": 0, "policy": "drop", "dev": json});
        let json = json!({"nftables": [{"chain": chain}]}).to_string();
        assert_eq!(
            drops(&json, "239.1.1.1:1", Way::In),
            ["ingress netdev t c: policy"][..usize::from(sees)]
        );
    }
}

#[test]
fn a_dormant_table_does_not_drop() {
    // nft 1.0.6 prints a wrong flag in JSON; the listing is right.
    let ruleset = Ruleset::parse(DORMANT).unwrap();
    assert_eq!(
        short(&ruleset.drops(&flow("239.1.1.1:1"), Way::In)),
        ["input ip sleepy in: policy ?"]
    );
    let listing = "table ip sleepy { # handle 26\n\tflags dormant\n\n\tchain in { # handle \
                   1\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";
    assert!(ruleset.clone().with_listing(listing).drops(&flow("239.1.1.1:1"), Way::In).is_empty());
    let awake = ruleset.with_listing(&listing.replace("dormant", "owner"));
    assert_eq!(short(&awake.drops(&flow("239.1.1.1:1"), Way::In)), ["input ip sleepy in: policy"]);
    for (flags, asleep) in [
        (json!("dormant"), true),
        (json!(["owner", "dormant"]), true),
        (json!(["owner", "persist"]), false),
    ] {
        let json = DORMANT.replace("\"flags\": \"sleepy\"", &format!("\"flags\": {flags}"));
        assert_eq!(
            drops(&json, "239.1.1.1:1", Way::In),
            ["input ip sleepy in: policy"][..usize::from(!asleep)]
        );
    }
}

#[test]
fn maps_and_sets_are_evaluated() {
    let dropped = |target: &str| {
        drops(SETS, target, Way::In)
            .first()
            .map(|drop| drop.split(": ").next().unwrap().to_owned() + &drop[drop.len() - 2..])
    };
    let by = |chain: &str, end: &str| Some(format!("input inet filter {chain}{end}"));
    // The map by its name: drop, jump, goto, accept.
    assert_eq!(
        drops(SETS, "239.9.9.8:7000", Way::In),
        ["input inet filter input: udp dport vmap @ports # handle 12"]
    );
    assert_eq!(drops(SETS, "239.9.9.8:7001", Way::In), ["input inet filter deny: drop # handle 9"]);
    assert_eq!(drops(SETS, "239.9.9.9:7001", Way::In), [""; 0]);
    assert_eq!(drops(SETS, "239.9.9.9:7002", Way::In), [""; 0]);
    assert_eq!(drops(SETS, "239.1.1.1:7003", Way::In), [""; 0]);
    // One without a name.
    assert_eq!(drops(SETS, "239.1.1.1:8005", Way::In), [""; 0]);
    assert_eq!(drops(SETS, "239.1.1.1:8011", Way::In), ["input inet filter deny: drop # handle 9"]);
    // Sets of addresses and ports, and of both.
    for (target, drops) in [
        ("239.1.1.1:5000", true),
        ("239.1.1.1:5001", false),
        ("239.1.1.1:5015", true),
        ("239.2.0.9:5000", true),
        ("239.2.0.10:5000", false),
        ("239.5.0.1:6005", true),
        ("239.6.0.1:6005", false),
        ("239.1.1.1:9100", true),
        ("239.1.1.1:9999", false),
        ("239.1.1.1:10000", true),
        ("[ff12::1]:5000", false),
    ] {
        assert_eq!(dropped(target).is_some(), drops, "{target}");
    }
    // A source that decides, and is known or not; a limit.
    assert_eq!(drops(SETS, "10.0.0.9@239.9.1.1:9000", Way::In), [""; 0]);
    assert!(drops(SETS, "10.0.0.8@239.9.1.1:9000", Way::In)[0].ends_with(|last: char| last != '?'));
    assert_eq!(dropped("239.9.1.1:9000"), by("input", " ?"));
    assert_eq!(dropped("239.9.1.1:9001"), by("input", " ?"));
    assert_eq!(dropped("192.0.2.1@239.9.1.1:9001"), None);
    assert_eq!(
        drops(SETS, "239.9.1.1:9002", Way::In),
        ["input inet filter input: udp dport 9002 limit rate over 10/second drop # handle 22 ?"]
    );
    assert_eq!(
        drops(SETS, "239.9.1.1:9003", Way::In),
        ["input inet filter input: udp dport 9003 drop # handle 24 ?"]
    );
}

#[test]
fn each_condition_is_true_false_or_unknown() {
    let meta = |key: &str| json!({"meta": {"key": key}});
    let payload =
        |protocol: &str, field: &str| json!({"payload": {"protocol": protocol, "field": field}});
    let state = json!({"ct": {"key": "state"}});
    let known = [
        (meta("l4proto"), "==", json!("udp"), "yes"),
        (meta("l4proto"), "==", json!(17), "yes"),
        (meta("l4proto"), "==", json!("tcp"), "no"),
        (meta("l4proto"), "==", json!({"set": ["tcp", "udp"]}), "yes"),
        (meta("protocol"), "==", json!("ip"), "yes"),
        (meta("protocol"), "==", json!("0x0800"), "yes"),
        (meta("nfproto"), "==", json!("ipv6"), "no"),
        (meta("nfproto"), "!=", json!("ipv6"), "yes"),
        (meta("iifname"), "==", json!("e*"), "yes"),
        (meta("iifname"), "==", json!("e\\*"), "no"),
        (meta("iif"), "==", json!("e1"), "no"),
        (meta("oifname"), "==", json!("e0"), "no"),
        (meta("oifname"), "!=", json!("e0"), "yes"),
        (meta("pkttype"), "==", json!("multicast"), "yes"),
        (meta("mark"), "==", json!(1), "unknown"),
        (json!({"&": [meta("mark"), 3]}), "==", json!(1), "unknown"),
        (json!({"&": [payload("udp", "dport"), 8]}), "==", json!(8), "yes"),
        (payload("ip", "protocol"), "==", json!("igmp"), "no"),
        (payload("ip6", "daddr"), "!=", json!("ff02::1"), "no"),
        (payload("tcp", "dport"), "!=", json!(1), "no"),
        (payload("ip", "ttl"), "==", json!(1), "unknown"),
        (payload("ip", "saddr"), "==", json!("10.0.0.9"), "unknown"),
        (payload("ip", "saddr"), "==", json!({"prefix": {"addr": "0.0.0.0", "len": 0}}), "yes"),
        (payload("ip", "saddr"), "==", json!({"set": []}), "no"),
        (payload("ip", "daddr"), "==", json!({"prefix": {"addr": "239.1.0.0", "len": 16}}), "yes"),
        (payload("ip", "daddr"), "==", json!({"prefix": {"addr": "239.1.0.0", "len": 24}}), "no"),
        (payload("ip", "daddr"), "==", json!("@gone"), "unknown"),
        (payload("udp", "dport"), "<", json!(5000), "no"),
        (payload("udp", "dport"), "<=", json!(5000), "yes"),
        (payload("th", "dport"), ">=", json!(5000), "yes"),
        (payload("udp", "dport"), ">", json!(5000), "no"),
        (payload("udp", "sport"), ">", json!(1024), "unknown"),
        (payload("ether", "type"), "==", json!("ip6"), "no"),
        (state.clone(), "in", json!(["established", "related"]), "no"),
        (state.clone(), "in", json!(["established", "new"]), "yes"),
        (state.clone(), "!", json!("new"), "no"),
        (state, "==", json!("untracked"), "no"),
        (json!({"ct": {"key": "status"}}), "in", json!("dnat"), "no"),
        (json!({"ct": {"key": "status"}}), "in", json!(["assured", "seen-reply"]), "no"),
        (json!({"ct": {"key": "status"}}), "in", json!("confirmed"), "unknown"),
        (
            json!({"fib": {"result": "type", "flags": ["daddr", "iif"]}}),
            "==",
            json!("multicast"),
            "yes",
        ),
        (json!({"fib": {"result": "oif", "flags": ["saddr"]}}), "==", json!(false), "unknown"),
        (
            json!({"concat": [meta("iifname"), payload("ip", "daddr")]}),
            "==",
            json!({"concat": ["e0", "239.1.1.1"]}),
            "yes",
        ),
        (
            json!({"concat": [payload("ip", "saddr"), payload("ip", "daddr")]}),
            "==",
            json!({"concat": ["10.0.0.9", "239.1.1.2"]}),
            "no",
        ),
        (json!({"new": {}}), "==", json!(1), "unknown"),
    ];
    for (left, op, right, expected) in known {
        let condition = json!({"match": {"op": op, "left": left, "right": right}});
        let drops = drops(
            &input("accept", &[json!([condition, {"drop": null}])]),
            "239.1.1.1:5000",
            Way::In,
        );
        let found =
            drops.first().map_or("no", |drop| if drop.ends_with('?') { "unknown" } else { "yes" });
        assert_eq!(found, expected, "{condition}");
    }
}

#[test]
fn a_possible_accept_makes_a_later_drop_uncertain() {
    let maybe = json!({"limit": {"rate": 1, "per": "second"}});
    let verdict = |of: &[Value], policy| drops(&input(policy, of), "239.1.1.1:5000", Way::In);
    assert_eq!(verdict(&[json!([maybe, {"accept": null}])], "drop"), ["input inet t in: policy ?"]);
    assert_eq!(verdict(&[json!([maybe, {"drop": null}])], "drop"), ["input inet t in: policy"]);
    assert_eq!(verdict(&[json!([maybe, {"log": null}])], "drop"), ["input inet t in: policy"]);
    assert_eq!(
        verdict(&[json!([maybe, {"return": null}]), json!([{"accept": null}])], "drop"),
        ["input inet t in: policy ?"]
    );
    assert_eq!(
        verdict(&[json!([maybe, {"return": null}]), json!([{"drop": null}])], "accept"),
        ["input inet t in: drop # handle 1 ?"]
    );
    assert_eq!(verdict(&[json!([{"return": null}]), json!([{"drop": null}])], "accept"), [""; 0]);
    assert_eq!(
        verdict(&[json!([{"queue": {"num": 3}}])], "accept"),
        ["input inet t in: queue # handle 0 ?"]
    );
    assert_eq!(verdict(&[json!([{"accept": null}]), json!([{"drop": null}])], "drop"), [""; 0]);
    assert_eq!(
        verdict(&[json!([{"xt": {"type": "target", "name": "REJECT"}}])], "accept"),
        ["input inet t in: xt target \"reject\" # handle 0"]
    );
    assert_eq!(verdict(&[json!([{"xt": {"type": "target", "name": "LOG"}}])], "accept"), [""; 0]);
    assert_eq!(
        verdict(&[json!([{"xt": {"type": "target", "name": "NEW"}}])], "accept"),
        ["input inet t in: xt target \"new\" # handle 0 ?"]
    );
    assert_eq!(verdict(&[json!([{"xt": null}, {"drop": null}])], "accept").len(), 1);
}

#[test]
fn the_state_is_invalid_before_tracking() {
    let of = |priority: i64, state: &str| {
        let json = input(
            "accept",
            &[
                json!([{"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right": state}}, {"drop": null}]),
            ],
        );
        let json = json
            .replace("\"input\"", "\"prerouting\"")
            .replace("\"prio\":0", &format!("\"prio\":{priority}"));
        drops(&json, "239.1.1.1:5000", Way::In).len()
    };
    assert_eq!(
        [of(-300, "invalid"), of(-300, "new"), of(-150, "invalid"), of(-150, "new")],
        [1, 0, 0, 1]
    );
}

#[test]
fn an_untracked_flow_is_not_new() {
    let state = |of: &str| json!([{"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right": of}}, {"drop": null}]);
    let verdict = |of: &str| {
        drops(&input("accept", &[json!([{"notrack": null}]), state(of)]), "239.1.1.1:5000", Way::In)
            .len()
    };
    assert_eq!([verdict("untracked"), verdict("new")], [1, 0]);
}

#[test]
fn an_earlier_redirect_is_known() {
    let json = json!({"nftables": [
        {"chain": {"family": "ip", "table": "n", "name": "pre", "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}},
        {"chain": {"family": "ip", "table": "n", "name": "in", "hook": "input", "prio": 0, "policy": "drop"}},
        {"rule": {"family": "ip", "table": "n", "chain": "pre", "expr": [{"dnat": {"addr": "10.0.0.1"}}]}},
        {"rule": {"family": "ip", "table": "n", "chain": "in", "expr": [
            {"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}}, {"accept": null}]}},
    ]});
    assert!(drops(&json.to_string(), "239.1.1.1:5000", Way::In).is_empty());
    assert_eq!(
        drops(&json.to_string().replace("dnat\":{", "counter\":{"), "239.1.1.1:5000", Way::In),
        ["input ip n in: policy"]
    );
}

#[test]
fn recursive_chains_end() {
    let jump = |to: &str| json!([{"jump": {"target": to}}]);
    let json = input("accept", &[jump("in"), jump("in"), jump("gone"), json!([{"drop": null}])]);
    assert_eq!(drops(&json, "239.1.1.1:5000", Way::In).len(), 1);
}

#[test]
fn an_invalid_ruleset_is_refused() {
    assert!(Ruleset::parse("").unwrap_err().starts_with("unexpected output of nft -j: "));
    assert!(Ruleset::parse("{}").is_err());
    assert_eq!(
        Ruleset::parse("{\"nftables\": []}").unwrap().drops(&flow("239.1.1.1:1"), Way::In),
        []
    );
}

/// JSON of the words that nft uses, put together anyhow.
fn odd() -> impl Strategy<Value = Value> {
    let words = "match op left right == in != set prefix addr len range concat elem val meta key \
                 payload protocol field ip udp dport daddr saddr ct state fib result type flags \
                 vmap data jump goto target in @s accept drop xt name limit & 239.1.1.1 * iifname \
                 e0 queue null"
        .split_whitespace()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let word = proptest::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((word.clone(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_ruleset_panics(
        rules in proptest::collection::vec(odd(), 0..6),
        elements in odd(),
        chain in odd(),
        listing in "(table inet t \\{\n)?(\tchain in \\{\n)?(\t\t[a-z={} ]{0,40} # handle 1\n)*[\t a-z{}\n]{0,40}",
    ) {
        let mut json: Value = serde_json::from_str(&input("drop", &rules)).unwrap();
        let objects = json["nftables"].as_array_mut().unwrap();
        objects
            .push(json!({"set": {"family": "inet", "table": "t", "name": "s", "elem": elements}}));
        objects.push(json!({"chain": chain}));
        let ruleset = Ruleset::parse(&json.to_string()).unwrap().with_listing(&listing);
        for way in [Way::In, Way::Out, Way::Bridged] {
            let _ = ruleset.drops(&flow("239.1.1.1:5000"), way);
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Ruleset::parse(&text);
        let _ = Ruleset::default().with_listing(&text);
    }
}
