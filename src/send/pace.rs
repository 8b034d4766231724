//! When the next round is due: absolute times, never a sleep after a sleep, so the mean rate does not drift.

use std::time::{Duration, Instant};

/// A sender that was held up makes good for this much of the time it lost, and forgets the rest: a laptop that wakes up, or a program that was
/// stopped, must not flood the network with what it missed.
const CATCH_UP: Duration = Duration::from_millis(100);

/// A schedule of rounds, `interval` apart. It never reads a clock.
#[derive(Clone, Debug)]
pub struct Pace {
    next: Option<Instant>,
    interval: Duration,
}

impl Pace {
    /// A schedule whose first round is due at `start`.
    pub fn new(start: Instant, interval: Duration) -> Self {
        Pace { next: Some(start), interval }
    }

    /// When the next round is due; `None` where that is beyond what a clock can count.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a round is due at `now`; if so, the schedule moves on to the one after it.
    pub fn due(&mut self, now: Instant) -> bool {
        let Some(due) = self.next.filter(|next| *next <= now) else { return false };
        let late = now - due;
        let allowed = CATCH_UP.max(self.interval);
        let mut step = self.interval;
        if late > allowed {
            // Whole intervals are skipped, so the rounds stay where they would have been.
            let skipped = (late - allowed).as_nanos() / self.interval.as_nanos().max(1);
            let skipped = u64::try_from(skipped * self.interval.as_nanos()).unwrap_or(u64::MAX);
            step = step.saturating_add(Duration::from_nanos(skipped));
        }
        self.next = due.checked_add(step);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Rounds sent at each of `times`, in ms after the start.
    fn rounds(interval: Duration, times: &[u64]) -> Vec<u32> {
        let start = Instant::now();
        let mut pace = Pace::new(start, interval);
        times.iter().map(|time| (0..).take_while(|_| pace.due(start + ms(*time))).count() as u32).collect()
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
    fn a_short_stall_is_made_good() {
        assert_eq!(rounds(ms(10), &[0, 50, 60]), [1, 5, 1]);
    }

    #[test]
    fn a_long_stall_is_not() {
        assert_eq!(rounds(ms(10), &[0, 60_000, 60_010]), [1, 11, 1]);
        assert_eq!(rounds(ms(2000), &[0, 60_000, 61_000, 62_000]), [1, 2, 0, 1]);
    }

    #[test]
    fn an_interval_beyond_the_clock_means_one_round() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::MAX);
        assert!(pace.due(start) && !pace.due(start + ms(1)));
        assert_eq!(pace.next(), None);
    }

    proptest! {
        #[test]
        fn no_schedule_runs_ahead_or_bursts_without_bound(interval in 1_u64..5000, naps in proptest::collection::vec(0_u64..100_000, 1..50)) {
            let start = Instant::now();
            let mut pace = Pace::new(start, ms(interval));
            let (mut time, mut sent) = (0, 0);
            for nap in naps {
                time += nap;
                let burst = (0..).take_while(|_| pace.due(start + ms(time))).count() as u64;
                sent += burst;
                prop_assert!(burst <= 100 / interval + 2, "burst of {burst}");
                prop_assert!(sent <= time / interval + 1);
            }
        }
    }
}
