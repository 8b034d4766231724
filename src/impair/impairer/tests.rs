use super::*;
use crate::format::probe::{self, Probe, ProbeKind, Reading};
use crate::impair::{Delay, Expected, LossModel, Reorder};
use crate::stats::stream::{Arrival, LocalClock, Streams};
use crate::units::{RandomSequence, UnixTime};

/// The length of the header of a probe up to its checksum.
const INTACT: usize = 36;

const HOST: u64 = 9;

/// The numbers of the copies that leave, each with its release in us, of `count` datagrams that are
/// sent `gap` us apart.
fn departures(settings: Impairments, seed: u64, count: u64, gap: u64) -> (Vec<(u64, u64)>, Truth) {
    let mut impairer = Impairer::new(settings, seed);
    let mut left = Vec::new();
    for number in 0..count {
        impairer.offer(0, Duration::from_micros(number * gap), &number.to_be_bytes(), 0);
        drain(&mut impairer, Duration::from_micros(number * gap), &mut left);
    }
    impairer.flush();
    drain(&mut impairer, Duration::MAX, &mut left);
    assert_eq!(impairer.next_release(), None);
    (left, impairer.truth(0).clone())
}

fn drain(impairer: &mut Impairer, until: Duration, left: &mut Vec<(u64, u64)>) {
    while let Some(release) = impairer.next_release().filter(|release| *release <= until) {
        let mark = impairer.release(release).expect("a copy").mark;
        left.push((mark.number, release.as_micros() as u64));
        impairer.leave(0, mark);
    }
}

fn numbers(left: &[(u64, u64)]) -> Vec<u64> {
    left.iter().map(|(number, _)| *number).collect()
}

fn reorder(probability: f64, distance: u32) -> Option<Reorder> {
    Some(Reorder { probability, distance })
}

fn millis(mean: u64, jitter: u64) -> Option<Delay> {
    let [mean, jitter] = [mean, jitter].map(Duration::from_millis);
    Some(Delay { mean, jitter })
}

#[test]
fn without_impairments_all_leave_at_once() {
    let (left, truth) = departures(Impairments::default(), 1, 100, 10);
    assert_eq!(left, (0..100).map(|number| (number, number * 10)).collect::<Vec<_>>());
    let received = Expected {
        received: 100,
        losses: crate::stats::sequence::Losses { expected: 100, lost: 0, runs: 0, longest: 0 },
        ..Expected::default()
    };
    assert_eq!(truth.expected(), received);
}

#[test]
fn a_reordered_datagram_leaves_after_as_many_later_ones_as_the_distance() {
    for (distance, seed) in [(1, 1), (3, 2), (10, 3)] {
        let settings = Impairments { reorder: reorder(0.02, distance), ..Impairments::default() };
        let (left, truth) = departures(settings, seed, 5000, 10);
        let mut late = 0;
        // Fewer datagrams follow the last ones.
        for (index, (number, _)) in left[..4980].iter().enumerate() {
            let overtaken_by = left[..index].iter().filter(|(other, _)| other > number).count();
            if overtaken_by > 0 {
                late += 1;
                assert_eq!(overtaken_by as u32, distance, "{number}");
            }
        }
        assert!((60..140).contains(&late), "{late}");
        let expected = truth.expected();
        assert!((late..late + 20).contains(&expected.reordered) && expected.received == 5000);
        assert!(expected.reorder_extent_max >= u64::from(distance));
        // It leaves together with the last of them.
        assert!(left.is_sorted_by_key(|(_, release)| *release));
    }
}

#[test]
fn a_datagram_that_no_other_follows_is_not_reordered() {
    let settings = Impairments { reorder: reorder(1.0, 2), ..Impairments::default() };
    let (left, truth) = departures(settings, 1, 5, 10);
    assert_eq!(numbers(&left), [0, 1, 2, 3, 4]);
    assert_eq!(truth.expected().reordered, 0);
}

#[test]
fn jitter_delays_and_does_not_reorder() {
    let settings = Impairments { delay: millis(20, 5), ..Impairments::default() };
    let (left, truth) = departures(settings, 3, 20_000, 20_000);
    assert!(numbers(&left).is_sorted());
    let delays: Vec<f64> =
        left.iter().map(|(number, release)| (release - number * 20_000) as f64 / 1e3).collect();
    let (min, max) = delays
        .iter()
        .fold((f64::MAX, 0.0_f64), |(min, max), delay| (min.min(*delay), max.max(*delay)));
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    assert!((14.99..15.01).contains(&min) && (24.99..25.01).contains(&max), "{min} to {max}");
    // A uniform number has the standard deviation of its width / sqrt(12).
    assert!((mean - 20.0).abs() < 3.3 * 10.0 / 12_f64.sqrt() / (delays.len() as f64).sqrt());
    let known = truth.delays().expect("delays");
    assert!((known.mean as f64 / 1e6 - mean).abs() < 0.001, "{known:?}");
    // Closer datagrams keep their order, too.
    let (left, truth) = departures(settings, 3, 5000, 10);
    assert!(numbers(&left).is_sorted() && truth.expected().reordered == 0);
}

