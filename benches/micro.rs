//! Measures the cost of a datagram in the program, piece by piece and without the system: `cargo
//! bench --bench micro`.
//!
//! Times are per datagram, and bytes per second count the payload. The benchmark opens no socket
//! and sends nothing. An argument selects the cases whose name contains it; `--quick` takes fewer
//! and shorter samples. `--list` prints the names of the cases. `--calls=N NAME` runs the case with
//! exactly this name N times, without a clock: instructions.py counts the instructions.

#[path = "micro/foreign.rs"]
mod foreign;
#[path = "../fuzz/bodies/payloads.rs"]
#[allow(dead_code, reason = "the fuzz targets use the rest")]
mod payloads;

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;
use std::time::{Duration, Instant, SystemTime};

use mcast::event::{Event, Payload, ProbeInfo, ReceivedDatagram};
use mcast::format::probe;
use mcast::format::probe::{Probe, ProbeKind, Writer};
use mcast::report::{Lines, Output};
use mcast::stats::stream::{Arrival, LocalClock, Streams};
use mcast::target::Zoned;
use mcast::units::UnixTime;

/// The header alone, the default, and the payload that fills an Ethernet frame.
const SIZES: [u16; 3] = [48, 64, 1472];

/// The same host on both ends makes delays known.
const HOST: u64 = 1;

/// 2023-11-14, in ns since the Unix epoch.
const START: u64 = 1_700_000_000_000_000_000;

fn probe(sequence: u64) -> Probe {
    Probe {
        kind: ProbeKind::Data,
        reply_wanted: false,
        report_wanted: false,
        synchronised: true,
        stream: 7,
        sequence,
        sent: START + sequence * 10_000,
        ttl: 16,
        traffic_class: 0,
        host: HOST,
    }
}

/// Runs each selected case and prints its row.
struct Bench {
    filter: String,
    mode: Mode,
    samples: usize,
    /// The least time of one sample: long enough that reading the clock does not count.
    sample: Duration,
}

#[derive(PartialEq)]
enum Mode {
    Time,
    Calls(u32),
    List,
}

impl Bench {
    /// Reads the arguments of `cargo bench`, which adds `--bench`. Without it this is a test, which
    /// takes one sample.
    fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let given = |option: &str| arguments.iter().any(|argument| argument == option);
        let (samples, sample) = match (given("--bench"), given("--quick")) {
            (false, _) => (1, Duration::ZERO),
            (true, true) => (20, Duration::from_millis(5)),
            (true, false) => (100, Duration::from_millis(20)),
        };
        let calls = arguments.iter().find_map(|argument| argument.strip_prefix("--calls="));
        let mode = match calls {
            Some(calls) => Mode::Calls(calls.parse().expect("--calls takes a number")),
            None if given("--list") => Mode::List,
            None => Mode::Time,
        };
        let filter = arguments.into_iter().find(|argument| !argument.starts_with('-'));
        Bench { filter: filter.unwrap_or_default(), mode, samples, sample }
    }

    /// Measures `work` per call; `bytes` is the payload of one call, if a rate is of interest.
    fn run<T>(&self, name: &str, bytes: Option<u16>, mut work: impl FnMut() -> T) {
        match self.mode {
            Mode::List => return println!("{name}"),
            Mode::Calls(calls) if name == self.filter => {
                return (0..calls).for_each(|_| drop(black_box(work())));
            }
            Mode::Calls(_) => return,
            Mode::Time if !name.contains(&self.filter) => return,
            Mode::Time => {}
        }
        let mut time = |calls: u32| {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(work());
            }
            start.elapsed()
        };
        // Finding the number of calls also warms the caches and the branch predictor up.
        let mut calls = 1;
        while time(calls) < self.sample {
            calls *= 2;
        }
        let mut costs: Vec<f64> =
            (0..self.samples).map(|_| time(calls).as_secs_f64() * 1e9 / f64::from(calls)).collect();
        costs.sort_by(f64::total_cmp);
        let (lowest, median) = (costs[0], costs[costs.len() / 2]);
        let highest = costs[costs.len() - 1];
        let rate = bytes.map_or_else(
            || "–".to_owned(),
            |bytes| format!("{:.0}", f64::from(bytes) * 1e9 / median / f64::from(1 << 20)),
        );
        println!("| {name} | {median:.2} ({lowest:.2}–{highest:.2}) | {rate} |");
    }
}

