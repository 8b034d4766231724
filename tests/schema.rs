//! The schema of the JSON accepts all that mcast writes, and nothing else.
#![cfg(target_os = "linux")]

mod lab;

use std::collections::BTreeSet;
use std::path::Path;

use lab::pcap::{Saved, datagram, pcap};
use lab::{Finished, Host, Lab, Running, schema};
use mcast::notice::Id;
use serde_json::{Value, json};

/// The nullable fields, by event and path. This separate list keeps the schema from allowing too
/// much.
fn may_be_null() -> BTreeSet<String> {
    const ARRIVAL: [&str; 3] = ["dscp", "iface", "ttl"];
    const FOUND: [&str; 9] = [
        "bitrate_bps",
        "format",
        "how",
        "iface",
        "loss_ratio",
        "lost_exact",
        "name",
        "rate_pps",
        "unit",
    ];
    const CHANGED: [&str; 11] = [
        "carrier",
        "description",
        "groups",
        "igmp_version",
        "kind",
        "mac",
        "master",
        "mld_version",
        "mtu_bytes",
        "prefix",
        "vrf",
    ];
    const RATES: [&str; 2] = ["bitrate_bps", "rate_pps"];
    const RECEIVED: [&str; 6] = [
        "checksum_errors",
        "gap_ns",
        "interface_copies",
        "kernel_drops",
        "kernel_drops_exact",
        "measured",
    ];
    const STREAM: [&str; 4] = ["iface", "key", "missed_before", "stream"];
    const PINGED: [&str; 6] =
        ["hops_back", "hops_to", "loss_back_ratio", "loss_ratio", "loss_to_ratio", "rtt_ns"];
    const MEASURED: [&str; 8] = [
        "delay_ns",
        "dscp_changed",
        "gap_ns",
        "hops",
        "jitter_ns",
        "loss_ratio",
        "pdv_ns",
        "wakeup_ns",
    ];
    const REPORTED: [&str; 5] = ["delay_ns", "hops", "jitter_ns", "loss_ratio", "rate_pps"];
    const WORST: [&str; 10] = [
        "corrupt_max",
        "delay_max_ns",
        "duplicates_max",
        "jitter_max_ns",
        "kernel_drops_max",
        "loss_ratio_max",
        "lost_max",
        "missed_before_max",
        "received_min",
        "reordered_max",
    ];
    let table: &[(&str, &[&[&str]])] = &[
        ("datagram_received", &[&ARRIVAL]),
        ("datagram_received_damaged", &[&ARRIVAL]),
        ("datagram_received_foreign", &[&ARRIVAL, &["delay_ns", "seq"]]),
        ("datagram_received_measured", &[&ARRIVAL, &["delay_ns"]]),
        ("datagram_received_misfit", &[&ARRIVAL]),
        ("finding", &[&["remedy"]]),
        (
            "interface",
            &[
                &["carrier", "description", "groups", "igmp_version", "kind", "mac", "master"],
                &["mld_version", "mtu_bytes", "vrf"],
            ],
        ),
        ("interface.addresses", &[&["prefix"]]),
        ("interface.groups", &[&["users"]]),
        ("interval", &[&RATES, &RECEIVED]),
        ("interval_of_send", &[&RATES]),
        ("interval_of_send.targets", &[&["impaired"]]),
        ("interval.measured", &[&RATES, &MEASURED, &["unit"]]),
        ("interval.streams", &[&RATES, &MEASURED, &STREAM]),
        ("ready_of_check", &[&["expected", "send"]]),
        ("ready_of_check.targets", &[&["address", "ifindex", "mac", "source", "vrf"]]),
        ("ready_of_read", &[&["time"]]),
        ("ready_of_read.targets", &[&["source"]]),
        ("ready_of_recv", &[&["recording", "reply_limit"]]),
        ("ready_of_recv.rcvbuf_bytes", &[&["asked", "granted"]]),
        ("ready_of_recv.targets", &[&["address", "ifindex", "mac", "source", "vrf"]]),
        (
            "ready_of_send",
            &[&[
                "dscp",
                "impair",
                "input",
                "interval_ns",
                "len_bytes",
                "replay",
                "reports_ns",
                "seed",
                "shape",
                "stream",
                "transport_stream",
                "ttl",
            ]],
        ),
        ("ready_of_send.replay", &[&["datagrams", "duration_ns", "passes", "speed"]]),
        ("ready_of_send.targets", &[&["mac", "vrf"]]),
        (
            "summary_of_recv",
            &[
                &RATES,
                &RECEIVED,
                &["capture", "recording", "replies", "replies_withheld", "reports", "time"],
            ],
        ),
        ("summary_of_recv.capture", &[&["dropped", "first_time", "last_time", "step_back_max_ns"]]),
        ("summary_of_recv.capture.interfaces", &[&["dropped", "name"]]),
        ("summary_of_recv.assertions", &[&["value"]]),
        ("summary_of_recv.flows", &[&RATES, &["format", "how", "iface"]]),
        ("summary_of_recv.measured", &[&RATES, &MEASURED, &["unit"]]),
        (
            "summary_of_recv.pairs",
            &[
                &["b_after_a_ns", "expected", "format", "key", "lost", "lost_a", "lost_b"],
                &["missing", "skew_ns", "unit"],
            ],
        ),
        ("summary_of_recv.pairs.a", &[&["iface", "source"]]),
        ("summary_of_recv.pairs.b", &[&["iface", "source"]]),
        ("summary_of_recv.recording", &[&["error", "first", "last"]]),
        ("summary_of_recv.streams", &[&RATES, &MEASURED, &STREAM]),
        (
            "summary_of_send",
            &[&RATES, &["cpu_ns", "pace_ns", "replay", "reports", "transport_stream"]],
        ),
        ("receivers", &[&WORST]),
        ("receivers.list", &[&REPORTED, &["kernel_drops", "silent_ns"]]),
        ("receivers.list.streams", &[&REPORTED, &["group"]]),
        ("summary_of_send.assertions", &[&["value"]]),
        ("summary_of_send.reports", &[&WORST]),
        ("summary_of_send.reports.list", &[&REPORTED, &["kernel_drops", "silent_ns"]]),
        ("summary_of_send.reports.list.streams", &[&REPORTED, &["group"]]),
        ("summary_of_send.targets", &[&["impaired"]]),
        ("summary_of_send.targets.impaired", &[&["held_ns"]]),
        ("summary_of_failure", &[&["time"]]),
        ("warning", &[&["remedy", "time"]]),
        // Events without nullable fields are listed too.
        ("datagram_sent", &[]),
        ("datagram_sent_measured", &[]),
        ("finding.commands", &[]),
        ("left", &[]),
        ("found", &[&FOUND]),
        ("ready_of_scan", &[&["budget_bps", "budget_pps", "discover_ns"]]),
        ("ready_of_scan.targets", &[&["port", "source"]]),
        ("ready_of_ping", &[&["count", "expected"]]),
        ("ready_of_ping.targets", &[&["mac", "vrf"]]),
        ("reply", &[&["hops_back", "hops_to"]]),
        ("summary_of_ping", &[&PINGED, &["missing"]]),
        ("summary_of_ping.assertions", &[&["value"]]),
        ("summary_of_ping.receivers", &[&PINGED, &["unicast"]]),
        ("summary_of_ping.receivers.unicast", &[&PINGED, &["last_seen_ns"]]),
        ("summary_of_ping.targets", &[&["estimate", "rtt_ns"]]),
        ("summary_of_scan", &[&["kernel_drops"]]),
        ("summary_of_scan.found", &[&FOUND]),
        ("ready_of_bench_throughput", &[&["max_bps", "max_pps"]]),
        ("ready_of_bench_throughput.target", &[&["mac", "vrf"]]),
        ("ready_of_bench_join", &[]),
        ("ready_of_bench_join.target", &[&["address", "ifindex", "mac", "source", "vrf"]]),
        ("ready_of_bench_groups", &[]),
        ("ready_of_bench_groups.target", &[&["mac", "vrf"]]),
        ("trial", &[&["cause", "sent_bps", "sent_pps"]]),
        ("trial.receivers", &[&["kernel_drops", "loss_ratio", "lost", "received"]]),
        (
            "cycle",
            &[&["forwarded_before", "gap_ns", "join_ns", "leave_ns", "report_delay_ns", "stopped"]],
        ),
        ("step", &[&["fewest"]]),
        ("step.receivers", &[&["groups"]]),
        ("summary_of_bench_throughput", &[]),
        (
            "summary_of_bench_throughput.results",
            &[&["bound", "failed_pps", "throughput_bps", "throughput_pps"]],
        ),
        ("summary_of_bench_throughput.results.receivers", &[&["failed_pps", "passed_pps"]]),
        (
            "summary_of_bench_join",
            &[
                &["forwarded_before", "gap_max_ns", "gap_ns", "join", "leave", "not_stopped"],
                &["report_delay"],
            ],
        ),
        ("summary_of_bench_groups", &[&["capacity", "failed"]]),
        ("summary_of_bench_groups.steps", &[&["fewest"]]),
        ("summary_of_bench_groups.steps.receivers", &[&["groups"]]),
        ("resolved", &[]),
        ("watching", &[&["conclusion"]]),
        ("change_of_interface", &[&["after", "before"]]),
        ("change_of_interface.after", &[&CHANGED, &["users"]]),
        ("change_of_interface.after.groups", &[&["users"]]),
        ("change_of_interface.before", &[&CHANGED, &["users"]]),
        ("change_of_interface.before.groups", &[&["users"]]),
        ("summary_of_check", &[&["cycles"]]),
        ("summary_of_ifaces", &[&["changes"]]),
        ("summary_of_send.replay", &[]),
    ];
    let ways = table.iter().flat_map(|(before, fields)| {
        fields.concat().into_iter().map(move |field| format!("{before}.{field}"))
    });
    ways.collect()
}

