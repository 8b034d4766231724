use proptest::prelude::*;

use super::*;

/// A counter of `frequency` ticks per second, which is at `ticks` at 1,000 s.
fn reading(frequency: i64, ticks: i64) -> Reading {
    let clock = || UnixTime::from_nanos(1_000_000_000_000);
    Reading::take(frequency, || ticks, clock)
}

#[test]
fn a_timestamp_is_as_old_as_its_ticks() {
    let reading = reading(10_000_000, 50_000_000_000);
    let age = |ticks: i64| {
        let time = reading.time_of(u64::try_from(50_000_000_000 - ticks).unwrap())?;
        Some(1_000_000_000_000 - time.nanos())
    };
    assert_eq!([age(0), age(1), age(10_000_000)], [Some(0), Some(100), Some(1_000_000_000)]);
    assert_eq!(age(-5), Some(-500), "between the readings");
}

#[test]
fn a_foreign_counter_gives_no_time() {
    let reading = reading(10_000_000, 50_000_000_000);
    for ticks in [0, 1_732_888_000_000_000_000, 49_899_999_999, 50_000_010_001, u64::MAX] {
        assert_eq!(reading.time_of(ticks), None, "{ticks}");
    }
    for frequency in [0, -1, i64::MIN, i64::MAX] {
        assert_eq!(Reading { frequency, ..reading }.time_of(1), None);
    }
}

#[test]
fn the_clock_belongs_to_the_middle_of_two_readings() {
    let mut counts = [1_000, 1_600].into_iter();
    let clock = || UnixTime::from_nanos(7_000_000);
    let reading = Reading::take(10_000_000, || counts.next().unwrap(), clock);
    assert_eq!(reading.time_of(1_300), Some(UnixTime::from_nanos(7_000_000)));
    assert_eq!(reading.time_of(1_290), Some(UnixTime::from_nanos(6_999_000)));
}

proptest! {
    #[test]
    fn later_ticks_are_not_earlier(
        frequency in 1_i64..5_000_000_000,
        now in 0..i64::MAX / 2,
        ticks: [u64; 2],
    ) {
        let reading = reading(frequency, now);
        let [first, second] = ticks.map(|ticks| now as u64 - ticks.min(now as u64) % 1_000_000);
        if let (Some(one), Some(other)) = (reading.time_of(first), reading.time_of(second)) {
            prop_assert!(first > second || one <= other);
        }
    }

    #[test]
    fn arbitrary_numbers_do_not_panic(ticks: i64, frequency: i64, nanos: i64, stamp: u64) {
        Reading { ticks, frequency, time: UnixTime::from_nanos(nanos) }.time_of(stamp);
    }
}
