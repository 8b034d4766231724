//! `mcast check` in healthy networks, and in networks with an unrelated problem. It reports no
//! false fault, and its commands are right.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{self, Ip};
use lab::{Finished, Host, Lab, Running, eventually, finding, ids};
use serde_json::Value;

const TARGET: &str = "239.1.1.1:5000";

/// Runs a check at a host, as root of its network.
fn check(host: &Host, arguments: &str) -> Finished {
    host.mcast(&format!("check {arguments} -o json")).finish()
}

/// Starts a sender of the target, which sends until it is dropped.
fn start_sender(host: &Host, target: &str) -> Running {
    host.mcast(&format!("send {target} --interval 20ms --no-offload")).ready()
}

/// The commands of a finding.
fn commands_of(finding: &Value) -> Vec<String> {
    let commands = finding["commands"].as_array().expect("commands");
    commands.iter().map(|command| command["run"].as_str().expect("a line").to_owned()).collect()
}

fn has_no_fault(checked: &Finished) {
    assert_eq!((checked.status.code(), ids(checked, "fault")), (Some(0), Vec::new()), "{checked}");
}

#[test]
fn frames_on_a_bridge_port_are_not_blamed_on_a_firewall() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    b.shell(
        "ip addr flush dev e0; ip link add br0 type bridge mcast_snooping 0; ip link set e0 \
         master br0; ip link set br0 up",
    );
    let _sender = start_sender(&a, &format!("{TARGET} --iface e0"));
    for has_address in [false, true] {
        if has_address {
            b.address("br0", "10.0.0.101/24");
            let checked = check(&b, &format!("{TARGET} --iface br0 -d 500ms"));
            has_no_fault(&checked);
            finding(&checked, "arrives");
        }
        let checked = check(&b, &format!("{TARGET} --iface e0 -d 500ms"));
        assert_eq!(
            (ids(&checked, "fault"), ids(&checked, "warning")),
            (vec!["wrong-interface".to_owned()], Vec::new()),
            "has an address: {has_address}\n{checked}"
        );
        assert_eq!(
            commands_of(&finding(&checked, "wrong-interface")),
            [format!("mcast recv {TARGET} --iface br0")],
            "{checked}"
        );
    }
}

#[test]
fn frames_on_an_unused_interface_are_not_blamed_on_a_firewall() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    b.shell("ip addr flush dev e0");
    let _sender = start_sender(&a, &format!("{TARGET} --iface e0"));
    let checked = check(&b, &format!("{TARGET} -d 500ms"));
    assert_eq!(ids(&checked, "fault"), ["no-interface"], "{checked}");
}

#[test]
fn a_slow_sender_is_not_a_pruning_switch() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _member =
        b.mcast(&format!("recv {TARGET} --iface e0 -qq")).ready_when_member(&b, "e0", "239.1.1.1");
    let _sender =
        a.mcast(&format!("send {TARGET} --iface e0 --interval 900ms --no-offload")).ready();
    for _ in 0..3 {
        has_no_fault(&check(&b, &format!("{TARGET} --iface e0 -d 200ms")));
    }
}

#[test]
fn a_blackhole_route_gets_a_replacement() {
    let Some(lab) = Lab::open() else { return };
    for route in ["unreachable 224.0.0.0/4", "prohibit 239.0.0.0/8", "blackhole 239.1.1.1"] {
        let (_a, b) = lab.pair();
        b.shell(&format!("ip route add {route}"));
        let checked = check(&b, &format!("{TARGET} --iface e0 -d 200ms"));
        has_no_fault(&checked);
        commands_of(&finding(&checked, "no-route")).iter().for_each(|line| drop(b.shell(line)));
        let checked = check(&b, &format!("{TARGET} --iface e0 -d 200ms"));
        assert_eq!(finding(&checked, "route")["level"], "pass", "{route}\n{checked}");
    }
}

#[test]
fn sysctl_names_escape_dots_of_interfaces() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    let (_a, b) = lab.pair();
    b.shell("ip link set e0 down; ip link set e0 name e0.7; ip link set e0.7 up");
    b.shell("echo 1 > /proc/sys/net/ipv6/conf/e0.7/disable_ipv6");
    let checked = check(&b, "[ff15::1234]:5000 --iface e0.7 -d 200ms");
    commands_of(&finding(&checked, "ipv6-disabled")).iter().for_each(|line| drop(b.shell(line)));
    assert_eq!(b.shell("cat /proc/sys/net/ipv6/conf/e0.7/disable_ipv6"), "0\n");
}

#[test]
fn drops_between_bridge_ports_do_not_concern_the_host() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    if !std::path::Path::new("/proc/sys/net/bridge").exists() {
        return Lab::skipped("needs br_netfilter in the kernel");
    }
    let scene = scenes::bridge_firewall(&lab, scenes::Ip::V4);
    let _sender = scene.start_sender();
    let checked = check(
        scene.switch.as_ref().expect("a switch").host(),
        &format!("{TARGET} --iface br0 -d 500ms"),
    );
    has_no_fault(&checked);
    assert_eq!(finding(&checked, "arrives")["level"], "pass", "{checked}");
    assert_eq!(finding(&checked, "bridge-firewall")["level"], "warning", "{checked}");
}

