//! Interfaces: several at once, chosen from a menu, and gone and back again under a running
//! program.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

fn portable(host: &Host, arguments: &str) -> Running {
    let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(arguments.split_whitespace()).env("MCAST_PORTABLE", "1");
    Running::start(command)
}

fn warnings(finished: &Finished) -> Vec<String> {
    finished
        .events_of("warning")
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Deletes the wire between two hosts and makes it again, down and without addresses.
fn rewire(lab: &Lab, a: &Host, b: &Host) {
    b.shell("ip link del e0");
    lab.wire(a, b);
    b.shell("ip link set e0 down");
}

#[test]
fn a_recreated_interface_is_rejoined() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let wire = |host: &Host| host.capture("e0");
    let targets = "239.1.1.1:5000 10.0.0.100@232.1.1.1:5000 [ff15::1]:5000 [ff12::1]:5000";
    for start in [Host::mcast, portable] {
        let recv = start(&b, &format!("recv --iface e0 {targets} --count 4 -o json")).ready();
        b.shell("ip link del e0");
        recv.line(|line| line.contains("\"interface-gone\""));
        lab.wire(&a, &b);
        a.address("e0", "10.0.0.100/24");
        recv.line(|line| {
            line.contains("\"interface-back\"") && line.contains("listening to 4 targets again")
        });
        for group in ["239.1.1.1", "232.1.1.1", "ff15::1", "ff12::1"] {
            b.wait_for_join("e0", group);
        }
        b.address("e0", "10.0.0.101/24");
        let seen = wire(&a);
        [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
        let all = "239.1.1.1:5000 232.1.1.1:5000 [ff15::1]:5000 [ff12::1]:5000";
        a.mcast(&format!("send --iface e0 {all} --count 1")).ends(0);
        let finished = recv.ends(0);
        let mut received: Vec<String> =
            finished.events_of("datagram").iter().map(|event| event["group"].to_string()).collect();
        received.sort();
        assert_eq!(
            received,
            ["\"232.1.1.1\"", "\"239.1.1.1\"", "\"ff12::1\"", "\"ff15::1\""],
            "{finished}"
        );
        seen.wait_for_frame(&["igmp v3 report", "gaddr 239.1.1.1 to_in { }"]);
        let warned = warnings(&finished);
        assert!(
            warned.starts_with(&["interface-gone".to_owned(), "interface-back".to_owned()]),
            "{warned:?}"
        );
        assert!(!b.is_member("e0", "239.1.1.1"));
    }
}

#[test]
fn datagrams_from_a_deleted_interface_are_read() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 -q -d 20s -o json").ready_when_member(
        &b,
        "e0",
        "239.1.1.1",
    );
    recv.signal("STOP");
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 500 --interval 20us").ends(0);
    b.shell("ip link del e0");
    recv.signal("CONT");
    recv.error_line(|line| line.contains("disappeared"));
    recv.signal("INT");
    let summary = recv.ends(0).summary();
    assert_eq!(
        (&summary["measured"]["received"], &summary["measured"]["lost"]),
        (&json!(500), &json!(0)),
        "{summary}"
    );
}

#[test]
fn a_reused_index_is_a_new_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let index =
        b.shell("cat /proc/self/net/igmp | awk '$2 == \"e0\" { print $1 }'").trim().to_owned();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --count 1 -o json").ready();
    recv.signal("STOP");
    // The interface is deleted and recreated before mcast can notice.
    b.shell(&format!(
        "ip link del e0; ip link add e0 index {index} type veth peer name peer; ip link set e0 up"
    ));
    recv.signal("CONT");
    recv.line(|line| line.contains("\"interface-back\""));
    b.wait_for_join("e0", "239.1.1.1");
    recv.signal("INT");
    let warned = warnings(&recv.ends(130));
    assert_eq!(
        warned[..2],
        ["interface-gone", "interface-back"],
        "both events are reported, although mcast notices them together"
    );
    drop(a);
}