fn wire(bench: &Bench) {
    for size in SIZES {
        let writer = Writer::new(size);
        let mut payload = writer.bytes(&probe(1));
        let mut sequence = 0;
        bench.run(&format!("probe, written again, {size} bytes"), Some(size), || {
            sequence += 1;
            writer.rewrite(&probe(sequence), black_box(&mut payload));
        });
    }
    for size in SIZES {
        let payload = Writer::new(size).bytes(&probe(1));
        bench.run(&format!("probe, read, {size} bytes"), Some(size), || {
            probe::read(black_box(&payload), false)
        });
    }
    for size in SIZES {
        let payload = Writer::new(size).bytes(&probe(1));
        bench.run(&format!("CRC-32C, {size} bytes"), Some(size), || {
            crc32c::crc32c(black_box(&payload))
        });
    }
}

/// In order, without loss, with a delay of about a tenth of a millisecond.
fn statistics(bench: &Bench) {
    for count in [1, 100] {
        let mut streams =
            Streams::new(1, false, LocalClock { host: HOST, synchronised: true, asserted: false });
        let mut arrivals = 0_u64;
        bench.run(&format!("statistics, {count} streams in turn"), None, || {
            let (probe, of) = (probe(arrivals / count), arrivals % count);
            // The upper bits of a multiplication by a large odd number look random.
            let delay = 100_000 + (arrivals.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50);
            let time = UnixTime::from_nanos((probe.sent + delay) as i64);
            let arrival = Arrival {
                source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
                zone: None,
                group: Ipv4Addr::new(239, 1, 0, of as u8).into(),
                port: 5000,
                iface: Some((2, "e0")),
                time,
                read: Some(UnixTime::from_nanos(time.nanos() + 5_000)),
                ttl: Some(14),
                traffic_class: Some(0),
                len: 64,
                origin: NonZeroU64::new(1 + of),
            };
            arrivals += 1;
            streams.take(black_box(&probe), &arrival)
        });
    }
}

/// A line for a datagram, into memory.
fn report(bench: &Bench) {
    let measured = ProbeInfo::Whole { stream: 7, seq: 123_456, delay_ns: Some(104_321) };
    let bytes = Writer::new(64).bytes(&probe(1));
    let cases: [(&str, Option<ProbeInfo>, &[u8]); 2] =
        [("plain", None, b"hello world"), ("measured", Some(measured), &bytes)];
    for (format, output) in [("text", Output::Text), ("json", Output::Json)] {
        for (kind, probe, payload) in cases {
            let (mut lines, mut out) = (Lines::new(output), Vec::with_capacity(4096));
            let mut arrivals = 0;
            bench.run(&format!("report of a datagram, {format}, {kind}"), None, || {
                arrivals += 1;
                let event = Event::Received(ReceivedDatagram {
                    time: SystemTime::UNIX_EPOCH + Duration::from_nanos(START + arrivals * 10_000),
                    source: Zoned::socket(([10, 0, 0, 1], 40_000).into(), Some("e0")),
                    group: Ipv4Addr::new(239, 1, 1, 1).into(),
                    port: 5000,
                    iface: Some("e0"),
                    ttl: Some(14),
                    dscp: Some(0),
                    ecn: Some(0),
                    len_bytes: payload.len(),
                    probe,
                    payload: Payload(payload),
                });
                out.clear();
                lines.add(black_box(&event), &mut out).expect("memory takes what is written");
                out.len()
            });
        }
    }
}

fn main() {
    let bench = Bench::from_arguments();
    if bench.mode == Mode::Time {
        println!("| case | ns, median (lowest–highest) | MiB/s |");
        println!("| --- | --- | --- |");
    }
    wire(&bench);
    statistics(&bench);
    foreign::foreign(&bench);
    report(&bench);
}