#[test]
fn drops_of_an_unrelated_program_are_not_a_fault() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _slow = scenes::receiver(&b, scenes::Ip::V4, "", 4096, 0.05, true);
    let _sender = a.mcast("send 10.0.0.101:5000 --rate 1kpps --no-offload").ready();
    let checked = check(&b, &format!("{TARGET} --iface e0 -d 500ms"));
    has_no_fault(&checked);
    assert_eq!(finding(&checked, "buffer-overflow")["level"], "note", "{checked}");
}

#[test]
fn loopback_traffic_is_not_network_traffic() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let _sender = start_sender(&host, &format!("{TARGET} --iface lo"));
    let checked = check(&host, &format!("{TARGET} --iface lo -d 300ms"));
    has_no_fault(&checked);
    assert!(
        !checked.events_of("finding").iter().any(|finding| finding["id"] == "duplicate-address"),
        "{checked}"
    );
    finding(&checked, "arrives");
}

#[test]
fn a_firewall_rule_is_named_without_an_interface() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (_a, b) = lab.pair_with_two_wires();
    b.firewall(
        "table inet filter { chain input { type filter hook input priority filter; udp dport 5000 \
         drop; }; }",
    );
    let checked = check(&b, &format!("{TARGET} -d 200ms"));
    finding(&checked, "no-route");
    let found = finding(&checked, "firewall-input");
    assert!(
        found["evidence"].as_str().expect("evidence").contains("chain input of table inet filter"),
        "{checked}"
    );
}

#[test]
fn a_unicast_program_is_not_blamed_for_a_group() {
    let Some(lab) = Lab::with(&["socat"]) else { return };
    let (a, b) = lab.pair();
    let _member = b.program(
        "socat -u UDP4-RECV:6000,bind=239.1.1.1,ip-add-membership=239.1.1.1:e0,reuseaddr \
         OPEN:/dev/null",
    );
    let _wants_unicast =
        b.program("socat -u UDP4-RECV:5000,bind=10.0.0.101,reuseaddr OPEN:/dev/null");
    b.wait_for_join("e0", "239.1.1.1");
    lab::eventually("the second is bound", || b.proc_net("udp").contains(":1388 "));
    let _sender = start_sender(&a, &format!("{TARGET} --iface e0"));
    let checked = check(&b, &format!("{TARGET} --iface e0 -d 300ms"));
    has_no_fault(&checked);
    assert_eq!(finding(&checked, "bound-to-address")["level"], "warning", "{checked}");
}

#[test]
fn a_rule_against_own_datagrams_is_not_a_warning() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (_a, b) = lab.pair();
    // Connection tracking skips incoming datagrams, but not those that the host sends to itself.
    b.firewall(
        "table inet filter { chain early { type filter hook prerouting priority raw; ip daddr \
         224.0.0.0/4 notrack; }; chain input { type filter hook input priority filter; policy \
         drop; ct state established,related,untracked accept; }; }",
    );
    let checked = check(&b, &format!("{TARGET} --iface e0 -d 200ms"));
    has_no_fault(&checked);
    assert_eq!(ids(&checked, "warning"), ["nothing-arrives"], "{checked}");
}

#[test]
fn a_second_interface_on_a_network_is_not_blamed_on_a_firewall() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch_with("mcast_snooping 0");
    let a = lab.host_on(&mut switch, "10.0.0.100/24");
    let b = lab.host_on(&mut switch, "10.0.0.101/24");
    lab.second_port(&mut switch, &b, "10.0.0.102/24");
    // Datagrams sent on one interface return on the other, and the kernel drops them as martians.
    let own = start_sender(&b, &format!("{TARGET} --iface e0"));
    let checked = check(&b, &format!("{TARGET} --iface e1 -d 500ms"));
    assert_eq!(ids(&checked, "fault"), ["wrong-interface"], "{checked}");
    drop(own);
    // IPv6 accepts them from a unique address.
    b.wait_for_ipv6("e0");
    let own = start_sender(&b, "[ff15::1234]:5000 --iface e0");
    let checked = check(&b, "[ff15::1234]:5000 --iface e1 -d 500ms");
    has_no_fault(&checked);
    assert!(
        checked.events_of("finding").iter().all(|finding| finding["id"] != "duplicate-address"),
        "{checked}"
    );
    drop(own);
    // Strict rp_filter refuses datagrams on e1: the route to their source is through e0.
    b.shell("for conf in all e0 e1; do echo 1 > /proc/sys/net/ipv4/conf/$conf/rp_filter; done");
    let _sender = start_sender(&a, &format!("{TARGET} --iface e0"));
    let checked = check(&b, &format!("{TARGET} --iface e1 -d 500ms"));
    assert_eq!(ids(&checked, "fault"), ["rp-filter", "wrong-interface"], "{checked}");
    has_no_fault(&check(&b, &format!("{TARGET} --iface e0 -d 500ms")));
}