#[test]
fn datagrams_flow_within_a_second_of_the_return() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 -o json").ready();
    let send = a.mcast("send --iface e0 239.1.1.1:5000 --interval 10ms -o json").ready();
    recv.line(|line| line.contains("\"datagram\""));
    b.shell("ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    send.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    a.address("e0", "10.0.0.100/24");
    b.address("e0", "10.0.0.101/24");
    recv.line(|line| line.contains("\"interface-back\""));
    // The sender also continues, from its old port.
    eventually("datagrams flow again", || {
        let so_far = recv.so_far();
        so_far.split("interface-back").nth(1).is_some_and(|rest| rest.contains("\"datagram\""))
    });
    send.signal("INT");
    recv.signal("INT");
    let (sent, received) = (send.ends(1), recv.ends(0));
    sent.prints("could not be sent");
    let sources: std::collections::HashSet<String> =
        received.events_of("datagram").iter().map(|event| event["source"].to_string()).collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
    let time = |event: &Value| event["time"].as_str().unwrap()[17..29].parse::<f64>().unwrap();
    let times: Vec<f64> = received.events_of("datagram").iter().map(time).collect();
    let gap = times.windows(2).map(|pair| (pair[1] - pair[0]).rem_euclid(60.0)).fold(0.0, f64::max);
    println!("the longest silence, with the making of the wire: {gap:.3} s");
}

#[test]
fn a_down_interface_receives_when_it_comes_up() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    rewire(&lab, &a, &b);
    a.address("e0", "10.0.0.100/24");
    for (target, source) in [("239.1.1.1:5000", "10.0.0.100"), ("[ff15::1]:5000", "fe80::")] {
        b.shell("ip link set e0 down; ip addr flush dev e0");
        a.wait_for_carrier("e0", false);
        let recv = b.mcast(&format!("recv --iface e0 {target} --count 1 -o json"));
        recv.line(|line| line.contains("\"interface-down\"") && line.contains("ip link set e0 up"));
        let recv = recv.ready();
        b.shell("ip link set e0 up");
        recv.line(|line| line.contains("\"interface-up\""));
        if target.starts_with('2') {
            b.address("e0", "10.0.0.101/24");
            recv.line(|line| line.contains("\"interface-address\""));
        } else {
            // The link-local address brings the route, and the host accepts no datagrams before.
            b.wait_for_ipv6("e0");
        }
        a.wait_for_carrier("e0", true);
        a.mcast(&format!("send --iface e0 {target} --count 1")).ends(0);
        let finished = recv.ends(0);
        assert!(
            finished.events_of("datagram")[0]["source"].as_str().unwrap().contains(source),
            "{finished}"
        );
    }
}

#[test]
fn a_sender_follows_the_address_of_its_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 -o json").ready();
    let send = a.mcast("send --iface e0 239.1.1.1:5000 --interval 10ms -o json").ready();
    recv.line(|line| line.contains("\"source\":\"10.0.0.100:"));
    a.shell("ip addr del 10.0.0.100/24 dev e0; ip addr add 10.0.0.77/24 dev e0");
    send.line(|line| line.contains("\"interface-address\""));
    recv.line(|line| line.contains("\"source\":\"10.0.0.77:"));
    send.signal("INT");
    send.finish();
    recv.signal("INT");
    recv.ends(0);
}

#[test]
fn an_interface_given_by_address_is_tracked_by_address() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    let recv = b.mcast("recv --iface 10.0.0.101 239.1.1.1:5000 --count 1 -o json").ready();
    b.shell("ip addr del 10.0.0.101/24 dev e0; ip addr add 10.0.0.101/24 dev e1");
    recv.line(|line| {
        line.contains("\"interface-moved\"")
            && line.contains("the address that selected interface e0 is now on e1")
    });
    b.wait_for_join("e1", "239.1.1.1");
    assert!(!b.is_member("e0", "239.1.1.1"));
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1 -m wrong").ends(0);
    a.mcast("send --iface e1 239.1.1.1:5000 --count 1").ends(0);
    let datagram = recv.ends(0).events_of("datagram").remove(0);
    assert_eq!((&datagram["iface"], &datagram["text"]), (&json!("e1"), &json!("hello world")));
}

