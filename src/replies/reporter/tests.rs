use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;
use crate::format::probe::Writer;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

fn key(group: u8) -> Key {
    Key { stream: 7, group: Ipv4Addr::new(239, 1, 1, group).into(), port: 5000, ifindex: 2 }
}

fn source() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 100], 40_000))
}

fn every_second() -> Request {
    Request { interval: SECOND, ..Request::AT_ONCE }
}

fn probe(kind: ProbeKind) -> Probe {
    Probe {
        kind,
        reply_wanted: false,
        report_wanted: true,
        synchronised: false,
        stream: 7,
        sequence: 0,
        sent: 0,
        ttl: 1,
        traffic_class: 0,
        host: 0,
    }
}

fn ask(reporter: &mut Reporter, kind: ProbeKind, group: u8, request: &Request, now: Duration) {
    let probe = probe(kind);
    let payload = Writer::with_body(REPORT_LEN as u16, &request.body()).bytes(&probe);
    reporter.ask(key(group), source(), &probe, &payload, Some(1), now);
}

/// Sends the reports that are due at `now`. Returns their number.
fn send(reporter: &mut Reporter, now: Duration) -> u64 {
    let mut sent = 0;
    while let Some(position) = reporter.take_due(now) {
        reporter.count_sent(position);
        sent += 1;
    }
    sent
}

/// Asks with a datagram every `gap` until `end`, and polls each millisecond. Returns the times of
/// the reports.
fn run(reporter: &mut Reporter, request: &Request, gap: u32, end: u32) -> Vec<u32> {
    let mut times = Vec::new();
    for now in 0..end {
        if now % gap == 0 {
            ask(reporter, ProbeKind::Data, 1, request, MILLISECOND * now);
        }
        let sent = send(reporter, MILLISECOND * now);
        times.extend((0..sent).map(|_| now));
    }
    times
}

#[test]
fn a_receiver_reports_each_interval_from_a_random_phase() {
    let mut phases = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let times = run(&mut Reporter::new(seed), &every_second(), 10, 5000);
        assert_eq!(times.len(), 5, "{times:?}");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 1000), "{times:?}");
        assert!(times[0] <= 1000);
        phases.insert(times[0]);
    }
    assert!(phases.len() > 15, "{phases:?}");
}

#[test]
fn a_slow_stream_causes_no_more_reports_than_datagrams() {
    let mut reporter = Reporter::new(1);
    let times = run(&mut reporter, &every_second(), 7000, 28_000);
    assert_eq!(times.len(), 4, "one for each datagram: {times:?}");
    assert_eq!(reporter.due(), None);
}

#[test]
fn a_sender_that_stops_gets_one_more_report() {
    let mut reporter = Reporter::new(1);
    let before = run(&mut reporter, &every_second(), 10, 3000).len();
    let after: u64 = (3000..60_000).map(|now| send(&mut reporter, MILLISECOND * now)).sum();
    assert!(before >= 3 && after <= 1, "{before} and {after}");
}

#[test]
fn an_end_is_reported_once_within_its_window() {
    let request = Request { window: SECOND, ..every_second() };
    let mut reporter = Reporter::new(3);
    run(&mut reporter, &request, 10, 1500);
    let mut times = Vec::new();
    for now in 1500..10_000_u32 {
        // Five end markers, 20 ms apart.
        if (1500..1600).contains(&now) && now % 20 == 0 {
            ask(&mut reporter, ProbeKind::End, 1, &request, MILLISECOND * now);
        }
        let sent = send(&mut reporter, MILLISECOND * now);
        times.extend((0..sent).map(|_| now));
    }
    assert_eq!(times.len(), 1, "{times:?}");
    assert!((1500..=2500).contains(&times[0]));
}

#[test]
fn an_end_that_is_asked_for_again_is_reported_again() {
    let mut reporter = Reporter::new(3);
    ask(&mut reporter, ProbeKind::End, 1, &every_second(), Duration::ZERO);
    assert_eq!(send(&mut reporter, Duration::ZERO), 1);
    ask(&mut reporter, ProbeKind::End, 1, &every_second(), MILLISECOND * 80);
    assert_eq!(send(&mut reporter, MILLISECOND * 80), 0);
    ask(&mut reporter, ProbeKind::End, 1, &every_second(), MILLISECOND * 250);
    assert_eq!(send(&mut reporter, MILLISECOND * 250), 1);
    assert_eq!(reporter.stream(0).sent, 2);
}

