//! Drops on the receiving host, of datagrams or of the messages that keep its membership. mcast
//! names the firewall if, and only if, one of its rules drops them.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{self, Ip, Scene};
use lab::{Finished, Lab, eventually, finding, ids};
use serde_json::Value;

const FAMILIES: [Ip; 2] = [Ip::V4, Ip::V6];

fn evidence(finding: &Value) -> &str {
    finding["evidence"].as_str().expect("evidence")
}

fn conclusion(checked: &Finished) -> String {
    checked.summary()["conclusion"].as_str().expect("a conclusion").to_owned()
}

fn check(scene: &Scene) -> Finished {
    scene.receiver.mcast(&format!("check {} -d 1s -o json", scene.arguments())).finish()
}

fn check_unprivileged(scene: &Scene) -> Finished {
    scene
        .receiver
        .mcast_unprivileged(&format!("check {} -d 500ms -o json", scene.arguments()))
        .finish()
}

/// Runs the commands of all findings above a note on this host.
fn run_commands(scene: &mut Scene, checked: &Finished) {
    for finding in checked.events_of("finding") {
        if finding["level"] == "warning" || finding["level"] == "fault" {
            for command in finding["commands"].as_array().expect("commands") {
                let run = command["run"].as_str().expect("a line");
                if command["where"] == "here" && run.starts_with("nft insert") {
                    scene.run_at(run, "here");
                }
            }
        }
    }
}

/// The nftables expressions that match queries and reports.
fn messages(ip: Ip) -> [&'static str; 2] {
    ip.either(
        ["ip protocol igmp ip daddr 224.0.0.1", "igmp type membership-report-v3"],
        ["icmpv6 type mld-listener-query", "ip6 daddr ff02::16"],
    )
}

/// Expects that a rule at each hook is detected, and that the suggested commands fix it.
fn detects_rules_at(hooks: [(&str, &str); 3], id: &str, which: usize) {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    for ip in FAMILIES {
        let mut scene = scenes::healthy_with_querier(&lab, ip);
        scene.wait_for_flow();
        let sender = scene.start_sender();
        for (family, hook) in hooks {
            let rule = format!("{} drop", messages(ip)[which]);
            scene.receiver.firewall(&format!(
                "table {family} f {{ chain c {{ type filter hook {hook} priority 0; {rule}; }}; }}"
            ));
            let checked = check(&scene);
            let found = finding(&checked, id);
            assert!(
                evidence(&found).contains(&format!("chain c of table {family} f")),
                "{checked}"
            );
            assert!(matches!(found["level"].as_str(), Some("warning" | "fault")), "{checked}");
            assert!(!conclusion(&checked).contains("Multicast works here"), "{checked}");
            assert_eq!(finding(&checked, "querier")["level"], "note", "{checked}");
            run_commands(&mut scene, &checked);
            eventually("the commands fix it", || {
                let checked = check(&scene);
                ids(&checked, "warning").is_empty() && ids(&checked, "fault").is_empty()
            });
            scene.receiver.shell("nft flush ruleset");
        }
        drop(sender);
    }
}

#[test]
fn dropped_queries_are_detected_at_every_hook() {
    let hooks = [("netdev", "ingress device e0"), ("inet", "prerouting"), ("inet", "input")];
    detects_rules_at(hooks, "firewall-membership-in", 0);
}

#[test]
fn dropped_reports_are_detected_at_every_hook() {
    let hooks = [("inet", "output"), ("inet", "postrouting"), ("netdev", "egress device e0")];
    detects_rules_at(hooks, "firewall-membership-out", 1);
}

/// Drops everything without an explicit rule: the group, and IGMP or MLD.
const DEFAULT_DENY: &str = "table inet fw { chain input { type filter hook input priority 0; \
     policy drop; ct state established,related accept; iifname lo accept; \
     icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept; }; \
     chain output { type filter hook output priority 0; policy drop; \
     icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept; \
     meta l4proto udp accept; }; }";

#[test]
fn the_suggested_commands_keep_the_membership() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    for ip in FAMILIES {
        // The querier sends a query every 2 s, and the switch removes a member after 5 s.
        let mut scene = scenes::healthy_with_querier(&lab, ip);
        scene.wait_for_flow();
        scene.receiver.firewall(DEFAULT_DENY);
        let sender = scene.start_sender();
        let checked = check(&scene);
        assert_eq!(checked.status.code(), Some(1), "{checked}");
        run_commands(&mut scene, &checked);
        let checked = check(&scene);
        run_commands(&mut scene, &checked);
        let run = scene.receiver.mcast_with(&[
            "recv",
            &scene.target,
            "--iface",
            "e0",
            "--duration",
            "13s",
            "-q",
            "--assert",
            "gap < 1s",
        ]);
        run.ends(0);
        drop(sender);
    }
}

