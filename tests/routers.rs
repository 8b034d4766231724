//! `mcast check` and `mcast recv` behind routers: one without multicast routing, one with an old
//! version of IGMP or MLD, and a silent group with expected traffic.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{Ip, uses_igmp};
use lab::{Finished, Host, Lab, eventually, finding, ids};
use serde_json::{Value, json};

/// A sender and a receiver with a router between them that forwards unicast alone.
struct Routed {
    sender: Host,
    router: Host,
    receiver: Host,
}

fn routed(lab: &Lab) -> Routed {
    let (sender, router, receiver) = (lab.host(), lab.host(), lab.host());
    lab.wire(&sender, &router);
    lab.wire(&router, &receiver);
    let host = |near: &str, own: &str| {
        format!(
            "ip addr add 10.{near}.0.{own}/24 dev e0; ip route add default via 10.{near}.0.1; \
             ip addr add fd00:{near}::{own}/64 dev e0 nodad; \
             ip -6 route add default via fd00:{near}::1"
        )
    };
    sender.shell(&host("0", "100"));
    receiver.shell(&host("1", "101"));
    router.shell(
        "for n in 0 1; do ip addr add 10.$n.0.1/24 dev e$n; ip addr add fd00:$n::1/64 dev e$n \
         nodad; done; echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > \
         /proc/sys/net/ipv6/conf/all/forwarding",
    );
    Routed { sender, router, receiver }
}

impl Routed {
    /// Listens for the group, and runs the suggested command with these options at the sender.
    fn listen(&self, target: &str, options: &str) -> Finished {
        let listener = self
            .receiver
            .mcast(&format!("check --listen {target} --iface e0 -d 20s -o json"))
            .ready();
        let line = listener.line(|line| line.contains("\"ready\""));
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        // A shell removes the quotes.
        let send = ready["send"].as_str().expect("a command").replace('\'', "");
        let send = send.replace("%IFACE", "%e0");
        let send = send.strip_prefix("mcast ").expect("mcast").to_owned();
        self.sender.mcast(&format!("{send} {options}")).ends(0);
        listener.finish()
    }
}

#[test]
fn a_router_without_multicast_routing_differs_from_a_low_ttl() {
    let Some(lab) = Lab::open() else { return };
    for ip in [Ip::V4, Ip::V6] {
        let hosts = routed(&lab);
        // 64 may be the choice of the sender or the default of its system.
        for (options, id) in [("", "ttl-too-low"), ("--ttl 64", "ttl-too-low")] {
            let checked = hosts.listen(&ip.target(), options);
            assert_eq!(ids(&checked, "fault"), [id], "{options}\n{checked}");
            let remedy = finding(&checked, id)["remedy"].to_string();
            assert!(remedy.contains("If the sender already used --ttl"), "{checked}");
        }
        for options in ["--ttl 2", "--ttl 16"] {
            let checked = hosts.listen(&ip.target(), options);
            assert_eq!(
                (checked.status.code(), ids(&checked, "fault")),
                (Some(1), vec!["not-routed".to_owned()]),
                "{options}\n{checked}"
            );
            let found = finding(&checked, "not-routed");
            let remedy = found["remedy"].as_str().unwrap();
            let show = ip.either(
                ["show ip pim neighbor", "show ip rpf 10.0.0.100", "show ip mroute 239.1.1.1"],
                [
                    "show ipv6 pim neighbor",
                    "show ipv6 rpf fd00::100",
                    "show ipv6 mroute ff15::1234",
                ],
            );
            let next = ip.either("beginning with 10.1.0.1", "beginning with fd00:1::1");
            assert!(remedy.contains(next), "{checked}");
            let commands = found["commands"].to_string();
            show.iter().for_each(|show| assert!(commands.contains(show), "{show}\n{checked}"));
            assert!(remedy.contains("rendezvous point"), "{checked}");
            assert!(found["evidence"].as_str().unwrap().contains("no PIM hello"), "{checked}");
        }
    }
}

#[test]
fn a_source_specific_group_needs_no_rendezvous_point() {
    let Some(lab) = Lab::open() else { return };
    let hosts = routed(&lab);
    for target in ["232.1.1.1:5000", "[ff35::1234]:5000"] {
        let checked = hosts.listen(target, "--ttl 16");
        let found = finding(&checked, "not-routed");
        assert!(!found["remedy"].as_str().unwrap().contains("rendezvous"), "{checked}");
    }
}