#[test]
fn a_request_without_an_interval_is_answered_at_the_end_only() {
    let mut reporter = Reporter::new(3);
    assert_eq!(run(&mut reporter, &Request::AT_ONCE, 10, 5000), [] as [u32; 0]);
    ask(&mut reporter, ProbeKind::End, 1, &Request::AT_ONCE, SECOND * 5);
    assert_eq!(send(&mut reporter, SECOND * 5), 1);
}

#[test]
fn a_share_of_the_reports_is_left_out() {
    let quarter = Request { share: u32::MAX / 4, ..every_second() };
    let mut reporter = Reporter::new(3);
    let sent = run(&mut reporter, &quarter, 100, 1_000_000).len();
    assert!((200..300).contains(&sent), "{sent} of 1000");
    assert!((1000 - sent).abs_diff(reporter.of_share as usize) <= 1);
}

#[test]
fn a_shorter_interval_applies_at_once() {
    let mut reporter = Reporter::new(3);
    let hour = Request { interval: SECOND * 3600, ..Request::AT_ONCE };
    ask(&mut reporter, ProbeKind::Data, 1, &hour, Duration::ZERO);
    ask(&mut reporter, ProbeKind::Data, 1, &every_second(), SECOND);
    assert!(reporter.due() <= Some(SECOND * 2));
}

#[test]
fn a_request_that_is_shorter_than_a_report_is_not_answered() {
    let mut reporter = Reporter::new(3);
    let probe = probe(ProbeKind::End);
    let short = Writer::with_body(REPORT_LEN as u16 - 1, &every_second().body()).bytes(&probe);
    reporter.ask(key(1), source(), &probe, &short, None, SECOND);
    let silent = Probe { report_wanted: false, ..probe };
    let long = Writer::with_body(REPORT_LEN as u16, &every_second().body()).bytes(&silent);
    reporter.ask(key(1), source(), &silent, &long, None, SECOND);
    assert_eq!((reporter.due(), reporter.too_short), (None, 1));
}

#[test]
fn each_group_is_reported() {
    let mut reporter = Reporter::new(3);
    for group in 1..=3 {
        ask(&mut reporter, ProbeKind::End, group, &every_second(), SECOND);
    }
    assert_eq!(send(&mut reporter, SECOND), 3);
}

#[test]
fn the_streams_are_bounded_and_old_ones_make_room() {
    let mut reporter = Reporter { most: 2, ..Reporter::new(3) };
    for group in 1..=3 {
        ask(&mut reporter, ProbeKind::Data, group, &every_second(), SECOND * group.into());
    }
    assert_eq!((reporter.streams.len(), reporter.full), (2, 1));
    ask(&mut reporter, ProbeKind::End, 4, &every_second(), SECOND * 100);
    assert_eq!((reporter.streams.len(), reporter.full), (2, 1));
    assert_eq!(reporter.positions.len(), 2);
    assert!(reporter.streams.iter().any(|stream| stream.key == key(4)));
}

proptest! {
    /// Whatever a sender asks for and whenever: never more reports than datagrams that asked, and
    /// no two in less than an interval, except for those on ends.
    #[test]
    fn reports_are_never_more_than_requests(
        steps in proptest::collection::vec(
            (0..3_u8, 0..3_u8, 0..2000_u32, 0..3000_u32, any::<u32>(), 0..700_u32),
            0..200,
        ),
        seed: u64,
    ) {
        let mut reporter = Reporter::new(seed);
        let (mut now, mut asked, mut sent) = (Duration::ZERO, 0_u64, 0_u64);
        for (kind, group, interval, window, share, pause) in steps {
            let request = Request {
                window: MILLISECOND * window,
                share,
                interval: MILLISECOND * interval,
            };
            let kind = if kind == 0 { ProbeKind::End } else { ProbeKind::Data };
            ask(&mut reporter, kind, group, &request, now);
            asked += 1;
            for _ in 0..3 {
                now += MILLISECOND * pause / 3;
                sent += send(&mut reporter, now);
            }
            prop_assert!(sent <= asked);
            for stream in &reporter.streams {
                prop_assert!(stream.sent <= stream.asked);
                prop_assert!(stream.due.is_none_or(|due| due > now));
            }
        }
    }
}