#[test]
fn a_stopped_stream_names_the_rule_that_drops_queries() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    for ip in FAMILIES {
        let scene = scenes::healthy_with_querier(&lab, ip);
        scene.wait_for_flow();
        scene.receiver.firewall(&format!(
            "table inet f {{ chain c {{ type filter hook input priority 0; {} drop; }}; }}",
            messages(ip)[0]
        ));
        let _sender = scene.start_sender();
        let recv = scene.receiver.mcast(&format!("recv {} -o json", scene.arguments()));
        let line = recv.line(|line| line.contains("\"id\":\"stream-stopped\""));
        let found: Value = serde_json::from_str(&line).expect("JSON");
        let names = ip.either("drops IGMP queries", "drops MLD queries");
        assert!(evidence(&found).contains(names), "{found}");
        assert!(evidence(&found).contains("chain c of table inet f"), "{found}");
        let run = found["commands"][0]["run"].as_str().expect("a line");
        assert!(run.starts_with("nft insert rule inet f c "), "{found}");
    }
}

/// Frames of a kind are found to be dropped by IP, for this reason.
fn detects_ip_drops(scene: &Scene, kind: &str, source: &str, id: &str, names: &str) {
    let _frames = scene.sender.send_frames(kind, scene.ip.group(), source);
    let before = scene.receiver.frames_received("e0");
    eventually("frames arrive", || scene.receiver.frames_received("e0") > before + 5);
    let checked = check(scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec![id.to_owned()]),
        "{checked}"
    );
    let found = finding(&checked, id);
    let text = format!("{} {}", found["what"].as_str().expect("what"), evidence(&found));
    assert!(text.contains(names), "{kind} from {source}: no {names}\n{checked}");
    assert!(!conclusion(&checked).contains("loss in the network"), "{checked}");
    // Without rights nothing is proven, and nothing is made up.
    let checked = check_unprivileged(scene);
    assert_eq!(ids(&checked, "fault"), [""; 0], "{checked}");
    let blames = |id: &String| id.starts_with("firewall");
    assert!(!ids(&checked, "warning").iter().any(blames), "{checked}");
}

#[test]
fn ip_header_drops_are_not_blamed_on_a_firewall() {
    let Some(lab) = Lab::open() else { return };
    for ip in FAMILIES {
        let scene = scenes::healthy(&lab, ip);
        scene.receiver.shell("echo 1 > /proc/sys/net/ipv4/conf/e0/rp_filter");
        let martians: &[&str] = ip.either(
            &["0.0.0.0", "0.1.2.3", "10.0.0.255", "255.255.255.255", "224.1.1.1", "127.0.0.5"],
            &["ff02::5", "::1"],
        );
        for source in martians {
            detects_ip_drops(&scene, "plain", source, "martian-source", source);
        }
        let (errors, truncated) = ip.either(
            ("Ip: InHdrErrors +", "InTruncatedPkts +"),
            ("Ip6: InHdrErrors +", "InTruncatedPkts +"),
        );
        let sender = ip.sender();
        if ip == Ip::V4 {
            detects_ip_drops(
                &scene,
                "checksum",
                sender,
                "bad-ip-header",
                "wrong IP header checksum",
            );
        }
        detects_ip_drops(&scene, "version", sender, "bad-ip-header", errors);
        detects_ip_drops(&scene, "length", sender, "bad-ip-header", truncated);
        detects_ip_drops(&scene, "route", sender, "source-route", "route");
    }
}

#[test]
fn one_martian_sender_of_two_is_a_warning() {
    let Some(lab) = Lab::open() else { return };
    let scene = scenes::healthy(&lab, Ip::V4);
    let _refused = scene.sender.send_frames("plain", "239.1.1.1", "0.0.0.0");
    let _sender = scene.start_sender();
    eventually("both send", || ids(&check(&scene), "warning") == ["martian-source"]);
    let checked = check(&scene);
    assert_eq!(checked.status.code(), Some(0), "{checked}");
    assert!(
        conclusion(&checked).starts_with("239.1.1.1:5000 arrives on e0 from 10.0.0.100"),
        "{checked}"
    );
    assert!(conclusion(&checked).contains("but it comes from 0.0.0.0"), "{checked}");
}

