//! Arbitrary datagrams, read and counted as in `mcast recv` (`src/commands/recv/count.rs`), and the
//! invariants of the counters.
//!
//! The bytes are a small program: each instruction makes one or more datagrams, or begins an
//! interval. Every sequence of bytes is a valid program, and every mutation is therefore a possible
//! run.

#[path = "bytes.rs"]
mod bytes;
#[path = "checks.rs"]
mod checks;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU64;

use mcast::event::{CountersInfo, describe};
use mcast::format::probe;
use mcast::format::probe::{Damage, MIN_LEN, MOST, Probe, ProbeKind, Reading, Writer};
use mcast::stats::sequence::WINDOW;
use mcast::stats::stream::{Arrival, Key, LocalClock, MOST_BYTES, Stream, StreamCounts, Streams};
use mcast::units::UnixTime;

use self::bytes::Bytes;
use self::checks::{check_info, check_losses};

/// The number of streams kept for a small number of sockets, and for each further one.
const FEWEST_STREAMS: usize = 4096;
const STREAMS_A_LISTEN: usize = 4;

/// A limit for the run time: more datagrams reach no further states.
const MOST_DATAGRAMS: u64 = 10_000;

/// Up to this number of streams, the summary is compared too.
const MOST_DESCRIBED: usize = 64;

/// A limit for the run time: each mark checks all counters.
const MOST_MARKS: u32 = 4;

/// The host that the receiver runs on.
const HERE: u64 = 7;

/// Runs the program in the bytes.
///
/// # Panics
/// If a counter violates an invariant.
pub fn run(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let settings = bytes.u8();
    // Both sides of the number from which on the limit grows.
    let listens = usize::from(bytes.u8()) * 8;
    let local = LocalClock {
        host: if settings & 1 == 0 { HERE } else { 0 },
        synchronised: settings & 2 == 0,
        asserted: false,
    };
    let intervals = settings & 4 == 0;
    let mut run = Run {
        streams: Streams::new(listens, intervals, local),
        most: FEWEST_STREAMS.max(listens * STREAMS_A_LISTEN),
        intervals,
        fed: Fed::default(),
        now: 0,
        last: vec![0; 256],
        marks: 0,
        last_origin: None,
        origins: 0,
    };
    while !bytes.0.is_empty() && run.fed.datagrams < MOST_DATAGRAMS {
        run.step(&mut bytes);
    }
    run.check();
}

/// The input, counted in the simplest way.
#[derive(Default)]
struct Fed {
    datagrams: u64,
    data: u64,
    corrupt: u64,
    truncated: u64,
    unsupported: u64,
    streams: HashMap<Key, FedStream>,
}

#[derive(Default)]
struct FedStream {
    data: u64,
    numbers: HashSet<u64>,
    announced: u64,
}

struct Run {
    streams: Streams,
    most: usize,
    intervals: bool,
    fed: Fed,
    /// In ns from the Unix epoch.
    now: i64,
    /// The sequence of the datagram before, for each that can send one.
    last: Vec<u64>,
    marks: u32,
    last_origin: Option<Origin>,
    origins: u64,
}

/// Source, zone, group and interface.
type Origin = (SocketAddr, Option<&'static str>, IpAddr, Option<(u32, &'static str)>);

/// Source, destination and interface of a datagram.
struct Place {
    source: SocketAddr,
    zone: Option<&'static str>,
    group: IpAddr,
    iface: Option<(u32, &'static str)>,
    stream: u64,
}

impl Place {
    /// A few of each.
    fn from_bits(bits: u8) -> Self {
        let v6 = bits & 1 != 0;
        let port = 1000 + u16::from(bits >> 1 & 1);
        let (address, group): (IpAddr, IpAddr) = if v6 {
            (
                Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1).into(),
                Ipv6Addr::new(0xff15, 0, 0, 0, 0, 0, 0, u16::from(bits >> 2 & 3)).into(),
            )
        } else {
            (Ipv4Addr::new(10, 0, 0, 1).into(), Ipv4Addr::new(239, 1, 1, bits >> 2 & 3).into())
        };
        let iface =
            [None, Some((1, "e0")), Some((2, "e1")), Some((3, "e2"))][usize::from(bits >> 4 & 3)];
        let stream = u64::from(bits >> 6);
        Place {
            source: (address, port).into(),
            zone: iface.map(|(_, name)| name),
            group,
            iface,
            stream,
        }
    }
}

