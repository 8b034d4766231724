use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Rounds sent at each of `times`, in ms after the start.
fn rounds(interval: Duration, times: &[u64]) -> Vec<u32> {
    let start = Instant::now();
    let mut pace = Pace::new(start, interval);
    times
        .iter()
        .map(|time| (0..).take_while(|_| pace.due(start + ms(*time)).is_some()).count() as u32)
        .collect()
}

#[test]
fn the_first_round_is_due_at_once_and_the_next_after_one_interval() {
    assert_eq!(rounds(ms(10), &[0, 9, 10, 20, 29]), [1, 0, 1, 1, 0]);
}

#[test]
fn a_late_wakeup_does_not_shift_the_schedule() {
    assert_eq!(rounds(ms(10), &[0, 13, 20, 31, 40]), [1, 1, 1, 1, 1]);
}

#[test]
fn each_round_has_its_lateness() {
    let start = Instant::now();
    let mut pace = Pace::new(start, ms(10));
    assert_eq!(
        (pace.due(start), pace.due(start + ms(13)), pace.due(start + ms(13))),
        (Some(ms(0)), Some(ms(3)), None)
    );
}

#[test]
fn a_short_stall_is_caught_up() {
    assert_eq!(rounds(ms(10), &[0, 50, 60]), [1, 5, 1]);
}

#[test]
fn a_long_stall_is_skipped() {
    assert_eq!(rounds(ms(10), &[0, 60_000, 60_010]), [1, 11, 1]);
    assert_eq!(rounds(ms(2000), &[0, 60_000, 61_000, 62_000]), [1, 2, 0, 1]);
}

#[test]
fn skipped_rounds_are_counted() {
    let start = Instant::now();
    let mut pace = Pace::new(start, ms(10));
    while pace.due(start + ms(50)).is_some() {}
    assert_eq!(pace.skipped(), 0, "made good");
    while pace.due(start + ms(1060)).is_some() {}
    // 107 were due by then: six before the stall, eleven caught up.
    assert_eq!(pace.skipped(), 90);
}

#[test]
fn rounds_beyond_the_maximum_stay_due() {
    let start = Instant::now();
    let (mut pace, mut late) = (Pace::new(start, ms(1)), Vec::new());
    let taken: Vec<u64> =
        (0..6).map(|_| pace.due_together(start + ms(9), 2, |by| late.push(by))).collect();
    assert_eq!(taken, [2, 2, 2, 2, 2, 0], "ten were due, and none is forgotten");
    assert_eq!((late.len(), late[0], late[9], pace.skipped()), (10, ms(9), ms(0), 0));
}

#[test]
fn owed_rounds_are_due_and_not_taken() {
    let start = Instant::now();
    let mut pace = Pace::new(start, ms(10));
    assert_eq!([0, 9, 10, 11, 35].map(|time| pace.owed(start + ms(time))), [0, 1, 1, 2, 4]);
    pace.due_together(start + ms(35), 3, |_| {});
    assert_eq!([0, 35, 40, 41].map(|time| pace.owed(start + ms(time))), [0, 1, 1, 2]);
}

#[test]
fn an_interval_beyond_the_clock_means_one_round() {
    let start = Instant::now();
    let mut pace = Pace::new(start, Duration::MAX);
    assert!(pace.due(start).is_some() && pace.due(start + ms(1)).is_none());
    assert_eq!(pace.next(), None);
    let mut later = Pace::after(start, Duration::MAX);
    assert_eq!((later.next(), later.due(start + ms(1))), (None, None));
}

#[test]
fn an_extreme_rate_does_not_panic() {
    let start = Instant::now();
    let mut seldom = Pace::new(start, Period::of(Rate::Packets(1e-320), 1, 64));
    assert_eq!(
        (seldom.due(start), seldom.due(start + ms(1))),
        (Some(ms(0)), None),
        "the first is due at once"
    );
    let mut often = Pace::new(start, Period::of(Rate::Packets(1e300), 1, 64));
    let due = (0..20_000)
        .all(|second| (0..10).all(|_| often.due(start + Duration::from_secs(second)).is_some()));
    assert!(due, "each is late");
}

#[test]
fn a_schedule_may_begin_one_period_later() {
    let start = Instant::now();
    let mut pace = Pace::after(start, ms(10));
    let due = [9, 10, 11, 20].map(|time| pace.due(start + ms(time)));
    assert_eq!(due, [None, Some(ms(0)), None, Some(ms(0))]);
}

#[test]
fn a_rate_counts_all_datagrams_of_a_round() {
    assert_eq!(Period::of(Rate::Packets(1000.0), 1, 64).to_duration(), ms(1));
    assert_eq!(Period::of(Rate::Packets(1000.0), 40, 64).to_duration(), ms(40));
    assert_eq!(Period::of(Rate::Bits(8e6), 2, 1000).to_duration(), ms(2));
    assert_eq!(Period::from(ms(3)).times(4).to_duration(), ms(12));
}

#[test]
fn a_fractional_period_does_not_drift() {
    let start = Instant::now();
    let mut pace = Pace::new(start, Period::of(Rate::Packets(300_000.0), 1, 64));
    let rounds = (0..3600).map(|second| start + Duration::from_secs(second)).fold(0, |_, now| {
        while pace.due(now).is_some() {}
        pace.rounds
    });
    // The first round is due at once, hence the additional one.
    assert_eq!(rounds, 3599 * 300_000 + 1);
}

proptest! {
    #[test]
    fn a_schedule_never_runs_ahead_and_bursts_are_bounded(
        interval in 1_u64..5000,
        naps in proptest::collection::vec(0_u64..100_000, 1..50),
    ) {
        let start = Instant::now();
        let mut pace = Pace::new(start, ms(interval));
        let (mut time, mut sent) = (0, 0);
        for nap in naps {
            time += nap;
            let burst = (0..).take_while(|_| pace.due(start + ms(time)).is_some()).count() as u64;
            sent += burst;
            prop_assert!(burst <= 100 / interval + 2, "burst of {burst}");
            prop_assert!(sent <= time / interval + 1);
        }
    }
}