#[test]
fn the_rule_for_fragments_names_no_port() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    b.firewall(
        "table netdev filter { chain ingress { type filter hook ingress device e0 priority 0; ip \
         daddr 224.0.0.0/4 drop; }; }",
    );
    let _sender = start_sender(&a, &format!("{TARGET} --iface e0 --probe --size 4000"));
    let checked = check(&b, &format!("{TARGET} --iface e0 -d 500ms"));
    commands_of(&finding(&checked, "firewall-ingress")).iter().for_each(|line| drop(b.shell(line)));
    let checked = check(&b, &format!("{TARGET} --iface e0 -d 500ms"));
    has_no_fault(&checked);
    finding(&checked, "arrives");
}

#[test]
fn datagrams_without_a_socket_are_not_the_group() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    // Another program has joined two groups, which receive datagrams on other ports.
    let _others = ["239.7.7.7:7000", "[ff15::7777]:7000"]
        .map(|target| b.mcast(&format!("recv {target} --iface e0 -o json")).ready());
    let broadcasts = "10.0.0.255:45678 255.255.255.255:67";
    let all_hosts = "224.0.0.1:9999 239.7.7.7:7001";
    let all_hosts_of_ipv6 = "[ff02::1%e0]:9999 [ff15::7777]:7001";
    for (sent, target) in [
        (broadcasts, TARGET),
        (all_hosts, TARGET),
        (&format!("{broadcasts} {all_hosts}"), TARGET),
        (all_hosts_of_ipv6, "[ff15::1234]:5000"),
    ] {
        let _sender = a.mcast(&format!("send {sent} --iface e0 --interval 20ms")).ready();
        // A check that begins beside it may send to itself at the port.
        let recv = b.mcast(&format!("recv {target} --iface e0 -d 500ms -o json")).finish();
        let check = format!("{target} --iface e0 -d 500ms -o json");
        let unprivileged = b.program(&format!(
            "setpriv --bounding-set=-all --inh-caps=-all --no-new-privs {} check {check}",
            env!("CARGO_BIN_EXE_mcast")
        ));
        for checked in [recv, unprivileged.finish()] {
            assert_eq!(ids(&checked, "fault"), [""; 0], "{sent}\n{checked}");
            assert_eq!(ids(&checked, "warning"), ["nothing-arrives"], "{sent}\n{checked}");
        }
    }
    assert!(b.counter("Udp", "IgnoredMulti") > 0 && b.counter6("Udp6IgnoredMulti") > 0);
}

/// Checks the target as root of the network namespace and as an ordinary user.
fn checks(host: &Host, arguments: &str) -> [Finished; 2] {
    let arguments = format!("check {arguments} -o json");
    [host.mcast(&arguments).finish(), host.mcast_unprivileged(&arguments).finish()]
}

fn has_nothing_above_a_note(checked: &Finished) {
    has_no_fault(checked);
    assert_eq!(ids(checked, "warning"), [""; 0], "{checked}");
    checked.prints("Multicast works here: ");
}

/// No firewall is blamed, at any level.
fn blames_no_firewall(checked: &Finished) {
    let blamed = checked.events_of("finding").into_iter().any(|finding| {
        let id = finding["id"].as_str().expect("an id").to_owned();
        finding["level"] != "pass" && id.starts_with("firewall")
    });
    assert!(!blamed, "{checked}");
}

#[test]
fn traffic_of_others_makes_no_finding() {
    let Some(lab) = Lab::open() else { return };
    for ip in [Ip::V4, Ip::V6] {
        let scene = scenes::healthy(&lab, ip);
        let kinds: &[&str] =
            ip.either(&["broadcast", "lldp", "sctp", "report"], &["lldp", "sctp", "report"]);
        for kind in kinds {
            let before = scene.receiver.frames_received("e0");
            let others = scene.sender.send_frames(kind, ip.group(), ip.sender());
            eventually("they arrive", || scene.receiver.frames_received("e0") > before + 5);
            for checked in checks(&scene.receiver, &format!("{} -d 500ms", scene.arguments())) {
                has_no_fault(&checked);
                blames_no_firewall(&checked);
                assert_eq!(ids(&checked, "warning"), ["nothing-arrives"], "{kind}\n{checked}");
            }
            let _sender = scene.start_sender();
            for checked in checks(&scene.receiver, &format!("{} -d 500ms", scene.arguments())) {
                has_nothing_above_a_note(&checked);
                blames_no_firewall(&checked);
            }
            drop(others);
        }
    }
}

#[test]
fn the_loopback_interface_alone_has_no_firewall() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    host.shell("ip -6 route add local ff00::/8 dev lo");
    for target in [TARGET, "224.0.0.251:5353", "[ff15::1234]:5000"] {
        let target = format!("{target} --iface lo");
        for checked in checks(&host, &format!("{target} -d 300ms")) {
            has_no_fault(&checked);
            blames_no_firewall(&checked);
            assert_eq!(ids(&checked, "warning"), ["nothing-arrives"], "{checked}");
        }
        let _sender = start_sender(&host, &target);
        checks(&host, &format!("{target} -d 300ms")).iter().for_each(has_nothing_above_a_note);
    }
}