/// Sends malformed probes, and a probe of another host with an unsynchronised clock.
const ODD_SENDER: &str = r#"
import socket, struct
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
def probe(seq):
    head = b"MCST\x01\x00" + struct.pack(">HQQQBBH", 0, 0xfeed, seq, 5, 9, 0, 48)
    tail = struct.pack(">Q", 0)
    return head + struct.pack(">I", crc32c(head + bytes(4) + tail)) + tail
good = probe(1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
corrupt = good[:36] + b"\xff\xff\xff\xff" + good[40:]
for payload in probe(0), good, corrupt, good[:47], b"MCST\x09", b"\xff\x00", b"", b'"\n\x1b':
    s.sendto(payload, ("239.1.1.1", 5000))
"#;

/// Sends two numbered datagrams, and one that is too short for a number.
const NUMBERED_SENDER: &str = r#"
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
for payload in b"\0\0\0\1", b"\0\0\0\2", b"\0":
    s.sendto(payload, ("239.1.1.1", 5000))
"#;

/// How many datagrams those are.
const ODD_ONES: usize = 8;

/// Runs of mcast that between them write every kind of event.
fn real_runs(lab: &Lab) -> Vec<Finished> {
    let (a, b) = lab.pair_with_ipv6();
    let portable = |host: &Host, arguments: &str| {
        let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(arguments.split_whitespace()).args(["-o", "json"]).env("MCAST_PORTABLE", "1");
        Running::start(command)
    };
    let mcast = |host: &Host, arguments: &str| host.mcast(&format!("{arguments} -o json"));
    let mut runs = Vec::new();

    // Measured streams and malformed probes, on Linux and on the portable path.
    let count = 20 + ODD_ONES;
    let asserting = ["loss == 0%", "datagrams == 0", "interface_copies == 0", "rate > 1pps"]
        .map(|expr| ["--assert", expr]);
    let count_option = format!("{count}");
    let listening = [
        "recv",
        "--iface",
        "e0",
        "239.1.1.1:5000",
        "-o",
        "json",
        "-v",
        "--stats",
        "20ms",
        "--count",
        &count_option,
    ];
    let recv = b.mcast_with(&[&listening[..], &asserting.concat()].concat()).ready();
    let little =
        portable(&b, &format!("recv --iface e0 239.1.1.1:5000 -v --stats 20ms --count {count}"))
            .ready();
    runs.push(
        mcast(
            &a,
            "send --iface e0 239.1.1.1:5000 --probe --count 20 --interval 10ms -v --stats 50ms",
        )
        .ends(0),
    );
    a.python(ODD_SENDER, &[]).ends(0);
    runs.extend([recv.ends(1), little.ends(0)]);

    // IPv6 groups with a zone, a source, unicast, and a warning.
    let recv = mcast(&b, "recv [ff02::5%e0]:5000 [ff15::1]:5000 --iface e0 --count 2").ready();
    runs.push(
        mcast(&a, "send [ff02::5%e0]:5000 [ff15::1]:5000 --iface e0 --count 1 --dscp ef").ends(0),
    );
    runs.push(recv.ends(0));
    let recv =
        mcast(&b, "recv 10.0.0.101:5000 10.0.0.100@232.1.1.1:5000 --iface e0 --count 1").ready();
    runs.push(mcast(&a, "send 10.0.0.101:5000 --count 1").ends(0));
    runs.push(recv.ends(0));
    runs.push(
        mcast(
            &b,
            "recv 232.1.1.1:5000 --iface e0 --exclude 10.0.0.9 --rcvbuf 64KiB --timeout 10ms",
        )
        .ends(1),
    );
    runs.push(mcast(&b, "send --iface lo --no-loop --count 1").ends(0));

    // Shapes and impairments.
    for shape in [
        "--rate 1kpps --poisson --impair loss=50%,delay=1ms,seed=1",
        "--ramp 100pps..1kpps",
        "--rate 1kpps --on-off 10ms,10ms --impair loss=100%",
    ] {
        runs.push(mcast(&a, &format!("send --iface e0 --probe -d 40ms {shape}")).ends(0));
    }

    // A pair with a stream, and one without.
    let recv = mcast(
        &b,
        "recv --iface e0 --pair 239.1.1.1:5000,239.1.2.1:5000 \
         --pair 239.1.1.1:5000,10.0.0.9@232.1.1.1:5000 --once",
    )
    .ready();
    runs.push(
        mcast(
            &a,
            "send --iface e0 239.1.1.1:5000 239.1.2.1:5000 --probe --count 5 --interval 10ms",
        )
        .ends(0),
    );
    runs.push(recv.ends(0));

    // Receivers that report, and none.
    let recv = mcast(&b, "recv --iface e0 239.1.1.1:5000 --reply").ready();
    let reported = "send --iface e0 --probe --interval 5ms --reports 100ms";
    runs.push(
        mcast(&a, &format!("{reported} 239.1.1.1:5000 -d 300ms --assert receivers==1")).ends(0),
    );
    drop(recv);
    let never = "--assert silent==0 --assert delay.p99<1s";
    runs.push(mcast(&a, &format!("{reported} 239.1.1.2:5000 -d 150ms {never}")).ends(1));

    // Benchmarks: with a receiver, and a join while a sender sends and ends.
    let recv = mcast(&b, "recv --iface e0 239.1.1.1:5000 --reply").ready();
    let throughput = "bench throughput 239.1.1.1:5000 --size 128 --trial 200ms --max-rate 100pps";
    for bench in [throughput, "bench groups 239.1.1.1:5000"] {
        runs.push(mcast(&a, &format!("{bench} --iface e0")).ends(0));
    }
    drop(recv);
    let sender = a.mcast("send --iface e0 239.1.1.1:5000 --interval 5ms --count 600 -q");
    let join = "bench join 239.1.1.1:5000 --iface e0 --cycles 1 --leave-wait 120s";
    runs.push(mcast(&b, join).finish());
    sender.ends(0);

    // Recordings: to a file, to standard output, and to a full disk.
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema.pcapng");
    for (file, status) in [(file.to_str().expect("UTF-8"), 0), ("/dev/full", 1)] {
        runs.push(
            mcast(&b, &format!("recv --iface e0 --duration 1ms --write {file}")).ends(status),
        );
    }
    let mut run = mcast(&b, "recv --iface e0 --duration 1ms --write -").ends(0);
    run.out = std::mem::take(&mut run.err);
    runs.push(run);

    // A described header, and a datagram that it does not fit.
    let recv =
        mcast(&b, "recv --iface e0 239.1.1.1:5000 --format seq=u32be@0 --count 3 -v").ready();
    a.python(NUMBERED_SENDER, &[]).ends(0);
    runs.push(recv.ends(0));

    // Replays: of a file in passes, as fast as possible, and of a pipe.
    let lost = ["239.1.1.1:5000", "10.0.0.9:9"].map(|to| datagram(0, to, "x"));
    let file = Saved::new("schema.pcap", &pcap(&lost));
    for options in ["--loop 2", "--speed max", "--speed max --loop --count 3"] {
        runs.push(
            mcast(&a, &format!("send --iface e0 --replay {} {options}", file.path())).ends(0),
        );
    }
    let mut pipe = a.command("sh");
    let mcast_path = env!("CARGO_BIN_EXE_mcast");
    pipe.args(["-c", &format!("cat {} | {mcast_path} send --replay - -o json", file.path())]);
    runs.push(Running::start(pipe).ends(0));

    // Runs that fail, that are refused, and that are interrupted.
    runs.push(b.mcast("recv --iface e0 -o json -- no-such-program").ends(2));
    runs.push(mcast(&b, "recv --iface no-such").ends(2));
    a.firewall(
        "table inet t { chain out { type filter hook output priority 0; udp dport 54321 drop; }; }",
    );
    runs.push(mcast(&a, "send --iface e0 --count 2 --interval 1ms").ends(1));
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let interrupted = [
            mcast(&b, "send --iface e0 --count 9").ready(),
            mcast(&b, "recv --iface e0 --count 9").ready(),
        ];
        interrupted.iter().for_each(|running| running.signal(signal));
        runs.extend(interrupted.map(|running| running.ends(status)));
    }

    lab.wire(&a, &b);
    b.shell("ip link set e1 down");
    runs.push(mcast(&b, "recv --iface e1 --duration 10ms").ends(0));
    runs.push(mcast(&b, "ifaces").ends(0));
    runs.extend(watched(&b));

    // A capture, and an empty one.
    let folder = std::env::temp_dir().join(format!("mcast-schema-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (whole, empty) = (folder.join("whole.pcap"), folder.join("empty.pcap"));
    std::fs::write(&whole, lab::captures::pcap(&lab::captures::text_datagrams(3)))
        .expect("a capture");
    std::fs::write(&empty, lab::captures::pcap(&[])).expect("a capture");
    let read = |file: &Path, targets: &str| {
        mcast(&b, &format!("recv --read {} {targets} --stats 1ms -v", file.display()))
    };
    runs.push(read(&whole, "10.0.0.5@239.1.1.1:5000 239.1.1.1:5000").ends(0));
    runs.push(read(&empty, "--iface e0").ends(1));

    // Scans: of targets with and without ports, and of the groups on the wire.
    let sender = mcast(&a, "send --iface e0 239.1.1.1:5000 --probe --interval 5ms").ready();
    for scan in ["10.0.0.100@239.1.1.1:5000 239.1.1.0/30", "--discover 50ms --budget 1kpps"] {
        runs.push(mcast(&b, &format!("scan --iface e0 {scan} --dwell 50ms")).ends(0));
    }
    drop(sender);

    // Pings: with and without an answer, an expectation and an assertion.
    let receiver = b.python(lab::REPLYING, &["239.1.1.1", "5000", "10.0.0.101"]);
    let receiver = receiver.ready();
    let list = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema-receivers");
    std::fs::write(&list, "10.0.0.9\n").expect("a file");
    let expected = format!(
        "ping --iface e0 239.1.1.1:5000 -W 50ms -c 3 -i 10ms --unicast --expect {} --assert lost==0",
        list.display()
    );
    runs.push(mcast(&a, &expected).ends(1));
    runs.push(mcast(&a, "ping --iface e0 239.1.1.9:5000 -W 50ms -c 1 --assert loss<1%").ends(1));
    drop(receiver);

    // Checks with a fault, without a fault, and with a sender to wait for.
    runs.push(mcast(&b, "check --iface e1 -d 10ms").ends(1));
    runs.push(mcast(&b, "check 10.0.0.100@232.1.1.1 -d 10ms").ends(0));
    runs.push(mcast(&b, "check --listen -d 10ms").ends(1));
    runs
}

/// The changes of interfaces, and of findings.
fn watched(host: &Host) -> [Finished; 2] {
    let watch = host.mcast("ifaces --watch -o json");
    watch.line(|line| line.starts_with("{\"event\":\"watching\""));
    for change in [
        "ip addr add 10.7.0.1/24 dev e0",
        "ip addr del 10.7.0.1/24 dev e0",
        "ip link add d0 type veth peer name d1",
        "ip link del d0",
    ] {
        let changes = || watch.so_far().matches("\"event\":\"change\"").count();
        let before = changes();
        host.shell(change);
        lab::eventually("the change is reported", || changes() > before);
    }
    let mentions = || watch.so_far().matches("\"239.7.7.7\"").count();
    let receiver = host.mcast("recv 239.7.7.7:5000 --iface e0").ready();
    lab::eventually("the join is reported", || mentions() == 1);
    drop(receiver);
    lab::eventually("the leave is reported", || mentions() == 2);
    watch.signal("INT");
    let check = host.mcast("check --watch 1s -d 10ms --iface e0 -o json");
    check.line(|line| line.starts_with("{\"event\":\"watching\""));
    host.shell("ip link set e0 down");
    check.line(|line| line.starts_with("{\"event\":\"resolved\""));
    check.signal("INT");
    let ran = [watch.ends(0), check.ends(1)];
    host.shell("ip link set e0 up");
    ran
}

/// One event of real runs for each set of fields and types, with its kind.
fn real_events(lab: &Lab) -> Vec<(&'static str, Value)> {
    let mut shapes = BTreeSet::new();
    let events = real_runs(lab).into_iter().flat_map(|run| run.events());
    let kinds = events.map(|event| (schema::kind(&event), event));
    kinds.filter(|(kind, event)| shapes.insert((*kind, shape(event)))).collect()
}

/// The fields of an event and their types.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| format!("{name}:{},", shape(inner))).collect()
        }
        Value::Array(items) => format!("{:?}", items.iter().map(shape).collect::<BTreeSet<_>>()),
        Value::String(_) => "text".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::Bool(_) | Value::Null => value.to_string(),
    }
}

