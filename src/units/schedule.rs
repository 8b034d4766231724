//! The schedule of a sender's rounds, even or of another shape. It never reads a clock.

use std::time::{Duration, Instant};

use super::pace::CATCH_UP;
use super::shape::Times;
use super::{Pace, Period, Shape};

/// A schedule of rounds.
#[derive(Clone, Debug)]
pub struct Schedule {
    rounds: Rounds,
}

#[derive(Clone, Debug)]
enum Rounds {
    Even(Pace),
    Shaped(Shaped),
}

impl Schedule {
    /// The rounds from `start` on. The period is the mean one of a Poisson process, the first one
    /// of a ramp, and that while an on-off schedule is on.
    pub fn new(start: Instant, period: Period, shape: Shape) -> Self {
        let rounds = match Times::new(shape, period) {
            None => Rounds::Even(Pace::new(start, period)),
            Some(times) => Rounds::Shaped(Shaped::new(start, times)),
        };
        Schedule { rounds }
    }

    /// The mean time between two rounds, at present.
    pub fn period(&self) -> Duration {
        match &self.rounds {
            Rounds::Even(pace) => pace.period().to_duration(),
            Rounds::Shaped(shaped) => shaped.period(),
        }
    }

    /// The due time of the next round; `None` if a clock cannot represent it.
    #[inline]
    pub fn next(&self) -> Option<Instant> {
        match &self.rounds {
            Rounds::Even(pace) => pace.next(),
            Rounds::Shaped(shaped) => shaped.next(),
        }
    }

    /// The number of rounds due at `now`, at most `most`; the others stay due. `late` receives the
    /// lateness of each.
    pub fn due_together(&mut self, now: Instant, most: u64, mut late: impl FnMut(Duration)) -> u64 {
        match &mut self.rounds {
            Rounds::Even(pace) => pace.due_together(now, most, late),
            Rounds::Shaped(shaped) => {
                let due = (0..most).map_while(|_| shaped.due(now)).inspect(|by| late(*by));
                due.count() as u64
            }
        }
    }

    /// The number of rounds that were due before `end` and may still leave at `now`, at most `most`.
    /// A sender that wakes up too late for the last rounds of a run catches up on them.
    pub fn due_before(
        &mut self,
        end: Instant,
        now: Instant,
        most: u64,
        late: impl FnMut(Duration),
    ) -> u64 {
        if now.saturating_duration_since(end) > CATCH_UP {
            return 0;
        }
        let most = self.owed(end).min(most);
        self.due_together(now, most, late)
    }

    /// Postpones the next round to `now` if it was due earlier, and the later rounds with it:
    /// nothing could be sent until now.
    pub fn postpone(&mut self, now: Instant) {
        match &mut self.rounds {
            Rounds::Even(pace) => pace.postpone(now),
            Rounds::Shaped(shaped) => {
                let due = shaped.next();
                if let Some(late) = due.and_then(|due| now.checked_duration_since(due)) {
                    shaped.start += late;
                }
            }
        }
    }

    /// The number of further rounds due before `end`.
    pub fn owed(&self, end: Instant) -> u64 {
        match &self.rounds {
            Rounds::Even(pace) => pace.owed(end),
            Rounds::Shaped(shaped) => shaped.owed(end),
        }
    }

    /// The number of rounds that were too late and skipped.
    pub fn skipped(&self) -> u64 {
        match &self.rounds {
            Rounds::Even(pace) => pace.skipped(),
            Rounds::Shaped(shaped) => shaped.skipped,
        }
    }

    /// The time from the start to a round, counted from 0; for a Poisson process its mean. The
    /// longest time, if a clock cannot represent it.
    pub fn planned(&self, round: u64) -> Duration {
        match &self.rounds {
            Rounds::Even(pace) => pace.period().times(round).to_duration(),
            Rounds::Shaped(shaped) => {
                duration(shaped.times.expected(round)).unwrap_or(Duration::MAX)
            }
        }
    }
}

/// A schedule of another shape.
#[derive(Clone, Debug)]
struct Shaped {
    start: Instant,
    times: Times,
    /// The number of the next round, the skipped ones included.
    number: u64,
    /// The due time of the next round in ns after the start.
    due: f64,
    skipped: u64,
}

impl Shaped {
    fn new(start: Instant, mut times: Times) -> Self {
        let due = times.next(0);
        Shaped { start, times, number: 0, due, skipped: 0 }
    }

    fn next(&self) -> Option<Instant> {
        self.start.checked_add(duration(self.due)?)
    }

    fn period(&self) -> Duration {
        duration(self.times.period(self.due)).unwrap_or(Duration::MAX)
    }

    /// Takes the next round if it is due at `now`, and returns its lateness.
    fn due(&mut self, now: Instant) -> Option<Duration> {
        let late = now.checked_duration_since(self.next()?)?;
        self.advance(1);
        let allowed = self.period().max(CATCH_UP);
        if late > allowed {
            let end = self.since_start(now) - allowed.as_nanos() as f64;
            let skipped = self.times.skip_until(end, (self.number, self.due));
            self.skipped = self.skipped.saturating_add(skipped);
            if skipped > 0 {
                self.advance(skipped);
            }
        }
        Some(late)
    }

    fn advance(&mut self, rounds: u64) {
        self.number = self.number.saturating_add(rounds);
        self.due = self.times.next(self.number);
    }

    fn owed(&self, end: Instant) -> u64 {
        self.times.count_until(self.since_start(end), (self.number, self.due))
    }

    fn since_start(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.start).as_nanos() as f64
    }
}

/// `None` if a clock cannot represent it.
fn duration(nanos: f64) -> Option<Duration> {
    (nanos < u64::MAX as f64).then(|| Duration::from_nanos(nanos.round() as u64))
}

#[cfg(test)]
mod tests;
