use proptest::prelude::*;

use super::*;
use crate::stats::sequence::Losses;
use crate::stats::stream::StreamCounters;

const HERE: LocalClock = LocalClock { host: 7, synchronised: true, asserted: false };

fn at(nanos: i64) -> UnixTime {
    UnixTime::from_nanos(nanos)
}

fn probe(stream: u64, sequence: u64, sent: i64) -> Probe {
    Probe {
        kind: ProbeKind::Data,
        reply_wanted: false,
        report_wanted: false,
        synchronised: false,
        stream,
        sequence,
        sent: sent as u64,
        ttl: 64,
        traffic_class: 0xb8,
        host: HERE.host,
    }
}

fn arrival(source: &str, time: i64) -> Arrival<'static> {
    Arrival {
        source: source.parse().unwrap(),
        zone: None,
        group: "239.1.1.1".parse().unwrap(),
        port: 5000,
        iface: Some((2, "e0")),
        time: at(time),
        read: Some(at(time + 5)),
        ttl: Some(61),
        traffic_class: Some(0xb9),
        len: 64,
        origin: None,
    }
}

const A: &str = "10.0.0.5:4000";

/// A stream of these datagrams: (number, send time, delay).
fn stream_of(datagrams: &[(u64, i64, i64)]) -> Streams {
    let mut streams = Streams::new(1, true, HERE);
    for (sequence, sent, delay) in datagrams {
        streams.take(&probe(1, *sequence, *sent), &arrival(A, sent + delay));
    }
    streams
}

#[test]
fn counters_match_the_datagrams() {
    let mut streams =
        stream_of(&[(0, 1000, 50), (1, 2000, 40), (3, 4000, 70), (2, 3000, 1080), (2, 3000, 1090)]);
    streams
        .take(&Probe { kind: ProbeKind::End, sequence: 6, ..probe(1, 0, 9000) }, &arrival(A, 9000));
    let stream = streams.iter().next().unwrap();
    assert_eq!(stream.losses(false), Losses { expected: 6, lost: 2, runs: 1, longest: 2 });
    let counters = stream.counters(false);
    assert_eq!(
        (counters.meter.datagrams, counters.meter.bytes, counters.duplicates, counters.reordered),
        (4, 256, 1, 1)
    );
    assert_eq!(
        (counters.hops, counters.dscp_changed, counters.gap),
        (Some((3, 3)), Some(0), Some(2030))
    );
    let delays = counters.delays.quantiles().unwrap();
    assert_eq!((delays.min, delays.max, delays.mean), (40, 1080, 310));
    assert_eq!(counters.wakeups.quantiles().unwrap().max, 5);
    assert!(stream.ended && streams.all_ended() && stream.clock() == Clock::SameHost);
}

#[test]
fn a_congestion_mark_is_no_changed_dscp() {
    let mut streams = Streams::new(1, false, HERE);
    for (sequence, class) in [(0, 0xb8), (1, 0xbb), (2, 0x00), (3, 0x88)] {
        streams.take(
            &probe(1, sequence, 0),
            &Arrival { traffic_class: Some(class), ..arrival(A, 10) },
        );
    }
    assert_eq!(streams.iter().next().unwrap().counters(false).dscp_changed, Some(2));
}

#[test]
fn a_delay_is_known_if_the_clocks_agree() {
    let taken = |probe: Probe, local: LocalClock| {
        let mut streams = Streams::new(1, false, local);
        (streams.take(&probe, &arrival(A, 100)), streams.iter().next().unwrap().clock())
    };
    let (same, other) = (probe(1, 0, 60), Probe { host: 8, ..probe(1, 0, 60) });
    assert_eq!(taken(same, HERE), (Some(40), Clock::SameHost));
    assert_eq!(taken(other, HERE), (None, Clock::Unknown));
    assert_eq!(taken(Probe { synchronised: true, ..other }, HERE), (Some(40), Clock::Synchronised));
    assert_eq!(
        taken(Probe { synchronised: true, ..other }, LocalClock { synchronised: false, ..HERE }),
        (None, Clock::Unknown)
    );
    let nowhere = LocalClock::default();
    assert_eq!(taken(Probe { host: 0, ..same }, nowhere), (None, Clock::Unknown), "0 is no host");
    assert_eq!(
        taken(probe(1, 0, 130), HERE),
        (Some(-30), Clock::SameHost),
        "negative delays are shown"
    );
}

