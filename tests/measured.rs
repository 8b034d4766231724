//! The counts of `mcast recv` against the truth: a firewall drops and duplicates by number, and a
//! sender in Python sends arbitrary probes. Every count is exact.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// Writes probes without any of the program's own code.
const PROBES: &str = concat!(include_str!("lab/crc32c.py"), include_str!("lab/probes.py"));

/// Runs a script of probes to its end, while `recv` receives.
fn script(host: &Host, recv: &Running, lines: &str) {
    host.python(&format!("{PROBES}\n{lines}"), &[&recv.id().to_string()]).ends(0);
}

/// The streams of a summary on one port.
fn streams_on(summary: &Value, port: u16) -> Vec<Value> {
    let streams = summary["streams"].as_array().expect("streams");
    streams.iter().filter(|stream| stream["port"] == port).cloned().collect()
}

/// The only stream of a summary.
fn only(summary: &Value) -> Value {
    let streams = summary["streams"].as_array().expect("streams");
    assert_eq!(streams.len(), 1, "{summary:#}");
    streams[0].clone()
}

/// The stream with this run id.
fn stream(summary: &Value, id: u64) -> Value {
    let id = format!("{id:016x}");
    let streams = summary["streams"].as_array().expect("streams");
    streams
        .iter()
        .find(|stream| stream["stream"] == *id)
        .unwrap_or_else(|| panic!("no stream {id}: {summary:#}"))
        .clone()
}

/// The ratio as JSON contains it.
fn ratio(part: u64, of: u64) -> Value {
    json!(part as f64 / of as f64).to_string().parse().expect("a number")
}

/// Compares every counter of a stream with the truth. A counter that the truth does not contain
/// must be 0, and the stream must have ended.
fn assert_counts(stream: &Value, truth: Value) {
    let count = |name: &str| truth.get(name).and_then(Value::as_u64).unwrap_or(0);
    let expected = count("received") + count("lost");
    let mut whole = json!({
        "received": 0, "expected": expected, "lost": 0, "loss_ratio": ratio(count("lost"), expected),
        "loss_runs": {"count": 0, "longest": 0}, "duplicates": 0, "reordered": 0, "reorder_extent_max": 0, "stale": 0, "corrupt": 0,
        "truncated": 0, "dscp_changed": 0, "missed_before": 0, "ended": true, "restarts": 0, "format": "mcast",
    });
    for (name, value) in truth.as_object().expect("an object") {
        assert!(whole.get(name).is_some(), "{name} is no field that is compared");
        whole[name] = value.clone();
    }
    for (name, value) in whole.as_object().expect("an object") {
        assert_eq!(&stream[name], value, "{name} of {stream:#}");
    }
}

/// Whether the datagram at a position in the sequence is dropped.
type Dropped = fn(u64) -> bool;

/// The true counters for `sent` datagrams and their ends. `dropped` selects the dropped ones by
/// position.
fn expected_counts(sent: u64, dropped: impl Fn(u64) -> bool) -> Value {
    let first = (0..sent).find(|number| !dropped(*number)).expect("one arrival");
    let (mut lost, mut runs, mut longest, mut run) = (0_u64, 0_u64, 0_u64, 0_u64);
    for number in first..sent {
        run = if dropped(number) { run + 1 } else { 0 };
        lost += u64::from(run > 0);
        runs += u64::from(run == 1);
        longest = longest.max(run);
    }
    let received = sent - first - lost;
    json!({"received": received, "lost": lost, "loss_runs": {"count": runs, "longest": longest}, "missed_before": first})
}

/// The number that a line of JSON gives a field.
fn number(line: &str, field: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.get(field)?.as_u64()
}

/// Waits until a receiver has shown a datagram with this number, or a later one. Returns the line.
fn wait_for_sequence(recv: &Running, least: u64) -> String {
    recv.line(|line| number(line, "seq").is_some_and(|seq| seq >= least))
}

/// Waits until the programs of a host have read this number of UDP datagrams.
fn wait_until_read(host: &Host, datagrams: u64) {
    eventually("all datagrams are read", || host.counter("Udp", "InDatagrams") >= datagrams);
}

/// Ends a receiver that has nothing more to wait for.
fn stop(recv: Running) -> Finished {
    recv.signal("INT");
    recv.ends(0)
}

/// The arguments for each way to receive. All ways must give the same result.
const WAYS: [&str; 4] = ["", "--batch 1", "--no-offload", "--spin"];

/// One receiver for each way, all at once.
fn start_each_way(host: &Host, arguments: &str) -> Vec<Running> {
    WAYS.iter().map(|way| host.mcast(&format!("{arguments} {way}")).ready()).collect()
}

/// The summary of each receiver, which must end with status 0.
fn summaries(receivers: Vec<Running>) -> Vec<Value> {
    receivers.into_iter().map(|recv| recv.ends(0).summary()).collect()
}

#[test]
fn a_stream_survives_a_recreated_interface() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once --timeout 60s -o json").ready();
    let send = |numbers: &str| {
        let sender = "x = Sender(7, source=('10.0.0.100', 4000))";
        script(&a, &recv, &format!("{sender}\nx.data({numbers})"));
    };
    send("0, 1, 2");
    wait_for_sequence(&recv, 2);
    b.shell("ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    a.address("e0", "10.0.0.100/24");
    b.address("e0", "10.0.0.101/24");
    recv.line(|line| line.contains("\"interface-back\""));
    b.wait_for_join("e0", "239.1.1.1");
    send("5, 6); x.end(7");
    let stream = only(&recv.ends(0).summary());
    assert_counts(
        &stream,
        json!({"received": 5, "lost": 2, "loss_runs": {"count": 1, "longest": 2}}),
    );
}

#[test]
fn ends_with_extreme_counts_do_not_panic() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once").ready();
    script(
        &a,
        &recv,
        "for stream in range(8): Sender(stream).raw(probe(stream, (2**64 - 1) // 4, kind=END, \
         size=48))",
    );
    let finished = recv.ends(1);
    finished.prints("were sent before the first one received");
    assert!(!finished.err.contains("nothing"), "the ends did: {finished}");
}

#[test]
fn a_long_gap_belongs_to_the_interval_of_its_end() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --stats 50ms --count 2 -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --count 2 --interval 300ms").ends(0);
    let finished = recv.ends(0);
    let longest = finished
        .events_of("interval")
        .iter()
        .filter_map(|interval| interval["gap_ns"].as_u64())
        .max();
    assert_eq!(longest, finished.summary()["gap_ns"].as_u64(), "{finished}");
}