#[test]
fn a_renamed_interface_stays_joined() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --count 2 -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1").ends(0);
    recv.line(|line| line.contains("\"datagram\""));
    if b.shell("ip link set e0 name lan0 2>&1 || true").contains("busy") {
        return Lab::unsupported("needs a kernel that renames an interface in use (Linux 6.2)");
    }
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1").ends(0);
    let finished = recv.ends(0);
    assert_eq!(finished.events_of("datagram").len(), 2);
    assert!(warnings(&finished).is_empty(), "{finished}");
}

#[test]
fn a_failed_rejoin_is_retried() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let recv =
        b.mcast("recv --iface e0 [ff15::1]+50:5000 239.1.1.1:5000 --count 51 -o json").ready();
    b.shell("ip link del e0");
    lab.wire(&a, &b);
    b.shell("ip link set e0 down; ip link set e0 mtu 1200; ip link set e0 up");
    b.shell("ip link set e0 mtu 1200");
    recv.line(|line| line.contains("\"interface-back\""));
    b.wait_for_join("e0", "239.1.1.1");
    b.shell("ip link set e0 mtu 1500; ip addr add 10.0.0.101/24 dev e0");
    a.address("e0", "10.0.0.100/24");
    b.wait_for_join("e0", "ff15::32");
    [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
    a.mcast("send --iface e0 [ff15::1]+50:5000 239.1.1.1:5000 --count 1 -q").ends(0);
    let finished = recv.ends(0);
    assert!(
        warnings(&finished).iter().filter(|id| *id == "not-rejoined").count() <= 1,
        "reported once, not fifty times: {finished}"
    );
    assert_eq!(finished.events_of("left").len(), 51);
}

#[test]
fn a_repeated_failure_is_reported_once() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1+5:5000 --count 5 -o json").ready();
    b.shell("echo 0 > /proc/sys/net/ipv4/igmp_max_memberships; ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    recv.line(|line| line.contains("\"interface-back\""));
    a.address("e0", "10.0.0.100/24");
    b.address("e0", "10.0.0.101/24");
    // mcast may have found it up from the beginning.
    recv.line(|line| line.contains("\"interface-up\"") || line.contains("\"interface-address\""));
    recv.line(|line| {
        line.contains("\"not-rejoined\"")
            && line.contains("4 other targets failed in the same way; mcast retries")
    });
    // Each of these fails again, but only the first is reported.
    b.shell("ip addr add 10.0.0.44/24 dev e0; ip link set e0 down");
    recv.line(|line| line.contains("\"interface-down\""));
    b.shell("ip link set e0 up");
    eventually("e0 is up again", || {
        let so_far = recv.so_far();
        so_far.split("\"interface-down\"").nth(1).is_some_and(|rest| rest.contains("interface-up"))
    });
    // Only another attempt reveals this change.
    b.shell("echo 20 > /proc/sys/net/ipv4/igmp_max_memberships");
    recv.line(|line| {
        line.contains("\"interface-again\"") && line.contains("listening to 5 targets again")
    });
    a.wait_for_carrier("e0", true);
    a.mcast("send --iface e0 239.1.1.1+5:5000 --count 1").ends(0);
    let warned = warnings(&recv.ends(0));
    assert_eq!(warned.iter().filter(|id| *id == "not-rejoined").count(), 1, "{warned:?}");
}

#[test]
fn a_silently_lost_membership_is_detected() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let recv = b.mcast("recv --iface e0 [ff15::1]:5000 --count 1 -o json").ready();
    // Below an MTU of 1280 an interface has no IPv6 (RFC 8200, 5), and the kernel drops its
    // memberships.
    b.shell("ip link set e0 mtu 1200; ip link set e0 mtu 1500");
    b.wait_for_join("e0", "ff15::1");
    b.wait_for_ipv6("e0");
    a.mcast("send --iface e0 [ff15::1]:5000 --count 1").ends(0);
    recv.ends(0);
}