#[test]
fn a_stream_continues_on_the_recreated_interface() {
    let mut streams = stream_of(&[(0, 1000, 50), (1, 2000, 50)]);
    let other = Arrival { iface: Some((3, "e1")), ..arrival(A, 2000) };
    streams.take(&probe(1, 1, 2000), &other);
    streams.moved(2, (9, "e0"));
    let again = |time| Arrival { iface: Some((9, "e0")), ..arrival(A, time) };
    streams.take(&probe(1, 4, 5000), &again(5050));
    assert_eq!(streams.counts(), StreamCounts { streams: 2, open: 2, empty: 0, more: false });
    let stream = streams.iter().next().unwrap();
    assert_eq!((stream.losses(false).lost, stream.key.ifindex), (2, 9));
    // A link-local source has another zone there.
    let ll = |index, name| Arrival {
        iface: Some((index, name)),
        zone: Some(name),
        ..arrival("[fe80::5]:4000", 3000)
    };
    streams.take(&probe(1, 0, 0), &ll(4, "e2"));
    streams.moved(4, (5, "e3"));
    let moved = streams.iter().last().unwrap();
    assert_eq!((moved.zone.as_deref(), moved.key.ifindex), (Some("e3"), 5));
    streams.take(&probe(1, 1, 0), &ll(5, "e3"));
    assert_eq!(streams.counts(), StreamCounts { streams: 3, open: 3, empty: 0, more: false });
    // Two streams on one interface stay separate.
    streams.moved(3, (9, "e0"));
    streams.take(&probe(1, 5, 6000), &again(6050));
    assert_eq!(
        streams.iter().map(|stream| stream.counters(false).meter.datagrams).collect::<Vec<_>>(),
        [4, 1, 2]
    );
}

#[test]
fn the_weakest_clock_evidence_counts() {
    let mut streams = Streams::new(1, false, HERE);
    streams.take(&Probe { host: 8, synchronised: true, ..probe(1, 0, 0) }, &arrival(A, 5));
    assert_eq!(streams.iter().next().unwrap().clock(), Clock::Synchronised);
    streams.trust_clock(false);
    assert_eq!(streams.iter().next().unwrap().clock(), Clock::Unknown);
    streams.trust_clock(true);
    streams.take(&Probe { host: 8, synchronised: true, ..probe(1, 1, 0) }, &arrival(A, 6));
    assert_eq!(streams.iter().next().unwrap().clock(), Clock::Unknown);
    streams.take(&Probe { host: 8, synchronised: true, ..probe(2, 0, 0) }, &arrival(A, 7));
    assert_eq!(
        streams.iter().last().unwrap().clock(),
        Clock::Synchronised,
        "a stream that begins when it is found again"
    );
}

#[test]
fn every_part_of_the_key_separates_streams() {
    let mut streams = Streams::new(1, false, HERE);
    let first = arrival(A, 10);
    let others = [
        Arrival { group: "239.1.1.2".parse().unwrap(), ..first },
        Arrival { port: 5001, ..first },
        Arrival { iface: Some((3, "e1")), ..first },
    ];
    for arrival in others.iter().chain([&first, &first]) {
        streams.take(&probe(1, 5, 0), arrival);
    }
    streams.take(&probe(2, 9, 0), &first);
    assert_eq!(streams.counts(), StreamCounts { streams: 5, open: 5, empty: 0, more: false });
    assert_eq!(streams.iter().map(|stream| stream.counters(false).duplicates).sum::<u64>(), 1);
}

/// (received, lost, duplicates, source changes) of each stream.
fn outcome(streams: &Streams) -> Vec<(u64, u64, u64, u64)> {
    let of = |stream: &Stream| {
        let StreamCounters { meter, duplicates, .. } = stream.counters(false);
        (meter.datagrams, stream.losses(false).lost, *duplicates, stream.source_changes)
    };
    streams.iter().map(of).collect()
}

