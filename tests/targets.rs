//! Targets: ranges, sources, unicast and broadcast, and the advice on addresses. Joins and leaves
//! are compared with the records on the wire.
#![cfg(target_os = "linux")]

mod lab;

use std::collections::BTreeSet;

use lab::{Finished, Host, Lab, eventually};
use serde_json::{Value, json};

/// Three hosts on a switch with IGMP snooping: two senders, 10.0.0.1 and 10.0.0.2 (fd00::1,
/// fd00::2), and a receiver, 10.0.0.3.
fn two_senders_and_a_receiver(lab: &Lab) -> (lab::Switch, Host, Host, Host) {
    let mut switch = lab.switch();
    let hosts = ["1", "2", "3"].map(|number| {
        let host = lab.host_on(&mut switch, &format!("10.0.0.{number}/24"));
        host.shell(&format!("ip -6 addr add fd00::{number}/64 dev e0 nodad"));
        host
    });
    let [one, two, receiver] = hosts;
    (switch, one, two, receiver)
}

/// The received datagrams: group, port and source address of each.
fn flows(finished: &Finished) -> BTreeSet<String> {
    let print = |event: &Value| {
        let source = event["source"].as_str().unwrap().rsplit_once(':').unwrap().0;
        format!("{source} > {} {}", event["group"].as_str().unwrap(), event["port"])
    };
    finished.events_of("datagram").iter().map(print).collect()
}

#[test]
fn a_range_is_joined_and_left() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (range, groups) in [
        ("239.1.1.255+3:5000-5001", ["239.1.1.255", "239.1.2.0", "239.1.2.1"]),
        ("[ff15::1]-[ff15::3]:5000-5001", ["ff15::1", "ff15::2", "ff15::3"]),
    ] {
        let recv = b.mcast(&format!("recv --iface e0 {range} --count 12 -o json")).ready();
        assert!(groups.iter().all(|group| b.is_member("e0", group)));
        let sent =
            a.mcast(&format!("send --iface e0 {range} --count 2 --interval 5ms -o json")).ends(0);
        let finished = recv.ends(0);
        assert_eq!(flows(&finished).len(), 6, "{finished}");
        assert_eq!(finished.events_of("left").len(), 6, "{finished}");
        assert_eq!(sent.summary()["targets"].as_array().unwrap().len(), 6);
        assert!(
            sent.summary()["targets"]
                .as_array()
                .unwrap()
                .iter()
                .all(|target| target["datagrams"] == 2),
            "{sent}"
        );
        assert!(!groups.iter().any(|group| b.is_member("e0", group)));
    }
}

#[test]
fn a_range_is_shown_as_typed() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let finished = b
        .mcast("recv --iface e0 239.1.1.1+200:5000-5003 10.0.0.5@232.1.1.1:5000 --duration 1ms")
        .ends(0);
    let lines: Vec<&str> = finished.out.lines().collect();
    assert_eq!(lines.len(), 3, "{finished}");
    assert!(
        lines[0]
            .starts_with("listening to 239.1.1.1+200:5000-5003 on e0 (10.0.0.101), receive buffer"),
        "{finished}"
    );
    assert!(
        lines[1].starts_with("listening to 10.0.0.5@232.1.1.1:5000 (01:00:5e:01:01:01) on e0"),
        "{finished}"
    );
}

#[test]
fn a_player_url_is_a_target() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b
        .mcast(
            "recv --iface e0 udp://@239.1.1.1:1234 rtp://10.0.0.100@232.1.1.1:1234/ --count 2 -o \
             json",
        )
        .ready();
    a.mcast("send --iface e0 udp://239.1.1.1:1234 udp://@232.1.1.1:1234 --count 1").ends(0);
    assert_eq!(
        flows(&recv.ends(0)),
        ["10.0.0.100 > 239.1.1.1 1234", "10.0.0.100 > 232.1.1.1 1234"].map(str::to_owned).into()
    );
}

