//! Datagrams sent as one (UDP_SEGMENT, udp(7)) and received as one (UDP_GRO) are shown and counted
//! as they were sent, on every receive path. Also a receiver that never sleeps. The sender is
//! written in Python and shares no code with the program.
#![cfg(target_os = "linux")]

mod lab;

use std::time::{Duration, Instant};

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// Sends trains and single datagrams. The arguments are the process id of a receiver, and its
/// groups.
const SENDER: &str = r#"
import itertools, os, socket, sys, time
UDP_SEGMENT = 103

def read():
    "Waits until nothing is queued in the receiver's network, and the receiver then waits for more."
    while True:
        lines = [line for table in ("udp", "udp6") for line in open(f"/proc/{sys.argv[1]}/net/{table}").readlines()[1:]]
        if not any(int(line.split()[4].split(":")[1], 16) for line in lines):
            if open(f"/proc/{sys.argv[1]}/stat").read().rsplit(") ", 1)[1][0] == "S":
                return
        time.sleep(0.0005)  # between two polls

def sender(group, port):
    v6 = ":" in group
    s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    if v6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("e0"))
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
    s.bind(("::" if v6 else "", port))
    s.connect((group, 5000))
    return s

number = itertools.count()
def filled(size):
    "Bytes that no other datagram has, as text."
    return (b"%d " % next(number) * (size // 2 + 1))[:size]

def train(s, segment, *sizes):
    "One train of datagrams of these sizes, which are all the segment's but the last."
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
    datagrams = [filled(size) for size in sizes]
    s.send(b"".join(datagrams))
    return datagrams

def single(s, size):
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
    datagram = filled(size)
    s.send(datagram)
    return [datagram]
"#;

fn script(host: &Host, recv: &Running, lines: &str) -> Finished {
    host.python(&format!("{SENDER}\n{lines}"), &[&recv.id().to_string()]).ends(0)
}

/// The receive paths, which must all give the same result.
const WAYS: [&str; 6] =
    ["", "--no-offload", "--batch 1", "--batch 1 --no-offload", "--spin", "--portable"];

fn start_each_way(host: &Host, arguments: &str) -> Vec<Running> {
    WAYS.iter().map(|way| host.mcast(&format!("{arguments} {way}")).ready()).collect()
}

#[test]
fn trains_are_received_datagram_by_datagram() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    a.enable_trains("e0");
    for group in ["239.1.1.1", "ff15::1"] {
        let target =
            if group.contains(':') { format!("[{group}]:5000") } else { format!("{group}:5000") };
        let receivers = start_each_way(&b, &format!("recv --iface e0 {target} -o json"));
        let lines = "
import json
one, two = sender('GROUP', 4001), sender('GROUP', 4002)
sent = []
for time_ in range(3):
    for s, datagrams in [
        (1, train(one, 100, *[100] * 10, 50)),
        (2, single(two, 100)),
        (2, train(two, 1400, *[1400] * 40, 1)),
        (1, single(one, 0)),
        (1, single(one, 3000)),
        (2, train(two, 1, *[1] * 60)),
        (1, train(one, 500, 500, 500)),
        (1, train(one, 100, 70)),
        (2, train(two, 700, 700, 699)),
    ]:
        sent += [[4000 + s, datagram.decode()] for datagram in datagrams]
    read()  # the first train is known then, and the next ones come as such
print(json.dumps(sent))
";
        let sent = script(&a, &receivers[0], &lines.replace("GROUP", group));
        let sent: Value = serde_json::from_str(sent.out.trim()).unwrap();
        let many = sent.as_array().unwrap().len();
        assert_eq!(many, 3 * (11 + 1 + 41 + 1 + 1 + 60 + 2 + 1 + 2));
        for (recv, way) in receivers.into_iter().zip(WAYS) {
            recv.line(|line| line.contains(sent[many - 1][1].as_str().unwrap()));
            recv.signal("INT");
            let finished = recv.ends(0);
            let shown = finished.events_of("datagram");
            let port = |event: &Value| {
                event["source"]
                    .as_str()
                    .unwrap()
                    .rsplit_once(':')
                    .unwrap()
                    .1
                    .parse::<u16>()
                    .unwrap()
            };
            let texts: Vec<Value> =
                shown.iter().map(|event| json!([port(event), event["text"]])).collect();
            assert_eq!(json!(texts), sent, "{way} {group}");
            let lengths = |event: &Value| {
                event["len_bytes"].as_u64() == event["text"].as_str().map(|text| text.len() as u64)
            };
            assert!(shown.iter().all(lengths), "{way} {group}");
            let summary = finished.summary();
            let bytes: usize = sent
                .as_array()
                .unwrap()
                .iter()
                .map(|datagram| datagram[1].as_str().unwrap().len())
                .sum();
            let counts =
                ["datagrams", "bytes", "sources", "truncated"].map(|field| &summary[field]);
            assert_eq!(json!(counts), json!([many, bytes, 2, 0]), "{way} {group}");
            let drops = [&summary["kernel_drops"], &summary["kernel_drops_exact"]];
            assert_eq!(json!(drops), json!([0, true]), "{way} {group}");
            if way != "--portable" {
                let alike = shown.iter().all(|event| event["ttl"] == 1 && event["iface"] == "e0");
                assert!(alike, "each datagram has the train's TTL and interface: {way} {group}");
            }
        }
    }
}

#[test]
fn gro_is_enabled_after_the_first_train() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    a.enable_trains("e0");
    for (way, reads) in [("", 11 + 1), ("--no-offload", 11 + 50)] {
        let before = b.counter("Udp", "InDatagrams");
        let recv = b.mcast(&format!("recv --iface e0 239.1.1.1:5000 --count 61 -q -o json {way}"));
        let recv = recv.ready_when_member(&b, "e0", "239.1.1.1");
        script(
            &a,
            &recv,
            "s = sender('239.1.1.1', 4001)\ntrain(s, 9, *[9] * 10, 3)\nread()\ntrain(s, 500, \
             *[500] * 50)",
        );
        assert_eq!(recv.ends(0).summary()["datagrams"], 61);
        assert_eq!(
            b.counter("Udp", "InDatagrams") - before,
            reads,
            "what the kernel handed over: {way}"
        );
    }
}

