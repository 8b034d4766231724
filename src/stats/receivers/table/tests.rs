use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::format::exchange::ALL;

const STREAM: u64 = 7;
const SECOND: Duration = Duration::from_secs(1);

fn header(sequence: u64) -> Probe {
    Probe {
        kind: ProbeKind::Report,
        reply_wanted: false,
        report_wanted: false,
        synchronised: false,
        stream: STREAM,
        sequence,
        sent: 0,
        ttl: 64,
        traffic_class: 0,
        host: 0,
    }
}

fn report(receiver: u64, received: u64, lost: u64) -> Report {
    Report {
        receiver,
        received,
        lost,
        end: received + lost,
        groups: 1,
        port: 5000,
        group: 1,
        ..Report::default()
    }
}

fn at(host: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(10, 0, 0, host), 40_000))
}

/// A table with all receivers asked for a report each second.
fn every_second() -> Receivers {
    let mut receivers = Receivers::new(STREAM);
    let interval = SECOND;
    receivers.request(&Request { interval, ..Request::AT_ONCE });
    receivers
}

#[test]
fn the_newest_report_counts_whatever_the_order() {
    let mut receivers = every_second();
    let taken = [(0, 10), (2, 30), (1, 20), (2, 30), (3, 40)].map(|(sequence, received)| {
        receivers.take(&header(sequence), &report(1, received, 0), at(1), SECOND)
    });
    assert_eq!(taken, [Taken::New(0), Taken::Known(0), Taken::Late, Taken::Late, Taken::Known(0)]);
    let receiver = receivers.iter().next().unwrap();
    assert_eq!((receiver.received(), receivers.late), (40, 2));
    assert_eq!(receiver.streams[0].reports_lost(), 0);
}

#[test]
fn a_lost_report_is_counted() {
    let mut receivers = every_second();
    for sequence in [0, 1, 4] {
        receivers.take(&header(sequence), &report(1, 9, 0), at(1), SECOND);
    }
    let stream = &receivers.iter().next().unwrap().streams[0];
    assert_eq!((stream.reports, stream.reports_lost()), (3, 2));
}

#[test]
fn replies_and_reports_on_other_streams_are_foreign() {
    let mut receivers = every_second();
    let reply = Probe { kind: ProbeKind::Reply, ..header(0) };
    let other = Probe { stream: 8, ..header(0) };
    for header in [reply, other] {
        assert_eq!(receivers.take(&header, &report(1, 1, 0), at(1), SECOND), Taken::Foreign);
    }
    assert!(receivers.is_empty());
}

#[test]
fn a_receiver_is_silent_after_three_intervals_and_its_losses_stay() {
    let mut receivers = every_second();
    receivers.take(&header(0), &report(1, 90, 10), at(1), SECOND);
    let state = |seconds: u32| {
        let receiver = receivers.iter().next().unwrap();
        let now = SECOND * seconds;
        (receivers.state(receiver, now), receivers.silent_for(receiver, now))
    };
    assert_eq!(state(4), (State::Reporting, None));
    assert_eq!(state(5), (State::Silent, Some(SECOND * 4)));
    let totals = receivers.totals(SECOND * 5);
    assert_eq!((totals.receivers, totals.silent, totals.lost_max), (1, 1, Some(10)));
}

#[test]
fn a_silent_receiver_that_reports_again_is_not_silent() {
    let mut receivers = every_second();
    receivers.take(&header(0), &report(1, 1, 0), at(1), SECOND);
    receivers.take(&header(9), &report(1, 2, 0), at(1), SECOND * 9);
    let receiver = receivers.iter().next().unwrap();
    assert_eq!(receivers.state(receiver, SECOND * 10), State::Reporting);
}

#[test]
fn a_share_of_receivers_may_be_quiet_for_longer() {
    let half = Request { share: ALL / 2, interval: SECOND, ..Request::AT_ONCE };
    // 2^-20 is the first power of a half below one millionth.
    assert_eq!(silence(&half), Some(SECOND * 20));
    let window = Duration::from_millis(300);
    let all = Request { window, interval: SECOND, ..Request::AT_ONCE };
    assert_eq!(silence(&all), Some(SECOND * 3 + window));
    let one = Request { share: 0, interval: Duration::from_secs(3600), ..Request::AT_ONCE };
    assert!(silence(&one) > Some(SECOND * 3600 * 1_000_000_000));
}