#[test]
fn sources_are_included_and_excluded_in_both_families() {
    let Some(lab) = Lab::open() else { return };
    let (switch, one, two, receiver) = two_senders_and_a_receiver(&lab);
    for (group, ours, theirs) in
        [("232.1.1.1", "10.0.0.1", "10.0.0.2"), ("[ff3e::1]", "fd00::1", "fd00::2")]
    {
        let listen =
            |options: String| receiver.mcast(&format!("recv --iface e0 -o json {options}")).ready();
        let bracket = |source: &str| {
            if source.contains(':') { format!("[{source}]") } else { source.to_owned() }
        };
        // Each receiver has a separate filter, although they share the group, the port and the
        // interface.
        let specific = listen(format!("--count 4 {}@{group}:5000", bracket(ours)));
        let option = listen(format!("--count 4 {group}:5000 --source {ours}"));
        let but = listen(format!("--count 4 {group}:5000 --exclude {theirs}"));
        let both = listen(format!("--count 8 {group}:5000 --source {ours} --source {theirs}"));
        let other = listen(format!("--count 4 {}@{group}:5000", bracket(theirs)));
        let address = group.trim_matches(['[', ']']);
        eventually("the switch learns of the member", || switch.has_member(2, address));
        for sender in [(&one, ours), (&two, theirs)] {
            let from = format!("send --iface {} {group}:5000 --count 4 --interval 5ms", sender.1);
            sender.0.mcast(&from).ends(0);
        }
        let from = |finished: Finished| -> BTreeSet<String> {
            finished
                .events_of("datagram")
                .iter()
                .map(|event| event["source"].as_str().unwrap().to_owned())
                .collect()
        };
        for (recv, expected) in [(specific, ours), (option, ours), (but, ours), (other, theirs)] {
            let sources = from(recv.ends(0));
            assert!(
                sources.len() == 1 && sources.iter().all(|source| source.contains(expected)),
                "{sources:?} {expected}"
            );
        }
        assert_eq!(from(both.ends(0)).len(), 2);
    }
}

#[test]
fn an_excluded_source_is_never_received() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let address = a.shell("ip -6 -o addr show dev e0 scope link");
    let address = address.split_whitespace().nth(3).unwrap().split('/').next().unwrap().to_owned();
    // The kernel joins first and excludes afterwards. Datagrams between the two must not count.
    let flood = a.mcast("send --iface e0 239.1.1.1:5000 [ff15::1]:5000 --interval 20us -qq");
    eventually("it floods", || b.frames_received("e0") > 100);
    for _ in 0..8 {
        let silent = "--count 1 --timeout 20ms";
        b.mcast(&format!("recv --iface e0 239.1.1.1:5000 --exclude 10.0.0.100 {silent}")).ends(1);
        b.mcast(&format!("recv --iface e0 [ff15::1]:5000 --exclude {address} {silent}")).ends(1);
    }
    b.mcast("recv --iface e0 239.1.1.1:5000 --exclude 10.0.0.99 --count 1 --timeout 60s").ends(0);
    drop(flood);
}

#[test]
fn the_start_line_lists_the_sources() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let contradiction = b.mcast("recv --iface e0 10.0.0.5@232.1.1.1:5000 232.1.1.1:5000").ends(2);
    contradiction.prints("232.1.1.1 both from 10.0.0.5 only and from any source");
    let ready_targets = |arguments: &str| {
        let ready = b
            .mcast(&format!("recv --iface e0 -d 1ms -o json {arguments}"))
            .ends(0)
            .events_of("ready")
            .remove(0);
        let print = |target: &Value| {
            format!("{} {} {}", target["group"], target["source"], target["excluded"])
        };
        ready["targets"].as_array().unwrap().iter().map(print).collect::<Vec<_>>()
    };
    assert_eq!(
        ready_targets("10.0.0.6@232.1.1.1:5000 10.0.0.5@232.1.1.1:5000"),
        [r#""232.1.1.1" "10.0.0.5" []"#, r#""232.1.1.1" "10.0.0.6" []"#]
    );
    assert_eq!(
        ready_targets("239.1.1.1:5000 --exclude 10.0.0.5"),
        [r#""239.1.1.1" null ["10.0.0.5"]"#]
    );
}

#[test]
fn igmpv3_and_mldv2_reports_carry_the_sources() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let wire = a.capture("e0");
    for (target, group, source, protocol) in [
        ("10.0.0.5@232.1.1.1:5000", "232.1.1.1", "10.0.0.5", "igmp v3 report"),
        ("[fd00::5]@[ff3e::1]:5000", "ff3e::1", "fd00::5", "multicast listener report v2"),
    ] {
        let recv = b.mcast(&format!("recv --iface e0 {target}")).ready();
        wire.wait_for_frame(&[protocol, &format!("gaddr {group} allow {{ {source} }}")]);
        recv.signal("INT");
        recv.ends(0);
        wire.wait_for_frame(&[protocol, &format!("gaddr {group} block {{ {source} }}")]);
    }
    for (target, group, source, protocol) in [
        ("239.1.1.1:5000", "239.1.1.1", "10.0.0.5", "igmp v3 report"),
        ("[ff15::1]:5000", "ff15::1", "fd00::5", "multicast listener report v2"),
    ] {
        let recv = b.mcast(&format!("recv --iface e0 {target} --exclude {source}")).ready();
        // The join may come first, from any source; the final state has the source.
        wire.wait_for_frame(&[protocol, &format!("gaddr {group} "), &format!("{{ {source} }}")]);
        recv.signal("INT");
        recv.ends(0);
        wire.wait_for_frame(&[protocol, &format!("gaddr {group} to_in {{ }}")]);
    }
}