#[test]
fn a_sender_with_a_new_address_stays_one_stream() {
    for (first, second) in
        [(A, "10.0.0.6:4000"), (A, "10.0.0.5:4001"), ("[fd00::1]:4000", "[fe80::1]:4000")]
    {
        let mut streams = Streams::new(1, false, HERE);
        let from = [first, first, second, second, first, first];
        for (number, source) in (0..).zip(from) {
            streams.take(&probe(1, number, 0), &arrival(source, 10 + number as i64));
        }
        let end = Probe { kind: ProbeKind::End, ..probe(1, 6, 0) };
        streams.take(&end, &arrival(second, 20));
        assert_eq!(outcome(&streams), [(6, 0, 0, 2)], "{first} {second}");
        assert_eq!(streams.iter().next().unwrap().source, first.parse().unwrap());
        assert!(streams.all_ended());
    }
}

#[test]
fn datagrams_of_the_previous_address_may_be_late_or_repeated() {
    let mut streams = Streams::new(1, false, HERE);
    for (number, source) in
        [(0, A), (2, A), (3, "10.0.0.6:1"), (1, A), (1, A), (2, A), (4, "10.0.0.6:1")]
    {
        streams.take(&probe(1, number, 0), &arrival(source, 10));
    }
    assert_eq!(outcome(&streams), [(5, 0, 2, 1)]);
}

#[test]
fn a_copied_id_from_another_sender_is_another_stream() {
    const MILLI: i64 = 1_000_000;
    let liar = "10.0.0.9:666";
    let lies = [
        Probe { kind: ProbeKind::End, ..probe(1, 1_000_000, 0) },
        Probe { kind: ProbeKind::End, ..probe(1, 5, 0) },
        probe(1, 1_000_000, 0),
        probe(1, 3, 0),
    ];
    for lie in lies {
        let mut streams = Streams::new(1, false, HERE);
        for number in 0..20 {
            streams.take(&probe(1, number, 0), &arrival(A, number as i64 * MILLI));
            if number == 10 {
                streams.take(&lie, &arrival(liar, number as i64 * MILLI + 1));
            }
        }
        streams.take(&Probe { kind: ProbeKind::End, ..probe(1, 20, 0) }, &arrival(A, 20 * MILLI));
        assert_eq!(outcome(&streams)[0], (20, 0, 0, 0), "{lie:?}");
        assert_eq!(outcome(&streams).len(), 2, "{lie:?}");
    }
}

#[test]
fn an_address_may_change_during_losses_or_before_the_end() {
    const MILLI: i64 = 1_000_000;
    // A thousand per second with 50 or 500 lost; or none lost, and only the end follows.
    for lost in [50_u64, 500] {
        let mut streams = Streams::new(1, false, HERE);
        for number in (0..1000).chain(1000 + lost..2000) {
            let source = if number < 1000 { A } else { "10.0.0.6:1" };
            streams.take(&probe(1, number, 0), &arrival(source, number as i64 * MILLI));
        }
        let end = Probe { kind: ProbeKind::End, ..probe(1, 2000, 0) };
        streams.take(&end, &arrival("10.0.0.7:1", 2200 * MILLI));
        assert_eq!(outcome(&streams), [(2000 - lost, lost, 0, 1)]);
        assert!(streams.all_ended());
    }
}

#[test]
fn a_sender_with_two_interfaces_on_one_network_is_two_streams() {
    // Each number arrives from both addresses: two sequences of one run.
    for lost in [None, Some((A, 0)), Some(("10.0.0.6:4000", 1))] {
        let mut streams = Streams::new(1, false, HERE);
        for number in 0..100 {
            for source in [A, "10.0.0.6:4000"] {
                if lost != Some((source, number)) {
                    streams.take(&probe(1, number, 0), &arrival(source, 10));
                }
            }
        }
        for source in [A, "10.0.0.6:4000"] {
            let end = Probe { kind: ProbeKind::End, ..probe(1, 100, 0) };
            streams.take(&end, &arrival(source, 20));
        }
        let outcome = outcome(&streams);
        assert_eq!(outcome.len(), 2, "{outcome:?}");
        assert!(outcome.iter().all(|(_, _, duplicates, _)| *duplicates == 0), "{outcome:?}");
        assert!(streams.all_ended());
        // The stream of a later interface begins with its first received number.
        let all: u64 = outcome.iter().map(|(received, ..)| received).sum();
        assert_eq!(all, 200 - u64::from(lost.is_some()), "{outcome:?}");
    }
}