#[test]
fn the_intervals_of_a_sender_add_up_to_its_summary() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let line = "send --iface e0 239.1.1.1:5000 239.1.1.2:5000 --probe --rate 1kpps --count 333";
    let sent = a.mcast(&format!("{line} --stats 100ms -o json")).ends(0);
    let (intervals, summary) = (sent.events_of("interval"), sent.summary());
    assert!(intervals.len() >= 3, "{sent}");
    for field in ["datagrams", "bytes", "errors", "skipped", "waits"] {
        let sum: u64 = intervals.iter().filter_map(|interval| interval[field].as_u64()).sum();
        assert_eq!(Some(sum), summary[field].as_u64(), "{field}: {sent}");
    }
    let of_second = |interval: &Value| interval["targets"][1]["datagrams"].as_u64();
    assert_eq!(intervals.iter().filter_map(of_second).sum::<u64>(), 333, "{sent}");
    let shown = a.mcast(&format!("{line} --stats 100ms")).ends(0);
    shown.prints("  1.00 kpps  512 kbit/s\n");
}

#[test]
fn a_huge_interval_never_ends() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let finished =
        b.mcast(&format!("recv --iface e0 --stats {}s --duration 50ms -o json", i64::MAX)).ends(0);
    assert!(finished.events_of("interval").is_empty(), "{finished}");
}

#[test]
fn a_complete_stream_has_no_loss() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    let sent = a
        .mcast(
            "send --iface e0 239.1.1.1:5000 --probe --count 200 -i 1ms --ttl 3 --dscp ef \
             --source-port 40000 -o json",
        )
        .ends(0);
    let finished = recv.ends(0);
    let summary = finished.summary();
    let stream = only(&summary);
    assert_counts(&stream, json!({"received": 200}));
    let place =
        ["source", "group", "port", "iface", "stream", "clock"].map(|field| stream[field].clone());
    let run = &sent.events_of("ready")[0]["stream"];
    assert_eq!(
        json!(place),
        json!(["10.0.0.100:40000", "239.1.1.1", 5000, "e0", run, "same_host"])
    );
    assert_eq!(
        (&stream["hops"], &stream["bytes"]),
        (&json!({"min": 0, "max": 0}), &json!(200 * 64))
    );
    let of = |family: &str, statistic: &str| {
        stream[family][statistic].as_i64().unwrap_or_else(|| panic!("{family}.{statistic}"))
    };
    assert!(of("delay_ns", "min") > 0, "{stream:#}");
    assert_eq!(of("pdv_ns", "min"), 0);
    for family in ["delay_ns", "pdv_ns"] {
        let rising =
            ["min", "p50", "p90", "p99", "p999", "max"].map(|statistic| of(family, statistic));
        assert!(
            rising.is_sorted() && (rising[0]..=rising[5]).contains(&of(family, "mean")),
            "{stream:#}"
        );
    }
    assert!(
        of("wakeup_ns", "p50") > 0 && of("wakeup_ns", "max") >= of("wakeup_ns", "p99"),
        "{stream:#}"
    );
    assert!(
        stream["jitter_ns"].as_u64().is_some() && stream["gap_ns"].as_u64().unwrap() >= 500_000,
        "{stream:#}"
    );

    let counts = [
        "datagrams",
        "bytes",
        "kernel_drops",
        "sources",
        "corrupt",
        "unsupported",
        "untracked",
        "truncated",
    ];
    assert_eq!(
        json!(counts.map(|field| &summary[field])),
        json!([200, 200 * 64, 0, 1, 0, 0, 0, 0])
    );
    assert_eq!(
        (&summary["measured"]["streams"], &summary["measured"]["ended"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(summary["measured"]["received"], 200);
    assert_eq!(
        (&sent.summary()["datagrams"], &sent.summary()["bytes"]),
        (&json!(200), &json!(200 * 64)),
        "ends are not counted"
    );

    let numbers: Vec<Value> = finished
        .events_of("datagram")
        .iter()
        .map(|event| json!([event["stream"], event["seq"]]))
        .collect();
    assert_eq!(numbers, (0..200).map(|seq| json!([run, seq])).collect::<Vec<_>>());
    assert!(
        finished.events_of("datagram").iter().all(|event| event["delay_ns"].as_i64().unwrap() > 0),
        "{finished}"
    );
}

#[test]
fn each_target_on_each_interface_is_a_stream() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    let places =
        "--iface e0 --iface e1 239.1.1.1:5000 239.1.1.2:5000 239.1.1.1:5001 [ff15::1]:5000";
    let recv = b.mcast(&format!("recv {places} --once -o json")).ready();
    let sent = a.mcast(&format!("send {places} --probe --count 40 -i 2ms -o json")).ends(0);
    let summary = recv.ends(0).summary();
    let streams = summary["streams"].as_array().unwrap();
    let mut there: Vec<String> = Vec::new();
    for stream in streams {
        assert_counts(stream, json!({"received": 40}));
        assert_eq!(stream["stream"], sent.events_of("ready")[0]["stream"], "one run has one id");
        assert_eq!(stream["clock"], "same_host");
        there.push(format!(
            "{} {} {}",
            stream["group"].as_str().unwrap(),
            stream["port"],
            stream["iface"].as_str().unwrap()
        ));
    }
    there.sort();
    let places = ["239.1.1.1 5000", "239.1.1.1 5001", "239.1.1.2 5000", "ff15::1 5000"];
    assert_eq!(
        there,
        places
            .iter()
            .flat_map(|place| [format!("{place} e0"), format!("{place} e1")])
            .collect::<Vec<_>>()
    );
    assert_eq!(json!([summary["datagrams"], summary["interface_copies"]]), json!([320, 0]));
    let together = ["streams", "ended", "received", "expected", "lost"]
        .map(|field| &summary["measured"][field]);
    assert_eq!(json!(together), json!([8, 8, 320, 320, 0]));
}

#[test]
fn sizes_and_paces_are_counted_alike() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let ways = [
        ("--size 48 --count 100 -i 1ms", 48),
        ("--size 1472 --count 100 -i 1ms", 1472),
        ("--size 9000 --count 20 -i 2ms", 9000),
        ("--burst 20 --count 90 -i 1ms", 64),
        ("--rate 1kpps --count 150", 64),
        ("--rate 1Mbit --count 40 --size 1000", 1000),
        ("--duration 150ms --rate 500pps --burst 3", 64),
    ];
    let all = ways.iter().enumerate().map(|(number, (options, size))| {
        let recv =
            b.mcast(&format!("recv --iface e0 239.1.1.{number}:5000 --once -o json")).ready();
        (format!("send --iface e0 239.1.1.{number}:5000 --probe -o json {options}"), recv, *size)
    });
    let all: Vec<_> = all.collect();
    let all: Vec<_> =
        all.into_iter().map(|(send, recv, size)| (a.mcast(&send), recv, size)).collect();
    for (send, recv, size) in all {
        let (sent, summary) = (send.ends(0), recv.ends(0).summary());
        let many = sent.summary()["datagrams"].as_u64().unwrap();
        assert!(many >= 3, "{sent}");
        let stream = only(&summary);
        assert_counts(&stream, json!({"received": many}));
        assert_eq!(
            (&stream["bytes"], &summary["datagrams"]),
            (&json!(many * size), &json!(many)),
            "{sent}"
        );
    }
}

