//! When the next round is due: absolute times, never a sleep after a sleep, so the mean rate does
//! not drift.

use std::time::{Duration, Instant};

use super::Rate;

/// A sender that was held up makes good for this much of the time it lost, and forgets the rest: a
/// laptop that wakes up, or a program that was stopped, must not flood the network with what it
/// missed.
const CATCH_UP: Duration = Duration::from_millis(100);

/// The time from one round to the next; it may have a fraction of a nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Period {
    nanos: f64,
}

impl From<Duration> for Period {
    fn from(interval: Duration) -> Self {
        Period { nanos: interval.as_nanos() as f64 }
    }
}

impl Period {
    /// The period of rounds of `datagrams` datagrams of `len` bytes of payload that come to this
    /// rate.
    pub fn of(rate: Rate, datagrams: u64, len: usize) -> Self {
        let seconds = match rate {
            Rate::Packets(packets) => datagrams as f64 / packets,
            Rate::Bits(bits) => datagrams as f64 * len as f64 * 8.0 / bits,
        };
        Period { nanos: seconds * 1e9 }
    }

    /// The period of rounds that are so many times larger.
    pub fn times(self, factor: u64) -> Self {
        Period { nanos: self.nanos * factor as f64 }
    }

    /// To the nanosecond.
    pub fn to_duration(self) -> Duration {
        self.after(1).unwrap_or(Duration::MAX)
    }

    /// The time that so many rounds take; `None` beyond what a clock can count.
    fn after(self, rounds: u64) -> Option<Duration> {
        // No rounds take no time, even of an infinite period.
        let nanos = if rounds == 0 { 0.0 } else { self.nanos * rounds as f64 };
        (nanos < u64::MAX as f64).then(|| Duration::from_nanos(nanos.round() as u64))
    }
}

/// A schedule of rounds, a period apart. It never reads a clock.
#[derive(Clone, Debug)]
pub struct Pace {
    start: Instant,
    period: Period,
    /// How many rounds were due, the skipped ones too.
    rounds: u64,
    skipped: u64,
}

impl Pace {
    /// A schedule whose first round is due at `start`.
    pub fn new(start: Instant, period: impl Into<Period>) -> Self {
        Pace { start, period: period.into(), rounds: 0, skipped: 0 }
    }

    /// A schedule whose first round is due a period after `start`.
    pub fn after(start: Instant, period: impl Into<Period>) -> Self {
        Pace { rounds: 1, ..Pace::new(start, period) }
    }

    /// The time from one to the next.
    pub fn period(&self) -> Period {
        self.period
    }

    /// When the next round is due; `None` where that is beyond what a clock can count.
    pub fn next(&self) -> Option<Instant> {
        self.start.checked_add(self.period.after(self.rounds)?)
    }

    /// How many rounds are due together at `now`, up to `most` of them; `late` hears of each how
    /// late it is. What is more stays due.
    pub fn due_together(&mut self, now: Instant, most: u64, mut late: impl FnMut(Duration)) -> u64 {
        let mut rounds = 0;
        while rounds < most {
            let Some(by) = self.due(now) else { break };
            late(by);
            rounds += 1;
        }
        rounds
    }

    /// How many rounds are due before `end` that were not due yet.
    pub fn owed(&self, end: Instant) -> u64 {
        let passed = end.saturating_duration_since(self.start).as_nanos() as f64;
        // One that is due at the very end is none, whatever a sum of fractions comes to.
        let due = (passed / self.period.nanos.max(1e-3) - 1e-6).ceil() as u64;
        due.saturating_sub(self.rounds)
    }

    /// How many rounds were given up, because they were too late.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether a round is due at `now`, and then how late it is; the schedule moves on to the one
    /// after it.
    pub fn due(&mut self, now: Instant) -> Option<Duration> {
        let late = now.checked_duration_since(self.next()?)?;
        self.rounds = self.rounds.saturating_add(1);
        let allowed = (CATCH_UP.as_nanos() as f64).max(self.period.nanos);
        let beyond = late.as_nanos() as f64 - allowed;
        if beyond > 0.0 {
            // Whole periods are skipped, so the rounds stay where they would have been.
            let skipped = (beyond / self.period.nanos.max(1e-3)) as u64;
            self.rounds = self.rounds.saturating_add(skipped);
            self.skipped = self.skipped.saturating_add(skipped);
        }
        Some(late)
    }
}