#[test]
fn a_count_may_end_inside_a_train() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    a.enable_trains("e0");
    let receivers = start_each_way(&b, "recv --iface e0 239.1.1.1:5000 --count 25 -o json");
    script(
        &a,
        &receivers[0],
        "s = sender('239.1.1.1', 4001)\ntrain(s, 9, *[9] * 10)\nread()\ntrain(s, 9, *[9] * 40)",
    );
    for (recv, way) in receivers.into_iter().zip(WAYS) {
        let finished = recv.ends(0);
        let shown = finished.events_of("datagram");
        let numbers: Vec<&str> = shown
            .iter()
            .map(|event| event["text"].as_str().unwrap().split(' ').next().unwrap())
            .collect();
        assert_eq!(numbers, (0..25).map(|number| number.to_string()).collect::<Vec<_>>(), "{way}");
        assert_eq!(finished.summary()["datagrams"], 25, "{way}");
    }
}

#[test]
fn dropped_trains_make_the_count_inexact() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    a.enable_trains("e0");
    const SENT: u64 = 5 + 100 * 20 + 1;
    for (way, exact) in [("-o json", false), ("-o json --no-offload", true), ("", false)] {
        let asserted = ["kernel_drops == 0", "kernel_drops > 0", "kernel_drops < 100000"];
        let arguments = format!("recv --iface e0 239.1.1.1:5000 --rcvbuf 30000 -q {way}");
        let arguments: Vec<&str> = arguments
            .split_whitespace()
            .chain(asserted.into_iter().flat_map(|expr| ["--assert", expr]))
            .collect();
        let recv = b.mcast_with(&arguments).ready_when_member(&b, "e0", "239.1.1.1");
        script(&a, &recv, "train(sender('239.1.1.1', 4001), 60, *[60] * 5)\nread()");
        let errors = b.counter("Udp", "RcvbufErrors");
        recv.signal("STOP");
        script(
            &a,
            &recv,
            "s = sender('239.1.1.1', 4001)\nfor t in range(100): train(s, 60, *[60] * 20)",
        );
        assert!(b.counter("Udp", "RcvbufErrors") > errors, "{way}");
        recv.signal("CONT");
        script(&a, &recv, "read()\nsingle(sender('239.1.1.1', 4001), 60)\nread()");
        recv.signal("INT");
        let finished = recv.ends(1);
        finished.prints("kernel_drops == 0 (");
        if !way.starts_with("-o json") {
            finished.prints(" dropped at least ");
            finished.prints("; at least ");
            finished.prints("kernel_drops < 100000 (value unknown)");
            continue;
        }
        let summary = finished.summary();
        let (received, dropped) =
            (summary["datagrams"].as_u64().unwrap(), summary["kernel_drops"].as_u64().unwrap());
        assert_eq!(summary["kernel_drops_exact"], exact, "{finished}");
        if exact {
            assert_eq!(received + dropped, SENT, "{finished}");
        } else {
            assert!(
                dropped > 0 && received + dropped < SENT,
                "of each train dropped one is counted\n{finished}"
            );
        }
        let held = |place: usize| {
            [&summary["assertions"][place]["held"], &summary["assertions"][place]["value"]]
                .map(Value::clone)
        };
        assert_eq!(held(0), [json!(false), json!(dropped)]);
        assert_eq!(held(1), [json!(true), json!(dropped)]);
        assert_eq!(
            held(2),
            if exact { [json!(true), json!(dropped)] } else { [json!(false), Value::Null] }
        );
    }
}