#[test]
fn an_own_link_local_address_is_rebound() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.shell("ip -6 addr add fe80::77/64 dev e0 nodad");
    let recv = b.mcast("recv [fe80::77%e0]:5000 --count 2 -o json").ready();
    a.mcast("send [fe80::77%e0]:5000 --count 1").ends(0);
    recv.line(|line| line.contains("\"datagram\""));
    b.shell("ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    // The address cannot be bound before it exists, which takes a second attempt.
    recv.line(|line| line.contains("\"interface-back\""));
    b.shell("ip -6 addr add fe80::77/64 dev e0 nodad");
    recv.line(|line| line.contains("listening to 1 target again"));
    [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
    a.mcast("send [fe80::77%e0]:5000 --count 1").ends(0);
    recv.ends(0);

    // The same under the old index, while the old socket still holds the address.
    let recv = b.mcast("recv [fe80::77%e0]:5000 --count 1 -o json").ready();
    let index =
        b.shell("cat /proc/self/net/igmp | awk '$2 == \"e0\" { print $1 }'").trim().to_owned();
    b.shell(&format!(
        "ip link del e0; ip link add e0 index {index} type veth peer name peer; ip link set e0 \
         up; ip link set peer up; ip -6 addr add fe80::77/64 dev e0 nodad"
    ));
    recv.line(|line| line.contains("listening to 1 target again"));
    b.mcast("send [fe80::77%e0]:5000 --count 1").ends(0);
    recv.ends(0);
}

#[test]
fn an_unrelated_interface_with_the_old_index_is_ignored() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let index =
        b.shell("cat /proc/self/net/igmp | awk '$2 == \"e0\" { print $1 }'").trim().to_owned();
    let orphan = b.mcast("recv --iface e0 239.1.1.1:5000 [ff15::1]:5000 -o json").ready();
    b.shell("ip link del e0");
    orphan.line(|line| line.contains("\"interface-gone\""));
    b.shell(&format!(
        "ip link add f0 index {index} type veth peer name f1; ip link set f0 up; ip link set f1 \
         up; ip addr add 10.7.0.1/24 dev f0; ip addr add 10.7.1.2/24 dev f1"
    ));
    let other = b.mcast("recv --iface f0 239.1.1.1:5000 --count 1").ready();
    b.mcast("send --iface f0 239.1.1.1:5000 --count 1").ends(0);
    other.ends(0);
    let other = b.mcast("recv --iface f0 239.1.1.1:5000 --count 1").ready();
    orphan.signal("INT");
    let finished = orphan.ends(0);
    assert!(finished.events_of("datagram").is_empty(), "{finished}");
    assert!(finished.events_of("left").is_empty(), "there was nothing to leave: {finished}");
    assert!(b.is_member("f0", "239.1.1.1"), "the membership of the other one stands");
    b.mcast("send --iface f0 239.1.1.1:5000 --count 1").ends(0);
    other.ends(0);
    drop(a);
}

#[test]
fn lost_netlink_messages_are_recovered() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let index =
        b.shell("cat /proc/self/net/igmp | awk '$2 == \"e0\" { print $1 }'").trim().to_owned();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --count 1 -o json -v").ready();
    recv.signal("STOP");
    // More messages than the netlink socket can queue. Among them, e0 is deleted, and another e0
    // gets its index.
    b.shell(&format!(
        "for n in $(seq 300); do echo link add v$n type veth peer name w$n; echo link del v$n; \
         done | ip -batch -; ip link del e0; ip link add e0 index {index} type veth peer name \
         peer; ip link set e0 up; ip link set peer up; ip addr add 10.0.0.101/24 dev e0"
    ));
    recv.signal("CONT");
    recv.error_line(|line| line.contains("lost messages about interfaces"));
    b.wait_for_join("e0", "239.1.1.1");
    recv.signal("INT");
    recv.ends(130);
    drop(a);
}

