//! What a datagram costs the program, piece by piece, without the system: `cargo bench --bench
//! micro`.
//!
//! The time is for one datagram, and the bytes a second are those of its payload. No socket is
//! opened and nothing is sent.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mcast::event::{Event, Payload, ProbeInfo, ReceivedDatagram};
use mcast::format::probe;
use mcast::format::probe::{Probe, ProbeKind, Writer};
use mcast::report::{Lines, Output};
use mcast::stats::stream::{Arrival, LocalClock, Streams};

/// The header alone, the default, and what goes into an Ethernet frame.
const SIZES: [u16; 3] = [48, 64, 1472];

/// The same host, so that delays are delays.
const HOST: u64 = 1;

/// 2023-11-14, in ns since the Unix epoch.
const START: u64 = 1_700_000_000_000_000_000;

fn probe(sequence: u64) -> Probe {
    Probe {
        kind: ProbeKind::Data,
        reply_wanted: false,
        synchronised: true,
        stream: 7,
        sequence,
        sent: START + sequence * 10_000,
        ttl: 16,
        traffic_class: 0,
        host: HOST,
    }
}

fn wire(criterion: &mut Criterion) {
    for (name, is_read) in [("probe, written", false), ("probe, read", true)] {
        let mut group = criterion.benchmark_group(name);
        for size in SIZES {
            group.throughput(Throughput::Bytes(size.into()));
            let writer = Writer::new(size);
            let mut payload = writer.bytes(&probe(1));
            let mut sequence = 0;
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                if is_read {
                    bencher.iter(|| probe::read(black_box(&payload), false));
                } else {
                    bencher.iter(|| {
                        sequence += 1;
                        writer.write(&probe(sequence), black_box(&mut payload));
                    });
                }
            });
        }
    }
    let mut group = criterion.benchmark_group("CRC-32C");
    for size in SIZES {
        group.throughput(Throughput::Bytes(size.into()));
        let payload = Writer::new(size).bytes(&probe(1));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| crc32c::crc32c(black_box(&payload)))
        });
    }
}

/// In order, without loss, each a tenth of a millisecond or so on its way.
fn statistics(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("statistics, streams in turn");
    for count in [1, 100] {
        let mut streams = Streams::new(1, false, LocalClock { host: HOST, synchronised: true });
        let mut arrivals = 0_u64;
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                let (probe, of) = (probe(arrivals / count), arrivals % count);
                // The upper bits of a multiplication by a large odd number look random.
                let delay = 100_000 + (arrivals.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50);
                let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(probe.sent + delay);
                let arrival = Arrival {
                    source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
                    group: Ipv4Addr::new(239, 1, 0, of as u8).into(),
                    port: 5000,
                    iface: Some((2, "e0")),
                    time,
                    read: Some(time + Duration::from_micros(5)),
                    ttl: Some(14),
                    traffic_class: Some(0),
                    len: 64,
                };
                arrivals += 1;
                streams.take(black_box(&probe), &arrival)
            });
        });
    }
}

/// A line for a datagram, into memory.
fn report(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("report of a datagram");
    let measured = ProbeInfo::Whole { stream: 7, seq: 123_456, delay_ns: Some(104_321) };
    let bytes = Writer::new(64).bytes(&probe(1));
    let cases: [(&str, Option<ProbeInfo>, &[u8]); 2] =
        [("plain", None, b"hello world"), ("measured", Some(measured), &bytes)];
    for (format, output) in [("text", Output::Text { whole: false }), ("json", Output::Json)] {
        for (kind, probe, payload) in cases {
            let (mut lines, mut out) = (Lines::new(output), Vec::with_capacity(4096));
            let mut arrivals = 0;
            group.bench_function(BenchmarkId::new(format, kind), |bencher| {
                bencher.iter(|| {
                    arrivals += 1;
                    let event = Event::Received(ReceivedDatagram {
                        time: SystemTime::UNIX_EPOCH
                            + Duration::from_nanos(START + arrivals * 10_000),
                        source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
                        group: Ipv4Addr::new(239, 1, 1, 1).into(),
                        port: 5000,
                        iface: Some("e0"),
                        ttl: Some(14),
                        dscp: Some(0),
                        len_bytes: payload.len(),
                        probe,
                        payload: Payload(payload),
                    });
                    out.clear();
                    lines.add(black_box(&event), &mut out).expect("memory takes what is written");
                    out.len()
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = wire, statistics, report
}
criterion_main!(benches);
