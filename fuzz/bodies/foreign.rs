//! Datagrams of other senders, recognised and counted as in `mcast recv`
//! (`src/commands/recv/count.rs`), and the invariants of flows and streams.
//!
//! The bytes are a small program: each instruction makes one or more datagrams of a flow, passes
//! time, or begins an interval. Every sequence of bytes is a valid program.

#[path = "bytes.rs"]
mod bytes;
#[path = "checks.rs"]
mod checks;
#[path = "payloads.rs"]
mod payloads;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;

use mcast::event::{describe, describe_flows};
use mcast::format::kind::{Choice, Format};
use mcast::format::numbered::Unit;
use mcast::stats::flow::{FlowKey, Flows, Settings};
use mcast::stats::stream::{Arrival, LocalClock, MOST_BYTES, Streams};
use mcast::units::UnixTime;

use self::bytes::Bytes;
use self::checks::{check_info, check_losses};

/// A limit for the run time: more datagrams reach no further states.
const MOST_DATAGRAMS: u64 = 5_000;

/// A limit for the run time: each mark checks all counters.
const MOST_MARKS: u32 = 4;

/// Up to this number of streams, the summary is checked too.
const MOST_DESCRIBED: usize = 64;

/// The memory of all flows, without that of their streams, in bytes, and a flow more.
const MOST_FLOW_BYTES: usize = (16 << 20) + (1 << 20);

/// Runs the program in the bytes.
///
/// # Panics
/// If a counter violates an invariant.
pub fn run(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let [settings, choice] = bytes.array();
    let choice = match choice {
        0..=191 => Choice::Auto,
        192..=199 => Choice::None,
        of => Choice::Only(Format::GENERAL[usize::from(of) % Format::GENERAL.len()]),
    };
    let local = LocalClock { host: 7, synchronised: settings & 2 == 0, asserted: false };
    let listens = usize::from(settings >> 4);
    let settings_of_flows = Settings {
        choice,
        rtp_clock: (settings & 1 != 0).then_some(90_000),
        trust_clock: settings & 4 != 0,
        local: vec![Ipv4Addr::new(10, 0, 0, 1).into()],
    };
    let mut run = Run {
        flows: Flows::new(listens, settings_of_flows),
        streams: Streams::new(listens, settings & 8 == 0, local),
        choice,
        fed: HashMap::new(),
        total: 0,
        now: i64::from(payloads::EPOCH) * 1_000_000_000,
        senders: [Sender::default(); 8],
        marks: 0,
        last: None,
        origins: 0,
    };
    while !bytes.0.is_empty() && run.total < MOST_DATAGRAMS {
        run.step(&mut bytes);
    }
    run.check();
}

/// What a sender continues from.
#[derive(Clone, Copy, Default)]
struct Sender {
    number: u64,
    timestamp: u32,
    counters: [u8; 4],
}

struct Run {
    flows: Flows,
    streams: Streams,
    choice: Choice,
    /// The datagrams of each flow.
    fed: HashMap<FlowKey, u64>,
    total: u64,
    /// In ns from the Unix epoch.
    now: i64,
    senders: [Sender; 8],
    marks: u32,
    last: Option<FlowKey>,
    origins: u64,
}

/// A few flows.
fn place(bits: u8) -> FlowKey {
    let source = SocketAddr::from(([10, 0, 0, 1 + (bits & 1)], 1000 + u16::from(bits >> 1 & 1)));
    let group = IpAddr::from([239, 1, 1, bits >> 2 & 1]);
    let port = [5004, 5005, 319, 7400][usize::from(bits >> 3 & 3)];
    FlowKey { source, group, port, ifindex: 1 + u32::from(bits >> 5 & 1) }
}

impl Run {
    fn step(&mut self, bytes: &mut Bytes) {
        let [instruction, bits] = bytes.array();
        let key = place(bits);
        match instruction % 12 {
            0..=4 => self.one(key, instruction / 12, bits >> 5, bytes),
            5 | 6 => self.in_order(key, bits >> 5, bytes),
            7 => {
                let len = bytes.u8();
                let payload = bytes.take(len.into());
                self.feed(key, &payload);
            }
            8 => self.new_flows(key, bytes),
            9 => self.pass_time(bits, bytes),
            10 => self.flows.moved(1 + u32::from(bits & 1), (1 + u32::from(bits >> 1 & 1), "e9")),
            _ if self.marks < MOST_MARKS => {
                self.marks += 1;
                self.check();
                self.streams.mark();
            }
            _ => {}
        }
    }