#[test]
fn a_short_check_does_not_miss_a_pim_router() {
    let Some(lab) = Lab::open() else { return };
    let hosts = routed(&lab);
    for (ip, source) in [(Ip::V4, "10.0.0.100"), (Ip::V6, "[fd00::100]")] {
        let target = format!("{source}@{}", ip.target());
        let checked =
            hosts.receiver.mcast(&format!("check {target} --iface e0 -d 300ms -o json")).ends(0);
        let found = finding(&checked, "no-pim-router");
        assert_eq!(found["level"], "note", "{checked}");
        let evidence = found["evidence"].as_str().unwrap();
        let next = ip.either("the router towards 10.0.0.100 is 10.1.0.1", "is fd00:1::1");
        assert!(evidence.contains("too short") && evidence.contains(next), "{checked}");
        let quoted = ip.either(target.clone(), format!("'{target}'"));
        let command = format!("mcast check {quoted} --iface e0 --duration 130s");
        assert_eq!(found["commands"][0]["run"], command, "{checked}");
    }
    // A source in this network needs no router.
    let near = "check 10.1.0.5@239.1.1.1:5000 --iface e0 -d 300ms -o json";
    let checked = hosts.receiver.mcast(near).ends(0);
    assert!(!checked.out.contains("no-pim-router"), "{checked}");
}

#[test]
fn a_link_local_group_is_never_routed() {
    let Some(lab) = Lab::open() else { return };
    let hosts = routed(&lab);
    for (target, options) in [("224.0.0.200:5000", "--ttl 16"), ("224.0.0.200:5000", "")] {
        let checked = hosts.listen(target, options);
        let found = finding(&checked, "not-routed");
        assert!(found["remedy"].as_str().unwrap().contains("a group that is routed"), "{checked}");
    }
}

#[test]
fn a_pim_router_is_named() {
    let Some(lab) = Lab::open() else { return };
    let hosts = routed(&lab);
    let hello = "
import socket, struct, time
e1 = socket.if_nametoindex('e1')
v4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, 103)
v4.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('4s4si', bytes(4), bytes(4), e1))
v6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 103)
while True:
    v4.sendto(bytes([0x20, 0, 0xdf, 0xff]), ('224.0.0.13', 0))
    v6.sendto(bytes([0x20, 0, 0, 0]), ('ff02::d', 0, 0, e1))
    print('sent', flush=True)
    time.sleep(0.05)
";
    let speaks = hosts.router.python(hello, &[]);
    speaks.line(|line| line == "sent");
    for (ip, router) in [(Ip::V4, "PIM hello from 10.1.0.1"), (Ip::V6, "PIM hello from fe80::")] {
        let checked = hosts.listen(&ip.target(), "--ttl 16");
        let evidence = finding(&checked, "not-routed")["evidence"].to_string();
        assert!(evidence.contains(router), "{checked}");
    }
}

/// Asks for members in IGMPv2.
const OLD_QUERY: &str = "
import socket, struct
e0 = socket.if_nametoindex('e0')
v4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
v4.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('4s4si', bytes(4), bytes(4), e0))
v4.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([148, 4, 0, 0]))
v4.sendto(struct.pack('!BBHI', 0x11, 100, 0xffff - 0x1164, 0), ('224.0.0.1', 0))
";