#[test]
fn a_port_that_leaves_its_bridge_stays_joined() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    b.shell("ip link add br9 type bridge; ip link set br9 up; ip link set e0 master br9");
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --count 1 -o json").ready();
    b.shell("ip link set e0 nomaster");
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1").ends(0);
    let finished = recv.ends(0);
    assert_eq!(warnings(&finished), ["interface-member"], "{finished}");
}

#[test]
fn two_names_for_one_interface_receive_once() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    let recv =
        b.mcast("recv --iface 10.0.0.101 --iface e1 239.1.1.1:5000 --count 2 -o json").ready();
    b.shell("ip addr del 10.0.0.101/24 dev e0; ip addr add 10.0.0.101/24 dev e1");
    recv.line(|line| line.contains("\"interface-moved\""));
    a.mcast("send --iface e1 239.1.1.1:5000 --count 2 --interval 1ms -o json").ends(0);
    let finished = recv.ends(0);
    let times: std::collections::HashSet<String> =
        finished.events_of("datagram").iter().map(|event| event["time"].to_string()).collect();
    assert_eq!(times.len(), 2, "two datagrams, and none of them twice: {finished}");
    assert_eq!(finished.events_of("left").len(), 1, "{finished}");
}

#[test]
fn an_interface_without_its_old_address_is_used_with_a_warning() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface 10.0.0.101 239.1.1.1:5000 --count 1 -o json").ready();
    b.shell("ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    a.address("e0", "10.0.0.100/24");
    b.address("e0", "10.0.0.44/24");
    recv.line(|line| line.contains("interface e0 no longer has the address 10.0.0.101"));
    b.wait_for_join("e0", "239.1.1.1");
    a.wait_for_carrier("e0", true);
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1").ends(0);
    recv.ends(0);
}

#[test]
fn a_busy_sender_follows_interfaces_and_signals() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let send = a.mcast("send --iface e0 239.1.0.0+20000:5000 --interval 1ms --force -q");
    // With -q, warnings are text on standard error.
    a.shell("ip addr add 10.0.0.200/24 dev e0");
    eventually("it sends", || b.frames_received("e0") > 10);
    b.shell("ip link del e0");
    send.error_line(|line| line.contains("interface e0 disappeared"));
    lab.wire(&a, &b);
    a.address("e0", "10.0.0.100/24");
    send.error_line(|line| line.contains("sending to "));
    eventually("it sends again", || b.frames_received("e0") > 10);
    send.signal("INT");
    send.ends(1).prints("could not be sent");
}

#[test]
fn several_interfaces_are_joined_and_distinguished() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    for ifaces in ["--iface e0 --iface 10.1.0.101", "--iface all"] {
        for target in ["239.1.1.1:5000", "[ff15::1]:5000"] {
            let recv = b.mcast(&format!("recv {ifaces} {target} --count 4 -o json")).ready();
            assert!(!b.is_member("lo", "239.1.1.1"), "all does not mean lo");
            let sent = a
                .mcast(&format!("send --iface all {target} --count 2 --interval 1ms -o json"))
                .ends(0);
            assert_eq!(sent.summary()["datagrams"], 4);
            let finished = recv.ends(0);
            let mut received: Vec<Value> =
                finished.events_of("datagram").iter().map(|event| event["iface"].clone()).collect();
            received.sort_by_key(Value::to_string);
            assert_eq!(received, ["e0", "e0", "e1", "e1"]);
            // Two networks: the sender's copies are equal, but they come from two sockets of the
            // sender.
            assert_eq!(finished.summary()["interface_copies"], 0, "{finished}");
        }
    }
}