    /// One datagram of a sender, whose numbers may jump.
    fn one(&mut self, key: FlowKey, kind: u8, sender: u8, bytes: &mut Bytes) {
        let [jump, detail] = bytes.array();
        let of = &mut self.senders[usize::from(sender)];
        of.number = match jump % 16 {
            0..=7 => of.number.wrapping_add(1),
            8 => of.number,
            9 => of.number.wrapping_add(u64::from(jump)),
            10 => of.number.wrapping_sub(u64::from(detail % 16)),
            11 => of.number.wrapping_add(32_768),
            12 => of.number.wrapping_sub(3_000),
            13 => 0,
            14 => of.number.wrapping_add(65_530),
            _ => bytes.u64(),
        };
        let payload = self.payload(kind, sender, detail, bytes);
        self.feed(key, &payload);
    }

    /// Many datagrams of a sender that are as they should be.
    fn in_order(&mut self, key: FlowKey, sender: u8, bytes: &mut Bytes) {
        let [kind, many, detail] = bytes.array();
        for _ in 0..many {
            let of = &mut self.senders[usize::from(sender)];
            of.number = of.number.wrapping_add(1);
            self.now = self.now.saturating_add(1_000_000);
            let payload = self.payload(kind, sender, detail, &mut Bytes(&[]));
            self.feed(key, &payload);
        }
    }

    /// New flows, as an attacker would forge them.
    fn new_flows(&mut self, key: FlowKey, bytes: &mut Bytes) {
        let [kind, many, repeats] = bytes.array();
        for number in 0..u16::from(many) * 8 {
            let source = SocketAddr::new(key.source.ip(), 2000 + number);
            for _ in 0..repeats % 8 {
                let of = &mut self.senders[0];
                of.number = of.number.wrapping_add(1);
                let payload = self.payload(kind, 0, 0, &mut Bytes(&[]));
                self.feed(FlowKey { source, ..key }, &payload);
            }
        }
    }

    fn pass_time(&mut self, bits: u8, bytes: &mut Bytes) {
        self.now = match bits % 8 {
            0..=3 => self.now.saturating_add(i64::from(bytes.u16()) * 10_000),
            4 | 5 => self.now.saturating_add(i64::from(bytes.u16()) * 10_000_000),
            6 => self.now.saturating_sub(i64::from(bytes.u16()) * 1_000_000),
            _ => bytes.u64() as i64,
        };
    }

    /// A datagram of a format.
    fn payload(&mut self, kind: u8, sender: u8, detail: u8, bytes: &mut Bytes) -> Vec<u8> {
        let seconds = u32::try_from(self.now / 1_000_000_000).unwrap_or(u32::MAX);
        let of = &mut self.senders[usize::from(sender)];
        let (number, id) = (of.number, u32::from(sender));
        match kind % 14 {
            0 | 1 => {
                of.timestamp = of.timestamp.wrapping_add(u32::from(detail) * 12);
                let ssrc = id << u32::from(detail & 1);
                payloads::rtp(96 | detail >> 7, number as u16, of.timestamp, ssrc, &[0; 40])
            }
            2 => {
                of.timestamp = of.timestamp.wrapping_add(3600);
                let content = transport(of, 7, detail, bytes);
                payloads::rtp(33 | detail & 128, number as u16, of.timestamp, id, &content)
            }
            3 => payloads::rtcp(id, of.timestamp, number as u32, detail & 1 != 0),
            4 | 5 => transport(of, 1 + detail % 7, detail, bytes),
            6 => payloads::mold(detail, number, detail >> 4),
            7 => {
                let number = number as i64;
                payloads::iperf(
                    if detail == 1 { number.wrapping_neg() } else { number },
                    seconds,
                    id,
                )
            }
            8 => payloads::mgen(id, number as u32, seconds),
            9 => payloads::sockperf(number, detail & 7),
            10 => payloads::text(detail & 1 == 0, number as u32),
            11 => payloads::sacn(detail & 3, id as u16, number as u8, detail & 0xc0),
            12 => payloads::artnet(sender, number as u8),
            _ => payloads::ptp(detail & 1 == 0, detail >> 6, number as u16),
        }
    }