#[test]
fn a_rule_that_drops_most_datagrams_is_named() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    for (ip, rule) in [
        (Ip::V4, "numgen inc mod 20 != 0 udp dport 5000 drop"),
        (Ip::V6, "udp dport 5000 limit rate over 5/second burst 1 packets drop"),
    ] {
        let scene = scenes::healthy(&lab, ip);
        scene.receiver.firewall(&format!(
            "table inet f {{ chain c {{ type filter hook input priority 0; {rule}; }}; }}"
        ));
        let _sender = scene.start_sender();
        let checked = check(&scene);
        assert_eq!(ids(&checked, "fault"), ["firewall-input"], "{checked}");
        assert!(
            evidence(&finding(&checked, "firewall-input")).contains("chain c of table"),
            "{checked}"
        );
        let text = conclusion(&checked);
        assert!(text.contains("drops part of") && !text.contains("works here"), "{checked}");
    }
}

#[test]
fn an_unexceeded_limit_rule_is_not_a_finding() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let scene = scenes::healthy(&lab, Ip::V4);
    scene.receiver.firewall(
        "table inet f { chain c { type filter hook input priority 0; udp dport 5000 limit rate \
         over 9000/second drop; ip protocol igmp limit rate over 9000/second drop; }; }",
    );
    let _sender = scene.start_sender();
    let checked = check(&scene);
    assert_eq!((ids(&checked, "fault"), ids(&checked, "warning")), (vec![], vec![]), "{checked}");
    assert!(conclusion(&checked).starts_with("Multicast works here"), "{checked}");
}

#[test]
fn bridge_tables_are_read_for_the_bridge_itself() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    b.shell(
        "ip addr flush dev e0; ip link add br0 type bridge mcast_snooping 0; ip link set e0 \
         master br0; ip link set br0 up; ip addr add 10.0.0.101/24 dev br0",
    );
    let _sender = a.mcast("send 239.1.1.1:5000 --iface e0 --interval 20ms --no-offload").ready();
    for (hook, rule, level, id) in [
        ("input", "ip protocol igmp drop", "warning", "firewall-membership-in"),
        ("output", "ip protocol igmp drop", "warning", "firewall-membership-out"),
        ("prerouting", "iifname e0 udp dport 5000 drop", "fault", "firewall-prerouting"),
    ] {
        b.firewall(&format!(
            "table bridge f {{ chain c {{ type filter hook {hook} priority 0; {rule}; }}; }}"
        ));
        let check = || b.mcast("check 239.1.1.1:5000 --iface br0 -d 500ms -o json").finish();
        let checked = check();
        assert_eq!(ids(&checked, level), [id], "{checked}");
        let run = finding(&checked, id)["commands"][0]["run"].as_str().expect("a line").to_owned();
        b.shell(&run);
        let checked = check();
        assert_eq!(
            (ids(&checked, "fault"), ids(&checked, "warning")),
            (vec![], vec![]),
            "{checked}"
        );
        b.shell("nft flush ruleset");
    }
}

#[test]
fn drops_between_bridge_ports_are_detected() {
    let Some(lab) = Lab::open() else { return };
    for ip in FAMILIES {
        let scene = scenes::healthy_with_querier(&lab, ip);
        let switch = scene.switch.as_ref().expect("a switch").host();
        switch.shell("ip addr add 10.0.0.1/24 dev br0");
        for rule in ["meta l4proto udp drop", ip.either("ip protocol igmp drop", messages(ip)[0])] {
            let rule = rule.trim_end_matches(" drop");
            switch.firewall(&format!(
                "table bridge f {{ chain c {{ type filter hook forward priority 0; {rule} drop; }}; }}"
            ));
            let check = || {
                switch
                    .mcast(&format!("check {} --iface br0 -d 300ms -o json", scene.target))
                    .finish()
            };
            let checked = check();
            let found = finding(&checked, "bridge-firewall");
            assert_eq!(found["level"], "warning", "{checked}");
            assert!(evidence(&found).contains("chain c of table bridge f"), "{checked}");
            switch.shell(found["commands"][0]["run"].as_str().expect("a line"));
            assert!(!ids(&check(), "warning").contains(&"bridge-firewall".to_owned()));
            switch.shell("nft flush ruleset");
        }
    }
}
