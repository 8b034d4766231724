//! How a delayed sender catches up. It never reads a clock.
//!
//! Rounds that were missed leave one by one, with a gap. At once they would arrive as a burst, for
//! which a receiver may have no room.

use std::time::{Duration, Instant};

use crate::units::Shape;

/// The gap between missed rounds is at most this long: further rounds should not be late, too.
pub const LONGEST_GAP: Duration = Duration::from_micros(10);

/// A high rate divides its period by this: a sender with half a core must still catch up.
const CATCH_UP_FACTOR: u32 = 3;

/// A sender with a longer delay sends as fast as it can.
const MOST_SPREAD: Duration = Duration::from_millis(10);

/// Rounds in quicker succession are sent together, because a datagram takes the kernel 2 to 6 us.
const QUICK: Duration = Duration::from_micros(8);

/// With a longer delay, a sender that is too slow for single rounds sends them together.
const SMALL_DELAY: Duration = Duration::from_micros(100);

/// This many late rounds that each took longer than the period show that the sender is too slow.
const PROOF: u32 = 4;

/// When the next round leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Not yet.
    Wait,
    /// Alone.
    One,
    /// Together with all others that are due.
    All,
}

/// The order of the rounds of one sender.
pub struct CatchUp {
    period: Duration,
    /// Rounds are spread if they are later than this.
    spread_from: Duration,
    /// The time of the last round.
    last: Option<Instant>,
    /// The sender has waited since then.
    waited: bool,
    /// Late rounds in a row that each took longer than the period, without a wait.
    slow: u32,
}

impl CatchUp {
    /// Rounds with this mean time between two of them. Random times may be closer than the gap:
    /// rounds that are on time keep them.
    pub fn new(period: Duration, shape: Shape) -> Self {
        let is_random = matches!(shape, Shape::Poisson { .. });
        let spread_from = if is_random { SMALL_DELAY } else { Duration::ZERO };
        CatchUp { period, spread_from, last: None, waited: false, slow: 0 }
    }

    /// Notes another time between two rounds.
    pub fn set_period(&mut self, period: Duration) {
        self.period = period;
    }

    /// When the round that is due at `due` may leave, as seen at `now`.
    pub fn earliest(&self, due: Instant, now: Instant) -> Instant {
        let late = now.saturating_duration_since(due);
        let spread = self.period >= QUICK && late >= self.spread_from && late <= MOST_SPREAD;
        let gap = LONGEST_GAP.min(self.period / CATCH_UP_FACTOR);
        let after_last = self.last.map(|last| last + gap);
        after_last.filter(|_| spread).map_or(due, |at| at.max(due))
    }

    /// Decides at `now` about the round that is due at `due`.
    pub fn turn(&mut self, due: Instant, now: Instant) -> Turn {
        if self.earliest(due, now) > now {
            self.waited = true;
            return Turn::Wait;
        }
        let late = now.saturating_duration_since(due);
        if late > SMALL_DELAY {
            let took = self.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
            let is_slow = !self.waited && took > self.period;
            self.slow = if is_slow { self.slow.saturating_add(1) } else { 0 };
        }
        (self.last, self.waited) = (Some(now), false);
        let is_too_slow = self.slow >= PROOF && late > SMALL_DELAY;
        if self.period < QUICK || late > MOST_SPREAD || is_too_slow { Turn::All } else { Turn::One }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Pace, Period, Schedule};

    /// A longer wait, in us, is a sleep with a late wake-up.
    const SPIN: u64 = 20;

    /// When rounds leave, in us: each call and each late wake-up takes the `costs`, and the sender
    /// stalls once, from the first time to the second. Rounds that leave together are one entry.
    fn sent(period: u64, costs: (u64, u64), stall: (u64, u64), end: u64) -> Vec<(u64, u64)> {
        let (cost, oversleep) = costs;
        let (start, micros) = (Instant::now(), Duration::from_micros);
        let mut pace = Pace::new(start, micros(period));
        let mut catch_up = CatchUp::new(micros(period), Shape::Even);
        let (mut passed, mut sent) = (0, Vec::new());
        while passed < end {
            let (now, due) = (start + micros(passed), pace.next().unwrap());
            match catch_up.turn(due, now) {
                Turn::Wait => {
                    let next = catch_up.earliest(due, now).duration_since(start);
                    let next = next.as_micros() as u64;
                    passed = if next - passed > SPIN { next + oversleep } else { next };
                }
                turn => {
                    let most = if turn == Turn::All { 128 } else { 1 };
                    sent.push((passed, pace.due_together(now, most, |_| ())));
                    passed += cost;
                }
            }
            if (stall.0..stall.1).contains(&passed) {
                passed = stall.1;
            }
        }
        sent
    }

