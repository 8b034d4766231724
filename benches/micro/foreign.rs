//! Counts datagrams of other senders: read, recognised and added to their streams as in `mcast recv`.
//! A probe costs the sum of "probe, read" and "statistics". The time includes a few instructions
//! that write the next number.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;

use mcast::format::probe;
use mcast::format::probe::Reading;
use mcast::stats::flow::{Flows, Settings};
use mcast::stats::stream::{Arrival, LocalClock, Streams};
use mcast::units::UnixTime;

use super::payloads;
use super::{Bench, HOST, START};

/// A datagram, and how its sender writes the next number.
struct Sender {
    name: &'static str,
    payload: Vec<u8>,
    write: fn(&mut [u8], u64),
}

fn senders() -> [Sender; 4] {
    [
        Sender {
            name: "RTP, 1400 bytes",
            payload: payloads::rtp(96, 0, 0, 1, &[0; 1388]),
            // A frame of ST 2110-20 has thousands of datagrams.
            write: |payload, number| {
                payload[2..4].copy_from_slice(&(number as u16).to_be_bytes());
                let timestamp = (number / 4096 * 1500) as u32;
                payload[4..8].copy_from_slice(&timestamp.to_be_bytes());
            },
        },
        Sender {
            name: "7 TS packets",
            payload: (0..7).flat_map(|_| payloads::ts_packet(0x100, 0, true, Some(0))).collect(),
            // The first packet of each 20th datagram has a PCR: at 5 Mbit/s, one in 40 ms.
            write: |payload, number| {
                for (packet, bytes) in payload.chunks_exact_mut(188).enumerate() {
                    let counter = (number * 7 + packet as u64) as u8 & 15;
                    let has_pcr = packet == 0 && number % 20 == 0;
                    bytes[3] = 0x10 | u8::from(has_pcr) << 5 | counter;
                }
                let base = (number * 900) << 15 | 0x7e00;
                payload[6..12].copy_from_slice(&base.to_be_bytes()[2..]);
            },
        },
        Sender {
            name: "MoldUDP64, 4 messages",
            payload: payloads::mold(1, 1, 4),
            write: |payload, number| {
                payload[10..18].copy_from_slice(&(1 + number * 4).to_be_bytes());
            },
        },
        Sender {
            name: "sACN, 512 slots",
            payload: payloads::sacn(1, 1, 0, 0),
            write: |payload, number| payload[111] = number as u8,
        },
    ]
}

/// Measures each format.
pub fn foreign(bench: &Bench) {
    for Sender { name, mut payload, write } in senders() {
        let local = LocalClock { host: HOST, synchronised: true, asserted: false };
        let mut streams = Streams::new(1, false, local);
        let mut flows = Flows::new(1, Settings::default());
        let mut number = 0;
        let size = payload.len() as u16;
        bench.run(&format!("counted, {name}"), Some(size), || {
            write(&mut payload, number);
            let arrival = Arrival {
                source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
                zone: None,
                group: Ipv4Addr::new(239, 1, 1, 1).into(),
                port: 5000,
                iface: Some((2, "e0")),
                time: UnixTime::from_nanos((START + number * 10_000 + 100_000) as i64),
                read: Some(UnixTime::from_nanos((START + number * 10_000 + 105_000) as i64)),
                ttl: Some(14),
                traffic_class: Some(0),
                len: payload.len(),
                origin: NonZeroU64::new(1),
            };
            number += 1;
            if matches!(probe::read(black_box(&payload), false), Reading::Plain) {
                flows.take(black_box(&payload), &arrival, &mut streams);
            }
        });
        if number > 1000 {
            let counted = streams.iter().next().expect("a stream").counters(false).meter.datagrams;
            assert_eq!(counted, number, "{name}");
        }
    }
}