impl Run {
    fn step(&mut self, bytes: &mut Bytes) {
        match bytes.u8() % 24 {
            0..=15 => self.probe(bytes, ProbeKind::Data),
            16 => self.probe(bytes, ProbeKind::End),
            17 => {
                let kinds = [ProbeKind::Reply, ProbeKind::Report];
                let kind = kinds[usize::from(bytes.u8() & 1)];
                self.probe(bytes, kind);
            }
            18 => {
                let who = bytes.u8();
                let len = bytes.u8();
                let payload = bytes.take(len.into());
                self.feed(&Place::from_bits(who), &payload, len & 1 != 0, &mut Bytes(&[]));
            }
            19 => self.in_order(bytes),
            20 => self.new_streams(bytes),
            21 => self.streams.trust_clock(false),
            _ if self.marks < MOST_MARKS => {
                self.marks += 1;
                self.check();
                self.streams.mark();
            }
            _ => {}
        }
    }

    /// One probe, that may be damaged.
    fn probe(&mut self, bytes: &mut Bytes, kind: ProbeKind) {
        let who = bytes.u8();
        let place = Place::from_bits(who);
        let sequence = next_sequence(self.last[usize::from(who)], bytes);
        self.last[usize::from(who)] = sequence;
        self.pass_time(bytes);
        let sent = self.sent(bytes);
        let flags = bytes.u8();
        let probe = Probe {
            kind,
            reply_wanted: flags & 1 != 0,
            report_wanted: flags & 8 != 0,
            synchronised: flags & 2 != 0,
            stream: place.stream,
            sequence,
            sent,
            ttl: flags,
            traffic_class: flags & 0xf0,
            host: if flags & 4 == 0 { HERE } else { u64::from(flags & 8) },
        };
        let mut payload = Writer::new(u16::from(bytes.u8())).bytes(&probe);
        let cut = damage(&mut payload, bytes);
        self.feed(&place, &payload, cut, bytes);
    }

    /// Many that are as they should be.
    fn in_order(&mut self, bytes: &mut Bytes) {
        let who = bytes.u8();
        let place = Place::from_bits(who);
        let writer = Writer::new(0);
        for _ in 0..bytes.u16() % 1024 {
            let last = &mut self.last[usize::from(who)];
            *last = last.wrapping_add(1);
            let probe = plain(place.stream, *last, u64::try_from(self.now).unwrap_or(0));
            self.now = self.now.saturating_add(1_000_000);
            let payload = writer.bytes(&probe);
            self.feed(&place, &payload, false, &mut Bytes(&[]));
        }
    }

    /// New streams, as an attacker would forge them.
    fn new_streams(&mut self, bytes: &mut Bytes) {
        let [who, first, many] = bytes.array();
        let writer = Writer::new(0);
        for number in 0..u64::from(many) * 16 {
            let place = Place { stream: u64::from(first) << 32 | number, ..Place::from_bits(who) };
            let payload = writer.bytes(&plain(place.stream, number, number));
            self.feed(&place, &payload, false, &mut Bytes(&[]));
        }
    }

    /// Advances the time or sets the clock.
    fn pass_time(&mut self, bytes: &mut Bytes) {
        self.now = match bytes.u8() % 8 {
            0..=3 => self.now.saturating_add(1_000_000),
            4 => self.now.saturating_add(i64::from(bytes.u16()) * 1_000),
            5 => self.now.saturating_sub(i64::from(bytes.u16()) * 1_000_000),
            6 => self.now,
            _ => bytes.u64() as i64,
        };
    }

    fn sent(&self, bytes: &mut Bytes) -> u64 {
        let now = u64::try_from(self.now).unwrap_or(0);
        match bytes.u8() % 4 {
            0 => now.saturating_sub(1_000_000),
            1 => now.saturating_sub(u64::from(bytes.u16()) * 100),
            2 => now.saturating_add(u64::from(bytes.u16()) * 10_000),
            _ => bytes.u64(),
        }
    }

    /// A number that is that of the previous datagram if both have the same origin.
    fn origin(&mut self, place: &Place) -> Option<NonZeroU64> {
        let origin = (place.source, place.zone, place.group, place.iface);
        if self.last_origin.replace(origin) != Some(origin) {
            self.origins += 1;
        }
        NonZeroU64::new(self.origins)
    }