#[test]
fn shares_are_those_of_the_settings() {
    let settings = Impairments {
        loss: Some(LossModel::Independent(0.02)),
        duplicate: 0.03,
        corrupt: 0.01,
        ..Impairments::default()
    };
    let (_, truth) = departures(settings, 4, 50_000, 10);
    let is_near = |count: u64, of: f64, share: f64| {
        (count as f64 - of * share).abs() < 3.3 * (of * share * (1.0 - share)).sqrt()
    };
    assert!(is_near(truth.dropped, 50_000.0, 0.02), "{}", truth.dropped);
    assert!(is_near(truth.duplicated, 49_000.0, 0.03), "{}", truth.duplicated);
    assert!(is_near(truth.corrupted, 50_470.0, 0.01), "{}", truth.corrupted);
    assert_eq!(truth.left, 50_000 - truth.dropped + truth.duplicated);
}

#[test]
fn a_seed_loses_the_same_datagrams_with_any_other_impairment() {
    let loss = Some(LossModel::Independent(0.1));
    let alone = Impairments { loss, ..Impairments::default() };
    let more = Impairments { duplicate: 0.5, delay: millis(5, 5), ..alone };
    let set = |settings, seed| {
        let mut left = numbers(&departures(settings, seed, 1000, 10).0);
        left.dedup();
        left
    };
    assert_eq!(set(alone, 7), set(more, 7));
    assert_ne!(set(alone, 7), set(alone, 8));
}

#[test]
fn targets_lose_different_datagrams() {
    let settings =
        Impairments { loss: Some(LossModel::Independent(0.5)), ..Impairments::default() };
    let mut impairer = Impairer::new(settings, 7);
    let lost = [0, 1].map(|position| {
        (0..64)
            .filter(|_| {
                impairer.offer(position, Duration::ZERO, b"x", 0);
                impairer.release(Duration::ZERO).is_none()
            })
            .collect::<Vec<_>>()
    });
    assert_ne!(lost[0], lost[1]);
}

#[test]
fn corruption_flips_one_bit_behind_the_intact_bytes() {
    let settings = Impairments { corrupt: 1.0, ..Impairments::default() };
    let mut impairer = Impairer::new(settings, 1);
    let mut places = [0; 64];
    for _ in 0..2000 {
        impairer.offer(0, Duration::ZERO, &[0; 8], 4);
        let copy = impairer.release(Duration::ZERO).expect("a copy");
        assert!(copy.mark.corrupt);
        let bits = u64::from_be_bytes(copy.bytes[..].try_into().expect("8 bytes"));
        assert_eq!(bits.count_ones(), 1);
        places[bits.trailing_zeros() as usize] += 1;
    }
    assert!(places[..32].iter().all(|count| *count > 20) && places[32..].iter().sum::<u32>() == 0);
    impairer.offer(0, Duration::ZERO, b"", 0);
    impairer.offer(0, Duration::ZERO, b"1234", 4);
    for _ in 0..2 {
        assert!(!impairer.release(Duration::ZERO).expect("a copy").mark.corrupt, "no bit to flip");
    }
}

#[test]
fn the_bytes_that_wait_are_limited() {
    let settings = Impairments { delay: millis(1000, 0), ..Impairments::default() };
    let mut impairer = Impairer::new(settings, 1);
    let payload = vec![0; 60_000];
    for _ in 0..2000 {
        impairer.offer(0, Duration::ZERO, &payload, 0);
    }
    let fit = (MOST_HELD / payload.len()) as u64;
    assert_eq!((impairer.truth(0).sent, impairer.truth(0).overflowed), (2000, 2000 - fit));
    while let Some(mark) = impairer.release(Duration::MAX).map(|copy| copy.mark) {
        impairer.leave(0, mark);
    }
    impairer.offer(0, Duration::ZERO, &payload, 0);
    assert_eq!(impairer.truth(0).overflowed, 2000 - fit, "the buffers are free again");
    assert_eq!(impairer.truth(0).expected().losses.lost, 2000 - fit + 1);
}

/// A run of a random sender: what left, and what a receiver counted.
struct Run {
    truth: Truth,
    streams: Streams,
}

/// Random impairments.
fn settings(numbers: &mut RandomSequence) -> Impairments {
    let mut share = |most: f64| if numbers.occurs(0.5) { most * numbers.fraction() } else { 0.0 };
    let [loss, duplicate, corrupt, reordered] = [0.5, 0.3, 0.2, 0.4].map(&mut share);
    let burst = 1.0 + 20.0 * numbers.fraction();
    let loss = match numbers.below(4) {
        0 => None,
        1 => LossModel::bursts(loss, burst),
        2 => Some(LossModel::Gilbert {
            to_bad: 0.001 + 0.2 * numbers.fraction(),
            to_good: 0.001 + 0.5 * numbers.fraction(),
            in_bad: numbers.fraction(),
            in_good: 0.1 * numbers.fraction(),
        }),
        _ => Some(LossModel::Independent(loss)),
    };
    let mean = u64::from(numbers.below(50));
    let jitter = u64::from(numbers.below(mean as u32 + 1));
    Impairments {
        loss,
        duplicate,
        corrupt,
        reorder: reorder(reordered, 1 + numbers.below(40)),
        delay: millis(mean, jitter).filter(|_| numbers.occurs(0.5)),
    }
}