    /// Does the same as `mcast recv` with a datagram that is no probe.
    fn feed(&mut self, key: FlowKey, payload: &[u8]) {
        if self.last.replace(key) != Some(key) {
            self.origins += 1;
        }
        let arrival = Arrival {
            source: key.source,
            zone: None,
            group: key.group,
            port: key.port,
            iface: Some((key.ifindex, "e0")),
            time: UnixTime::from_nanos(self.now),
            read: None,
            ttl: None,
            traffic_class: None,
            len: payload.len(),
            origin: NonZeroU64::new(self.origins),
        };
        self.total += 1;
        *self.fed.entry(key).or_default() += 1;
        let seen = self.flows.take(payload, &arrival, &mut self.streams);
        if let Choice::Only(format) = self.choice {
            assert!(seen.format.is_none_or(|seen| seen == format), "{seen:?}");
        } else {
            assert!(!seen.corrupt, "{seen:?}");
        }
    }

    /// The invariants at any time.
    fn check(&self) {
        if self.choice == Choice::None {
            assert_eq!((self.flows.iter().len(), self.streams.iter().len()), (0, 0));
            return;
        }
        let counted: u64 = self.flows.iter().map(|flow| flow.meter.datagrams).sum();
        let untracked = self.flows.untracked;
        assert!(counted <= self.total && counted + untracked >= self.total);
        for flow in self.flows.iter() {
            assert!(flow.meter.datagrams > 0 && flow.sizes.0 <= flow.sizes.1);
            assert!(flow.foreign + flow.unmeasured <= flow.meter.datagrams, "{flow:?}");
        }
        assert!(self.flows.bytes() <= MOST_FLOW_BYTES, "{} bytes", self.flows.bytes());
        assert!(self.streams.bytes() <= MOST_BYTES + (1 << 20), "{} bytes", self.streams.bytes());

        let mut datagrams = 0;
        for stream in self.streams.iter() {
            for lately in [false, true] {
                check_losses(stream.losses(lately));
            }
            let (counters, losses) = (stream.counters(false), stream.losses(false));
            if stream.unit() != Unit::TsPackets {
                assert!(
                    counters.received <= losses.expected,
                    "{} of {losses:?}",
                    counters.received
                );
                assert_eq!(losses.lost, losses.expected - counters.received, "{stream:?}");
            }
            datagrams += counters.meter.datagrams;
        }
        assert!(datagrams <= counted, "{datagrams} in streams, {counted} in flows");

        if self.streams.iter().len() > MOST_DESCRIBED {
            return;
        }
        let hidden = self.flows.unmeasured_streams();
        for lately in [false, true] {
            let (infos, together) =
                describe(&self.streams, &hidden, lately, lately, UnixTime::from_nanos(self.now));
            infos.iter().for_each(|info| check_info(&info.counters));
            together.iter().for_each(|info| check_info(&info.counters));
        }
        assert!(describe_flows(&self.flows).len() <= self.flows.iter().len());
    }
}

/// Packets of a transport stream, of three PIDs and a PAT. Some counters jump.
fn transport(of: &mut Sender, many: u8, detail: u8, bytes: &mut Bytes) -> Vec<u8> {
    let mut datagram = Vec::new();
    for packet in 0..many {
        let pid = (detail ^ packet) & 3;
        let jump = bytes.u8();
        let counter = &mut of.counters[usize::from(pid)];
        *counter = counter.wrapping_add(if jump & 0xf0 == 0 { 1 } else { jump });
        let pcr = (pid == 1).then(|| of.number.wrapping_mul(27_000));
        datagram.extend(match pid {
            0 => payloads::pat(*counter, 1),
            3 => payloads::ts_packet(0x1fff, 0, true, None),
            pid => payloads::ts_packet(0x100 + u16::from(pid), *counter, jump != 1, pcr),
        });
    }
    datagram
}