#[test]
fn the_end_is_reported_for_each_group() {
    let mut receivers = every_second();
    let ended = |group, ended| Report { group, ended, groups: 2, ..report(1, 5, 0) };
    receivers.take(&header(0), &ended(1, true), at(1), SECOND);
    assert!(!receivers.have_all_ended(SECOND), "the second group has not reported");
    receivers.take(&header(0), &ended(2, false), at(1), SECOND);
    assert!(!receivers.have_all_ended(SECOND));
    receivers.take(&header(1), &ended(2, true), at(1), SECOND);
    assert!(receivers.have_all_ended(SECOND));
    let receiver = receivers.iter().next().unwrap();
    assert_eq!((receiver.received(), receiver.streams.len()), (10, 2));
    // A receiver that reported the end needs no further reports.
    assert_eq!(receivers.state(receiver, SECOND * 100), State::Ended);
}

#[test]
fn nobody_has_not_ended() {
    assert!(!every_second().have_all_ended(SECOND));
}

#[test]
fn the_end_of_the_run_makes_open_receivers_silent() {
    let mut receivers = every_second();
    receivers.take(&header(0), &report(1, 5, 0), at(1), SECOND);
    receivers.finish();
    assert_eq!(receivers.totals(SECOND).silent, 1);
}

#[test]
fn a_new_run_at_the_address_of_a_silent_receiver_replaces_it() {
    let mut receivers = every_second();
    receivers.take(&header(0), &report(1, 50, 0), at(1), SECOND);
    receivers.take(&header(0), &report(2, 3, 0), at(1), SECOND * 3);
    receivers.take(&header(1), &report(2, 9, 0), at(1), SECOND * 6);
    let now = SECOND * 6;
    let states: Vec<_> = receivers
        .iter()
        .map(|receiver| (receivers.state(receiver, now), receivers.is_restarted(receiver, now)))
        .collect();
    assert_eq!(states, [(State::Replaced, false), (State::Reporting, true)]);
    let totals = receivers.totals(now);
    assert_eq!((totals.receivers, totals.silent, totals.replaced), (1, 0, 1));
    assert_eq!(totals.received_min, Some(9), "the replaced receiver is not one of today's");
}

#[test]
fn two_receivers_on_one_host_are_two() {
    let mut receivers = every_second();
    for step in 0..9_u32 {
        receivers.take(&header(step.into()), &report(1, 50, 0), at(1), SECOND * step);
        receivers.take(&header(step.into()), &report(2, 50, 0), at(1), SECOND * step);
    }
    // The first one stops: the second one began long before.
    receivers.take(&header(9), &report(2, 60, 0), at(1), SECOND * 12);
    let now = SECOND * 12;
    let states: Vec<_> = receivers.iter().map(|each| receivers.state(each, now)).collect();
    assert_eq!(states, [State::Silent, State::Reporting]);
    assert_eq!(receivers.totals(now).receivers, 2);
}

