use std::num::NonZeroU64;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::format::numbered::Unit;
use crate::stats::sequence::{Losses, Sequence};

/// One datagram per millisecond.
const STEP: i64 = 1_000_000;

fn at(step: u64) -> UnixTime {
    UnixTime::from_nanos(1_700_000_000_000_000_000 + step as i64 * STEP)
}

fn numbers(bits: u32) -> Extension {
    Extension::new(Numbering::bits(bits, Unit::Datagrams))
}

fn received(_: u64) -> bool {
    true
}

/// Takes one number per millisecond.
fn follow(extension: &mut Extension, raw: impl IntoIterator<Item = u64>) -> Vec<Place> {
    let take = |(step, raw)| extension.place(raw, 1, at(step), received);
    (0..).zip(raw).map(take).collect()
}

#[test]
fn a_wrap_is_no_loss() {
    let places = follow(&mut numbers(16), [65_534, 65_535, 0, 1]);
    let base = 1 << 33;
    assert_eq!(places, [65_534, 65_535, 65_536, 65_537].map(|number| Place::At(base + number)));
}

#[test]
fn a_number_before_the_first_one_is_late() {
    let places = follow(&mut numbers(32), [2, u32::MAX.into()]);
    assert_eq!(places, [Place::At((1 << 33) + 2), Place::At((1 << 33) - 1)]);
}

#[test]
fn numbers_of_64_bits_stay_as_they_are() {
    assert_eq!(follow(&mut numbers(64), [7, 8, 10]), [7, 8, 10].map(Place::At));
}

#[test]
fn a_restart_is_found_after_two_datagrams() {
    let mut extension = numbers(64);
    let places = follow(&mut extension, (1000..2000).chain([0, 1, 2]));
    let restart = Place::Restart { held: 0, held_count: 1, first: 1 };
    assert_eq!(places[1000..], [Place::Held, restart, Place::At(2)]);
    assert_eq!((extension.outliers(), extension.held.is_some()), (0, false));
}

#[test]
fn a_restart_keeps_the_messages_of_both_datagrams() {
    let mut extension = numbers(32);
    (0..100).for_each(|step| _ = extension.place(step * 50, 50, at(step), received));
    assert_eq!(extension.place(1, 7, at(100), received), Place::Held);
    let base = 1 << 33;
    let restart = Place::Restart { held: base + 1, held_count: 7, first: base + 8 };
    assert_eq!(extension.place(8, 3, at(101), received), restart);
    assert_eq!(extension.place(11, 1, at(102), received), Place::At(base + 11));
}

#[test]
fn a_duplicate_is_no_restart() {
    let places = follow(&mut numbers(16), [10, 11, 12, 10, 11, 12, 13]);
    let base = 1 << 33;
    assert_eq!(places, [10, 11, 12, 10, 11, 12, 13].map(|number| Place::At(base + number)));
}

#[test]
fn a_repeated_outlier_is_no_restart() {
    let mut extension = numbers(16);
    let places = follow(&mut extension, [0, 1, 30_000, 30_000, 2]);
    assert_eq!(places[2..], [Place::Held, Place::Outlier, Place::At((1 << 33) + 2)]);
    assert_eq!(extension.outliers(), 2);
}

#[test]
fn a_number_beyond_the_highest_is_an_outlier() {
    let mut extension = numbers(64);
    let places = follow(&mut extension, [u64::MAX, MOST, MOST - 1, MOST + 1]);
    assert_eq!(places, [Place::Outlier, Place::Outlier, Place::At(MOST - 1), Place::Outlier]);
    assert_eq!(extension.outliers(), 3);
}

#[test]
fn a_long_loss_at_a_high_rate_is_no_restart() {
    let mut extension = numbers(32);
    // 1,000 messages per millisecond, then a second of silence.
    (0..100).for_each(|step| _ = extension.place(step * 1000, 1000, at(step), received));
    let first = (1 << 33) + 1_100_000;
    assert_eq!(extension.place(1_100_000, 1000, at(1100), received), Place::At(first));
    assert_eq!(extension.place(200_000_000, 1000, at(1101), received), Place::Held);
}

#[test]
fn a_missing_number_far_back_is_late() {
    let mut extension = numbers(16);
    let is_received = |number| number != (1 << 33) + 500;
    for step in (0..500).chain(501..2000) {
        extension.place(step, 1, at(step), is_received);
    }
    let places = [500, 499].map(|raw| extension.place(raw, 1, at(2000), is_received));
    assert_eq!(places, [Place::At((1 << 33) + 500), Place::Held]);
}

