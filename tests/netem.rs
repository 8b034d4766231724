//! A network that loses, duplicates, reorders and delays: Linux's netem. The counters of its queue
//! are the truth, and so is a receiver in Python that reads nothing but sequence numbers.
//!
//! Kernels without netem skip these tests. `tests/vm/lab` runs them under kernels that have it.
#![cfg(target_os = "linux")]

mod lab;

use std::os::unix::fs::MetadataExt;

use lab::{Host, Lab};
use serde_json::Value;

/// How many datagrams a sender sends.
const SENT: u64 = 4000;

/// A laboratory under a kernel with netem. `MCAST_NETEM=1`, which `tests/vm/lab` sets, requires it.
fn lab_with_netem() -> Option<Lab> {
    let lab = Lab::with(&["python3", "tc"])?;
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0);
    if !is_root || std::env::var("MCAST_LAB").as_deref() == Ok("user") {
        Lab::unsupported("needs root, for large receive buffers");
        return None;
    }
    let host = lab.host();
    let mut command = host.command("tc");
    command.args("qdisc add dev lo root netem loss 1%".split(' '));
    let output = command.output().expect("tc starts");
    if output.status.success() {
        return Some(lab);
    }
    let required = std::env::var("MCAST_NETEM").as_deref() == Ok("1");
    assert!(!required, "this kernel lacks netem: {}", String::from_utf8_lossy(&output.stderr));
    Lab::unsupported("needs a kernel with netem");
    None
}

/// Two hosts. Of the first one, nothing but mcast sends: IPv6 would announce itself.
fn quiet_pair(lab: &Lab) -> (Host, Host) {
    let (a, b) = lab.pair();
    a.shell("echo 1 > /proc/sys/net/ipv6/conf/e0/disable_ipv6");
    (a, b)
}

/// Sends the data of measured streams through netem, and everything else past it: the end markers
/// arrive, and the counters of netem are those of the data. Offset 33 is the kind of a probe.
fn impair_data(host: &Host, netem: &str) {
    host.shell(&format!(
        "tc qdisc add dev e0 root handle 1: prio bands 2 priomap {}
         tc qdisc add dev e0 parent 1:2 handle 2: netem limit 100000 {netem}
         tc filter add dev e0 parent 1: protocol ip u32 match ip protocol 17 0xff \
           match u8 0 0xff at 33 flowid 1:2",
        ["0"; 16].join(" ")
    ));
}

/// Sends everything through netem: the end markers come last.
fn impair_all(host: &Host, netem: &str) {
    host.shell(&format!("tc qdisc add dev e0 root handle 2: netem limit 100000 {netem}"));
}

/// The counters of netem.
fn truth(host: &Host) -> Value {
    let queues: Value = serde_json::from_str(&host.shell("tc -s -j qdisc show dev e0")).unwrap();
    let netem = queues.as_array().unwrap().iter().find(|queue| queue["kind"] == "netem");
    netem.expect("netem").clone()
}

/// Receives measured data until SIGINT: GROUP PORT LOCAL_ADDRESS. Prints how many datagrams arrived,
/// how many are distinct, how many of these are reordered (RFC 4737), the longest run of lost ones,
/// and the extremes of the delay from the time in the datagram to the timestamp of the kernel.
const COUNTER: &str = r#"
import json, signal, socket, struct, sys
group, port, local = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
s.bind((group, port))
member = socket.inet_aton(group) + socket.inet_aton(local)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
over = []
signal.signal(signal.SIGINT, lambda *_: over.append(True))
print("joined", flush=True)
s.settimeout(1)
numbers, delays = [], []
while True:
    try:
        data, controls, _, _ = s.recvmsg(65535, 64)
    except TimeoutError:
        if over:
            break
        continue
    if data[5] == 0:
        number, sent = struct.unpack_from(">QQ", data, 16)
        seconds, nanos = struct.unpack("qq", controls[0][2])
        numbers.append(number)
        delays.append(seconds * 10**9 + nanos - sent)
seen, due, reordered = set(), 0, 0
for number in numbers:
    if number in seen:
        continue
    seen.add(number)
    reordered += number < due
    due = max(due, number + 1)
kept = sorted(seen)
gaps = [after - before - 1 for before, after in zip([-1] + kept, kept)]
print(json.dumps({"arrivals": len(numbers), "distinct": len(seen), "reordered": reordered,
                  "longest": max(gaps), "delay_min": min(delays), "delay_max": max(delays)}))
"#;

/// What mcast counts of one stream, and the other counts beside it.
struct Measured {
    stream: Value,
    netem: Value,
    python: Value,
}