#[test]
fn every_loss_is_counted_with_its_runs() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    // With 208, the third pattern drops the last data and the first end markers.
    const SENT: u64 = 208;
    // The port, the drop rule in nftables syntax, and the same as an expression. The counters
    // include the ends, in the same sequence.
    let patterns: [(u16, &str, Dropped); 5] = [
        (5000, "numgen inc mod 4 0", |place| place % 4 == 0),
        (5001, "numgen inc mod 10 < 3", |place| place % 10 < 3),
        (5002, "numgen inc mod 10 > 6", |place| place % 10 > 6),
        (
            5003,
            "numgen inc mod 50 { 10-30, 35, 37, 48-49 }",
            |place| matches!(place % 50, 10..=30 | 35 | 37 | 48..=49),
        ),
        (5004, "numgen inc mod 2 1", |place| place % 2 == 1),
    ];
    let rules: Vec<String> =
        patterns.iter().map(|(port, rule, _)| format!("udp dport {port} {rule} drop;")).collect();
    b.firewall(&format!(
        "table inet lossy {{ chain in {{ type filter hook input priority 0; {} }}; }}",
        rules.join(" ")
    ));
    let targets: Vec<String> =
        patterns.iter().map(|(port, ..)| format!("239.1.1.1:{port}")).collect();
    let targets = targets.join(" ").replace("239.1.1.1:5004", "[ff15::1]:5004");
    let receivers = start_each_way(&b, &format!("recv --iface e0 {targets} --once -o json"));
    a.mcast(&format!("send --iface e0 {targets} --probe --count {SENT} -i 1ms -q")).ends(0);
    assert_eq!(
        expected_counts(SENT, patterns[1].2)["missed_before"],
        3,
        "datagrams before the first received one are not losses"
    );
    for summary in summaries(receivers) {
        let (mut lost, mut expected) = (0, 0);
        for (port, _, dropped) in patterns {
            let truth = expected_counts(SENT, dropped);
            lost += truth["lost"].as_u64().unwrap();
            expected += SENT - truth["missed_before"].as_u64().unwrap();
            assert_counts(&streams_on(&summary, port)[0], truth);
        }
        let together = ["expected", "lost", "loss_ratio"].map(|field| &summary["measured"][field]);
        assert_eq!(json!(together), json!([expected, lost, ratio(lost, expected)]));
        assert_eq!(summary["kernel_drops"], 0, "the network lost them, not this host");
    }
}

#[test]
fn copies_are_counted_as_duplicates() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    // Of five datagrams, the first and the second leave twice. A mark keeps the copy from being
    // duplicated.
    a.firewall(
        "table netdev doubling { chain out { type filter hook egress device e0 priority 0; udp \
         dport 5000 meta mark != 7 numgen inc mod 5 < 2 meta mark set 7 dup to e0; }; }",
    );
    let receivers = start_each_way(&b, "recv --iface e0 239.1.1.1:5000 --once -o json");
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 100 -i 1ms -q --no-offload").ends(0);
    for summary in summaries(receivers) {
        assert_counts(&only(&summary), json!({"received": 100, "duplicates": 40}));
        let all = (&summary["datagrams"], &summary["measured"]["duplicates"]);
        assert_eq!(all, (&json!(140), &json!(40)), "all arrivals are counted");
    }
}

#[test]
fn hops_and_dscp_changes_are_counted() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    // As if behind three routers, one of which changes the DSCP of every fourth datagram.
    b.firewall(
        "table ip routers { chain in { type filter hook prerouting priority 0; udp dport 5000 ip \
         ttl set 61; udp dport 5000 numgen inc mod 4 0 ip dscp set cs1; }; }",
    );
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 80 -i 1ms --ttl 64 --dscp ef -q")
        .ends(0);
    let stream = only(&recv.ends(0).summary());
    assert_counts(&stream, json!({"received": 80, "dscp_changed": 20}));
    assert_eq!(stream["hops"], json!({"min": 3, "max": 3}));
}

#[test]
fn python_decodes_probes() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let reader = r#"
import time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5000))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.1.1") + socket.inet_aton("10.0.0.101"))
print("joined")
runs, hosts, last, data_until, ends = set(), set(), 0, 0, []
for place in range(25):
    data = s.recv(65535)
    now = time.time_ns()
    head = struct.unpack(">4sBBHQQQBBHIQ", data[:48])
    magic, version, kind, flags, stream, sequence, sent, ttl, traffic_class, length, crc, host = head
    end = place >= 20
    assert (magic, version, kind, flags & ~2, sequence) == (b"MCST", 1, int(end), 0, min(place, 20)), head
    assert (ttl, traffic_class, length) == (9, 0xB8, 48 if end else 300), head
    assert len(data) == length and data[48:] == bytes(offset & 0xFF for offset in range(48, length))
    assert crc == crc32c(data[:36] + bytes(4) + data[40:]), head
    assert last <= sent <= now, head
    last = sent
    runs.add(stream)
    hosts.add(host)
    data_until = data_until if end else sent
    ends += [sent] if end else []
assert len(runs) == 1 and len(hosts) == 1 and 0 not in hosts, (runs, hosts)
# The first end may be late; the others keep to their deadlines. 1 ms allows for a slewed clock.
assert all(sent - data_until >= 20_000_000 * turn - 1_000_000 for turn, sent in enumerate(ends)), (data_until, ends)
print("%016x" % runs.pop())
"#;
    let python = b.python(&format!("{PROBES}\n{reader}"), &[]);
    python.line(|line| line == "joined");
    let send = "send --iface e0 239.1.1.1:5000 --probe --count 20 -i 1ms --size 300 --ttl 9 \
                --dscp ef -o json";
    let run = a.mcast(send).ends(0).events_of("ready")[0]["stream"].clone();
    assert_eq!(json!(python.ends(0).out.lines().last()), run);
}