#[test]
fn a_copy_on_a_second_interface_is_not_a_duplicate() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let mut switch = lab.switch();
    let (sender, receiver) =
        (lab.host_on(&mut switch, "10.0.0.1/24"), lab.host_on(&mut switch, "10.0.0.2/24"));
    lab.second_port(&mut switch, &receiver, "10.0.0.3/24");
    let recv = receiver.mcast("recv --iface all 239.1.1.1:5000 --count 20 -o json").ready();
    eventually("the switch has both members", || {
        switch.has_member(1, "239.1.1.1") && switch.has_member(2, "239.1.1.1")
    });
    sender.mcast("send --iface e0 239.1.1.1:5000 --count 10 --interval 2ms").ends(0);
    let finished = recv.ends(0);
    assert_eq!(finished.summary()["interface_copies"], 10, "{finished}");
    assert_eq!(warnings(&finished), ["arrives-twice"]);

    let recv = receiver.mcast("recv --iface e0 239.1.1.1:5000 --count 10").ready();
    eventually("the switch has the member", || switch.has_member(1, "239.1.1.1"));
    sender.mcast("send --iface e0 239.1.1.1:5000 --count 10 --interval 2ms").ends(0);
    let finished = recv.ends(0);
    assert!(!finished.out.contains("another interface"), "{finished}");
}

/// Runs mcast in a pseudo-terminal, types the given keys when the menu appears, and prints the
/// output.
const TERMINAL: &str = r#"
import os, sys, termios
keys, arguments = sys.argv[1].encode().decode("unicode_escape").encode("latin-1"), sys.argv[2:]
before, seen, typed = [], b"", False
pid, fd = start(arguments, lambda fd: before.extend(termios.tcgetattr(fd)))
for data in pieces(fd):
    seen += data
    if not typed and b"Which interface" in seen and b">  1" in seen:
        typed = True
        for key in keys.split(b","):
            os.kill(pid, int(key[4:])) if key.startswith(b"kill") else os.write(fd, key)
status = os.waitpid(pid, 0)[1]
sys.stdout.write(seen.decode("utf-8", "replace"))
same = True
try:
    same = termios.tcgetattr(fd)[3] == before[3]
except termios.error:
    pass
print("\nENDED", os.waitstatus_to_exitcode(status), "asked" if typed else "not asked", "restored" if same else "raw")
"#;

/// The content of the terminal, and its last line.
fn on_a_terminal(host: &Host, keys: &str, arguments: &str) -> (String, String) {
    let mut words = vec![keys, env!("CARGO_BIN_EXE_mcast")];
    words.extend(arguments.split_whitespace().chain(["--color", "never"]));
    let finished = host.python(&[lab::TERMINAL, TERMINAL].concat(), &words).ends(0);
    let last = finished.out.lines().last().unwrap_or_default().to_owned();
    (finished.out, last)
}

#[test]
fn a_terminal_gets_a_menu_of_interfaces() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (_a, b) = lab.pair_with_two_wires();
    for (keys, arguments, iface) in [
        ("\\r", "recv -d 1ms", "e0 (10.0.0.101)"),
        ("\\x1b[B,\\r", "recv -d 1ms", "e1 (10.1.0.101)"),
        ("2,\\r", "recv -d 1ms", "e1 (10.1.0.101)"),
        ("3,\\r", "recv -d 1ms", "lo (127.0.0.1)"),
        ("\\x1b[A,\\x1b[A,\\r", "recv -d 1ms --iface ask", "e1 (10.1.0.101)"),
        // Several keys in one read; the VT100's arrows; unknown sequences.
        ("\\x1b[B\\x1b[B\\x1b[A\\r", "recv -d 1ms", "e1 (10.1.0.101)"),
        ("\\x1bOB\\x1bOB\\x1bOA\\r", "recv -d 1ms", "e1 (10.1.0.101)"),
        ("2\\x1b[1;3A\\x1b[5~\\r", "recv -d 1ms", "e1 (10.1.0.101)"),
    ] {
        let (shown, last) = on_a_terminal(&b, keys, arguments);
        assert!(
            shown.contains(&format!(
                "listening to 224.202.20.30:54321 (01:00:5e:4a:14:1e) on {iface}"
            )),
            "{keys}: {shown}"
        );
        assert_eq!(last, "ENDED 0 asked restored", "{shown}");
    }
    // With a route there is no menu, unless `--iface ask` requests it.
    b.shell("ip route add 224.0.0.0/4 dev e1");
    assert_eq!(on_a_terminal(&b, "\\r", "recv -d 1ms").1, "ENDED 0 not asked restored");
    let (shown, _) = on_a_terminal(&b, "\\r", "recv -d 1ms --iface ask");
    assert!(shown.contains("on e1 (10.1.0.101)"), "the route's interface comes first: {shown}");
}