    /// Does the same as `Counts::take`.
    fn feed(&mut self, place: &Place, payload: &[u8], cut: bool, more: &mut Bytes) {
        let [bits, ttl] = more.array();
        let time = UnixTime::from_nanos(self.now);
        let arrival = Arrival {
            source: place.source,
            zone: place.zone,
            group: place.group,
            port: 5000,
            iface: place.iface,
            time,
            read: (bits & 1 == 0)
                .then(|| UnixTime::from_nanos(self.now.saturating_add(i64::from(bits) * 1_000))),
            ttl: (bits & 2 == 0).then_some(ttl),
            traffic_class: (bits & 4 == 0).then_some(bits),
            len: payload.len(),
            origin: self.origin(place),
        };
        self.fed.datagrams += 1;
        match probe::read(payload, cut) {
            Reading::Probe(probe) => {
                assert!(
                    probe.sequence <= MOST && payload.len() >= MIN_LEN && !cut,
                    "{probe:?} is believed"
                );
                let key = Key {
                    stream: probe.stream,
                    group: place.group,
                    port: 5000,
                    ifindex: place.iface.map_or(0, |(index, _)| index),
                };
                let fed = self.fed.streams.entry(key).or_default();
                match probe.kind {
                    ProbeKind::Data => {
                        self.fed.data += 1;
                        fed.data += 1;
                        fed.numbers.insert(probe.sequence);
                    }
                    ProbeKind::End => fed.announced = fed.announced.max(probe.sequence),
                    ProbeKind::Reply | ProbeKind::Report => {}
                }
                self.streams.take(&probe, &arrival);
            }
            Reading::Damaged(damage, stream) => {
                *match damage {
                    Damage::Truncated => &mut self.fed.truncated,
                    Damage::Corrupt => &mut self.fed.corrupt,
                    Damage::Unsupported => &mut self.fed.unsupported,
                } += 1;
                self.streams.damaged(damage, stream, &arrival);
            }
            Reading::Plain => {}
        }
    }

    /// The invariants at any time.
    fn check(&self) {
        let Streams { untracked, corrupt, unsupported, .. } = self.streams;
        let fed = &self.fed;
        assert_eq!((corrupt, unsupported), (fed.corrupt, fed.unsupported));
        let StreamCounts { streams, open, empty, more } = self.streams.counts();
        assert_eq!(more, untracked > 0);
        assert_eq!(
            empty,
            self.streams
                .iter()
                .filter(|stream| stream.ended && stream.counters(false).meter.datagrams == 0)
                .count()
        );
        assert_eq!(streams, self.streams.iter().len());
        assert!(streams <= self.most, "{streams} streams, and {} are the most", self.most);
        assert_eq!(open, self.streams.iter().filter(|stream| !stream.ended).count());
        assert_eq!(self.streams.all_ended(), streams > 0 && open == 0);

        let taken: u64 = self.streams.iter().map(|stream| self.check_stream(stream)).sum();
        assert_eq!(taken + untracked, fed.data, "each of the data is counted once");
        assert!(self.streams.bytes() <= MOST_BYTES + (1 << 20), "{} bytes", self.streams.bytes());

        // For many streams this is slow and shows nothing new. Without intervals, the two are
        // equal.
        if streams > MOST_DESCRIBED {
            return;
        }
        for lately in [false, true].into_iter().take(if self.intervals { 2 } else { 1 }) {
            let (infos, together) =
                describe(&self.streams, &HashSet::new(), lately, lately, UnixTime::default());
            assert_eq!(together.is_none(), infos.is_empty());
            for info in &infos {
                check_info(&info.counters);
            }
            let Some(together) = together else { continue };
            check_info(&together.counters);
            assert!(
                together.ended <= together.streams && together.restarts <= together.streams as u64
            );
            let sum = |of: fn(&CountersInfo) -> u64| {
                infos.iter().map(|info| of(&info.counters)).fold(0, u64::saturating_add)
            };
            let CountersInfo { received, expected, lost, bytes, .. } = together.counters;
            assert_eq!(received, sum(|counters| counters.received));
            assert_eq!(expected, sum(|counters| counters.expected));
            assert_eq!(lost, sum(|counters| counters.lost));
            assert_eq!(bytes, sum(|counters| counters.bytes));
            let spread = if together.counters.delay_ns.is_some() {
                together.counters.delay_ns
            } else {
                together.counters.pdv_ns
            };
            assert_eq!(together.spread.quantiles(), spread);
            assert_eq!(together.spread.count(), received, "each has a delay");
        }
    }