#[test]
fn forged_streams_take_bounded_memory() {
    let mut streams = Streams::new(10_000, true, HERE);
    streams.budget.most_bytes = 20 << 20;
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut fed = 0;
    for round in 0..40_u64 {
        for stream in 0..20_000_u64 {
            let sequence = round * 50_000 + next() % 40_000;
            let source = SocketAddr::from(((stream as u32 + 0x0a00_0000).to_be_bytes(), 9));
            let delay = next() % 1_000_000_000;
            let arrival = Arrival { source, ..arrival(A, (round * 1_000_000 + delay) as i64) };
            streams.take(&probe(stream, sequence, 0), &arrival);
            fed += 1;
        }
        assert!(streams.bytes() <= (20 << 20) + (1 << 20), "{}", streams.bytes());
    }
    let followed = streams.counts().streams;
    assert!(followed > 3_000 && streams.untracked > 0, "{followed}");
    let counted = |stream: &Stream| {
        let counters = stream.counters(false);
        counters.meter.datagrams + counters.duplicates + counters.stale
    };
    assert_eq!(streams.iter().map(counted).sum::<u64>() + streams.untracked, fed);
    // A mark releases the memory of the interval.
    let before = streams.bytes();
    streams.mark();
    assert!(streams.bytes() <= before);
    assert_eq!(streams.bytes(), streams.iter().map(Stream::bytes).sum::<usize>());
}

#[test]
fn a_short_stream_takes_little_memory() {
    let few = stream_of(&(0..60).map(|number| (number, 0, 50_000)).collect::<Vec<_>>());
    assert!(few.bytes() < 4096, "{}", few.bytes());
}

#[test]
fn a_forged_datagram_changes_only_its_own_stream() {
    let mut streams = stream_of(&[(0, 0, 5), (1, 10, 5)]);
    streams.damaged(Damage::Corrupt, Some(1), &arrival(A, 20));
    streams.damaged(Damage::Truncated, Some(1), &arrival(A, 20));
    streams.damaged(Damage::Corrupt, Some(1), &arrival("10.0.0.9:1", 20));
    streams.damaged(Damage::Unsupported, None, &arrival(A, 20));
    assert_eq!((streams.corrupt, streams.unsupported, streams.counts().streams), (2, 1, 1));
    let stream = streams.iter().next().unwrap();
    assert_eq!((stream.counters(false).corrupt, stream.counters(true).truncated), (1, 1));
    assert_eq!(stream.losses(false), Losses { expected: 2, ..Losses::default() });
}

#[test]
fn a_restart_is_counted_and_a_second_sender_is_not() {
    let mut streams = Streams::new(1, false, HERE);
    let mut heard =
        |stream, source, time| _ = streams.take(&probe(stream, 0, 0), &arrival(source, time));
    heard(1, A, 10);
    heard(2, A, 20);
    heard(1, A, 30);
    heard(3, "10.0.0.5:4777", 40);
    heard(4, "10.0.0.6:4000", 50);
    assert_eq!(streams.restarts(), [0, 0, 2, 0]);
}

#[test]
fn a_single_end_makes_an_unknown_stream() {
    let mut streams = Streams::new(1, false, HERE);
    streams.take(&Probe { kind: ProbeKind::End, ..probe(1, 100, 0) }, &arrival(A, 10));
    let stream = streams.iter().next().unwrap();
    assert_eq!(
        (stream.losses(false), stream.missed_before(), stream.clock()),
        (Losses::default(), Some(100), Clock::Unknown)
    );
    assert!(streams.all_ended());
    assert_eq!(streams.counts(), StreamCounts { streams: 1, open: 0, empty: 1, more: false });
    streams.take(&probe(1, 99, 0), &arrival(A, 20));
    assert_eq!(streams.counts().empty, 0, "the end had overtaken it");
}

#[test]
fn the_silence_of_an_open_stream_continues() {
    let mut streams = stream_of(&[(0, 0, 5), (1, 10, 5)]);
    let gap = |streams: &Streams| streams.iter().next().unwrap().gap(false, at(1015));
    assert_eq!(gap(&streams), Some(1000));
    streams.take(&Probe { kind: ProbeKind::End, ..probe(1, 2, 20) }, &arrival(A, 25));
    assert_eq!(gap(&streams), Some(10));
}