#[test]
fn igmpv2_falls_back_to_any_source_with_a_warning() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let warning_ids = |host: &Host, arguments: &str| {
        let events = host.mcast(&format!("recv --iface e0 -o json {arguments} -d 50ms")).ends(0);
        events
            .events_of("warning")
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(warning_ids(&b, "10.0.0.100@232.1.1.1:5000").is_empty());
    b.shell(
        "echo 2 > /proc/sys/net/ipv4/conf/e0/force_igmp_version; echo 1 > \
         /proc/sys/net/ipv6/conf/e0/force_mld_version",
    );
    assert_eq!(warning_ids(&b, "10.0.0.100@232.1.1.1:5000"), ["ssm-unsupported"]);
    assert_eq!(warning_ids(&b, "[fd00::5]@[ff3e::1]:5000"), ["ssm-unsupported"]);
    assert!(warning_ids(&b, "239.1.1.1:5000").is_empty());

    // A real querier, detected after the join. The report on the wire then has no source, and both
    // senders reach the host. The filter holds.
    b.shell("echo 0 > /proc/sys/net/ipv4/conf/e0/force_igmp_version");
    a.address("e0", "10.0.0.99/24");
    let wire = a.capture("e0");
    let query = r#"
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
s.sendto(struct.pack("!BBH4s", 0x11, 1, 0xffff - 0x1101, bytes(4)), ("224.0.0.1", 0))
"#;
    a.python(query, &[]).ends(0);
    eventually("e0 uses IGMPv2", || {
        b.proc_net("igmp").lines().any(|line| line.contains("e0") && line.contains("V2"))
    });
    let recv = b.mcast("recv --iface e0 10.0.0.100@232.1.1.1:5000 --count 2 -o json").ready();
    wire.wait_for_frame(&["igmp v2 report 232.1.1.1"]);
    a.mcast("send --iface 10.0.0.99 232.1.1.1:5000 --count 2 --interval 1ms").ends(0);
    a.mcast("send --iface 10.0.0.100 232.1.1.1:5000 --count 2 --interval 1ms").ends(0);
    let finished = recv.ends(0);
    assert_eq!(flows(&finished), ["10.0.0.100 > 232.1.1.1 5000".to_owned()].into());
    assert_eq!(finished.events_of("warning")[0]["id"], "ssm-unsupported");
}

#[test]
fn the_ssm_range_without_a_source_is_warned_of() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    for (target, warned) in [
        ("232.1.1.1+3:5000", true),
        ("[ff3e::1]:5000", true),
        ("10.0.0.5@232.1.1.1:5000", false),
        ("239.1.1.1:5000", false),
        ("[ff3e:20::1]:5000", false),
    ] {
        let finished = b.mcast(&format!("recv --iface e0 {target} -d 1ms")).ends(0);
        assert_eq!(finished.err.contains("in the SSM range but"), warned, "{finished}");
    }
    b.mcast("recv --iface e0 232.1.1.1+3:5000 -d 1ms")
        .ends(0)
        .prints("232.1.1.1 and 2 more groups are in");
}

