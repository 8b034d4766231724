//! The bodies of probes that a receiver answers, and of the answers. All fields are in network byte
//! order, behind the header of [`super::probe`].
//!
//! An answer is never longer than the shortest request for it: [`REPLY_LEN`] and [`REPORT_LEN`].
//!
//! Request: a data probe or an end with the flag for a reply or for reports.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 48 | 4 | window in us: receivers delay their answers by a random part of it |
//! | 52 | 4 | share of the receivers that should answer: each answers with the probability (share + 1) / 2^32 |
//! | 56 | 4 | time between two reports of a receiver, in ms |
//! | 60 | 4 | 0 |
//!
//! Reply: the header of the request with kind 2 and the receiver's host.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 48 | 8 | receive time of the request, ns since the Unix epoch by the receiver's clock |
//! | 56 | 8 | send time of the reply, by the same clock |
//! | 64 | 8 | receiver: random, one per run |
//! | 72 | 8 | sequence number of the first request that it received |
//! | 80 | 8 | how long it had been listening when the request arrived, in ns |
//! | 88 | 4 | requests received, each number once |
//! | 92 | 4 | duplicates of requests |
//! | 96 | 4 | replies sent, with this one |
//! | 100 | 4 | replies not sent: of the share, or because of a limit |
//! | 104 | 1 | TTL or hop limit of the request as received, 0 if unknown |
//! | 105 | 1 | TTL or hop limit of the reply as sent, 0 if unknown |
//! | 106 | 2 | flags: bit 0 the receive time is the kernel's |
//! | 108 | 4 | 0 |
//!
//! Report: kind 3, the stream of the sender and the receiver's host. The sequence counts the reports
//! of a receiver on a stream from 0; the send time is that of the report, by the receiver's clock.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 48 | 8 | receiver: random, one per run |
//! | 56 | 8 | datagrams received, each number once |
//! | 64 | 8 | datagrams lost, since the first that arrived |
//! | 72 | 8 | the number after the highest that arrived or was announced |
//! | 80 | 8 | time from the first to the last arrival, in ns |
//! | 88 | 8 | delay p50 in ns, signed; the lowest number if unknown |
//! | 96 | 8 | delay p99 |
//! | 104 | 8 | delay maximum |
//! | 112 | 4 | jitter (RFC 3550) in ns, all bits set if unknown |
//! | 116 | 4 | duplicates |
//! | 120 | 4 | reordered |
//! | 124 | 4 | corrupt |
//! | 128 | 4 | kernel drops of all streams of the receiver, all bits set if unknown |
//! | 132 | 4 | groups and ports at which datagrams of this sender's run arrived |
//! | 136 | 1 | TTL or hop limit as received, 0 if unknown |
//! | 137 | 1 | flags: bit 0 the stream has ended, bit 1 the delays compare synchronised clocks, or one clock |
//! | 138 | 2 | port of the stream |
//! | 140 | 4 | hash of its group: [`group_hash`] |

use std::net::IpAddr;
use std::time::Duration;

use super::probe::{self, MIN_LEN, Probe};

/// The length of a reply, and of the shortest request for one, in bytes.
pub const REPLY_LEN: usize = 112;

/// The length of a report, and of the shortest datagram that requests one, in bytes.
pub const REPORT_LEN: usize = 144;

/// The share of all receivers.
pub const ALL: u32 = u32::MAX;

const UNKNOWN_DELAY: i64 = i64::MIN;
const UNKNOWN: u32 = u32::MAX;
const KERNEL_TIME: u16 = 1;
const ENDED: u8 = 1;
const COMPARABLE: u8 = 2;

/// How receivers should answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Receivers delay their answers by a random part of it; to the microsecond.
    pub window: Duration,
    /// Each receiver answers with the probability (share + 1) / 2^32.
    pub share: u32,
    /// The time between two reports of a receiver, to the millisecond.
    pub interval: Duration,
}

impl Request {
    /// All receivers answer at once; none reports.
    pub const AT_ONCE: Request =
        Request { window: Duration::ZERO, share: ALL, interval: Duration::ZERO };

    /// The probability that a receiver answers.
    pub fn probability(&self) -> f64 {
        (f64::from(self.share) + 1.0) / 2_f64.powi(32)
    }