#[test]
fn intervals_add_up() {
    let mut streams = stream_of(&[(0, 0, 5), (1, 10, 5), (3, 30, 5)]);
    let interval = |streams: &Streams| {
        let stream = streams.iter().next().unwrap();
        (stream.counters(true).meter.datagrams, stream.losses(true).lost)
    };
    assert_eq!(interval(&streams), (3, 1));
    streams.mark();
    assert_eq!(interval(&streams), (0, 0));
    streams.take(&probe(1, 6, 60), &arrival(A, 65));
    streams.take(&probe(1, 2, 20), &arrival(A, 66));
    assert_eq!(interval(&streams), (2, 2), "what was lost in the first one came in the second");
    assert_eq!(streams.iter().next().unwrap().losses(false).lost, 2);
}

#[test]
fn jitter_matches_rfc_3550() {
    // Appendix A.8, literally: in whole units, sixteen times the jitter.
    let (mut scaled, mut transit) = (0_i64, None::<i64>);
    let datagrams: Vec<(u64, i64, i64)> = (0..500)
        .map(|number| (number, number as i64 * 100_000, 20_000 + (number as i64 * 7919) % 5000))
        .collect();
    for (_, _, delay) in &datagrams {
        if let Some(before) = transit {
            scaled += (delay - before).abs() - ((scaled + 8) >> 4);
        }
        transit = Some(*delay);
    }
    let streams = stream_of(&datagrams);
    let jitter = streams.iter().next().unwrap().jitter().unwrap();
    assert!((jitter - scaled as f64 / 16.0).abs() < 1.0, "{jitter} and {}", scaled as f64 / 16.0);
    // Section 6.4.1 by hand: a first difference of 1600 ns is a jitter of 100.
    assert_eq!(stream_of(&[(0, 0, 0), (1, 0, 1600)]).iter().next().unwrap().jitter(), Some(100.0));
    assert_eq!(
        stream_of(&[(0, 0, 0), (0, 0, 9)]).iter().next().unwrap().jitter(),
        None,
        "a duplicate has none"
    );
}

#[test]
fn a_flood_of_streams_leaves_space_for_others() {
    let mut streams = Streams::new(1, false, HERE);
    for stream in 0..10_000 {
        streams.take(&probe(stream, 0, 0), &arrival(A, 10));
    }
    assert_eq!(
        (streams.counts().streams, streams.untracked),
        (FEWEST_STREAMS / 2, 10_000 - FEWEST_STREAMS as u64 / 2)
    );
    for address in 0..=255_u8 {
        for stream in 0..100 {
            let source = SocketAddr::from(([10, 1, 1, address], 4000));
            streams.take(&probe(stream, 0, 0), &Arrival { source, ..arrival(A, 10) });
        }
    }
    assert_eq!(streams.counts().streams, FEWEST_STREAMS);
    streams.take(&probe(0, 1, 0), &arrival(A, 10));
    assert_eq!(
        streams.iter().next().unwrap().counters(false).meter.datagrams,
        2,
        "who was there stays"
    );
}

proptest! {
    #[test]
    fn interleaved_streams_are_counted_separately(
        turns in proptest::collection::vec((0..3_u64, 0..20_u64, 0..1000_i64), 1..200),
    ) {
        let mut together = Streams::new(1, false, HERE);
        let mut alone = [(); 3].map(|()| Streams::new(1, false, HERE));
        for (number, (stream, sequence, delay)) in turns.into_iter().enumerate() {
            let (probe, arrival) =
                (probe(stream, sequence, number as i64), arrival(A, number as i64 + delay));
            together.take(&probe, &arrival);
            alone[stream as usize].take(&probe, &arrival);
        }
        for stream in together.iter() {
            let same = alone[stream.key.stream as usize].iter().next().unwrap();
            prop_assert_eq!(stream.losses(false), same.losses(false));
            prop_assert_eq!(stream.jitter(), same.jitter());
            prop_assert_eq!(
                stream.counters(false).delays.quantiles(),
                same.counters(false).delays.quantiles()
            );
            let counts = |stream: &Stream| {
                let of = stream.counters(false);
                (of.meter.datagrams, of.duplicates, of.reordered, of.reorder_extent_max, of.gap)
            };
            prop_assert_eq!(counts(stream), counts(same));
        }
    }
}
