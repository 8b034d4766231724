//! The clock of a capture: the times of its datagrams in place of this host's clocks.

use std::time::{Duration, Instant, SystemTime};

use crate::commands::recv::clock::Moment;
use crate::units::UnixTime;

/// The clock of a capture. It never goes back, and only its datagrams advance it.
#[derive(Clone, Debug)]
pub struct CaptureClock {
    /// Stands for the time of the first datagram, because the rest of a receiver measures with
    /// `Instant`. Only differences matter.
    start: Instant,
    first: Option<UnixTime>,
    latest: UnixTime,
    /// Datagrams without a time.
    pub untimed: u64,
    /// Datagrams that are older than one before them.
    pub steps_back: u64,
    /// The longest step back.
    pub longest_step: Duration,
}

impl CaptureClock {
    /// A clock before the first datagram.
    pub fn new(start: Instant) -> Self {
        CaptureClock {
            start,
            first: None,
            latest: UnixTime::default(),
            untimed: 0,
            steps_back: 0,
            longest_step: Duration::ZERO,
        }
    }

    /// Starts at the time of the first record, unless it has started.
    pub fn begin(&mut self, time: UnixTime) {
        if self.first.is_none() {
            (self.first, self.latest) = (Some(time), time);
        }
    }

    /// Advances to the time of the last record, which may have no datagram.
    pub fn end(&mut self, time: UnixTime) {
        self.begin(time);
        self.latest = self.latest.max(time);
    }

    /// Advances to a datagram, and returns its time: without one, that of the datagram before.
    pub fn advance(&mut self, time: Option<UnixTime>) -> UnixTime {
        let Some(time) = time else {
            self.untimed += 1;
            return self.latest;
        };
        self.begin(time);
        if time < self.latest {
            self.steps_back += 1;
            self.longest_step = self.longest_step.max(self.latest.duration_since(time));
        } else {
            self.latest = time;
        }
        time
    }

    /// The time in the capture; `None` before its first record.
    pub fn time(&self) -> Option<SystemTime> {
        self.first.map(|_| self.latest.into())
    }

    /// The current time.
    pub fn now(&self) -> Moment {
        let since = self.latest.duration_since(self.first.unwrap_or_default());
        let steady = self.start.checked_add(since).unwrap_or(self.start);
        Moment { system: self.latest.into(), steady }
    }

    /// An earlier time.
    pub fn at(&self, steady: Instant) -> Moment {
        let now = self.now();
        let before = now.steady.saturating_duration_since(steady);
        Moment { system: self.latest.before(before).into(), steady }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Option<UnixTime> {
        Some(UnixTime::from_nanos(millis * 1_000_000))
    }

    #[test]
    fn the_clock_follows_the_datagrams() {
        let start = Instant::now();
        let mut clock = CaptureClock::new(start);
        assert_eq!((clock.time(), clock.now().steady), (None, start));
        clock.advance(at(5000));
        clock.advance(at(6500));
        let now = clock.now();
        assert_eq!(now.steady - start, Duration::from_millis(1500));
        assert_eq!(UnixTime::from(now.system), at(6500).unwrap());
        let earlier = clock.at(start + Duration::from_millis(500));
        assert_eq!(UnixTime::from(earlier.system), at(5500).unwrap());
    }

    #[test]
    fn steps_back_do_not_move_the_clock() {
        let mut clock = CaptureClock::new(Instant::now());
        for millis in [5000, 7000, 6000, 6990, 7000, 8000] {
            clock.advance(at(millis));
        }
        assert_eq!((clock.steps_back, clock.longest_step), (2, Duration::from_secs(1)));
        assert_eq!(clock.time(), at(8000).map(Into::into));
    }

    #[test]
    fn records_without_datagrams_count_at_both_ends() {
        let start = Instant::now();
        let mut clock = CaptureClock::new(start);
        clock.begin(UnixTime::from_nanos(0));
        clock.advance(at(5000));
        clock.end(UnixTime::from_nanos(9_000_000_000));
        assert_eq!(clock.now().steady - start, Duration::from_secs(9));
    }

    #[test]
    fn a_datagram_without_a_time_has_the_time_before() {
        let mut clock = CaptureClock::new(Instant::now());
        clock.advance(at(5000));
        assert_eq!((clock.advance(None), clock.untimed), (at(5000).unwrap(), 1));
    }

    #[test]
    fn no_time_overflows() {
        let mut clock = CaptureClock::new(Instant::now());
        for nanos in [i64::MIN, 0, i64::MAX, i64::MIN] {
            clock.advance(Some(UnixTime::from_nanos(nanos)));
            clock.at(clock.now().steady);
        }
        assert_eq!(clock.steps_back, 1);
    }
}