#[test]
fn a_switch_forwards_only_to_members() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (switch, sender, bystander, receiver) = two_senders_and_a_receiver(&lab);
    switch.wait_for_pruning(&sender, &bystander);
    let recv = receiver.mcast("recv --iface e0 239.1.1.1+2:5000 --count 200 -q").ready_when_member(
        &receiver,
        "e0",
        "239.1.1.2",
    );
    eventually("the switch has the member", || {
        switch.has_member(2, "239.1.1.1") && switch.has_member(2, "239.1.1.2")
    });
    let before = bystander.frames_received("e0");
    sender
        .mcast("send --iface e0 239.1.1.1+2:5000 --count 100 --interval 100us -q --no-offload")
        .ends(0);
    recv.ends(0).prints("received 200 datagrams");
    let strayed = bystander.frames_received("e0") - before;
    assert!(strayed < 20, "{strayed} frames reached a host that joined nothing");
    eventually("the switch has forgotten the member", || !switch.has_member(2, "239.1.1.1"));
}

#[test]
fn unicast_targets_need_no_membership() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.shell("ip -6 addr add fd00::101/64 dev e0 nodad");
    a.shell("ip -6 addr add fd00::100/64 dev e0 nodad");
    for (target, group, source) in [
        ("10.0.0.101:5000", "10.0.0.101", "10.0.0.100"),
        ("[fd00::101]:5000", "fd00::101", "[fd00::100]"),
    ] {
        let before = b.proc_net("igmp") + &b.proc_net("igmp6");
        let recv = b.mcast(&format!("recv {target} --count 2 -o json")).ready();
        assert_eq!(b.proc_net("igmp") + &b.proc_net("igmp6"), before, "nothing is joined");
        a.mcast(&format!("send {target} --count 2 --interval 1ms --dscp ef")).ends(0);
        let finished = recv.ends(0);
        assert_eq!(flows(&finished), [format!("{source} > {group} 5000")].into());
        let datagram = &finished.events_of("datagram")[0];
        assert_eq!(
            (&datagram["iface"], &datagram["ttl"], &datagram["dscp"]),
            (&json!("e0"), &json!(64), &json!(46))
        );
        assert!(finished.events_of("left").is_empty());
        assert_eq!(finished.events_of("ready")[0]["targets"][0]["mac"], Value::Null);
    }
    // The default TTL passes routers, unless --ttl is given.
    let recv = b.mcast("recv 10.0.0.101:5000 --count 1 -o json").ready();
    a.mcast("send 10.0.0.101:5000 --count 1 --ttl 7").ends(0);
    assert_eq!(recv.ends(0).events_of("datagram")[0]["ttl"], 7);
}

#[test]
fn an_own_address_receives_on_every_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    for iface in ["all", "e0"] {
        let recv =
            b.mcast(&format!("recv 10.0.0.101:5000 --iface {iface} --count 2 -o json")).ready();
        b.mcast("recv 10.0.0.101:5000 --duration 1ms").ends(2).prints("(EADDRINUSE)");
        a.mcast("send 10.0.0.101:5000 --count 1").ends(0);
        b.mcast("send 10.0.0.101:5000 --count 1").ends(0);
        recv.ends(0);
    }
    b.mcast("recv 10.0.0.101:5000 --iface e1")
        .ends(2)
        .prints("cannot use 10.0.0.101 on e1: it belongs to e0");
    a.mcast("send 127.0.0.1:5000 --iface e0").ends(2).prints("127.0.0.1 on e0: it belongs to lo");
    b.shell("ip link set e0 down");
    let down = b.mcast("recv 10.0.0.101:5000 --duration 1ms").ends(0);
    down.prints("interface e0 is administratively down");
}

#[test]
fn unicast_leaves_by_the_named_interface() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    let (a, b) = lab.pair_with_two_wires();
    b.shell(
        "ip addr add 10.9.9.9/32 dev lo; sysctl -q -w net.ipv4.conf.all.rp_filter=0 \
         net.ipv4.conf.e1.rp_filter=0",
    );
    a.shell(
        "ip route add 10.9.9.9/32 via 10.0.0.101; ip route add 10.9.9.9/32 via 10.1.0.101 metric 9",
    );
    let recv = b.mcast("recv 10.9.9.9:5000 --count 1 -o json").ready();
    a.mcast("send 10.9.9.9:5000 --iface e1 --count 1").ends(0);
    let datagram = recv.ends(0).events_of("datagram").remove(0);
    assert!(
        datagram["iface"] == "e1"
            && datagram["source"].as_str().unwrap().starts_with("10.1.0.100:"),
        "{datagram}"
    );
    a.mcast("send 10.9.9.9:5999 --iface e1 --count 5 --interval 20ms")
        .ends(0)
        .prints("10.9.9.9:5999: port unreachable (ICMP)");
}