#[test]
fn the_menu_can_be_cancelled() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (_a, b) = lab.pair_with_two_wires();
    let (shown, last) = on_a_terminal(&b, "q", "recv -d 1ms");
    assert_eq!(last, "ENDED 2 asked restored", "{shown}");
    assert!(shown.contains("no interface was chosen") && shown.contains("e1  up"), "{shown}");
    let (shown, last) = on_a_terminal(&b, "\\x03", "recv -d 1ms");
    assert_eq!(
        last, "ENDED -2 asked restored",
        "by SIGINT, as if it had not been taken over: {shown}"
    );
    assert_eq!(on_a_terminal(&b, "\\x1b", "recv -d 1ms").1, "ENDED 2 asked restored");
    for signal in [1, 2, 3, 15] {
        let (shown, last) = on_a_terminal(&b, &format!("kill{signal}"), "recv -d 1ms");
        assert_eq!(last, format!("ENDED -{signal} asked restored"), "{shown}");
        assert!(shown.contains("\u{1b}[?25h"), "the cursor is shown again: {shown}");
    }
}

#[test]
fn without_a_terminal_there_is_no_menu() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_two_wires();
    let finished = b.mcast("recv --iface ask").ends(2);
    finished.prints("cannot show the menu of --iface ask: there is no terminal");
    finished.prints("e1  up    10.1.0.101/24");
}

#[test]
fn all_includes_later_interfaces() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for start in [Host::mcast, portable] {
        let recv =
            "recv 239.1.1.1+2:5000 [ff15::1]:5000 --iface all --count 4 --timeout 60s -o json";
        let recv = start(&b, recv).ready();
        lab.wire(&a, &b);
        a.address("e1", "10.1.0.100/24");
        b.address("e1", "10.1.0.101/24");
        recv.line(|line| {
            line.contains("\"interface-joined\"")
                && line.contains("interface e1 appeared: listening to ")
        });
        ["239.1.1.1", "239.1.1.2", "ff15::1"].iter().for_each(|group| b.wait_for_join("e1", group));
        [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e1"));
        a.mcast("send 239.1.1.1+2:5000 [ff15::1]:5000 --iface e1 --count 1 -q").ends(0);
        a.mcast("send 239.1.1.2:5000 --iface e0 --count 1 -q").ends(0);
        let received = recv.ends(0);
        let left = received.events_of("left");
        assert_eq!(left.iter().filter(|left| left["iface"] == "e1").count(), 3, "{received}");
        // A recreated interface is the same interface, and is joined once.
        b.shell("ip link del e1");
    }
}

#[test]
fn a_named_interface_brings_no_others() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --count 1 --timeout 60s -o json").ready();
    lab.wire(&a, &b);
    b.address("e1", "10.1.0.101/24");
    b.shell("ip link set e0 down");
    // Changes are followed in their order.
    recv.line(|line| line.contains("\"interface-down\""));
    assert!(!b.is_member("e1", "239.1.1.1"));
    b.shell("ip link set e0 up");
    recv.line(|line| line.contains("\"interface-up\""));
    a.wait_for_carrier("e0", true);
    a.mcast("send 239.1.1.1:5000 --iface e0 --count 1 -q").ends(0);
    recv.ends(0);
}
