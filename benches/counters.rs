//! Measures the cost of counting a measured datagram, in time and memory: `cargo bench --bench
//! counters`.
//!
//! Probes go straight into the counters, without a socket or a checksum. Each case is a separate
//! process. At each size it prints the CPU time and the peak memory until then; the memory must not
//! grow with the number of datagrams. `--quick` (and `cargo test --benches`) runs a thousandth of
//! it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use mcast::format::probe::{Probe, ProbeKind};
use mcast::stats::stream::{Arrival, LocalClock, Streams};
use mcast::units::UnixTime;

/// How many datagrams, each time.
const SIZES: [u64; 3] = [1_000_000, 10_000_000, 100_000_000];

/// The same host on both ends makes delays known.
const HOST: u64 = 1;

/// The number, for the arrival of that rank: which stream it is of, which sequence it has.
type Sequence = fn(u64) -> (u16, u64);

const CASES: [(&str, Sequence); 4] = [
    ("one stream, in order", |arrival| (0, arrival)),
    ("one stream, 1 % lost, 0.1 % reordered, 0.1 % duplicated", impaired),
    ("1000 streams interleaved", |arrival| ((arrival % 1000) as u16, arrival / 1000)),
    ("one stream, every second one lost", |arrival| (0, 2 * arrival)),
];

/// Of 1000 sent, 10 are lost, one arrives three places late, and one arrives twice: 991 arrivals.
fn impaired(arrival: u64) -> (u16, u64) {
    let (thousand, place) = (arrival / 991, arrival % 991);
    let within = match place {
        // The number 500 arrives after 503.
        500..=502 => place + 1,
        503 => 500,
        // The number 599 comes twice.
        0..=599 => place,
        // Then one in 40 is missing, ten times.
        _ => place - 1 + ((place - 600) / 39).min(10),
    };
    (0, thousand * 1000 + within)
}

fn main() {
    // `cargo bench` passes `--bench`; without it this is a test.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick")
        || !arguments.iter().any(|argument| argument == "--bench");
    // A separate process for each case keeps their memory apart.
    let case = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--case=")?.parse::<usize>().ok());
    if let Some((name, sequence)) = case.and_then(|case| CASES.get(case)) {
        return measure(name, *sequence, if quick { 1000 } else { 1 });
    }
    println!(
        "| input | datagrams | ns a datagram | memory, MiB | expected | lost | reordered | \
         duplicates |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let program = std::env::current_exe().expect("a program knows where it is");
    for (case, (name, _)) in CASES.iter().enumerate() {
        let mut command = Command::new(&program);
        let status = command
            .arg(format!("--case={case}"))
            .arg(if quick { "--quick" } else { "--bench" })
            .status();
        assert!(status.expect("it starts itself").success(), "{name}");
    }
}

/// Runs a case, and prints a row at each size.
fn measure(name: &str, sequence: Sequence, divisor: u64) {
    let mut streams =
        Streams::new(1, false, LocalClock { host: HOST, synchronised: true, asserted: false });
    let (mut arrived, mut spent) = (0, Duration::ZERO);
    for size in SIZES.map(|size| size / divisor) {
        let start = Stopwatch::start();
        for arrival in arrived..size {
            take(&mut streams, arrival, sequence(arrival));
        }
        spent += start.elapsed();
        arrived = size;
        let (mut expected, mut lost, mut reordered, mut duplicates) = (0, 0, 0, 0);
        for stream in streams.iter() {
            let (losses, counters) = (stream.losses(false), stream.counters(false));
            expected += losses.expected;
            lost += losses.lost;
            reordered += counters.reordered;
            duplicates += counters.duplicates;
        }
        assert_eq!(expected - lost + duplicates, size, "{name}: each is counted once");
        let cost = spent.as_secs_f64() * 1e9 / size as f64;
        let memory = peak_mib().map_or_else(|| "–".to_owned(), |mib| format!("{mib:.2}"));
        println!(
            "| {name} | {size} | {cost:.1} | {memory} | {expected} | {lost} | {reordered} | \
             {duplicates} |"
        );
    }
}

/// One every 10 µs, after a delay that wavers by about a millisecond.
fn take(streams: &mut Streams, arrival: u64, (of, sequence): (u16, u64)) {
    let sent = 1_700_000_000_000_000_000 + arrival * 10_000;
    // The upper bits of a multiplication by a large odd number look random.
    let delay = 100_000 + (arrival.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44);
    let probe = Probe {
        kind: ProbeKind::Data,
        reply_wanted: false,
        report_wanted: false,
        synchronised: true,
        stream: u64::from(of),
        sequence,
        sent,
        ttl: 16,
        traffic_class: 0,
        host: HOST,
    };
    let time = UnixTime::from_nanos((sent + delay) as i64);
    let arrival = Arrival {
        source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
        zone: None,
        group: Ipv4Addr::new(239, 1, (of >> 8) as u8, of as u8).into(),
        port: 5000,
        iface: Some((2, "e0")),
        time,
        read: Some(UnixTime::from_nanos(time.nanos() + (delay / 16) as i64)),
        ttl: Some(14),
        traffic_class: Some(0),
        len: 1000,
        origin: None,
    };
    std::hint::black_box(streams.take(&probe, &arrival));
}

/// Measures CPU time if the system provides it, which excludes other programs.
struct Stopwatch(Instant, Option<Duration>);

impl Stopwatch {
    fn start() -> Self {
        Stopwatch(Instant::now(), cpu_time())
    }

    fn elapsed(&self) -> Duration {
        let spent = cpu_time().zip(self.1).map(|(now, then)| now - then);
        spent.unwrap_or_else(|| self.0.elapsed())
    }
}

/// The CPU time of this process (the kernel's Documentation/scheduler/sched-stats.rst).
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The peak resident memory of this process; `None` if the system does not show it.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}