/// Sends probes through the impairments to the counters of a receiver, as bytes.
fn run(seed: u64) -> Run {
    let mut numbers = RandomSequence::new(seed, 1 << 40);
    let settings = settings(&mut numbers);
    let (count, gap) = (u64::from(numbers.below(2000)), u64::from(numbers.below(3000)));
    let writer = probe::Writer::new(48 + numbers.below(30) as u16);
    let mut impairer = Impairer::new(settings, seed);
    let local = LocalClock { host: HOST, synchronised: false, asserted: false };
    let mut streams = Streams::new(1, false, local);
    for sequence in 0..count {
        let now = Duration::from_micros(sequence * gap);
        receive(&mut impairer, &mut streams, now);
        impairer.offer(0, now, &writer.bytes(&data(ProbeKind::Data, sequence, now)), INTACT);
    }
    impairer.flush();
    receive(&mut impairer, &mut streams, Duration::MAX);
    let end = Duration::from_secs(3600);
    take(&mut streams, &writer.bytes(&data(ProbeKind::End, count, end)), end);
    Run { truth: impairer.truth(0).clone(), streams }
}

fn data(kind: ProbeKind, sequence: u64, sent: Duration) -> Probe {
    Probe {
        kind,
        reply_wanted: false,
        report_wanted: false,
        synchronised: false,
        stream: 7,
        sequence,
        sent: sent.as_nanos() as u64,
        ttl: 1,
        traffic_class: 0,
        host: HOST,
    }
}

fn receive(impairer: &mut Impairer, streams: &mut Streams, until: Duration) {
    while let Some(release) = impairer.next_release().filter(|release| *release <= until) {
        let copy = impairer.release(release).expect("a copy").clone();
        impairer.leave(0, copy.mark);
        take(streams, &copy.bytes, release);
    }
}

fn take(streams: &mut Streams, payload: &[u8], time: Duration) {
    let time = UnixTime::from_nanos(time.as_nanos() as i64);
    let arrival = Arrival {
        source: "10.0.0.5:4000".parse().expect("an address"),
        zone: None,
        group: "239.1.1.1".parse().expect("a group"),
        port: 5000,
        iface: Some((2, "e0")),
        time,
        read: None,
        ttl: Some(1),
        traffic_class: Some(0),
        len: payload.len(),
        origin: None,
    };
    match probe::read(payload, false) {
        Reading::Probe(probe) => drop(streams.take(&probe, &arrival)),
        Reading::Damaged(damage, stream) => streams.damaged(damage, stream, &arrival),
        Reading::Plain => panic!("not a probe: {payload:x?}"),
    }
}

#[test]
fn a_receiver_counts_the_truth_in_1000_random_runs() {
    let mut kinds = [0_u64; 5];
    for seed in 0..1000 {
        let Run { truth, streams } = run(seed);
        let expected = truth.expected();
        assert_eq!(streams.corrupt, truth.corrupted, "seed {seed}");
        let Some(stream) = streams.iter().next() else {
            assert_eq!(truth.left - truth.corrupted, 0, "seed {seed}");
            continue;
        };
        assert_eq!(streams.iter().len(), 1, "seed {seed}");
        let counters = stream.counters(false);
        let counted = Expected {
            received: counters.received,
            losses: stream.losses(false),
            missed_before: stream.missed_before().expect("the first number is 0"),
            duplicates: counters.duplicates,
            reordered: counters.reordered,
            reorder_extent_max: counters.reorder_extent_max,
            stale: counters.stale,
            corrupt: counters.corrupt,
        };
        assert_eq!(counted, expected, "seed {seed}");
        assert_eq!(expected.received + expected.losses.lost + expected.missed_before, truth.sent);
        let delays = truth.delays().zip(counters.delays.quantiles());
        if let (Some((held, measured)), 0) = (delays, truth.corrupted + truth.duplicated) {
            assert_eq!(
                (held.min, held.mean, held.max),
                (measured.min, measured.mean, measured.max)
            );
        }
        let seen = [
            expected.losses.lost,
            expected.duplicates,
            expected.reordered,
            expected.corrupt,
            expected.missed_before,
        ];
        kinds.iter_mut().zip(seen).for_each(|(runs, count)| *runs += u64::from(count > 0));
    }
    assert!(kinds.iter().all(|runs| *runs > 50), "the runs show each impairment: {kinds:?}");
}
