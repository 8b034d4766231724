//! Impairments and shapes of a sender, as receivers measure them.
#![cfg(target_os = "linux")]

mod lab;

use std::time::{Duration, Instant};

use lab::{Finished, Host, Lab, Running};
use mcast::units::{Period, Rate, Schedule, Shape};
use serde_json::Value;

/// The counters that a receiver and the truth have in common.
const COUNTERS: [&str; 9] = [
    "received",
    "expected",
    "lost",
    "loss_runs",
    "missed_before",
    "duplicates",
    "reordered",
    "reorder_extent_max",
    "corrupt",
];

/// Sends probes with impairments, and returns what a receiver counted of each target, and the
/// truth.
fn measured(a: &Host, b: &Host, targets: &[&str], send: &str) -> (Vec<Value>, Vec<Value>) {
    let all = targets.join(" ");
    let end = if targets.len() == 1 { "--once" } else { "--idle 3s" };
    let recv = b.mcast(&format!("recv {all} --iface e0 {end} --timeout 60s -o json")).ready();
    let sent = a.mcast(&format!("send {all} --iface e0 --probe -q -o json {send}")).ends(0);
    let received = recv.finish();
    let list = |finished: &Finished, name: &str| {
        finished.summary()[name].as_array().cloned().unwrap_or_default()
    };
    let mut streams = list(&received, "streams");
    let mut truths = list(&sent, "targets");
    for list in [&mut streams, &mut truths] {
        list.sort_by_key(|of| (of["group"].to_string(), of["port"].to_string()));
    }
    let drops = &received.summary()["kernel_drops"];
    assert!(*drops == 0 || drops.is_null(), "{received}");
    (streams, truths.into_iter().map(|target| target["impaired"].clone()).collect())
}

#[test]
fn a_receiver_counts_the_truth() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (targets, send) in [
        (&["239.1.1.1:5000"][..], "--rate 5kpps -c 4000 --impair loss=1%"),
        (&["239.1.1.1:5000"], "--rate 5kpps -c 4000 --impair loss=5%,burst=4,corrupt=1%"),
        (&["239.1.1.1:5000"], "--rate 5kpps -c 4000 --impair gilbert=2%:20%:80%:1% --size 1400"),
        (&["[ff15::1]:5000"], "--rate 5kpps -c 4000 --impair duplicate=5%,reorder=5%,loss=2%"),
        (
            &["239.1.1.1:5000", "239.1.1.2:5000", "[ff15::1]:5000"],
            "--rate 9kpps -c 2000 --impair loss=3%,reorder=2%,distance=9,delay=20ms,jitter=10ms",
        ),
        (&["239.1.1.1:5000"], "--flood --force -c 5000 --impair loss=1%,duplicate=1%,reorder=1%"),
    ] {
        let (streams, truths) = measured(&a, &b, targets, send);
        assert_eq!((streams.len(), truths.len()), (targets.len(), targets.len()), "{send}");
        for (stream, truth) in streams.iter().zip(&truths) {
            for counter in COUNTERS {
                assert_eq!(stream[counter], truth["recv"][counter], "{send}: {counter}\n{truth}");
            }
        }
        let lost = truths.iter().map(|truth| truth["recv"]["lost"].as_u64().expect("a number"));
        assert!(lost.sum::<u64>() > 0, "{send}");
    }
}

#[test]
fn a_delay_is_measured_and_the_end_comes_last() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (streams, truths) = measured(
        &a,
        &b,
        &["239.1.1.1:5000"],
        "--rate 1kpps -c 500 --impair delay=300ms,jitter=50ms",
    );
    let (delay, held) = (&streams[0]["delay_ns"], &truths[0]["held_ns"]);
    assert_eq!((&streams[0]["received"], &streams[0]["ended"]), (&500.into(), &true.into()));
    for quantile in ["min", "p50", "max"] {
        let [delay, held] = [delay, held].map(|of| of[quantile].as_i64().expect("a time"));
        // A quantile is exact to a hundredth. A busy machine adds to most, but not to all.
        let most = if quantile == "min" { 100_000_000 } else { i64::MAX };
        assert!((-held / 100..most).contains(&(delay - held)), "{quantile}: {delay} {held}");
    }
    assert!(held["min"].as_i64() >= Some(250_000_000) && held["max"].as_i64() <= Some(350_000_000));
}

#[test]
fn a_seed_repeats_the_faults() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let truth = |seed: &str| {
        let line = format!(
            "send 239.1.1.1:5000 --iface e0 --probe --flood -c 3000 -o json --impair \
             loss=3%,duplicate=2%,reorder=2%,corrupt=1%{seed}"
        );
        let sent = a.mcast(&line).ends(0);
        let seed = sent.events_of("ready")[0]["seed"].as_u64().expect("a seed");
        (seed, sent.summary()["targets"][0]["impaired"]["recv"].clone())
    };
    let (seed, first) = truth("");
    assert_eq!(truth(&format!(",seed={seed}")), (seed, first.clone()));
    assert_eq!(truth(&format!(" --seed {seed}")), (seed, first.clone()));
    assert_ne!(truth(" --seed 1").1, first);
}