#[test]
fn a_shuffled_stream_matches_the_definitions() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    // Numbers move up to 40 places; one in seven is lost, and one in nine is duplicated.
    let mut random = 12_345_u64;
    let mut next = || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let mut row: Vec<(u64, u64)> = (1..400)
        .filter(|number| number % 7 != 3)
        .map(|number| (number + next() % 40, number))
        .collect();
    let copies: Vec<(u64, u64)> = row
        .iter()
        .filter(|(_, number)| number % 9 == 0)
        .map(|(place, number)| (place + 1 + next() % 60, *number))
        .collect();
    row.extend(&copies);
    row.sort_unstable();
    let row: Vec<u64> =
        std::iter::once(0).chain(row.into_iter().map(|(_, number)| number)).collect();

    // RFC 4737, applied to the first copy of each datagram.
    let mut firsts: Vec<u64> = Vec::new();
    row.iter().for_each(|number| {
        if !firsts.contains(number) {
            firsts.push(*number);
        }
    });
    let extents: Vec<usize> = (0..firsts.len())
        .filter_map(|place| {
            (0..place)
                .find(|earlier| firsts[*earlier] > firsts[place])
                .map(|earlier| place - earlier)
        })
        .collect();
    let mut truth = expected_counts(400, |number| !firsts.contains(&number));
    truth["duplicates"] = json!(row.len() - firsts.len());
    truth["reordered"] = json!(extents.len());
    truth["reorder_extent_max"] = json!(extents.iter().max());
    assert!(extents.len() > 100 && row.len() - firsts.len() > 30, "{truth}");

    // Sent singly, and as trains that the kernel splits: the first of one datagram, the others of
    // thirty.
    let trains = "
s = Sender(7)
s.socket.setsockopt(socket.IPPROTO_UDP, 103, 64)  # UDP_SEGMENT
row = ROW
for first in [0, *range(5, len(row), 30)]:
    train = row[first:first + (30 if first else 5)]
    s.socket.sendto(b''.join(probe(7, number) for number in train), s.target)
    while queued(sys.argv[1]) > 0:
        time.sleep(0.0005)  # between two polls
s.end(400)";
    for lines in [
        format!("s = Sender(7)\ns.data(*{row:?})\ns.end(400)"),
        trains.replace("ROW", &format!("{row:?}")),
    ] {
        let receivers = start_each_way(&b, "recv --iface e0 239.1.1.1:5000 --once -o json");
        script(&a, &receivers[0], &lines);
        for summary in summaries(receivers) {
            assert_counts(&only(&summary), truth.clone());
            assert_eq!(summary["datagrams"], row.len());
        }
    }
}

#[test]
fn late_datagrams_beyond_the_window_are_stale() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let receivers =
        start_each_way(&b, "recv --iface e0 239.1.1.1:5000 239.1.1.2:5000 --once -o json");
    script(
        &a,
        &receivers[0],
        "
near = Sender(1)
near.data(0, 1, 2, 5, 3, 4, 6, 6, 0)      # 3 is overtaken by one, 4 by two; 6 and 0 come again
far = Sender(2, target=('239.1.1.2', 5000))
far.data(0, 131082, 11, 10, 11)           # 11 is 131,071 behind the last one; of 10 nobody knows \
         any more
near.end(8)                               # and 7 never came
far.end(131084)
",
    );
    let near = json!({"received": 7, "lost": 1, "loss_runs": {"count": 1, "longest": 1}, "reordered": 2, "reorder_extent_max": 2,
                      "duplicates": 2});
    // 1 to 10, 12 to 131,081, and 131,083.
    let far = json!({"received": 3, "lost": 131_081, "loss_runs": {"count": 3, "longest": 131_070}, "reordered": 1,
                     "reorder_extent_max": 1, "stale": 1, "duplicates": 1});
    for summary in summaries(receivers) {
        assert_counts(&stream(&summary, 1), near.clone());
        assert_counts(&stream(&summary, 2), far.clone());
    }
}

#[test]
fn a_forged_stream_changes_no_other_stream() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    script(
        &a,
        &recv,
        "
honest, forger = Sender(1), Sender(2)
forgeries = [
    lambda: bytes([*probe(2, 10)[:-1], 0xEE]),           # a byte has changed: corrupt, and so lost
    lambda: probe(2, 11)[:50],                           # cut on its way: truncated, and so lost
    lambda: probe(2, 12, length=65),                     # says that it is longer
    lambda: probe(2, 13, length=63),                     # says that it is shorter: corrupt, \
         though the checksum is right
    lambda: probe(2, 14, version=9),                     # of a version to come
    lambda: probe(2, 15, kind=77),                       # of a kind to come, with a right checksum
    lambda: probe(2, 2**63),                             # a number that no run reaches
    lambda: probe(2, 2**63, kind=END),
    lambda: b'MCST',                                     # too short to claim anything
    lambda: probe(2, 0)[:47],                            # too short to say of which stream
    lambda: bytes([*probe(3, 0)[:-1], 0xEE]),            # of a stream that is not there, and is \
         not made
    lambda: bytes([*probe(1, 5)[:-1], 0xEE]),            # of somebody else's, from another port
    lambda: probe(1, 1000000, kind=END),                 # the end of somebody else's
    lambda: probe(2, 500, kind=REPLY),                   # a reply is no part of a stream
]
for turn in range(10):
    honest.data(turn)
    forger.data(turn)
for turn, forgery in enumerate(forgeries):
    honest.data(10 + turn)
    forger.raw(forgery())
forger.data(16)
forger.end(17)
honest.end(24)
",
    );
    let summary = recv.ends(1).summary();
    let reason = "1 of 3 measured streams delivered an end marker but no datagrams";
    assert_eq!(summary["verdict"]["reasons"], json!([reason]));
    let streams = summary["streams"].as_array().unwrap();
    let of = |id: &str, received: u64| {
        let wanted = |stream: &&Value| stream["stream"] == *id && stream["received"] == received;
        streams.iter().find(wanted).unwrap_or_else(|| panic!("{summary:#}"))
    };
    assert_counts(of("0000000000000001", 24), json!({"received": 24}));
    // Numbers 10 to 15 are lost. Corrupt and truncated datagrams are lost, too.
    let truth = json!({"received": 11, "lost": 6, "loss_runs": {"count": 1, "longest": 6}, "corrupt": 4, "truncated": 2});
    assert_counts(of("0000000000000002", 11), truth);
    // An end from another address, in the name of this stream, opens a separate stream.
    let third = of("0000000000000001", 0);
    assert_eq!(
        json!([third["ended"], third["expected"], third["lost"], third["missed_before"]]),
        json!([true, 0, 0, 1_000_000])
    );
    assert_eq!(
        json!([third["loss_ratio"], third["delay_ns"], third["pdv_ns"]]),
        json!([null, null, null])
    );
    assert_eq!(streams.len(), 3, "{summary:#}");
    assert_eq!(
        json!([summary["corrupt"], summary["unsupported"]]),
        json!([6, 2]),
        "over all streams and none"
    );
    assert_eq!(
        summary["datagrams"],
        24 + 11 + 13,
        "every datagram counts, except valid end markers"
    );
}