    /// Whether all receivers should answer.
    pub fn asks_all(&self) -> bool {
        self.share == ALL
    }

    /// The length of the body in bytes.
    pub const LEN: usize = 16;

    /// Reads the request of a payload that [`super::probe::read`] accepted; `None` if it is too
    /// short.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let body = Body(payload.get(MIN_LEN..MIN_LEN + Request::LEN)?);
        Some(Request {
            window: Duration::from_micros(body.u32(0)?.into()),
            share: body.u32(4)?,
            interval: Duration::from_millis(body.u32(8)?.into()),
        })
    }

    /// The body. Times beyond 32 bits are the longest.
    pub fn body(&self) -> [u8; Request::LEN] {
        let mut bytes = [0; Request::LEN];
        let most = |value: u128| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
        bytes[..4].copy_from_slice(&most(self.window.as_micros()));
        bytes[4..8].copy_from_slice(&self.share.to_be_bytes());
        bytes[8..12].copy_from_slice(&most(self.interval.as_millis()));
        bytes
    }
}

/// A receiver's reply to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// When the request arrived, in ns since the Unix epoch, by the receiver's clock.
    pub arrived: u64,
    /// When the reply was sent, by the same clock.
    pub replied: u64,
    /// The receiver: random, one per run.
    pub receiver: u64,
    /// The sequence number of the first request that arrived.
    pub first: u64,
    /// How long the receiver had been listening when the request arrived, in ns.
    pub listening: u64,
    /// Requests that arrived, each number once.
    pub received: u32,
    /// Duplicates of requests.
    pub duplicates: u32,
    /// Replies sent, with this one.
    pub replies: u32,
    /// Replies that were not sent: of the share, or because of a limit.
    pub withheld: u32,
    /// The TTL or hop limit of the request as received.
    pub ttl: Option<u8>,
    /// The TTL or hop limit of the reply as sent.
    pub reply_ttl: Option<u8>,
    /// `arrived` is a timestamp of the kernel.
    pub kernel_time: bool,
}

impl Reply {
    /// Reads the body of a reply; `None` if the payload is too short.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let body = Body(payload.get(MIN_LEN..REPLY_LEN)?);
        Some(Reply {
            arrived: body.u64(0)?,
            replied: body.u64(8)?,
            receiver: body.u64(16)?,
            first: body.u64(24)?,
            listening: body.u64(32)?,
            received: body.u32(40)?,
            duplicates: body.u32(44)?,
            replies: body.u32(48)?,
            withheld: body.u32(52)?,
            ttl: body.ttl(56)?,
            reply_ttl: body.ttl(57)?,
            kernel_time: body.u16(58)? & KERNEL_TIME != 0,
        })
    }

    /// The datagram of this reply, with the header `header`.
    pub fn datagram(&self, header: &Probe) -> Vec<u8> {
        let mut body = Vec::with_capacity(REPLY_LEN - MIN_LEN);
        for value in [self.arrived, self.replied, self.receiver, self.first, self.listening] {
            body.extend(value.to_be_bytes());
        }
        for value in [self.received, self.duplicates, self.replies, self.withheld] {
            body.extend(value.to_be_bytes());
        }
        body.extend([self.ttl.unwrap_or(0), self.reply_ttl.unwrap_or(0)]);
        body.extend(if self.kernel_time { KERNEL_TIME } else { 0 }.to_be_bytes());
        body.extend([0; 4]);
        probe::datagram(header, &body)
    }
}

/// A receiver's report on a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The receiver: random, one per run.
    pub receiver: u64,
    /// Datagrams that arrived, each number once.
    pub received: u64,
    /// Datagrams lost since the first that arrived.
    pub lost: u64,
    /// The number after the highest that arrived or was announced.
    pub end: u64,
    /// The time from the first to the last arrival in ns.
    pub span: u64,
    /// The delay in ns: p50, p99 and maximum.
    pub delay: Option<[i64; 3]>,
    /// The jitter (RFC 3550) in ns.
    pub jitter: Option<u32>,
    /// Duplicates.
    pub duplicates: u32,
    /// Reordered datagrams.
    pub reordered: u32,
    /// Datagrams with a wrong checksum or length.
    pub corrupt: u32,
    /// The drops of the receiver's kernel, of all streams.
    pub kernel_drops: Option<u32>,
    /// Groups and ports at which datagrams of the sender's run arrived.
    pub groups: u32,
    /// The TTL or hop limit as received.
    pub ttl: Option<u8>,
    /// The end of the stream arrived.
    pub ended: bool,
    /// The delays compare synchronised clocks, or one clock.
    pub comparable: bool,
    /// The port of the stream.
    pub port: u16,
    /// The hash of the stream's group.
    pub group: u32,
}

