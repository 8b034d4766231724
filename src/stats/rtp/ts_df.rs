//! The time-stamped delay factor (EBU Tech 3337): how far the arrivals deviate from the timestamps
//! within a second. A receiver needs a buffer for this time.

use super::clock::{MediaClock, ticks_between};
use crate::units::UnixTime;

/// The longest period in ns.
const PERIOD: i64 = 1_000_000_000;

/// The delay factors of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TsDf {
    period: Option<Period>,
    last: Option<i64>,
    worst: Option<i64>,
}

/// Delay factors in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayFactor {
    /// That of the last whole period; before it, that of the current one.
    pub last: i64,
    /// The largest, the current period included.
    pub worst: i64,
}

#[derive(Clone, Copy, Debug)]
struct Period {
    start: UnixTime,
    timestamp: u32,
    /// The smallest and the largest difference of transit times from the first datagram's.
    least: i64,
    most: i64,
    datagrams: u64,
}

impl Period {
    fn factor(&self) -> Option<i64> {
        (self.datagrams > 1).then(|| self.most.saturating_sub(self.least))
    }
}

impl TsDf {
    /// Adds a datagram, in order or late.
    #[inline]
    pub(super) fn take(&mut self, time: UnixTime, timestamp: u32, clock: MediaClock) {
        if let Some(period) = &mut self.period {
            let span = time.since(period.start);
            // A clock that was set far back ends a period, too.
            if (-PERIOD..PERIOD).contains(&span) {
                let transit = span - clock.nanos(ticks_between(period.timestamp, timestamp));
                period.least = period.least.min(transit);
                period.most = period.most.max(transit);
                period.datagrams += 1;
                return;
            }
        }
        self.close();
        self.period = Some(Period { start: time, timestamp, least: 0, most: 0, datagrams: 1 });
    }

    /// Ends the period: the next datagram begins another one.
    pub(super) fn close(&mut self) {
        if let Some(factor) = self.period.take().and_then(|period| period.factor()) {
            self.last = Some(factor);
            self.worst = self.worst.max(Some(factor));
        }
    }

    /// The delay factors; `None` before the second datagram.
    pub(super) fn factors(&self) -> Option<DelayFactor> {
        let current = self.period.and_then(|period| period.factor());
        let last = self.last.or(current)?;
        Some(DelayFactor { last, worst: self.worst.max(current).unwrap_or(last) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(ts_df: &mut TsDf, millis: i64, timestamp: u32) {
        let clock = MediaClock::new(1_000).unwrap();
        ts_df.take(UnixTime::from_nanos(millis * 1_000_000), timestamp, clock);
    }

    fn factors(arrivals: &[(i64, u32)]) -> Option<(i64, i64)> {
        let mut ts_df = TsDf::default();
        arrivals.iter().for_each(|(millis, timestamp)| take(&mut ts_df, *millis, *timestamp));
        ts_df.factors().map(|factors| (factors.last / 1_000_000, factors.worst / 1_000_000))
    }

    #[test]
    fn a_factor_is_the_spread_of_transit_times() {
        assert_eq!(factors(&[(0, 7)]), None);
        assert_eq!(factors(&[(0, 7), (10, 17), (20, 27)]), Some((0, 0)));
        // 4 ms late, then 3 ms early.
        assert_eq!(factors(&[(0, 7), (14, 17), (17, 27)]), Some((7, 7)));
        assert_eq!(factors(&[(0, u32::MAX), (14, 9)]), Some((4, 4)), "timestamps wrap");
    }

    #[test]
    fn each_second_has_its_factor() {
        let first = [(0, 0), (509, 500), (999, 999)];
        let second = [(1000, 1000), (1502, 1500)];
        assert_eq!(factors(&first), Some((9, 9)));
        assert_eq!(factors(&[&first[..], &second].concat()), Some((9, 9)), "a second is not over");
        let third = [(2000, 2000), (2520, 2500)];
        assert_eq!(factors(&[&first[..], &second, &third].concat()), Some((2, 20)));
    }

    #[test]
    fn a_clock_that_is_set_ends_the_period() {
        let back = -100_000;
        assert_eq!(factors(&[(0, 0), (11, 10), (back, 20), (back + 13, 30)]), Some((1, 3)));
    }
}