    fn rounds(sent: &[(u64, u64)]) -> u64 {
        sent.iter().map(|(_, rounds)| rounds).sum()
    }

    #[test]
    fn missed_rounds_leave_in_quick_succession() {
        let expected: Vec<_> = (0..=9)
            .map(|n| n * 100)
            .chain([1310, 1320, 1330, 1340])
            .chain((14..30).map(|n| n * 100))
            .map(|time| (time, 1))
            .collect();
        assert_eq!(sent(100, (3, 0), (950, 1310), 3000), expected);
        // At a higher rate the gap is shorter.
        let gaps = |sent: Vec<(u64, u64)>| sent.windows(2).map(|two| two[1].0 - two[0].0).max();
        let after_a_stall = sent(12, (1, 0), (950, 1310), 1480).split_off(80);
        assert_eq!((after_a_stall[0], gaps(after_a_stall.clone())), ((1310, 1), Some(4)));
    }

    /// The times at which the rounds of a Poisson process leave, in ns, if the sender stalls once.
    fn sent_at_random(mean: u64, stall: (u64, u64), end: u64) -> Vec<(u64, u64)> {
        let (start, shape) = (Instant::now(), Shape::Poisson { seed: 1 });
        let period = Duration::from_nanos(mean);
        let mut schedule = Schedule::new(start, Period::from(period), shape);
        let mut catch_up = CatchUp::new(period, shape);
        let (mut now, mut sent) = (start, Vec::new());
        let nanos = |at: Instant| at.duration_since(start).as_nanos() as u64;
        while nanos(now) < end {
            let due = schedule.next().unwrap();
            match catch_up.turn(due, now) {
                Turn::Wait => now = catch_up.earliest(due, now),
                turn => {
                    assert_eq!(turn, Turn::One);
                    schedule.due_together(now, 1, |_| ());
                    sent.push((nanos(due), nanos(now)));
                }
            }
            if (stall.0..stall.1).contains(&nanos(now)) {
                now = start + Duration::from_nanos(stall.1);
            }
        }
        sent
    }

    #[test]
    fn random_times_may_be_closer_than_the_gap() {
        let sent = sent_at_random(20_000, (0, 0), 10_000_000);
        assert!(sent.iter().all(|(due, left)| due == left));
        assert!(sent.windows(2).any(|two| two[1].1 - two[0].1 < 1_000));
        // After a stall, the missed rounds are spread.
        let sent = sent_at_random(20_000, (1_000_000, 2_000_000), 10_000_000);
        let late = sent.iter().filter(|(due, left)| left - due > 200_000);
        let left: Vec<u64> = late.map(|(_, left)| *left).collect();
        assert!(left.len() > 20 && left.windows(2).all(|two| two[1] - two[0] >= 6_666), "{left:?}");
    }

    #[test]
    fn long_delays_are_caught_up_at_once() {
        let sent = sent(100, (3, 0), (10_050, 40_000), 60_000);
        assert_eq!(sent[101..104], [(40_000, 128), (40_003, 128), (40_013, 1)]);
        assert_eq!(rounds(&sent), 600);
    }

    #[test]
    fn a_slow_sender_sends_rounds_together() {
        let sent = sent(10, (15, 0), (0, 0), 100_000);
        let late = |(time, _): &(u64, u64)| *time;
        assert!((9970..=10_000).contains(&rounds(&sent)), "{}", rounds(&sent));
        assert!(sent.iter().all(|(_, rounds)| *rounds <= 20) && sent.is_sorted_by_key(late));
    }

    #[test]
    fn late_wake_ups_are_no_slow_calls() {
        let sent = sent(100, (3, 150), (0, 0), 100_000);
        assert!(sent.iter().all(|(_, rounds)| *rounds == 1) && rounds(&sent) > 990);
    }

    #[test]
    fn quick_rounds_leave_together() {
        let sent = sent(2, (3, 0), (0, 0), 10_000);
        assert!(rounds(&sent) > 4990);
        assert!(sent.iter().all(|(_, rounds)| *rounds <= 2));
    }

    #[test]
    fn odd_periods_and_times_are_harmless() {
        let now = Instant::now();
        for period in [Duration::ZERO, Duration::MAX] {
            let mut catch_up = CatchUp::new(period, Shape::Even);
            catch_up.turn(now, now);
            assert!(catch_up.earliest(now, now) <= now + LONGEST_GAP);
        }
    }
}