#[test]
fn every_flipped_bit_is_detected() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    script(
        &a,
        &recv,
        "
s = Sender(7)
s.data(0)
good = probe(7, 1)
for bit in range(64 * 8):
    bad = bytearray(good)
    bad[bit // 8] ^= 128 >> bit % 8
    s.raw(bytes(bad))
s.data(2)
s.end(3)
",
    );
    let summary = recv.ends(0).summary();
    // 32 bits are the magic: without it, the datagram is not a probe. 8 are the version. Of the 16
    // bits of the length, all but the one set bit make the datagram too short. 64 are the stream
    // id: another id is another stream.
    let truth = json!({"received": 2, "lost": 1, "loss_runs": {"count": 1, "longest": 1}, "corrupt": 512 - 32 - 8 - 15 - 64, "truncated": 15});
    assert_counts(&only(&summary), truth);
    assert_eq!(
        json!([summary["corrupt"], summary["unsupported"], summary["datagrams"]]),
        json!([512 - 32 - 8 - 15, 8, 514])
    );
}

#[test]
fn a_restart_is_not_a_second_sender() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 239.1.1.2:5000 --stats 1m -o json").ready();
    script(
        &a,
        &recv,
        "
Sender(1).data(*range(10))                # falls silent without an end
second = Sender(2)
second.data(*range(20))
second.end(20)
third = Sender(3)
third.data(*range(30))
third.end(30)

place = ('239.1.1.2', 5000)               # two programs share an address and a port, and take \
         turns
one, two = Sender(4, target=place, source=('10.0.0.100', 40000)), Sender(5, target=place, \
         source=('10.0.0.100', 40000))
for turn in range(40):
    one.data(turn)
    two.data(100 + turn)
one.end(40)
two.end(140)
",
    );
    wait_until_read(&b, 10 + 25 + 35 + 90);
    let summary = stop(recv).summary();
    assert_counts(&stream(&summary, 1), json!({"received": 10, "ended": false}));
    assert_counts(&stream(&summary, 2), json!({"received": 20, "restarts": 1}));
    assert_counts(&stream(&summary, 3), json!({"received": 30, "restarts": 2}));
    assert_counts(&stream(&summary, 4), json!({"received": 40}));
    assert_counts(&stream(&summary, 5), json!({"received": 40, "missed_before": 100}));
    assert_eq!(
        (&stream(&summary, 4)["source"], &stream(&summary, 5)["source"]),
        (&json!("10.0.0.100:40000"), &json!("10.0.0.100:40000"))
    );
    assert_eq!(summary["measured"]["restarts"], 2);
    assert_eq!(summary["sources"], 4, "three ports of the first place, one of the other");
}

#[test]
fn an_unknown_clock_gives_no_delay() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast_with(&[
        "recv",
        "--iface",
        "e0",
        "239.1.1.1:5000",
        "--once",
        "-o",
        "json",
        "--assert",
        "delay.max < 1h",
        "--assert",
        "pdv.max < 1h",
    ]);
    let recv = recv.ready();
    script(
        &a,
        &recv,
        "
hour = 3600 * 10**9
behind, ahead, nowhere = Sender(1), Sender(2), Sender(3)
for turn in range(20):
    behind.data(turn, sent=time.time_ns() - hour)
    ahead.data(turn, sent=time.time_ns() + hour)
    nowhere.data(turn, host=0)
behind.end(20)
ahead.end(20)
nowhere.end(20)
",
    );
    let finished = recv.ends(1);
    let summary = finished.summary();
    for id in 1..=3 {
        let stream = stream(&summary, id);
        assert_counts(&stream, json!({"received": 20}));
        assert_eq!(
            json!([stream["clock"], stream["delay_ns"], stream["pdv_ns"]["min"]]),
            json!(["unknown", null, 0])
        );
        assert!(
            stream["pdv_ns"]["max"].as_u64().unwrap() < 60_000_000_000,
            "an hour is no variation: {stream:#}"
        );
        assert!(stream["jitter_ns"].as_u64().unwrap() < 60_000_000_000, "{stream:#}");
    }
    assert!(
        finished.events_of("datagram").iter().all(|datagram| datagram["delay_ns"].is_null()),
        "{finished}"
    );
    assert_eq!(
        summary["assertions"][0],
        json!({"expr": "delay.max < 1h", "value": null, "held": false})
    );
    assert_eq!(summary["assertions"][1]["held"], true);
    assert_eq!(
        summary["verdict"],
        json!({"status": 1, "reasons": ["delay.max < 1h (value unknown)"]})
    );
}

#[test]
fn hops_are_ttl_sent_minus_ttl_received() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000-5003 --once -o json").ready();
    script(
        &a,
        &recv,
        "
passed, fewer, marked, congested = [
    Sender(1, ttl=64), Sender(2, target=('239.1.1.1', 5001), ttl=64), Sender(3, \
         target=('239.1.1.1', 5002), tos=0),
    Sender(4, target=('239.1.1.1', 5003), tos=0xB9)]
passed.data(0, 1, ttl=70)
passed.data(2, ttl=66)
fewer.data(0, ttl=1)                       # arrives with more than it says it had
marked.data(0, 1, 2, traffic_class=0xB8)
marked.data(3, 4)
congested.data(0, traffic_class=0xB8)      # the lower two bits are for routers to change
passed.end(3)
fewer.end(1)
marked.end(5)
congested.end(1)
",
    );
    let summary = recv.ends(0).summary();
    assert_counts(&stream(&summary, 1), json!({"received": 3}));
    assert_counts(&stream(&summary, 2), json!({"received": 1}));
    assert_counts(&stream(&summary, 3), json!({"received": 5, "dscp_changed": 3}));
    assert_counts(&stream(&summary, 4), json!({"received": 1}));
    assert_eq!(
        (&stream(&summary, 1)["hops"], &stream(&summary, 2)["hops"]),
        (&json!({"min": 2, "max": 6}), &Value::Null)
    );
}