impl Measured {
    /// Sends a stream to a group that mcast and the other receiver joined.
    fn new(a: &Host, b: &Host, rate: &str, count: u64) -> Measured {
        let python = b.python(COUNTER, &["239.1.1.1", "5000", "10.0.0.101"]);
        python.line(|line| line == "joined");
        let recv = "recv 239.1.1.1:5000 --iface e0 --rcvbuf 16MiB --idle 3s -o json";
        let recv = b.mcast(recv).ready();
        // A late sender would send trains, and netem would lose and count each as one datagram.
        let send = "send 239.1.1.1:5000 --iface e0 --probe --no-offload -q";
        a.mcast(&format!("{send} --rate {rate} --count {count}")).ends(0);
        let received = recv.finish();
        let summary = received.summary();
        assert_eq!(summary["kernel_drops"], 0, "{received}");
        let streams = summary["streams"].as_array().expect("streams");
        assert_eq!(streams.len(), 1, "{received}");
        python.signal("INT");
        let python = python.ends(0);
        let counted = python.out.lines().last().expect("counters");
        let of = Measured {
            stream: streams[0].clone(),
            netem: truth(a),
            python: serde_json::from_str(counted).expect("JSON"),
        };
        // The beginning of a stream that was lost is no loss to a receiver.
        let expected = of.stream("expected") + of.stream("missed_before");
        assert_eq!(expected, count, "{of}");
        assert_eq!(of.stream("received"), of.python("distinct"), "{of}");
        assert_eq!(of.stream("received") + of.stream("duplicates"), of.python("arrivals"), "{of}");
        assert_eq!(of.stream("reordered"), of.python("reordered"), "{of}");
        // Both read the timestamp that the kernel gave to the datagram.
        assert_eq!(of.delay_ns("min"), of.python("delay_min") as i64, "{of}");
        assert_eq!(of.delay_ns("max"), of.python("delay_max") as i64, "{of}");
        // With --no-capture, the figures of the table in docs/kernels.md.
        println!("{rate}, {count} datagrams: {of}\n");
        of
    }

    fn stream(&self, name: &str) -> u64 {
        self.stream[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self}"))
    }

    fn netem(&self, name: &str) -> u64 {
        self.netem[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self}"))
    }

    fn python(&self, name: &str) -> u64 {
        self.python[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self}"))
    }

    /// Losses as netem counts them.
    fn lost(&self) -> u64 {
        self.stream("lost") + self.stream("missed_before")
    }

    fn delay_ns(&self, of: &str) -> i64 {
        self.stream["delay_ns"][of].as_i64().unwrap_or_else(|| panic!("no delay: {self}"))
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mcast {}\nnetem {}\nPython {}", self.stream, self.netem, self.python)
    }
}

#[test]
fn losses_are_those_that_netem_counts() {
    let Some(lab) = lab_with_netem() else { return };
    for netem in ["loss 1%", "loss random 20%", "loss gemodel 2% 20% 80% 1%"] {
        let (a, b) = quiet_pair(&lab);
        impair_data(&a, netem);
        let of = Measured::new(&a, &b, "2kpps", SENT);
        assert_eq!(of.lost(), of.netem("drops"), "{netem}: {of}");
        assert_eq!(of.stream("received"), of.netem("packets"), "{netem}: {of}");
        assert!(of.lost() > 0, "{netem}: {of}");
        assert_eq!((of.stream("duplicates"), of.stream("reordered")), (0, 0), "{netem}: {of}");
        let longest = of.stream["loss_runs"]["longest"].as_u64().expect("a number");
        assert_eq!(longest.max(of.stream("missed_before")), of.python("longest"), "{netem}: {of}");
    }
}

#[test]
fn duplicates_are_the_datagrams_that_netem_adds() {
    let Some(lab) = lab_with_netem() else { return };
    let (a, b) = quiet_pair(&lab);
    impair_data(&a, "duplicate 5%");
    let of = Measured::new(&a, &b, "2kpps", SENT);
    assert_eq!((of.stream("received"), of.stream("lost")), (SENT, 0), "{of}");
    assert_eq!(SENT + of.stream("duplicates"), of.netem("packets"), "{of}");
    assert!(of.stream("duplicates") > 0, "{of}");
}

#[test]
fn a_delay_is_that_of_netem() {
    let Some(lab) = lab_with_netem() else { return };
    for (netem, least) in [("delay 50ms", 50_000_000), ("delay 200ms", 200_000_000)] {
        let (a, b) = quiet_pair(&lab);
        impair_all(&a, netem);
        let of = Measured::new(&a, &b, "200pps", 400);
        assert_eq!((of.stream("received"), of.stream("reordered")), (400, 0), "{netem}: {of}");
        // netem sends none earlier, but a busy machine sends them later.
        assert!(of.delay_ns("min") >= least, "{netem}: {of}");
    }
}

#[test]
fn jitter_spreads_the_delay_and_reorders() {
    let Some(lab) = lab_with_netem() else { return };
    let (a, b) = quiet_pair(&lab);
    impair_all(&a, "delay 50ms 40ms");
    let of = Measured::new(&a, &b, "1kpps", 2000);
    assert_eq!((of.stream("received"), of.stream("duplicates")), (2000, 0), "{of}");
    assert!(of.stream("reordered") > 0, "{of}");
    // Uniform from 10 to 90 ms: half of them wait for 50 ms or longer.
    assert!(of.delay_ns("min") >= 10_000_000, "{of}");
    assert!(of.delay_ns("p50") >= 45_000_000 && of.delay_ns("max") >= 80_000_000, "{of}");
}

#[test]
fn datagrams_that_jump_ahead_reorder_others() {
    let Some(lab) = lab_with_netem() else { return };
    let (a, b) = quiet_pair(&lab);
    // Every tenth one leaves at once. `requeues` counts these. The end markers are in no queue, and
    // arrive before the last datagrams.
    impair_data(&a, "delay 20ms reorder 100% gap 10");
    let of = Measured::new(&a, &b, "1kpps", 2000);
    assert_eq!((of.stream("received"), of.stream("lost")), (2000, 0), "{of}");
    assert_eq!(of.netem("requeues"), 200, "{of}");
    assert!(of.stream("reordered") > 0, "{of}");
}