    /// The invariants of a stream. Returns the number of its data datagrams in any state.
    fn check_stream(&self, stream: &Stream) -> u64 {
        let fed = &self.fed.streams[&stream.key];
        let (counters, losses) = (stream.counters(false), stream.losses(false));
        let received = counters.meter.datagrams;
        check_losses(losses);
        assert!(received <= losses.expected, "received {received} of {losses:?}");
        assert_eq!(losses.lost, losses.expected - received);
        let taken = received + counters.duplicates + counters.stale;
        // The two sources that there are send streams of one number, which come together and apart.
        let is_alone = self.streams.iter().filter(|other| other.key == stream.key).count() == 1
            && self.streams.untracked == 0;
        assert!(if is_alone { taken == fed.data } else { taken <= fed.data }, "{:?}", stream.key);
        // Each number is received once, or arrived too late to decide.
        let numbers = fed.numbers.len() as u64;
        assert!(
            received <= numbers && (received + counters.stale >= numbers || !is_alone),
            "{received} and {} of {numbers}",
            counters.stale
        );
        assert!(
            counters.reordered <= received.saturating_sub(1)
                && counters.reorder_extent_max <= received
        );
        assert!((counters.reordered == 0) == (counters.reorder_extent_max == 0));
        assert_eq!((counters.delays.count(), received == 0), (received, losses.expected == 0));
        assert!(
            counters.wakeups.count() <= received && counters.dscp_changed.unwrap_or(0) <= received
        );
        if let Some(highest) = fed.numbers.iter().max().filter(|_| is_alone) {
            let end = fed.announced.max(highest + 1);
            let missed_before = stream.missed_before().expect("a probe's first number is 0");
            assert!(losses.expected <= end && missed_before <= *highest);
            assert_eq!(
                missed_before + losses.expected,
                end,
                "all that was sent was missed, lost or received"
            );
        }

        let lately = stream.counters(self.intervals);
        check_losses(stream.losses(true));
        assert!(
            lately.meter.datagrams <= received
                && lately.duplicates <= counters.duplicates
                && lately.stale <= counters.stale
        );
        assert!(lately.corrupt <= counters.corrupt && counters.corrupt <= self.fed.corrupt);
        assert!(lately.truncated <= counters.truncated && counters.truncated <= self.fed.truncated);
        taken
    }
}

/// A sequence near the last one, near a limit, or anywhere.
fn next_sequence(last: u64, bytes: &mut Bytes) -> u64 {
    match bytes.u8() % 16 {
        0..=4 => last.wrapping_add(1),
        5 => last.wrapping_add(bytes.u8().into()),
        6 | 7 => last.saturating_sub(bytes.u8().into()),
        8 => last,
        9 => last.wrapping_add(bytes.u16().into()),
        10 => last.saturating_sub(bytes.u16().into()),
        11 => last.wrapping_add(WINDOW - 4 + u64::from(bytes.u8() % 8)),
        12 => last.saturating_sub(WINDOW - 4 + u64::from(bytes.u8() % 8)),
        13 => MOST.saturating_sub(bytes.u8().into()),
        14 => u64::from(bytes.u8()),
        _ => bytes.u64(),
    }
}

/// Damages some probes. Returns whether the datagram counts as truncated by the system.
fn damage(payload: &mut Vec<u8>, bytes: &mut Bytes) -> bool {
    match bytes.u8() % 16 {
        10 => {
            let at = usize::from(bytes.u8()) % payload.len();
            payload[at] ^= 1 << (bytes.u8() % 8);
        }
        11 => payload.truncate(bytes.u8().into()),
        12 => payload.push(bytes.u8()),
        13 => {
            payload.truncate(bytes.u8().into());
            return true;
        }
        // A different but valid header.
        14 | 15 => {
            let at = usize::from(bytes.u8()) % MIN_LEN;
            payload[at] = bytes.u8();
            payload[36..40].fill(0);
            let sum = crc32c(payload);
            payload[36..40].copy_from_slice(&sum.to_be_bytes());
        }
        _ => {}
    }
    false
}

/// CRC-32C bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0x82f6_3b78 }
        })
    })
}

fn plain(stream: u64, sequence: u64, sent: u64) -> Probe {
    Probe {
        kind: ProbeKind::Data,
        reply_wanted: false,
        report_wanted: false,
        synchronised: true,
        stream,
        sequence,
        sent,
        ttl: 1,
        traffic_class: 0,
        host: HERE,
    }
}
