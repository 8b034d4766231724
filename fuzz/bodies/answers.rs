//! Arbitrary answers of receivers, counted by the tables of `mcast ping` and `send --reports`.

use std::net::SocketAddr;
use std::time::Duration;

use mcast::format::exchange::{REPLY_LEN, REPORT_LEN, Reply, Report, Request};
use mcast::format::probe::{MIN_LEN, Probe, ProbeKind};
use mcast::stats::ping::{Answer, Table};
use mcast::stats::receivers::Receivers;
use mcast::units::UnixTime;

const STREAM: u64 = 7;
const REQUESTS: i64 = 8;

/// Each answer takes this many bytes: four for the header and its arrival, and the body.
const PIECE: usize = 4 + REPORT_LEN - MIN_LEN;

/// Reads the bytes as a series of answers, and each one both as a reply and as a report.
///
/// # Panics
/// If a counter exceeds what arrived, or an answer is not read as it was written.
pub fn run(bytes: &[u8]) {
    let mut table = Table::default();
    let target = table.add_target(STREAM);
    (0..REQUESTS).for_each(|request| table.sent(target, UnixTime::from_nanos(request * 1_000)));
    let mut receivers = Receivers::new(STREAM);
    for piece in bytes.chunks(PIECE) {
        let mut whole = [0; PIECE];
        whole[..piece.len()].copy_from_slice(piece);
        let ([bits, sequence, from, now], body) = whole.split_first_chunk().expect("four bytes");
        let header = header(*bits, *sequence);
        let source = SocketAddr::from(([10, 0, 0, from & 3], u16::from(*from) << 8));
        let since_start = i64::from(*now) * 1_000_000;
        let payload = [&[0; MIN_LEN], body].concat();
        let _ = Request::read(&payload).map(|request| receivers.request(&request));
        if bits & 128 != 0 {
            table.end(target);
        }
        let reply = Reply::read(&payload[..REPLY_LEN]).expect("a reply has this length");
        assert_eq!(Reply::read(&reply.datagram(&header)), Some(reply));
        let arrived = UnixTime::from_nanos(since_start);
        table.take(&Answer { header, reply, source, arrived, since_start, ttl: Some(*from) });
        let report = Report::read(&payload).expect("a report has this length");
        assert_eq!(Report::read(&report.datagram(&header)), Some(report));
        let header = Probe { kind: ProbeKind::Report, ..header };
        receivers.take(&header, &report, source, Duration::from_millis((*now).into()));
    }
    let answers = bytes.chunks(PIECE).count();
    assert!(table.receivers().len() <= answers && table.replies(target) <= answers as u64);
    assert!(receivers.len() <= answers);
    let _ = receivers.totals(Duration::from_secs(1));
}

fn header(bits: u8, sequence: u8) -> Probe {
    Probe {
        kind: ProbeKind::Reply,
        reply_wanted: bits & 1 != 0,
        report_wanted: bits & 2 != 0,
        synchronised: bits & 4 != 0,
        stream: if bits & 8 == 0 { STREAM } else { 0 },
        sequence: u64::from(sequence) % 10,
        sent: (u64::from(bits & 0x70) << 57) | (u64::from(sequence) * 1_000),
        ttl: bits,
        traffic_class: 0,
        host: 0,
    }
}