#[test]
fn a_link_local_unicast_target_takes_its_zone() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let address = b.shell("ip -6 -o addr show dev e0 scope link");
    let address = address.split_whitespace().nth(3).unwrap().split('/').next().unwrap().to_owned();
    let recv = b.mcast(&format!("recv [{address}%e0]:5000 --count 1 -o json")).ready();
    a.mcast(&format!("send [{address}%e0]:5000 --count 1")).ends(0);
    assert_eq!(recv.ends(0).events_of("datagram")[0]["group"], json!(address));
    a.mcast(&format!("send [{address}]:5000 --count 1")).ends(2).prints("exists on every link");
}

#[test]
fn a_broadcast_reaches_every_host() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    for (target, group) in
        [("255.255.255.255:5000", "255.255.255.255"), ("10.0.0.255:5000", "10.0.0.255")]
    {
        let recv = b.mcast(&format!("recv --iface e0 {target} --count 1 -o json")).ready();
        a.mcast(&format!("send --iface e1 {target} --count 1 -m wrong")).finish();
        let sent = a.mcast(&format!("send --iface e0 {target} --count 1 -o json")).ends(0);
        let finished = recv.ends(0);
        assert_eq!(flows(&finished), [format!("10.0.0.100 > {group} 5000")].into(), "{finished}");
        assert_eq!(finished.events_of("datagram")[0]["text"], "hello world");
        assert_eq!(sent.events_of("ready")[0]["targets"][0]["mac"], "ff:ff:ff:ff:ff:ff");
    }
}

#[test]
fn any_address_receives_unicast_broadcasts_and_joined_groups() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.shell("ip -6 addr add fd00::101/64 dev e0 nodad");
    a.shell("ip -6 addr add fd00::100/64 dev e0 nodad");
    // Another program joins the groups at another port.
    let member = b.mcast("recv 239.1.1.1:6000 [ff15::1]:6000 --iface e0 -q");
    ["239.1.1.1", "ff15::1"].iter().for_each(|group| b.wait_for_join("e0", group));
    let v4 = ["10.0.0.100 > 10.0.0.101 5000", "10.0.0.100 > 10.0.0.255 5000"];
    let v4 = [&v4[..], &["10.0.0.100 > 239.1.1.1 5000"]].concat();
    let v6 = ["[fd00::100] > fd00::101 5000", "[fd00::100] > ff15::1 5000"];
    for (target, wanted) in [
        ("udp://:5000", [&v4[..], &v6].concat()),
        ("0.0.0.0:5000", v4.clone()),
        ("[::]:5000", v6.to_vec()),
        ("0.0.0.0:5000 --iface e0", v4),
    ] {
        let count = wanted.len();
        let recv = b.mcast(&format!("recv {target} --count {count} -o json")).ready();
        a.mcast("send 10.0.0.101:5000 10.0.0.255:5000 [fd00::101]:5000 -c 1").ends(0);
        a.mcast("send 239.1.1.1:5000 [ff15::1]:5000 --iface e0 --iface fd00::100 -c 1").finish();
        let finished = recv.ends(0);
        let wanted: BTreeSet<String> = wanted.into_iter().map(str::to_owned).collect();
        assert_eq!(flows(&finished), wanted, "{target}: {finished}");
        let datagrams = finished.events_of("datagram");
        assert!(datagrams.iter().all(|datagram| datagram["iface"] == "e0"), "{finished}");
    }
    member.signal("TERM");
}

#[test]
fn any_address_takes_nothing_from_other_programs() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let other = b.mcast("recv 10.0.0.101:5000").ready();
    b.mcast("recv 0.0.0.0:5000 -d 1ms").ends(2).prints("(EADDRINUSE)");
    drop(other);
    b.mcast("recv 0.0.0.0:5000 239.1.1.1:5000 --iface e0 -d 1ms")
        .ends(2)
        .prints("cannot receive 0.0.0.0:5000 and 239.1.1.1:5000 in one run");
    // Datagrams on other interfaces are ignored.
    let recv = b.mcast("recv 0.0.0.0:5000 --iface e0 -d 300ms -o json").ready();
    b.mcast("send 127.0.0.1:5000 -c 1").ends(0);
    assert!(recv.ends(0).events_of("datagram").is_empty());
}