/// Changes every value of an event, one at a time, with `change`. Returns the path of each (without
/// array positions) and the changed event.
fn each_changed(
    kind: &str,
    event: &Value,
    change: &dyn Fn(&Value) -> Option<Value>,
) -> Vec<(String, Value)> {
    let mut changed = Vec::new();
    each_within(event, kind, change, &mut |way, event| changed.push((way, event)));
    changed
}

fn each_within(
    value: &Value,
    way: &str,
    change: &dyn Fn(&Value) -> Option<Value>,
    found: &mut dyn FnMut(String, Value),
) {
    if let Some(changed) = change(value) {
        found(way.to_owned(), changed);
    }
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                each_within(inner, &format!("{way}.{name}"), change, &mut |way, inner| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), inner);
                    found(way, fields.into());
                });
            }
        }
        Value::Array(items) => {
            for (position, inner) in items.iter().enumerate() {
                each_within(inner, way, change, &mut |way, inner| {
                    let mut items = items.clone();
                    items[position] = inner;
                    found(way, items.into());
                });
            }
        }
        _ => {}
    }
}

/// Some time.
const TIME: &str = "2026-11-22T21:55:13.671624310Z";

fn is_refused(what: &str, way: &str, event: &Value) {
    assert!(schema::check(event).is_err(), "{what} at {way} is accepted: {event}");
}