#[test]
fn drops_before_the_first_train_are_exact() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    a.enable_trains("e0");
    let recv = b
        .mcast("recv --iface e0 239.1.1.1:5000 --rcvbuf 30000 -q -o json")
        .ready_when_member(&b, "e0", "239.1.1.1");
    recv.signal("STOP");
    script(
        &a,
        &recv,
        "s = sender('239.1.1.1', 4001)\nfor t in range(100): train(s, 60, *[60] * 20)",
    );
    recv.signal("CONT");
    script(&a, &recv, "read()\ntrain(sender('239.1.1.1', 4001), 60, *[60] * 20)\nread()");
    recv.signal("INT");
    let summary = recv.ends(0).summary();
    let counts = ["datagrams", "kernel_drops"].map(|field| summary[field].as_u64().unwrap());
    assert!(counts[1] > 0 && counts[0] + counts[1] == 101 * 20, "{summary:#}");
    assert_eq!(summary["kernel_drops_exact"], true);
}

#[test]
fn spin_receives_and_ends_like_sleep() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // One socket, and too many to poll one by one.
    let many: String = (0..6).map(|port| format!(" 239.1.1.1:{}", 5000 + port)).collect();
    for way in ["", "--portable"] {
        for targets in [" 239.1.1.1:5000", &many] {
            let each = targets.split_whitespace().count() * 5;
            let spin = |rest: &str| {
                b.mcast(&format!("recv --iface e0 --spin {way} -o json {rest}{targets}"))
            };
            let recv = spin(&format!("--count {each}")).ready();
            a.mcast(&format!("send --iface e0 --count 5 -i 1ms -q{targets}")).ends(0);
            assert_eq!(recv.ends(0).events_of("datagram").len(), each);
            for (signal, status) in [("INT", 0), ("TERM", 0)] {
                let recv = spin("").ready();
                recv.signal(signal);
                recv.ends(status);
            }
            spin("--timeout 30ms").ends(1);
            spin("--duration 30ms --stats 10ms").ends(0);
            let recv = spin("--idle 50ms").ready();
            a.mcast(&format!("send --iface e0 --count 1 -q{targets}")).ends(0);
            recv.ends(0);
        }
    }
    b.mcast("recv --iface e0 --spin --timeout 60s -- mcast send --iface e0 --count 3 -i 1ms")
        .ends(0);
    let recv = b.mcast("recv --iface e0 --spin -o json").ready();
    b.shell("ip link set e0 down");
    recv.line(|line| line.contains("\"interface-down\""));
    recv.signal("INT");
    recv.ends(0);
    // The reader closes the pipe while no datagrams arrive.
    let mcast = env!("CARGO_BIN_EXE_mcast");
    b.shell(&format!("{mcast} recv --iface e0 --spin | head -n 1"));
}

#[test]
fn a_flood_does_not_delay_the_end() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    for way in ["", "--no-offload", "--spin"] {
        let recv = b
            .mcast(&format!("recv --iface e0 239.1.1.1:5000 -q -o json {way}"))
            .ready_when_member(&b, "e0", "239.1.1.1");
        let flood = "s = sender('239.1.1.1', 4001)\ns.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, \
                     64)\nwhile True: s.send(bytes(64 * 64))";
        let flood = a.python(&format!("{SENDER}\n{flood}"), &["0"]);
        let before = b.counter("Udp", "InDatagrams");
        eventually("it is flooded", || b.counter("Udp", "InDatagrams") > before + 20_000);
        recv.signal("INT");
        // The flood does not end. A receiver that reads until its queue is empty would not, either.
        let summary = recv.ends(0).summary();
        assert!(summary["datagrams"].as_u64().unwrap() > 10_000, "{summary}");
        flood.signal("KILL");
        flood.finish();
    }
}

#[test]
fn the_end_on_one_socket_waits_for_the_others() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let ways = ["", "--spin", "--portable"];
    // Long enough to stop the first one after the start of the last one.
    let receivers = ways.map(|way| {
        b.mcast(&format!(
            "recv --iface e0 239.1.1.1:5000 239.1.1.2:5001 -d 6s --stats 1m -o json --rcvbuf 4MiB \
             {way}"
        ))
        .ready()
    });
    let ready = Instant::now();
    receivers.iter().for_each(|recv| recv.signal("STOP"));
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --burst 400 --count 400 -q").ends(0);
    // Each duration began before its receiver was ready.
    eventually("the durations have passed", || ready.elapsed() > Duration::from_secs(6));
    a.mcast("send --iface e0 239.1.1.2:5001 --count 3 -i 1ms -q").ends(0);
    receivers.iter().for_each(|recv| recv.signal("CONT"));
    for (way, recv) in ways.into_iter().zip(receivers) {
        let finished = recv.ends(0).summary();
        // The portable path has no receive times from the kernel.
        let most = if way == "--portable" { 403 } else { 400 };
        assert!(
            (400..=most).contains(&finished["datagrams"].as_u64().unwrap()),
            "{way}: {finished:#}"
        );
    }
}