#[test]
fn late_join_is_not_loss() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let send = a.mcast("send --iface e0 239.1.1.1:5000 --probe -i 1ms -v -o json").ready();
    wait_for_sequence(&send, 20);
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    wait_for_sequence(&recv, 50);
    send.signal("INT");
    let sent = send.ends(0).summary()["datagrams"].as_u64().unwrap();
    let finished = recv.ends(0);
    let first = finished.events_of("datagram")[0]["seq"].as_u64().unwrap();
    assert!(first > 20, "{finished}");
    assert_counts(
        &only(&finished.summary()),
        json!({"received": sent - first, "missed_before": first}),
    );
}

#[test]
fn kernel_drops_explain_all_losses() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --rcvbuf 16384 --once -o json").ready();
    // A late sender would send trains, which the receiver would request whole.
    let send = a.mcast("send --iface e0 239.1.1.1:5000 --probe -i 1ms --no-offload -q -o json");
    wait_for_sequence(&recv, 10);
    recv.signal("STOP");
    eventually("the buffer overflows", || b.counter("Udp", "RcvbufErrors") >= 20);
    recv.signal("CONT");
    wait_for_sequence(&recv, b.counter("Udp", "RcvbufErrors") + 60);
    // The ends find an empty buffer.
    send.signal("STOP");
    eventually("the receiver has read all", || {
        let sockets = b.proc_net("udp");
        sockets.lines().skip(1).all(|line| line.contains(":00000000 "))
    });
    send.signal("INT");
    send.signal("CONT");
    let sent = send.ends(0).summary()["datagrams"].as_u64().unwrap();
    let summary = recv.ends(0).summary();
    let stream = only(&summary);
    let dropped = b.counter("Udp", "RcvbufErrors");
    assert!(dropped >= 20);
    assert_counts(
        &stream,
        json!({"received": sent - dropped, "lost": dropped, "loss_runs": stream["loss_runs"]}),
    );
    assert_eq!(
        json!([summary["kernel_drops"], summary["datagrams"]]),
        json!([dropped, sent - dropped])
    );
    assert_eq!(summary["kernel_drops_exact"], true, "none was part of a train");
}

#[test]
fn a_killed_sender_leaves_its_stream_open() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let timed = b.mcast("recv --iface e0 239.1.1.1:5000 --once --timeout 6s -o json").ready();
    let idle = b.mcast("recv --iface e0 239.1.1.1:5000 --once --idle 3s -o json").ready();
    let send = a.mcast("send --iface e0 239.1.1.1:5000 --probe -i 1ms -v -o json");
    wait_for_sequence(&timed, 20);
    send.signal("KILL");
    let sent = send.finish().events_of("datagram").len() as u64;
    for (recv, until) in [(idle, "before --idle 3s ended the run"), (timed, "within --timeout 6s")]
    {
        let summary = recv.ends(1).summary();
        let stream = only(&summary);
        let received = stream["received"].as_u64().unwrap();
        assert!(received >= sent, "received {received} of at least {sent}");
        assert_counts(&stream, json!({"received": received, "ended": false}));
        let reason = format!("the measured stream did not end {until}");
        assert_eq!(summary["verdict"], json!({"status": 1, "reasons": [reason]}));
    }
}

#[test]
fn silence_after_the_end_is_not_a_gap() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // COMMAND is still running. It has half a second before SIGTERM.
    let gate = "recv --iface lo --count 20 -o json -- mcast send --iface lo --probe --interval 5ms";
    let finished = b.mcast(gate).ends(0);
    let seconds = |event: &Value| event["time"].as_str().unwrap()[17..29].parse::<f64>().unwrap();
    let times: Vec<f64> = finished.events_of("datagram").iter().map(seconds).collect();
    let gaps = times.windows(2).map(|pair| (pair[1] - pair[0]).rem_euclid(60.0));
    let (longest, gap) = (gaps.fold(0.0, f64::max), &finished.summary()["measured"]["gap_ns"]);
    assert!((gap.as_f64().unwrap() / 1e9 - longest).abs() < 1e-6, "{longest} s\n{finished}");

    let judged = ["recv", "--iface", "e0", "-o", "json", "-d", "6s", "--assert", "gap < 1s"];
    let recv = b.mcast_with(&judged).ready();
    let sender = a.mcast("send --iface e0 --probe --interval 5ms -q");
    recv.line(|line| line.contains("\"seq\":9,"));
    sender.signal("KILL");
    let summary = recv.ends(1).summary();
    let gap = summary["measured"]["gap_ns"].as_u64().unwrap();
    assert!(
        gap > 1_000_000_000
            && summary["verdict"]["reasons"][0].as_str().unwrap().starts_with("gap < 1s"),
        "{summary}"
    );
}

#[test]
fn an_interrupted_sender_sends_the_end() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    for (signal, options, status) in [("INT", "", 0), ("TERM", "--count 100000", 143)] {
        let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
        let send =
            a.mcast(&format!("send --iface e0 239.1.1.1:5000 --probe -i 1ms -o json {options}"));
        wait_for_sequence(&recv, 20);
        send.signal(signal);
        let sent = send.ends(status).summary()["datagrams"].clone();
        assert_counts(&only(&recv.ends(0).summary()), json!({"received": sent}));
    }
}

#[test]
fn once_waits_for_every_stream() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let mut recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    let start = |ms: u32| {
        let send =
            a.mcast(&format!("send --iface e0 239.1.1.1:5000 --probe -i {ms}ms -o json")).ready();
        let ready: Value =
            serde_json::from_str(&send.line(|line| line.contains("\"ready\""))).unwrap();
        (send, ready["stream"].as_str().unwrap().to_owned())
    };
    let ((short, first), (long, second)) = (start(2), start(1));
    let of = |run: &str, least: u64| {
        recv.line(|line| line.contains(run) && number(line, "seq").is_some_and(|seq| seq >= least));
    };
    of(&first, 10);
    of(&second, 10);
    short.signal("INT");
    let short = short.ends(0).summary()["datagrams"].clone();
    // Far more than the time that stragglers get.
    let so_far = recv.so_far().lines().filter(|line| line.contains(&second)).count() as u64;
    of(&second, so_far + 300);
    assert!(recv.is_running());
    long.signal("INT");
    let long = long.ends(0).summary()["datagrams"].clone();
    let summary = recv.ends(0).summary();
    for (run, sent) in [(first, short), (second, long)] {
        let stream = summary["streams"]
            .as_array()
            .unwrap()
            .iter()
            .find(|stream| stream["stream"] == *run)
            .unwrap();
        assert_counts(stream, json!({"received": sent}));
    }
}