impl Report {
    /// Reads the body of a report; `None` if the payload is too short.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let body = Body(payload.get(MIN_LEN..REPORT_LEN)?);
        let delay = [body.i64(40)?, body.i64(48)?, body.i64(56)?];
        let flags = body.u8(89)?;
        Some(Report {
            receiver: body.u64(0)?,
            received: body.u64(8)?,
            lost: body.u64(16)?,
            end: body.u64(24)?,
            span: body.u64(32)?,
            delay: Some(delay).filter(|delay| !delay.contains(&UNKNOWN_DELAY)),
            jitter: body.known(64)?,
            duplicates: body.u32(68)?,
            reordered: body.u32(72)?,
            corrupt: body.u32(76)?,
            kernel_drops: body.known(80)?,
            groups: body.u32(84)?,
            ttl: body.ttl(88)?,
            ended: flags & ENDED != 0,
            comparable: flags & COMPARABLE != 0,
            port: body.u16(90)?,
            group: body.u32(92)?,
        })
    }

    /// The datagram of this report, with the header `header`.
    pub fn datagram(&self, header: &Probe) -> Vec<u8> {
        let mut body = Vec::with_capacity(REPORT_LEN - MIN_LEN);
        for value in [self.receiver, self.received, self.lost, self.end, self.span] {
            body.extend(value.to_be_bytes());
        }
        for value in self.delay.unwrap_or([UNKNOWN_DELAY; 3]) {
            body.extend(value.to_be_bytes());
        }
        let (jitter, drops) =
            (self.jitter.unwrap_or(UNKNOWN), self.kernel_drops.unwrap_or(UNKNOWN));
        let counters = [jitter, self.duplicates, self.reordered, self.corrupt, drops, self.groups];
        counters.iter().for_each(|value| body.extend(value.to_be_bytes()));
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let flags = flag(self.ended, ENDED) | flag(self.comparable, COMPARABLE);
        body.extend([self.ttl.unwrap_or(0), flags]);
        body.extend(self.port.to_be_bytes());
        body.extend(self.group.to_be_bytes());
        probe::datagram(header, &body)
    }
}

/// A hash of a group (FNV-1a over its bytes): one sender's run has one stream for each group.
pub fn group_hash(group: IpAddr) -> u32 {
    let add = |bytes: &[u8]| {
        bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        })
    };
    match group {
        IpAddr::V4(group) => add(&group.octets()),
        IpAddr::V6(group) => add(&group.octets()),
    }
}

