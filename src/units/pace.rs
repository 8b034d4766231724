//! The schedule of rounds. Due times are absolute, because a sleep after each round would let the
//! mean rate drift.

use std::time::{Duration, Instant};

use super::Rate;

/// A delayed sender catches up on this time and skips the rest: after a suspend or a stop it must
/// not flood the network.
pub(super) const CATCH_UP: Duration = Duration::from_millis(100);

/// The time between two rounds; it may have a fraction of a nanosecond.
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
    /// The period of rounds of `datagrams` datagrams with `len` bytes of payload each, at this
    /// rate.
    pub fn of(rate: Rate, datagrams: u64, len: usize) -> Self {
        let seconds = match rate {
            Rate::Packets(packets) => datagrams as f64 / packets,
            Rate::Bits(bits) => datagrams as f64 * len as f64 * 8.0 / bits,
        };
        Period { nanos: seconds * 1e9 }
    }

    /// A period `factor` times as long.
    pub fn times(self, factor: u64) -> Self {
        Period { nanos: self.nanos * factor as f64 }
    }

    /// Rounds per second.
    pub fn per_second(self) -> f64 {
        1e9 / self.nanos
    }

    /// In nanoseconds; a rate beyond any clock has a period of a thousandth, not of 0.
    pub(super) fn nanos(self) -> f64 {
        self.nanos.max(1e-3)
    }

    /// Rounded to a nanosecond.
    pub fn to_duration(self) -> Duration {
        self.after(1).unwrap_or(Duration::MAX)
    }

    /// The time of this many rounds; `None` if a clock cannot represent it.
    pub fn after(self, rounds: u64) -> Option<Duration> {
        // Without this, an infinite period would make zero rounds NaN.
        let nanos = if rounds == 0 { 0.0 } else { self.nanos * rounds as f64 };
        (nanos < u64::MAX as f64).then(|| Duration::from_nanos(nanos.round() as u64))
    }
}

/// A schedule of rounds. It never reads a clock.
#[derive(Clone, Debug)]
pub struct Pace {
    start: Instant,
    period: Period,
    /// Rounds that were due, the skipped ones included.
    rounds: u64,
    skipped: u64,
}

impl Pace {
    /// The first round is due at `start`.
    pub fn new(start: Instant, period: impl Into<Period>) -> Self {
        Pace { start, period: period.into(), rounds: 0, skipped: 0 }
    }

    /// The first round is due one period after `start`.
    pub fn after(start: Instant, period: impl Into<Period>) -> Self {
        Pace { rounds: 1, ..Pace::new(start, period) }
    }

    /// The time between two rounds.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The due time of the next round; `None` if a clock cannot represent it.
    pub fn next(&self) -> Option<Instant> {
        self.start.checked_add(self.period.after(self.rounds)?)
    }

    /// The number of rounds due at `now`, at most `most`; the others stay due. `late` receives the
    /// lateness of each.
    pub fn due_together(&mut self, now: Instant, most: u64, mut late: impl FnMut(Duration)) -> u64 {
        let mut rounds = 0;
        while rounds < most {
            let Some(by) = self.due(now) else { break };
            late(by);
            rounds += 1;
        }
        rounds
    }

    /// Postpones the next round to `now` if it was due earlier, and the later rounds with it:
    /// nothing could be sent until now.
    pub fn postpone(&mut self, now: Instant) {
        if let Some(late) = self.next().and_then(|next| now.checked_duration_since(next)) {
            self.start += late;
        }
    }

    /// The number of further rounds due before `end`.
    pub fn owed(&self, end: Instant) -> u64 {
        let passed = end.saturating_duration_since(self.start).as_nanos() as f64;
        // A round exactly at the end is not due, despite the rounding error of the sum.
        let due = (passed / self.period.nanos() - 1e-6).ceil() as u64;
        due.saturating_sub(self.rounds)
    }

    /// The number of rounds that were too late and skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes the next round if it is due at `now`, and returns its lateness.
    pub fn due(&mut self, now: Instant) -> Option<Duration> {
        let late = now.checked_duration_since(self.next()?)?;
        self.rounds = self.rounds.saturating_add(1);
        let allowed = (CATCH_UP.as_nanos() as f64).max(self.period.nanos);
        let beyond = late.as_nanos() as f64 - allowed;
        if beyond > 0.0 {
            // Skipping whole periods keeps the phase of the schedule.
            let skipped = (beyond / self.period.nanos()) as u64;
            self.rounds = self.rounds.saturating_add(skipped);
            self.skipped = self.skipped.saturating_add(skipped);
        }
        Some(late)
    }
}

#[cfg(test)]
mod tests;