#[test]
fn late_bytes_follow_e1_31() {
    let base = 1 << 33;
    let place = |raw| {
        let mut extension = numbers(8);
        follow(&mut extension, (0..=100).chain([raw])).pop()
    };
    // The difference to the last number is -19 to 0.
    assert_eq!((place(81), place(100)), (Some(Place::At(base + 81)), Some(Place::At(base + 100))));
    assert_eq!((place(80), place(0)), (Some(Place::Held), Some(Place::Held)));
    // Half of the numbers ahead.
    assert_eq!(place(101 + 128), Some(Place::At(base + 229)));
    assert_eq!(place(101 + 129), Some(Place::Held));
}

#[test]
fn the_modulus_is_any_number() {
    let modulus = NonZeroU64::new(255);
    let numbering = Numbering { modulus, ..Numbering::bits(8, Unit::Datagrams) };
    let places = follow(&mut Extension::new(numbering), (0..1000).map(|number| number % 255));
    let base = (1 << 33) / 255 * 255;
    assert_eq!(places, (0..1000).map(|number| Place::At(base + number)).collect::<Vec<_>>());
}

#[test]
fn a_silence_in_which_numbers_wrap_is_ambiguous() {
    let place = |silence: u64, raw| {
        let mut extension = numbers(16);
        follow(&mut extension, 0..10_000);
        let place = extension.place(raw, 1, at(9_999 + silence), received);
        (place, extension.ambiguous())
    };
    let base = 1 << 33;
    assert_eq!(place(30_000, 39_999), (Place::At(base + 39_999), 0));
    assert_eq!(place(100_000, 39_999), (Place::At(base + 39_999), 1));
    assert_eq!(place(60_000, 65_000), (Place::At(base + 65_000), 1));
    assert_eq!(place(60_000, 10_000), (Place::At(base + 10_000), 0), "the sender paused");
}

#[test]
fn an_announcement_is_extended() {
    let mut extension = numbers(16);
    assert_eq!(extension.announce(5, at(0)), None, "nothing arrived yet");
    follow(&mut extension, 65_000..65_536);
    let base = 1 << 33;
    assert_eq!(extension.announce(0, at(536)), Some(base + 65_536));
    assert_eq!(extension.announce(3, at(537)), Some(base + 65_539));
    assert_eq!(extension.announce(65_535, at(538)), Some(base + 65_535), "late");
    assert_eq!(extension.announce(20_000, at(539)), None);
    assert_eq!(extension.announce(64_000, at(540)), None);
}

#[test]
fn a_jump_to_an_announced_number_is_a_loss() {
    let mut extension = numbers(32);
    follow(&mut extension, 0..10);
    for next in [2_000, 4_000, 6_000] {
        assert_eq!(extension.announce(next, at(10)), Some((1 << 33) + next));
    }
    let place = extension.place(6_000, 1, at(11), received);
    assert_eq!(place, Place::At((1 << 33) + 6_000));
}

/// The numbers in their order of arrival, each with the numbers lost before it, and by how many
/// numbers it is late at most.
fn arrivals(start: u64, steps: &[(u64, u64)]) -> Vec<u64> {
    let mut next = start;
    let mut numbers: Vec<(u64, u64)> = vec![];
    for (lost, late) in steps {
        let number = next + lost;
        numbers.push((number + late, number));
        next = number + 1;
    }
    numbers.sort_by_key(|(time, _)| *time);
    numbers.into_iter().map(|(_, number)| number).collect()
}