#[test]
fn any_address_is_shown_on_any_interface() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    let alone = lab.host();
    let finished = alone.mcast("recv :5000 -d 1ms").ends(0);
    finished.prints("listening to 0.0.0.0:5000 on any interface");
    finished.prints("listening to [::]:5000 on any interface");
    alone.shell("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    let finished = alone.mcast("recv :5000 -d 1ms").ends(0);
    assert!(!finished.out.contains("[::]"), "this host has no IPv6\n{finished}");
}

#[test]
fn a_returned_unicast_datagram_is_reported() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let finished = a.mcast("send 10.0.0.101:5999 --count 10 --interval 20ms -o json").ends(0);
    let warnings = finished.events_of("warning");
    assert_eq!(warnings.len(), 1, "{finished}");
    assert_eq!(warnings[0]["id"], "came-back");
    finished.prints("10.0.0.101:5999: port unreachable (ICMP)");
    assert_eq!(
        (&finished.summary()["datagrams"], &finished.summary()["errors"]),
        (&json!(10), &json!(0))
    );
}

#[test]
fn advice_is_printed_once_on_standard_error() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let notes = |host: &Host, arguments: &str| {
        let finished = host.mcast(&format!("{arguments} --iface e0")).ends(0);
        assert!(!finished.out.contains("note:"), "{finished}");
        if arguments.contains("json") {
            finished.events();
        }
        finished
            .err
            .lines()
            .filter(|line| line.starts_with("note: "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (arguments, parts) in [
        (
            "send 224.0.0.251:5000 --ttl 9 -c 3 -i 1ms",
            &["routers never forward it, whatever the TTL"][..],
        ),
        ("send 225.1.1.1:5000 --ttl 9 -c 1", &["IANA-reserved range (RFC 5771, 3)"]),
        (
            "send 239.128.0.7:5000 --ttl 9 -c 1",
            &["239.128.0.7 and 224.0.0.7 both map to 01:00:5e:00:00:07"],
        ),
        ("send 239.1.1.1:5000 -c 2 -i 1ms -o json", &["TTL 1: routers will not forward them"]),
        ("send [ff15::1]:5000 -c 1", &["hop limit 1: routers will not forward them"]),
        ("send 239.1.1.1:5000 --ttl 1 -c 1", &[]),
        (
            "send 239.1.1.1:5000 239.1.1.2:5000 [ff15::1]:5000 -c 1",
            &["TTL 1: routers will not forward them"],
        ),
        ("send 224.0.0.99:5000 --ttl 1 -c 1", &["routers never forward it"]),
        ("send [ff12::1]:5000 -c 1", &[]),
        ("send 239.1.1.1:5000 --ttl 0 -c 1", &["TTL 0: they will not leave this host"]),
        ("send [ff15::1]:5000 --ttl 0 -c 1", &["hop limit 0: they will not leave this host"]),
        ("recv ff15::1:5000 -d 1ms", &["ff15::1:5000 is one address without a port"]),
        ("send ff12::1:5000 -c 1", &["ff12::1:5000 is one address without a port"]),
        ("send 239.1.1.1:5000 -t 10 -c 1", &[]),
        ("send -c 1", &[]),
        ("send 239.1.1.1:5000 -c 1 -q", &[]),
        ("recv 239.0.0.1+2:5000 -d 1ms", &["239.0.0.1 and 1 more group share Ethernet addresses"]),
        ("recv 224.0.0.251:5353 -d 1ms", &[]),
        ("recv -d 1ms", &[]),
    ] {
        let host = if arguments.starts_with("send") { &a } else { &b };
        let notes = notes(host, arguments);
        assert_eq!(notes.len(), parts.len(), "{arguments}: {notes:#?}");
        assert!(
            notes.iter().zip(parts).all(|(note, part)| note.contains(part) && note.contains("RFC")),
            "{notes:#?}"
        );
    }
}