#[test]
fn the_schema_follows_its_draft() {
    assert_eq!(schema::PUBLISHED["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema::check_schema(&schema::PUBLISHED), Ok(()));
    assert!(schema::check_schema(&json!({"type": "nothing"})).is_err());
}

#[test]
fn the_ready_event_names_the_schema() {
    assert_eq!(schema::PUBLISHED["$id"], mcast::event::SCHEMA);
}

#[test]
fn every_field_has_a_description() {
    fn is_described(way: &str, schema: &Value) {
        if let Some(fields) = schema["properties"].as_object() {
            for (name, field) in fields {
                let way = format!("{way}.{name}");
                let description = field["description"].as_str().unwrap_or_default();
                assert!(description.ends_with('.'), "{way} is not described");
                for (suffix, words) in [
                    ("_ns", "nanoseconds"),
                    ("_bytes", "bytes"),
                    ("_pps", "per second"),
                    ("_bps", "per second"),
                ] {
                    assert!(
                        !name.ends_with(suffix) || description.contains(words),
                        "{way} has no unit: {description}"
                    );
                }
                is_described(&way, field);
            }
        }
        if schema["items"].is_object() {
            is_described(way, &schema["items"]);
        }
    }
    let definitions = schema::PUBLISHED["$defs"].as_object().expect("definitions");
    for (name, definition) in definitions {
        assert!(
            definition["description"].as_str().unwrap_or_default().ends_with('.'),
            "{name} is not described"
        );
        is_described(name, definition);
    }
}

#[test]
fn the_schema_lists_every_id() {
    let listed = |pointer: &str| -> BTreeSet<String> {
        let names = schema::PUBLISHED.pointer(pointer).and_then(Value::as_array).expect(pointer);
        let known: BTreeSet<String> =
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        assert_eq!(known.len(), names.len(), "{pointer} names one twice");
        known
    };
    let names_in = |source: &str| -> BTreeSet<String> {
        let names = source
            .lines()
            .filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\","));
        names
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
            .map(str::to_owned)
            .collect()
    };
    let names = |ids: &[Id]| -> BTreeSet<String> { ids.iter().map(Id::to_string).collect() };
    assert_eq!(listed("/$defs/warning_id/enum"), names(Id::WARNINGS));
    let damages = names_in(include_str!("../src/format/probe.rs"));
    assert_eq!(listed("/$defs/datagram_received_damaged/properties/damage/enum"), damages);

    let findings = names(Id::FINDINGS);
    assert_eq!(listed("/$defs/finding_id/enum"), findings);
    for id in findings {
        let finding = json!({"event": "finding", "time": TIME, "id": id, "level": "note", "what": "so it is", "evidence": "so", "remedy": null, "commands": []});
        assert_eq!(schema::kind(&finding), "finding");
    }

    for id in listed("/$defs/warning_id/enum") {
        for remedy in [Value::Null, json!("do it")] {
            let warning = json!({"event": "warning", "time": TIME, "id": id, "what": "so it is", "remedy": remedy});
            assert_eq!(schema::kind(&warning), "warning");
        }
    }
}