/// The bytes behind the header.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    fn u8(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    fn u64(&self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    fn i64(&self, at: usize) -> Option<i64> {
        self.array(at).map(i64::from_be_bytes)
    }

    /// A TTL; the inner `None` if it is unknown.
    fn ttl(&self, at: usize) -> Option<Option<u8>> {
        self.u8(at).map(|ttl| Some(ttl).filter(|ttl| *ttl > 0))
    }

    /// A counter; the inner `None` if it is unknown.
    fn known(&self, at: usize) -> Option<Option<u32>> {
        self.u32(at).map(|value| Some(value).filter(|value| *value != UNKNOWN))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::probe::{ProbeKind, Reading, Writer};

    fn header(kind: ProbeKind) -> Probe {
        Probe {
            kind,
            reply_wanted: false,
            report_wanted: false,
            synchronised: false,
            stream: 1,
            sequence: 2,
            sent: 3,
            ttl: 4,
            traffic_class: 5,
            host: 6,
        }
    }

    #[test]
    fn each_field_of_a_reply_has_its_documented_offset() {
        let reply = Reply {
            arrived: 0x01,
            replied: 0x02,
            receiver: 0x03,
            first: 0x04,
            listening: 0x05,
            received: 0x06,
            duplicates: 0x07,
            replies: 0x08,
            withheld: 0x09,
            ttl: Some(0x0a),
            reply_ttl: Some(0x0b),
            kernel_time: true,
        };
        let bytes = reply.datagram(&header(ProbeKind::Reply));
        assert_eq!(bytes.len(), REPLY_LEN);
        let lows = [55, 63, 71, 79, 87, 91, 95, 99, 103, 104, 105, 107].map(|at| bytes[at]);
        assert_eq!(lows, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1]);
        assert_eq!(bytes[48..].iter().filter(|byte| **byte != 0).count(), lows.len());
    }

    #[test]
    fn each_field_of_a_report_has_its_documented_offset() {
        let report = Report {
            receiver: 1,
            received: 2,
            lost: 3,
            end: 4,
            span: 5,
            delay: Some([6, 7, 8]),
            jitter: Some(9),
            duplicates: 10,
            reordered: 11,
            corrupt: 12,
            kernel_drops: Some(13),
            groups: 14,
            ttl: Some(15),
            ended: true,
            comparable: true,
            port: 16,
            group: 17,
        };
        let bytes = report.datagram(&header(ProbeKind::Report));
        assert_eq!(bytes.len(), REPORT_LEN);
        let lows = [55, 63, 71, 79, 87, 95, 103, 111, 115, 119, 123, 127, 131, 135, 136];
        let lows = lows.map(|at| bytes[at]);
        assert_eq!(lows, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!([bytes[137], bytes[139], bytes[143]], [3, 16, 17]);
        assert_eq!(bytes[48..].iter().filter(|byte| **byte != 0).count(), lows.len() + 3);
    }

    #[test]
    fn a_short_payload_has_no_body() {
        let bytes = Writer::new(64).bytes(&header(ProbeKind::Data));
        assert!(Request::read(&bytes).is_some());
        assert_eq!(Request::read(&bytes[..63]), None);
        assert_eq!((Reply::read(&bytes), Report::read(&bytes)), (None, None));
    }

    proptest! {
        #[test]
        fn written_bodies_are_read_again(
            (window, share, interval) in any::<(u32, u32, u32)>(),
            times in any::<[u64; 5]>(),
            counters in any::<[u32; 6]>(),
            (ttl, kernel_time, known) in any::<(u8, bool, bool)>(),
            len in 0..300_u16,
        ) {
            let request = Request {
                window: Duration::from_micros(window.into()),
                share,
                interval: Duration::from_millis(interval.into()),
            };
            let bytes = Writer::with_body(len, &request.body()).bytes(&header(ProbeKind::Data));
            prop_assert_eq!(Request::read(&bytes), Some(request));
            let ttl = Some(ttl).filter(|ttl| *ttl > 0);
            let reply = Reply {
                arrived: times[0],
                replied: times[1],
                receiver: times[2],
                first: times[3],
                listening: times[4],
                received: counters[0],
                duplicates: counters[1],
                replies: counters[2],
                withheld: counters[3],
                ttl,
                reply_ttl: None,
                kernel_time,
            };
            let bytes = reply.datagram(&header(ProbeKind::Reply));
            let header = header(ProbeKind::Report);
            prop_assert!(matches!(probe::read(&bytes, false), Reading::Probe(_)));
            prop_assert_eq!(Reply::read(&bytes), Some(reply));
            let report = Report {
                receiver: times[0],
                received: times[1],
                lost: times[2],
                end: times[3],
                span: times[4],
                delay: known.then_some([-5, 0, i64::MAX]),
                jitter: known.then_some(counters[0] / 2),
                duplicates: counters[1],
                reordered: counters[2],
                corrupt: counters[3],
                kernel_drops: known.then_some(counters[4] / 2),
                groups: counters[5],
                ttl,
                ended: kernel_time,
                comparable: known,
                port: window as u16,
                group: share,
            };
            let bytes = report.datagram(&header);
            prop_assert_eq!(Report::read(&bytes), Some(report));
            prop_assert!(bytes.len() <= REPORT_LEN);
        }
    }
}
