//! The addresses of senders: the form of link-local ones, and streams with a changing address.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// The link-local address of `e0`.
fn link_local(host: &Host) -> String {
    let shown = host.shell("ip -6 -o addr show dev e0 scope link");
    let address = shown.split_whitespace().nth(3).expect("an address");
    address.split('/').next().expect("no prefix").to_owned()
}

/// Ends a sender, and a receiver that waits for the end. Returns the number of sent datagrams, and
/// the summary of the receiver.
fn finish(send: Running, recv: Running) -> (Value, Value) {
    send.signal("INT");
    let sent = send.finish().summary()["datagrams"].clone();
    (sent, recv.ends(0).summary())
}

/// The counters of a stream that the tests compare.
fn outcome(stream: &Value) -> Value {
    json!(["received", "lost", "duplicates", "source_changes", "ended"].map(|name| &stream[name]))
}

#[test]
fn a_printed_link_local_source_is_accepted() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let source = format!("{}%e0", link_local(&a));
    let index = b.shell("ip -o link show dev e0 | cut -d: -f1");
    let numeric = format!("{}%{}", link_local(&a), index.trim());
    let send = a.mcast("send [ff15::1]:5000 --iface e0 -i 10ms -qq");
    for portable in ["", "--portable"] {
        let recv = b.mcast(&format!("recv [ff15::1]:5000 --iface e0 -c 1 -o json {portable}"));
        let printed = recv.ends(0).events_of("datagram")[0]["source"].clone();
        let printed = printed.as_str().expect("a source");
        assert!(printed.starts_with(&format!("[{source}]:")), "{printed}");
    }
    b.mcast("recv [ff15::1]:5000 --iface e0 -c 1").ends(0).prints(&format!("[{source}]:"));
    for arguments in [
        format!("[ff15::1]:5000 --source {source}"),
        format!("[ff15::1]:5000 --iface e0 --source [{source}]"),
        format!("[ff15::1]:5000 --source {numeric}"),
        format!("[{source}]@[ff15::1]:5000"),
    ] {
        let received = b.mcast(&format!("recv {arguments} -c 1 --timeout 60s -o json")).ends(0);
        let ready = &received.events_of("ready")[0]["targets"][0];
        assert_eq!(
            (&ready["source"], &ready["iface"]),
            (&json!(source), &json!("e0")),
            "{received}"
        );
    }
    let excluding = format!("recv [ff15::1]:5000 --iface e0 --exclude {source} -d 200ms -o json");
    let received = b.mcast(&excluding).finish();
    assert_eq!(received.summary()["datagrams"], 0, "{received}");
    assert_eq!(received.events_of("ready")[0]["targets"][0]["excluded"], json!([source]));
    send.signal("INT");
    send.finish();
}

#[test]
fn copies_on_two_interfaces_have_one_source() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch_with("mcast_snooping 0");
    let (sender, receiver) =
        (lab.host_on(&mut switch, "10.0.0.1/24"), lab.host_on(&mut switch, "10.0.0.2/24"));
    lab.second_port(&mut switch, &receiver, "10.0.0.3/24");
    sender.wait_for_ipv6("e0");
    ["e0", "e1"].iter().for_each(|iface| receiver.wait_for_ipv6(iface));
    for target in ["239.1.1.1:5000", "[ff15::1]:5000"] {
        for probe in ["", "--probe"] {
            let recv = receiver
                .mcast(&format!("recv {target} --iface e0 --iface e1 -c 20 --timeout 60s -o json"))
                .ready();
            sender.mcast(&format!("send {target} --iface e0 {probe} -c 10 -i 5ms -qq")).ends(0);
            let finished = recv.ends(0);
            let summary = finished.summary();
            assert_eq!(
                json!([summary["datagrams"], summary["sources"], summary["interface_copies"]]),
                json!([20, 1, 10]),
                "{finished}"
            );
            let warnings = finished.events_of("warning");
            assert_eq!(warnings.len(), 1, "{finished}");
            assert_eq!(warnings[0]["id"], "arrives-twice");
        }
    }
}