#[test]
fn the_schema_refuses_changed_events() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let events = real_events(&lab);
    let seen: BTreeSet<&str> = events.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(seen, schema::kinds().collect(), "every kind of event is among the real ones");

    let mut null: BTreeSet<String> = BTreeSet::new();
    for (kind, event) in &events {
        let changes = |change: &dyn Fn(&Value) -> Option<Value>| each_changed(kind, event, change);

        // `damage` may be absent: an intact datagram has none. A damaged one without a format is a
        // probe.
        let is_optional = |name: &str| {
            name == "damage" || (name == "format" && *kind == "datagram_received_misfit")
        };
        for name in names(event).iter().filter(|name| !is_optional(name)) {
            let without = changes(&|value| {
                let mut fields =
                    value.as_object().filter(|fields| fields.contains_key(name))?.clone();
                fields.remove(name);
                Some(fields.into())
            });
            assert!(!without.is_empty());
            for (way, event) in without.iter().filter(|(way, _)| !counts_reasons(way)) {
                is_refused(&format!("the lack of {name}"), way, event);
            }
        }

        for (way, event) in changes(&|value| {
            let mut fields = value.as_object()?.clone();
            fields.insert("surprise".to_owned(), json!(1));
            Some(fields.into())
        }) {
            if !counts_reasons(&way) {
                is_refused("an unknown field", &way, &event);
            }
        }

        for (way, event) in changes(&|value| {
            Some(match value {
                Value::Null => json!([[]]),
                Value::Bool(value) => json!(value.to_string()),
                Value::Number(number) => json!(number.to_string()),
                Value::String(text) => json!([text]),
                Value::Array(_) => json!({}),
                Value::Object(_) => json!([]),
            })
        }) {
            is_refused("another type", &way, &event);
        }

        let nulled = changes(&|value| Some(Value::Null).filter(|null| null != value));
        null.extend(
            nulled
                .into_iter()
                .filter(|(_, event)| schema::check(event).is_ok())
                .map(|(way, _)| way),
        );
        let is_null = changes(&|value| value.is_null().then_some(Value::Null));
        null.extend(is_null.into_iter().map(|(way, _)| way));
    }
    assert_eq!(null, may_be_null(), "null where it may be, and nowhere else");
    values_out_of_bounds_are_refused(&events);
}