#[test]
fn a_ci_gate_passes_only_a_complete_stream() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    // Datagrams on loopback cross no wire that splits trains, and a delayed sender catches up with
    // a train.
    let gate = [
        "recv",
        "--once",
        "--timeout",
        "60s",
        "--assert",
        "loss == 0%",
        "--assert",
        "delay.p99 < 5s",
        "-o",
        "json",
        "--",
        "mcast",
        "send",
        "--probe",
        "--count",
        "1000",
        "--rate",
        "1kpps",
        "--no-offload",
    ];
    let ((_one, whole), (_other, lossy)) = (lab.pair(), lab.pair());
    lossy.firewall(
        "table inet lossy { chain in { type filter hook input priority 0; udp dport 54321 numgen \
         inc mod 500 1 drop; }; }",
    );
    let (opens, shuts) = (whole.mcast_with(&gate), lossy.mcast_with(&gate));
    let summary = opens.ends(0).summary();
    assert_counts(&only(&summary), json!({"received": 1000}));
    assert_eq!(summary["assertions"][0], json!({"expr": "loss == 0%", "value": 0.0, "held": true}));
    assert_eq!(summary["assertions"][1]["value"], only(&summary)["delay_ns"]["p99"]);
    assert_eq!(summary["measured"]["pdv_ns"], only(&summary)["pdv_ns"]);
    assert_eq!(summary["verdict"], json!({"status": 0, "reasons": []}));

    let summary = shuts.ends(1).summary();
    assert_counts(
        &only(&summary),
        json!({"received": 998, "lost": 2, "loss_runs": {"count": 2, "longest": 1}}),
    );
    assert_eq!(
        summary["assertions"][0],
        json!({"expr": "loss == 0%", "value": 0.002, "held": false})
    );
    assert_eq!(summary["assertions"][1]["held"], true);
    let reasons = &summary["verdict"]["reasons"];
    assert!(
        reasons.as_array().unwrap().len() == 1
            && reasons[0].as_str().unwrap().starts_with("loss == 0% (0.2"),
        "{reasons}"
    );
}

#[test]
fn assertions_agree_with_the_summary() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let judged = [
        ("datagrams == 12", json!(12), true),
        ("bytes > 768", json!(768), false),
        ("sources == 1", json!(1), true),
        ("streams == 1", json!(1), true),
        ("expected == 12", json!(12), true),
        ("lost < 3", json!(3), false),
        ("loss == 25%", json!(0.25), true),
        ("loss_runs.count == 2", json!(2), true),
        ("loss_runs.longest == 2", json!(2), true),
        ("duplicates == 1", json!(1), true),
        ("reordered == 2", json!(2), true),
        ("corrupt == 1", json!(1), true),
        ("kernel_drops == 0", json!(0), true),
        ("restarts != 0", json!(0), false),
        ("hops.max >= 4", json!(4), true),
        ("hops.min > 4", json!(4), false),
        ("dscp_changed == 0", json!(0), true),
        ("delay.mean < 1h", json!(null), false),
    ];
    let mut arguments = vec!["recv", "--iface", "e0", "239.1.1.1:5000", "--once", "-o", "json"];
    judged.iter().for_each(|(expr, ..)| arguments.extend(["--assert", expr]));
    let recv = b.mcast_with(&arguments).ready();
    script(
        &a,
        &recv,
        "
s = Sender(7, ttl=8)
s.data(0, 1, 2, 3, 6, 7, 5, 4, 4, 9, ttl=12)     # 8 is damaged below, 10 and 11 never came
s.raw(bytes([*probe(7, 8)[:-1], 0xEE]))
s.raw(b'x' * 64)                                  # and a plain one
s.end(12)
",
    );
    let finished = recv.ends(1);
    let summary = finished.summary();
    let expected: Vec<Value> = judged
        .iter()
        .map(|(expr, value, held)| json!({"expr": expr, "value": value, "held": held}))
        .collect();
    assert_eq!(summary["assertions"], json!(expected), "{summary:#}");
    let reasons = [
        "bytes > 768 (768)",
        "lost < 3 (3)",
        "restarts != 0 (0)",
        "hops.min > 4 (4)",
        "delay.mean < 1h (value unknown)",
    ];
    assert_eq!(summary["verdict"], json!({"status": 1, "reasons": reasons}));
}

#[test]
fn silence_can_be_asserted() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let listen = |expr: &str, options: &str| {
        let mut arguments =
            vec!["recv", "--iface", "e0", "239.1.1.1:5000", "-o", "json", "--assert", expr];
        arguments.extend(options.split_whitespace());
        b.mcast_with(&arguments)
    };
    listen("datagrams == 0", "--duration 50ms").ends(0);
    let unmeasured = listen("loss == 0%", "--duration 50ms").ends(1).summary();
    assert_eq!(
        unmeasured["assertions"],
        json!([{"expr": "loss == 0%", "value": null, "held": false}])
    );
    assert_eq!(unmeasured["measured"], Value::Null);
    for (expr, status) in [("datagrams == 0", 1), ("datagrams == 3", 0)] {
        let recv = listen(expr, "").ready();
        a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 3 -i 1ms").ends(0);
        wait_for_sequence(&recv, 2);
        recv.signal("INT");
        assert_eq!(recv.ends(status).summary()["datagrams"], 3, "{expr}");
    }
}