#[cfg(test)]
mod tests {
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
    fn the_first_round_is_due_at_once_and_the_next_an_interval_later() {
        assert_eq!(rounds(ms(10), &[0, 9, 10, 20, 29]), [1, 0, 1, 1, 0]);
    }

    #[test]
    fn waking_late_does_not_move_the_schedule() {
        assert_eq!(rounds(ms(10), &[0, 13, 20, 31, 40]), [1, 1, 1, 1, 1]);
    }

    #[test]
    fn how_late_it_is_is_told() {
        let start = Instant::now();
        let mut pace = Pace::new(start, ms(10));
        assert_eq!(
            (pace.due(start), pace.due(start + ms(13)), pace.due(start + ms(13))),
            (Some(ms(0)), Some(ms(3)), None)
        );
    }

    #[test]
    fn a_short_stall_is_made_good() {
        assert_eq!(rounds(ms(10), &[0, 50, 60]), [1, 5, 1]);
    }

    #[test]
    fn a_long_stall_is_not() {
        assert_eq!(rounds(ms(10), &[0, 60_000, 60_010]), [1, 11, 1]);
        assert_eq!(rounds(ms(2000), &[0, 60_000, 61_000, 62_000]), [1, 2, 0, 1]);
    }

    #[test]
    fn what_is_given_up_is_counted() {
        let start = Instant::now();
        let mut pace = Pace::new(start, ms(10));
        while pace.due(start + ms(50)).is_some() {}
        assert_eq!(pace.skipped(), 0, "made good");
        while pace.due(start + ms(1060)).is_some() {}
        // 107 were due by then: six before, eleven made good.
        assert_eq!(pace.skipped(), 90);
    }

    #[test]
    fn what_is_not_taken_at_once_stays_due() {
        let start = Instant::now();
        let (mut pace, mut late) = (Pace::new(start, ms(1)), Vec::new());
        let taken: Vec<u64> =
            (0..6).map(|_| pace.due_together(start + ms(9), 2, |by| late.push(by))).collect();
        assert_eq!(taken, [2, 2, 2, 2, 2, 0], "ten were due, and none is forgotten");
        assert_eq!((late.len(), late[0], late[9], pace.skipped()), (10, ms(9), ms(0), 0));
    }

    #[test]
    fn what_is_owed_is_what_was_due_and_not_taken() {
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
    fn a_rate_beyond_all_measure_is_no_reason_to_fall_over() {
        let start = Instant::now();
        let mut seldom = Pace::new(start, Period::of(Rate::Packets(1e-320), 1, 64));
        assert_eq!(
            (seldom.due(start), seldom.due(start + ms(1))),
            (Some(ms(0)), None),
            "the first is due at once"
        );
        let mut often = Pace::new(start, Period::of(Rate::Packets(1e300), 1, 64));
        let due = (0..20_000).all(|second| {
            (0..10).all(|_| often.due(start + Duration::from_secs(second)).is_some())
        });
        assert!(due, "each is late");
    }

    #[test]
    fn a_schedule_may_begin_a_period_later() {
        let start = Instant::now();
        let mut pace = Pace::after(start, ms(10));
        let due = [9, 10, 11, 20].map(|time| pace.due(start + ms(time)));
        assert_eq!(due, [None, Some(ms(0)), None, Some(ms(0))]);
    }

    #[test]
    fn a_rate_is_over_all_datagrams_of_a_round() {
        assert_eq!(Period::of(Rate::Packets(1000.0), 1, 64).to_duration(), ms(1));
        assert_eq!(Period::of(Rate::Packets(1000.0), 40, 64).to_duration(), ms(40));
        assert_eq!(Period::of(Rate::Bits(8e6), 2, 1000).to_duration(), ms(2));
        assert_eq!(Period::from(ms(3)).times(4).to_duration(), ms(12));
    }

    #[test]
    fn a_period_with_a_fraction_does_not_drift() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Period::of(Rate::Packets(300_000.0), 1, 64));
        let rounds =
            (0..3600).map(|second| start + Duration::from_secs(second)).fold(0, |_, now| {
                while pace.due(now).is_some() {}
                pace.rounds
            });
        // One more than the whole seconds hold: the first is due at once.
        assert_eq!(rounds, 3599 * 300_000 + 1);
    }

    proptest! {
        #[test]
        fn no_schedule_runs_ahead_or_bursts_without_bound(interval in 1_u64..5000, naps in proptest::collection::vec(0_u64..100_000, 1..50)) {
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
}