/// Counts the datagrams until one with the text `end`: GROUP PORT LOCAL_ADDRESS.
const PYTHON_COUNTER: &str = r#"
import socket, sys
group, port, local = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind(("", port))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(local))
print("joined", flush=True)
seen = list(iter(lambda: s.recv(65535), b"end"))
print(len(seen), len(set(seen)), sum(later < former for former, later in zip(seen, seen[1:])))
"#;

#[test]
fn other_receivers_count_the_truth_of_lines() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let python = b.python(PYTHON_COUNTER, &["239.1.1.1", "5000", "10.0.0.101"]);
    python.line(|line| line == "joined");
    let line = format!(
        "seq -w 1 1000 | {} send 239.1.1.1:5000 --iface e0 --lines --rate 1kpps -q -o json \
         --impair loss=5%,duplicate=5%,reorder=3%,distance=1,delay=5ms",
        env!("CARGO_BIN_EXE_mcast")
    );
    let mut shell = a.command("sh");
    shell.args(["-c", &line]);
    let sent = Running::start(shell).ends(0);
    a.mcast("send 239.1.1.1:5000 --iface e0 --message end --count 1 -q").ends(0);
    let truth = sent.summary()["targets"][0]["impaired"].clone();
    let number = |of: &Value| of.as_u64().expect("a number");
    let received = python.ends(0);
    let counts: Vec<u64> = received
        .out
        .lines()
        .last()
        .expect("the counts")
        .split(' ')
        .map(|word| word.parse().expect("a number"))
        .collect();
    assert_eq!(number(&truth["sent"]), 1000);
    assert_eq!(counts[..2], [number(&truth["left"]), number(&truth["recv"]["received"])]);
    assert!(counts[2] > 0 && number(&truth["dropped"]) > 0, "{truth}");
}

#[test]
fn a_signal_ends_a_long_delay_soon() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let sender = a
        .mcast("send 239.1.1.1:5000 --iface e0 --probe --rate 1kpps -o json --impair delay=60s")
        .ready();
    sender.signal("INT");
    let sent = sender.finish();
    let truth = sent.summary()["targets"][0]["impaired"].clone();
    assert_eq!((&truth["left"], &truth["recv"]["missed_before"]), (&0.into(), &truth["sent"]));
}

fn period(rate: f64) -> Period {
    Period::of(Rate::Packets(rate), 1, 64)
}

/// The due times of a sender of two seconds, in seconds after its start.
fn due_times(rate: f64, shape: Shape) -> Vec<f64> {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, period(rate), shape);
    let mut times = Vec::new();
    while let Some(due) = schedule.next().filter(|due| *due < start + Duration::from_secs(2)) {
        schedule.due_together(due, 1, |_| ());
        times.push((due - start).as_secs_f64());
    }
    times
}

/// The time of an event, in seconds of its hour.
fn seconds(event: &Value) -> f64 {
    let text = event["time"].as_str().expect("a time");
    let (minutes, seconds) = (&text[14..16], &text[17..text.len() - 1]);
    minutes.parse::<f64>().expect("minutes") * 60.0 + seconds.parse::<f64>().expect("seconds")
}

/// Sends for two seconds. The datagrams must arrive at their due times, except for the lateness
/// that the sender states. Returns false if the sender left out datagrams.
fn arrives_as_due(a: &Host, b: &Host, send: &str, due: &[f64]) -> bool {
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --once -o json --timeout 60s").ready();
    let sent =
        a.mcast(&format!("send 239.1.1.1:5000 --iface e0 --probe -q -o json {send} -d 2s")).ends(0);
    let received = recv.finish().events_of("datagram");
    let summary = sent.summary();
    let skipped = summary["skipped"].as_u64().expect("a number") as usize;
    assert_eq!(received.len() + skipped, due.len(), "{send}: {summary}");
    if skipped > 0 {
        return false;
    }
    let first = seconds(&received[0]);
    let since = |event: &Value| (seconds(event) - first + 1800.0).rem_euclid(3600.0) - 1800.0;
    let mut late: Vec<f64> =
        received.iter().zip(due).map(|(event, due)| since(event) - due).collect();
    late.sort_by(f64::total_cmp);
    // A busy machine may delay some datagrams after the sender has determined their lateness.
    let spread = late[late.len() * 9 / 10] - late[0];
    let stated = summary["pace_ns"]["p99"].as_f64().expect("a time") / 1e9;
    assert!(spread < stated + 0.02, "{send}: {spread} s, {stated} s stated");
    true
}

#[test]
fn shapes_arrive_as_defined() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let ms = Duration::from_millis;
    // The integral of the rate is 500 * 2 + 3000 * 2 / 2 = 4000.
    let ramp = due_times(500.0, Shape::Ramp { to: period(3500.0), over: ms(2000) });
    assert_eq!(ramp.len(), 4000);
    let bursts = due_times(1000.0, Shape::OnOff { on: ms(100), off: ms(300) });
    assert_eq!(bursts.len(), 500);
    let random = due_times(1000.0, Shape::Poisson { seed: 7 });
    for (send, due) in [
        ("--ramp 500pps..3500pps", ramp),
        ("--rate 1kpps --on-off 100ms,300ms", bursts),
        ("--rate 1kpps --poisson --seed 7", random),
    ] {
        // A sender that a busy machine stops for more than 100 ms leaves out datagrams.
        assert!((0..20).any(|_| arrives_as_due(&a, &b, send, &due)), "{send}");
    }
}