#[test]
fn an_old_querier_stops_ssm_but_not_other_groups() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // It does not keep the kernel from the older querier.
    b.shell("echo 3 > /proc/sys/net/ipv4/conf/e0/force_igmp_version");
    a.python(OLD_QUERY, &[]).ends(0);
    eventually("the receiver uses IGMPv2", || uses_igmp(&b, "V2"));
    let nothing = "routers ignore IGMPv2 reports for the SSM range (RFC 4604) and do not forward \
                   232.1.1.1";
    let all = "the network delivers datagrams from all sources, and this host filters them";
    for (targets, words, not) in [
        ("10.0.0.5@232.1.1.1:5000", nothing, Some(all)),
        ("10.0.0.5@239.1.1.1:5000", all, Some("RFC 4604")),
        ("10.0.0.5@232.1.1.1:5000 10.0.0.5@239.1.1.1:5000", nothing, None),
        ("10.0.0.5@239.1.1.1:5000 10.0.0.5@232.1.1.1:5000", all, None),
    ] {
        let recv = b.mcast(&format!("recv {targets} --iface e0 -d 100ms -o json")).ends(0);
        let warning = recv
            .events_of("warning")
            .into_iter()
            .find(|warning| warning["id"] == "ssm-unsupported")
            .unwrap_or_else(|| panic!("{targets}\n{recv}"));
        let what = warning["what"].as_str().unwrap();
        assert!(what.contains(words) && not.is_none_or(|not| !what.contains(not)), "{what}");
    }
    for (target, words) in [("10.0.0.5@232.1.1.1:5000", nothing), ("10.0.0.5@239.1.1.1:5000", all)]
    {
        let checked = b.mcast(&format!("check {target} --iface e0 -d 200ms -o json")).ends(0);
        let found = finding(&checked, "ssm-unsupported");
        assert!(found["what"].as_str().unwrap().contains(words), "{checked}");
        assert!(found["evidence"].as_str().unwrap().contains("an older querier"), "{checked}");
        assert!(!checked.out.contains("forced by sysctl"), "{checked}");
        let conclusion = checked.summary()["conclusion"].as_str().unwrap().to_owned();
        let forwards_none = conclusion.contains("do not forward the group");
        assert_eq!(forwards_none, words == nothing, "{checked}");
    }
}

#[test]
fn a_forced_version_is_named() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    b.shell(
        "echo 2 > /proc/sys/net/ipv4/conf/e0/force_igmp_version; echo 3 > \
         /proc/sys/net/ipv4/conf/all/force_igmp_version; echo 1 > \
         /proc/sys/net/ipv6/conf/e0/force_mld_version",
    );
    for (target, group) in
        [("10.0.0.5@232.1.1.1:5000", "232.1.1.1"), ("[fd00::5]@[ff35::1234]:5000", "ff35::1234")]
    {
        let checked = b.mcast(&format!("check {target} --iface e0 -d 200ms -o json")).ends(0);
        let found = finding(&checked, "ssm-unsupported");
        assert!(found["what"].as_str().unwrap().ends_with(group), "{checked}");
        assert!(found["evidence"].as_str().unwrap().contains("forced by sysctl"), "{checked}");
        let conclusion = checked.summary()["conclusion"].to_string();
        assert!(conclusion.contains("do not forward the group"), "{checked}");
    }
    b.shell(
        "echo 0 > /proc/sys/net/ipv4/conf/e0/force_igmp_version; echo 2 > \
         /proc/sys/net/ipv6/conf/e0/force_mld_version",
    );
    for target in ["10.0.0.5@232.1.1.1:5000", "[fd00::5]@[ff35::1234]:5000"] {
        let checked = b.mcast(&format!("check {target} --iface e0 -d 200ms -o json")).ends(0);
        assert_eq!(finding(&checked, "igmp-version")["level"], "pass", "{checked}");
    }
}

#[test]
fn silence_is_a_fault_if_traffic_is_expected() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for ip in [Ip::V4, Ip::V6] {
        let target = ip.target();
        let check = |options: &str| {
            b.mcast(&format!("check {target} --iface e0 -d 300ms {options}")).finish()
        };
        let checked = check("-o json");
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(0), Vec::new()),
            "{checked}"
        );
        let checked = check("-o json --expect-traffic");
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["nothing-arrives".to_owned()]),
            "{checked}"
        );
        assert_eq!(checked.summary()["verdict"]["status"], json!(1), "{checked}");
        assert_eq!(checked.summary()["faults"], json!(1), "{checked}");
        let checked = check("--expect-traffic");
        assert_eq!(checked.status.code(), Some(1), "{checked}");
        checked.prints("fault    nothing-arrives: ");
        let sends = a.mcast(&format!("send {target} --iface e0 --interval 10ms")).ready();
        let checked = check("-o json --expect-traffic");
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(0), Vec::new()),
            "{checked}"
        );
        drop(sends);
    }
}