#[test]
fn a_sender_with_a_new_address_stays_one_stream() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    a.shell("ip addr add fd00::1/64 dev e0 nodad");
    b.shell("ip addr add fd00::2/64 dev e0 nodad");
    let other = format!("[{}%e0]:", link_local(&a));
    for (target, first, remove, add, second) in [
        (
            "239.1.1.1:5000",
            "10.0.0.100:",
            "ip addr del 10.0.0.100/24 dev e0; ip addr add 10.0.0.77/24 dev e0",
            "ip addr add 10.0.0.100/24 dev e0",
            "10.0.0.77:",
        ),
        (
            "[ff15::1]:5000",
            "[fd00::1]:",
            "ip addr del fd00::1/64 dev e0",
            "ip addr add fd00::1/64 dev e0 nodad",
            other.as_str(),
        ),
    ] {
        let recv = b.mcast(&format!("recv {target} --iface e0 --once -o json")).ready();
        let send = a.mcast(&format!("send {target} --iface e0 --probe -i 5ms -o json")).ready();
        let wait_for_source = |source: &str| {
            let source = format!("\"source\":\"{source}");
            eventually("the last datagram is from there", || {
                let so_far = recv.so_far();
                let last = so_far.lines().rfind(|line| line.contains("\"seq\""));
                last.is_some_and(|line| line.contains(&source))
            });
        };
        wait_for_source(first);
        a.shell(remove);
        wait_for_source(second);
        a.shell(add);
        wait_for_source(first);
        let (sent, summary) = finish(send, recv);
        let streams = summary["streams"].as_array().expect("streams");
        assert_eq!(streams.len(), 1, "{summary:#}");
        assert_eq!(outcome(&streams[0]), json!([sent, 0, 0, 2, true]), "{summary:#}");
        assert!(streams[0]["source"].as_str().expect("a source").starts_with(first), "{summary}");
        assert_eq!(
            (&summary["sources"], &summary["measured"]["source_changes"]),
            (&json!(2), &json!(2))
        );
    }
}

#[test]
fn a_sender_with_a_recreated_interface_stays_one_stream() {
    let Some(lab) = Lab::open() else { return };
    for (target, group) in [("239.1.1.1:5000", "239.1.1.1"), ("[ff15::1]:5000", "ff15::1")] {
        let mut switch = lab.switch_with("mcast_snooping 0");
        let a = lab.host_on(&mut switch, "10.0.0.1/24");
        let b = lab.host_on(&mut switch, "10.0.0.2/24");
        for (host, address) in [(&a, "fd00::1/64"), (&b, "fd00::2/64")] {
            host.shell(&format!("ip addr add {address} dev e0 nodad"));
            host.wait_for_ipv6("e0");
        }
        let recv = b.mcast(&format!("recv {target} --iface e0 --once -q -o json"));
        b.wait_for_join("e0", group);
        let send = a.mcast(&format!("send {target} --iface e0 --probe -i 5ms -o json")).ready();
        let read = || {
            if target.starts_with('2') {
                b.counter("Udp", "InDatagrams")
            } else {
                b.counter6("Udp6InDatagrams")
            }
        };
        for _ in 0..2 {
            let before = read();
            eventually("datagrams flow", || read() > before + 20);
            a.shell("ip link del e0");
            send.line(|line| line.contains("\"interface-gone\""));
            lab.replug(&mut switch, &a, "10.0.0.1/24");
            a.shell("ip addr add fd00::1/64 dev e0 nodad");
        }
        let before = read();
        eventually("datagrams flow again", || read() > before + 20);
        let (sent, summary) = finish(send, recv);
        let streams = summary["streams"].as_array().expect("streams");
        assert_eq!(streams.len(), 1, "{summary:#}");
        let lost =
            sent.as_u64().expect("a count") - summary["datagrams"].as_u64().expect("a count");
        assert_eq!(streams[0]["lost"], lost, "no more than was lost on the wire: {summary:#}");
        assert_eq!(streams[0]["ended"], true);
    }
}

#[test]
fn a_run_on_two_interfaces_of_one_network_is_two_streams() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch_with("mcast_snooping 0");
    let a = lab.host_on(&mut switch, "10.0.0.1/24");
    lab.second_port(&mut switch, &a, "10.0.0.3/24");
    let b = lab.host_on(&mut switch, "10.0.0.2/24");
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --once -q -o json").ready_when_member(
        &b,
        "e0",
        "239.1.1.1",
    );
    a.mcast("send 239.1.1.1:5000 --iface e0 --iface e1 --probe -c 100 -i 1ms -qq").ends(0);
    let summary = recv.ends(0).summary();
    let outcomes: Vec<Value> =
        summary["streams"].as_array().expect("streams").iter().map(outcome).collect();
    assert_eq!(json!(outcomes), json!([[100, 0, 0, 0, true], [100, 0, 0, 0, true]]));
}