#[test]
fn intervals_add_up_to_the_summary() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    b.firewall(
        "table inet lossy { chain in { type filter hook input priority 0; udp dport 5000 numgen \
         inc mod 20 > 13 drop; udp dport 5001 numgen inc mod 7 3 drop; }; }",
    );
    let patterns: [(u16, Dropped); 2] =
        [(5000, |place| place % 20 > 13), (5001, |place| place % 7 == 3)];
    let recv = b
        .mcast("recv --iface e0 239.1.1.1:5000 239.1.1.1:5001 --once --stats 50ms -o json")
        .ready();
    let verbose = b
        .mcast("recv --iface e0 239.1.1.1:5000 239.1.1.1:5001 --once --stats 50ms -v -o json")
        .ready();
    a.mcast("send --iface e0 239.1.1.1:5000 239.1.1.1:5001 --probe --count 397 -i 1ms -q").ends(0);
    let (finished, shown) = (recv.ends(0), verbose.ends(0));
    let (summary, intervals) = (finished.summary(), finished.events_of("interval"));
    for (port, dropped) in patterns {
        let truth = expected_counts(397, dropped);
        let lately: Vec<Value> =
            intervals.iter().flat_map(|interval| streams_on(interval, port)).collect();
        let sum =
            |field: &str| lately.iter().map(|stream| stream[field].as_u64().unwrap()).sum::<u64>();
        assert_eq!(
            json!([sum("received"), sum("lost")]),
            json!([truth["received"], truth["lost"]]),
            "{finished}"
        );
        assert_eq!(sum("expected"), 397);
        assert_counts(&streams_on(&summary, port)[0], truth);
    }
    let sum = |field: &str| {
        intervals.iter().map(|interval| interval[field].as_u64().unwrap()).sum::<u64>()
    };
    for field in ["datagrams", "bytes", "kernel_drops", "corrupt"] {
        assert_eq!(json!(sum(field)), summary[field], "{field}: {finished}");
    }
    let measured = |field: &str| {
        intervals.iter().filter_map(|interval| interval["measured"][field].as_u64()).sum::<u64>()
    };
    for field in ["received", "lost", "expected", "bytes", "duplicates"] {
        assert_eq!(json!(measured(field)), summary["measured"][field], "{field}: {finished}");
    }
    assert!(intervals.len() >= 3, "{finished}");
    assert_eq!(finished.events_of("datagram").len(), 0, "{finished}");
    assert_eq!(json!(shown.events_of("datagram").len()), shown.summary()["datagrams"]);
    for finished in [finished, shown] {
        let intervals = finished.events_of("interval");
        let end_of = |event: &Value| {
            event["since_ns"].as_u64().unwrap() + event["elapsed_ns"].as_u64().unwrap()
        };
        assert!(
            intervals.windows(2).all(|pair| pair[1]["since_ns"] == end_of(&pair[0])),
            "they leave no gap: {finished}"
        );
    }
}

#[test]
fn an_end_is_not_a_datagram() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let enough = b.mcast("recv --iface e0 239.1.1.1:5000 --count 50 -o json").ready();
    let too_few = b.mcast("recv --iface e0 239.1.1.1:5000 --count 51 --idle 3s -o json").ready();
    let raw = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o raw");
    raw.error_line(|line| line.starts_with("listening to"));
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 50 --size 100 -i 1ms").ends(0);
    assert_eq!(enough.ends(0).summary()["datagrams"], 50);
    let few = too_few.ends(1);
    assert_eq!(
        few.summary()["verdict"]["reasons"],
        json!(["received 50 of 51 datagrams before --idle 3s ended the run"])
    );
    assert_eq!(few.events_of("datagram").len(), 50);
    assert_counts(&only(&few.summary()), json!({"received": 50}));
    assert_eq!(raw.ends(0).out.matches("MCST").count(), 50, "nor is it shown");
}

#[test]
fn a_flood_of_streams_does_not_disturb_others() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    a.shell("ip addr add 10.0.0.98/24 dev e0; ip addr add 10.0.0.99/24 dev e0");
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 239.1.1.2:5000 -o json").ready();
    let send = a.mcast("send --iface 10.0.0.100 239.1.1.1:5000 --probe -i 1ms -v -o json");
    wait_for_sequence(&send, 20);
    script(
        &a,
        &recv,
        "
for source in ('10.0.0.98', '10.0.0.99'):
    s = Sender(0, source=(source, 0))
    for stream in range(1000, 4000):
        s.raw(probe(stream, 0, size=48))
honest = Sender(7, target=('239.1.1.2', 5000), source=('10.0.0.98', 0))
honest.data(0)                           # too late for a place
",
    );
    send.signal("INT");
    let sent = send.ends(0).summary()["datagrams"].as_u64().unwrap();
    wait_until_read(&b, 6001 + sent + 5);
    let finished = stop(recv);
    let summary = finished.summary();
    let streams = summary["streams"].as_array().unwrap();
    let of = |source: &str| {
        streams
            .iter()
            .filter(|stream| stream["source"].as_str().unwrap().starts_with(source))
            .collect::<Vec<_>>()
    };
    let counts = [of("10.0.0.100:").len(), of("10.0.0.98:").len(), of("10.0.0.99:").len()];
    assert_eq!(counts, [1, 2048, 2047], "one address uses half of the 4096 streams");
    assert_counts(of("10.0.0.100:")[0], json!({"received": sent}));
    assert_eq!(
        json!([summary["untracked"], summary["datagrams"]]),
        json!([6001 - 4095, 6001 + sent])
    );
    let warnings = finished.events_of("warning");
    assert_eq!(
        warnings.iter().filter(|warning| warning["id"] == "too-many-streams").count(),
        1,
        "{warnings:?}"
    );
}

#[test]
fn the_portable_path_counts_the_same() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    b.firewall(
        "table inet lossy { chain in { type filter hook input priority 0; udp dport 5001 numgen \
         inc mod 6 > 3 drop; }; }",
    );
    let portable = |host: &Host, arguments: &str| {
        let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(arguments.split_whitespace()).env("MCAST_PORTABLE", "1");
        Running::start(command)
    };
    let recv = portable(&b, "recv --iface e0 239.1.1.1:5000 239.1.1.1:5001 --once -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 239.1.1.1:5001 --probe --count 200 -i 1ms -q").ends(0);
    let summary = recv.ends(0).summary();
    let mut truth = expected_counts(200, |place| place % 6 > 3);
    truth["dscp_changed"] = Value::Null;
    assert_counts(&streams_on(&summary, 5000)[0], json!({"received": 200, "dscp_changed": null}));
    assert_counts(&streams_on(&summary, 5001)[0], truth);
    for unknown in ["iface", "hops", "wakeup_ns"] {
        assert_eq!(streams_on(&summary, 5000)[0][unknown], Value::Null, "{unknown}");
    }
    assert_eq!(streams_on(&summary, 5000)[0]["clock"], "same_host");

    let recv = b.mcast("recv --iface e0 239.1.1.1:5002 --once -o json").ready();
    portable(&a, "send --iface e0 239.1.1.1:5002 --probe --count 50 -i 1ms --ttl 4 --dscp ef -q")
        .ends(0);
    let stream = only(&recv.ends(0).summary());
    assert_counts(&stream, json!({"received": 50}));
    assert_eq!(
        json!([stream["hops"], stream["clock"]]),
        json!([{"min": 0, "max": 0}, "same_host"])
    );
}