/// Whether an object holds counters by reason: only of the reasons that occurred.
fn counts_reasons(way: &str) -> bool {
    way.ends_with(".replay.left_out") || way.ends_with(".replay.omitted")
}

/// The names of all fields, however deep.
fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| names(inner).into_iter().chain([name.clone()]))
            .collect(),
        Value::Array(items) => items.iter().flat_map(names).collect(),
        _ => BTreeSet::new(),
    }
}

/// Values of the right type but outside their range, each in every real event with this field.
fn values_out_of_bounds_are_refused(events: &[(&'static str, Value)]) {
    let table: [(&str, &str, Value); 53] = [
        ("warning", "event", json!("warnings")),
        ("warning", "id", json!("kernel_drops")),
        ("warning", "id", json!("no-such-warning")),
        ("warning", "what", json!("")),
        ("finding", "id", json!("no-such-finding")),
        ("finding", "level", json!("error")),
        ("finding", "commands", json!([{"where": "there", "run": "this"}])),
        ("ready_of_check", "duration_ns", json!(-1)),
        ("summary_of_check", "conclusion", json!("")),
        ("ready_of_recv", "tool", json!("iperf")),
        ("ready_of_send", "version", json!("")),
        ("ready_of_check", "schema", json!(1)),
        ("left", "time", json!("2026-11-22T21:55:13Z")),
        ("summary_of_failure", "verdict", json!({"status": 2, "reasons": []})),
        ("left", "port", json!(0)),
        ("left", "port", json!(65536)),
        ("left", "port", json!(1.5)),
        ("left", "ifindex", json!(0)),
        ("left", "iface", json!("")),
        ("left", "group", json!("239.1.1")),
        ("left", "group", json!("239.1.1.256")),
        ("left", "group", json!("239.1.1.1:5000")),
        ("left", "group", json!("[ff15::1]")),
        ("left", "group", json!("ff15::1::2")),
        ("left", "group", json!("ff02::1%e0")),
        ("datagram_received", "time", json!("2026-11-22T21:55:13Z")),
        ("datagram_received", "time", json!("2026-11-22T21:55:13.671624310+01:00")),
        ("datagram_received", "time", json!("2026-13-22T21:55:13.671624310Z")),
        ("datagram_received", "source", json!("10.0.0.100")),
        ("datagram_received", "source", json!("fd00::1:5000")),
        ("datagram_received", "ttl", json!(256)),
        ("datagram_received", "dscp", json!(64)),
        ("datagram_received", "len_bytes", json!(-1)),
        ("datagram_received", "len_bytes", json!(65536)),
        ("datagram_received", "hex", json!("f")),
        ("datagram_received", "hex", json!("FF")),
        ("datagram_received_measured", "stream", json!("123456789abcde")),
        ("datagram_received_measured", "stream", json!("0123456789ABCDEF")),
        ("datagram_received_measured", "seq", json!(-1)),
        ("datagram_received_damaged", "damage", json!("bent")),
        ("datagram_sent", "source", json!("10.0.0.100:40000")),
        ("datagram_sent", "seq", json!(1)),
        ("ready_of_send", "burst", json!(0)),
        ("interval", "since_ns", json!(-1)),
        ("interval", "verdict", json!({"status": 0, "reasons": []})),
        ("interface", "flags", json!(["up", "sideways"])),
        ("interface", "flags", json!(["up", "up"])),
        ("interface", "mac", json!("01:00:5E:01:01:01")),
        ("interface", "igmp_version", json!(4)),
        ("summary_of_recv", "verdict", json!({"status": 3, "reasons": ["so"]})),
        ("summary_of_recv", "verdict", json!({"status": 0, "reasons": ["so"]})),
        ("summary_of_recv", "verdict", json!({"status": 1, "reasons": []})),
        (
            "summary_of_recv",
            "assertions",
            json!([{"expr": "loss == 0%", "value": null, "held": true}]),
        ),
    ];
    for (of, field, value) in table {
        for (_, event) in events.iter().filter(|(kind, _)| *kind == of) {
            let mut event = event.clone();
            event[field] = value.clone();
            is_refused("an invalid value", &format!("{of}.{field}"), &event);
        }
    }
    let inside = [
        ("clock", json!("agreed")),
        ("format", json!("No Format")),
        ("loss_ratio", json!(1.01)),
        ("loss_ratio", json!(-0.01)),
        ("lost", json!(-1)),
        ("rate_pps", json!(-1)),
        ("received", json!(0.5)),
    ];
    for (field, value) in inside {
        let mut count = 0;
        for (kind, event) in events {
            let change = |inner: &Value| {
                let mut fields =
                    inner.as_object().filter(|fields| fields.contains_key(field))?.clone();
                fields.insert(field.to_owned(), value.clone());
                Some(fields.into())
            };
            for (way, event) in each_changed(kind, event, &change) {
                is_refused(&format!("{field} of {value}"), &way, &event);
                count += 1;
            }
        }
        assert!(count > 0, "no event has {field}");
    }
}

#[test]
fn a_schema_violation_is_named() {
    let why = schema::check(
        &json!({"event": "left", "group": "239.1.1.1", "port": 5000, "iface": "e0", "index": 2}),
    )
    .unwrap_err();
    assert!(
        why.contains("as left") && why.contains("'ifindex'") && why.contains("/index"),
        "{why}"
    );
    let why = schema::check(&json!({"event": "gone"})).unwrap_err();
    assert!(why.contains("event"), "{why}");
}
