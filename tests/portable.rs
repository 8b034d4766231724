//! The portable path of macOS, FreeBSD and Windows, run on Linux. It gives the same results,
//! without the values that those systems lack.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, Running};
use serde_json::{Value, json};

fn portable(host: &Host, arguments: &str) -> Running {
    let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(arguments.split_whitespace()).env("MCAST_PORTABLE", "1");
    Running::start(command)
}

#[test]
fn the_portable_path_works_in_both_families() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (target, source) in [("239.1.1.1:5000", "10.0.0.100:40000"), ("[ff15::1]:5000", "[fe80::")]
    {
        let recv = portable(&b, &format!("recv --iface e0 {target} --count 5 -o json")).ready();
        portable(
            &a,
            &format!(
                "send --iface e0 {target} --count 5 --interval 1ms --ttl 4 --dscp 46 \
                 --source-port 40000"
            ),
        )
        .ends(0);
        let finished = recv.ends(0);
        let datagrams = finished.events_of("datagram");
        assert_eq!(datagrams.len(), 5);
        for datagram in datagrams {
            assert!(datagram["source"].as_str().unwrap().starts_with(source), "{datagram}");
            assert_eq!(
                (&datagram["text"], &datagram["port"]),
                (&json!("hello world"), &json!(5000))
            );
            for unknown in ["ttl", "dscp", "iface"] {
                assert_eq!(
                    datagram[unknown],
                    Value::Null,
                    "an unknown value is null, never 0: {datagram}"
                );
            }
        }
    }
}

#[test]
fn both_paths_exchange_identical_frames() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 --count 1 -o json").ready();
    portable(&a, "send --iface e0 --count 1 --ttl 9 --dscp ef").ends(0);
    let datagram = recv.ends(0).events_of("datagram").remove(0);
    assert_eq!((&datagram["ttl"], &datagram["dscp"]), (&json!(9), &json!(46)));

    let wire = a.capture("e0");
    let recv = portable(&b, "recv --iface 10.0.0.101 --count 1").ready();
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_ex"]);
    a.mcast("send --iface e0 --count 1").ends(0);
    let finished = recv.ends(0);
    assert!(finished.out.contains("> 224.202.20.30:54321  11 bytes  hello world"), "{finished}");
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_in"]);
}

#[test]
fn the_portable_path_ends_the_same_way() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    portable(&b, "recv --iface e0 --count 1 --timeout 30ms")
        .ends(1)
        .prints("0 of 1 datagrams within --timeout 30ms");
    portable(
        &b,
        "recv --iface e0 --count 3 --timeout 60s -- mcast send --iface e0 --count 3 --interval \
         10ms",
    )
    .ends(0);
    let recv = portable(&b, "recv --iface e0 --count 1").ready();
    recv.signal("INT");
    recv.ends(130);
    assert!(!b.is_member("e0", "224.202.20.30"));
}

#[test]
fn the_longest_and_the_empty_datagram_arrive_complete() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = portable(&b, "recv --iface e0 --count 2 -o json").ready();
    a.mcast_with(&[
        "send",
        "--iface",
        "e0",
        "--count",
        "1",
        "-q",
        "--message",
        &"x".repeat(65_507),
    ])
    .ends(0);
    a.mcast_with(&["send", "--iface", "e0", "--count", "1", "--message", ""]).ends(0);
    let lengths: Vec<Value> =
        recv.ends(0).events_of("datagram").iter().map(|event| event["len_bytes"].clone()).collect();
    assert_eq!(lengths, [json!(65_507), json!(0)]);
}

#[test]
fn the_portable_path_supports_sources_ranges_and_unicast() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    a.shell(
        "ip addr add 10.0.0.99/24 dev e0; ip -6 addr add fd00::99/64 dev e0 nodad; ip -6 addr add \
         fd00::100/64 dev e0 nodad",
    );
    for (target, from, source) in [
        ("10.0.0.100@232.1.1.1+3:5000", "10.0.0.100", "10.0.0.99"),
        ("[fd00::100]@[ff3e::1]+3:5000", "fd00::100", "fd00::99"),
        ("239.1.1.1+3:5000 --exclude 10.0.0.99", "10.0.0.100", "10.0.0.99"),
    ] {
        let recv = portable(&b, &format!("recv --iface e0 {target} --count 3 -o json")).ready();
        let group = target.rsplit('@').next().unwrap().split(' ').next().unwrap();
        portable(&a, &format!("send --iface {source} {group} --count 1")).ends(0);
        portable(&a, &format!("send --iface {from} {group} --count 1")).ends(0);
        let datagrams = recv.ends(0).events_of("datagram");
        assert!(
            datagrams.iter().all(|event| event["source"].as_str().unwrap().contains(from)),
            "{datagrams:?}"
        );
    }
    let recv = portable(&b, "recv 10.0.0.101:5000 --count 1").ready();
    portable(&a, "send 10.0.0.101:5000 --count 1").ends(0);
    recv.ends(0);
}
