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

    /// How many rounds there are in a second.
    pub fn per_second(self) -> f64 {
        1e9 / self.nanos
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
mod tests;