#[test]
fn the_port_is_not_part_of_the_address_but_the_zone_is() {
    let mut receivers = every_second();
    let link_local = |port, zone| {
        let address = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
        SocketAddr::V6(SocketAddrV6::new(address, port, 5, zone))
    };
    receivers.take(&header(0), &report(1, 1, 0), link_local(1000, 2), SECOND);
    receivers.take(&header(1), &report(1, 2, 0), link_local(1001, 2), SECOND);
    receivers.take(&header(0), &report(1, 3, 0), link_local(1000, 3), SECOND);
    assert_eq!(receivers.iter().map(Receiver::received).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn totals_are_those_of_the_worst_receiver() {
    let mut receivers = every_second();
    let delay = |receiver, lost, delay: [i64; 3], jitter, comparable| Report {
        delay: Some(delay),
        jitter: Some(jitter),
        comparable,
        duplicates: receiver as u32,
        ..report(receiver, 100 - lost, lost)
    };
    receivers.take(&header(0), &delay(1, 0, [5, 60, 70], 8, true), at(1), SECOND);
    receivers.take(&header(0), &delay(2, 10, [7, 50, 90], 9, true), at(2), SECOND);
    let totals = receivers.totals(SECOND);
    assert_eq!(totals.received_min, Some(90));
    assert_eq!((totals.lost_max, totals.lost_total, totals.loss_max), (Some(10), 10, Some(0.1)));
    assert_eq!((totals.delay_max, totals.jitter_max), (Some([7, 60, 90]), Some(9)));
    assert_eq!(totals.duplicates_max, Some(2));
    receivers.take(&header(0), &delay(3, 0, [1, 1, 1], 1, false), at(3), SECOND);
    assert_eq!(receivers.totals(SECOND).delay_max, None, "one clock is unknown");
}

#[test]
fn the_rate_counts_the_gaps_between_datagrams() {
    let stream = |received, span| ReportedStream {
        report: Report { span, ..report(1, received, 0) },
        reports: 1,
        sequence: 0,
    };
    assert_eq!(stream(101, 1_000_000_000).rate_pps(), Some(100.0));
    assert_eq!((stream(1, 0).rate_pps(), stream(0, 0).rate_pps()), (None, None));
    let hops = ReportedStream {
        report: Report { ttl: Some(14), ..report(1, 1, 0) },
        reports: 1,
        sequence: 0,
    };
    assert_eq!([Some(16), Some(3), None].map(|sent| hops.hops(sent)), [Some(2), None, None]);
}

#[test]
fn the_table_is_bounded() {
    let mut receivers = Receivers::with_limit(STREAM, 3);
    for host in 1..=2 {
        receivers.take(&header(0), &report(host.into(), 1, 0), at(host), SECOND);
    }
    let second = Report { group: 2, ..report(1, 1, 0) };
    assert_eq!(receivers.take(&header(0), &second, at(1), SECOND), Taken::Known(0));
    let third = Report { group: 3, ..report(1, 1, 0) };
    assert_eq!(receivers.take(&header(0), &third, at(1), SECOND), Taken::Untracked);
    assert_eq!(receivers.take(&header(0), &report(9, 1, 0), at(9), SECOND), Taken::Untracked);
    assert_eq!((receivers.len(), receivers.untracked), (2, 2));
    assert_eq!(receivers.take(&header(1), &report(1, 8, 0), at(1), SECOND), Taken::Known(0));
}

proptest! {
    /// Whatever arrives in whatever order: nothing panics, the newest report of each receiver and
    /// group counts, and the totals agree with the receivers.
    #[test]
    fn the_table_holds_the_newest_reports(
        arrivals in proptest::collection::vec(
            (0..4_u64, 1..3_u8, 0..3_u32, any::<u64>(), any::<[u64; 4]>(), 0..20_u32),
            0..60,
        ),
    ) {
        let mut receivers = every_second();
        let mut newest = std::collections::BTreeMap::new();
        let mut now = Duration::ZERO;
        for (id, host, group, sequence, [received, lost, end, span], step) in arrivals {
            now += SECOND * step / 10;
            let report = Report { group, end, span, groups: 3, ..report(id, 0, 0) };
            let report = Report { received, lost, ..report };
            receivers.take(&header(sequence), &report, at(host), now);
            let known = newest.entry((id, host, group)).or_insert((sequence, report));
            if sequence > known.0 {
                *known = (sequence, report);
            }
        }
        let mut seen = 0;
        for receiver in receivers.iter() {
            for stream in &receiver.streams {
                let SocketAddr::V4(address) = receiver.address else { unreachable!() };
                let key = (receiver.id, address.ip().octets()[3], stream.report.group);
                prop_assert_eq!(newest[&key].1, stream.report);
                prop_assert!(stream.loss_ratio().is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
                seen += 1;
            }
        }
        prop_assert_eq!(seen, newest.len());
        let totals = receivers.totals(now);
        prop_assert_eq!(totals.receivers + totals.replaced, receivers.len());
        prop_assert!(totals.ended + totals.silent <= totals.receivers);
        receivers.finish();
        let totals = receivers.totals(now);
        prop_assert_eq!(totals.ended + totals.silent, totals.receivers);
    }
}