proptest! {
    #[test]
    fn losses_and_reorderings_are_extended_exactly(
        bits in prop::sample::select(vec![8, 16, 32, 64]),
        start in 0..MOST / 2,
        steps in vec((0..20_u64, 0..20_u64, 0..40_u64), 1..2000),
    ) {
        let (burst, late_by) = if bits == 8 { (5, 1) } else { (140, 5) };
        let start = if bits == 64 { start } else { start % (1 << bits) };
        let step = |(lost, late, rare)| match rare {
            0 => (lost * burst, 0),
            1..10 => (0, late * late_by),
            10..13 => (lost, 0),
            _ => (0, 0),
        };
        let steps: Vec<_> = steps.into_iter().map(step).collect();
        let mut extension = numbers(bits);
        let mut offset = None;
        for (step, number) in (0..).zip(arrivals(start, &steps)) {
            let raw = if bits == 64 { number } else { number % (1 << bits) };
            match extension.place(raw, 1, at(step), received) {
                Place::At(extended) => {
                    let offset = *offset.get_or_insert(extended - number);
                    prop_assert_eq!(extended, offset + number);
                }
                place => prop_assert!(false, "{place:?} for {number}"),
            }
        }
        prop_assert_eq!((extension.outliers(), extension.ambiguous()), (0, 0));
    }

    #[test]
    fn garbage_never_leaves_the_range(
        modulus in prop_oneof![Just(None), any::<u64>().prop_map(NonZeroU64::new), (0..400_u64).prop_map(NonZeroU64::new)],
        steps in vec((any::<u64>(), 0..6_u8, any::<u64>(), any::<i64>(), any::<bool>()), 1..200),
    ) {
        let numbering = Numbering { modulus, ..Numbering::bits(64, Unit::Messages) };
        let mut extension = Extension::new(numbering);
        let mut last = 0_u64;
        for (raw, kind, count, time, is_received) in steps {
            let (raw, count) = match kind {
                0 => (raw, count),
                1 => (raw % 1000, count % 70_000),
                2 => (MOST - count % 70_000, count % 70_000),
                3 => (last, count % 3),
                _ => (last.wrapping_add(count % 100), 1),
            };
            last = raw.wrapping_add(count);
            let time = UnixTime::from_nanos(time);
            let place = extension.place(raw, count, time, |_| is_received);
            let numbers = match place {
                Place::At(first) => vec![first + count.clamp(1, MOST_COUNT)],
                Place::Restart { held, held_count, first } => {
                    vec![held + held_count, first + count.clamp(1, MOST_COUNT)]
                }
                Place::Held | Place::Outlier => vec![],
            };
            prop_assert!(numbers.iter().all(|next| *next <= MOST), "{place:?}");
            let announced = extension.announce(raw, time);
            prop_assert!(announced.is_none_or(|next| next <= MOST));
        }
    }

    #[test]
    fn an_outlier_changes_no_other_number(
        bits in prop::sample::select(vec![16, 32, 64]),
        start in any::<u16>(),
        outlier in any::<u64>(),
        position in 2..400_u64,
    ) {
        let limit = if bits == 64 { MOST } else { 1 << bits };
        let raw = |number: u64| (u64::from(start) + number) % limit;
        let outlier = outlier % limit;
        // Within the limits, it is no outlier.
        let ahead = (outlier + limit - raw(position)) % limit;
        prop_assume!(ahead > MOST_LOST && limit - ahead > MOST_LATE);
        let mut extension = numbers(bits);
        let plain = follow(&mut numbers(bits), (0..500).map(raw));
        let numbers = (0..position).map(raw).chain([outlier]).chain((position..500).map(raw));
        let mut places = follow(&mut extension, numbers);
        prop_assert_eq!(places.remove(position as usize), Place::Held);
        prop_assert_eq!(places, plain);
        prop_assert_eq!(extension.outliers(), 1);
    }

    #[test]
    fn with_a_restart_the_sequence_counts_both_runs_exactly(
        bits in prop::sample::select(vec![16, 32, 64]),
        (start, restart) in (0..60_000_u64, 0..60_000_u64),
        lost in vec(any::<bool>(), 8..300),
    ) {
        prop_assume!(restart + 400 < start || restart > start + 4000);
        let run = |start: u64, lost: &[bool]| {
            let keep = |(number, lost): (u64, &bool)| (!lost || number < start + 3).then_some(number);
            (start..).zip(lost).filter_map(keep).collect::<Vec<u64>>()
        };
        let (one, two) = (run(start, &lost), run(restart, &lost));
        let count = |numbers: &[u64]| {
            let mut sequence = Sequence::starting_with(numbers[0], 100);
            numbers[1..].iter().for_each(|number| _ = sequence.arrive(*number));
            sequence.losses()
        };
        let (mut ended, mut sequence) = (Losses::default(), None::<Sequence>);
        let mut extension = numbers(bits);
        for (step, raw) in (0..).zip(one.iter().chain(&two)) {
            let place = extension.place(*raw, 1, at(step), |number| {
                sequence.as_ref().is_some_and(|sequence| sequence.has_received(number))
            });
            match (place, &mut sequence) {
                (Place::At(first), Some(sequence)) => _ = sequence.arrive(first),
                (Place::At(first), none) => *none = Some(Sequence::starting_with(first, 100)),
                (Place::Restart { held, first, .. }, Some(old)) => {
                    ended = ended.and(old.losses());
                    *old = Sequence::starting_with(held, 100);
                    old.arrive(first);
                }
                (place, _) => prop_assert_eq!(place, Place::Held),
            }
        }
        let losses = ended.and(sequence.unwrap().losses());
        prop_assert_eq!(losses, count(&one).and(count(&two)));
        prop_assert_eq!(extension.outliers(), 0);
    }
}
