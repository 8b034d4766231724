//! The traffic in a part of the time.

use std::time::Duration;

use super::series::Part;
use crate::stats::delay::Quantiles;

/// The traffic in a part of the time.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// The start, in seconds from the start of the run.
    pub since: f64,
    /// The end.
    pub until: f64,
    /// Datagrams.
    pub datagrams: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// The lowest and the highest rate of an interval.
    pub rates: Range,
    /// What went wrong, by place. Each command counts its own.
    pub faults: Faults,
    /// Delays, delay variations or round-trip times, in ns.
    pub spread: Option<Spread>,
    /// The longest time between two datagrams, in ns.
    pub gap: Option<i64>,
}

/// The least and the most of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// What went wrong, by place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Lost in the network, or on the way to a receiver; datagrams that could not be sent.
    pub first: u64,
    /// Damaged on the path; skipped rounds.
    pub second: u64,
    /// Dropped in this host's kernel, or lost on the way back.
    pub third: u64,
}

impl Faults {
    /// All of them.
    pub fn sum(self) -> u64 {
        self.first + self.second + self.third
    }
}

/// The distribution of a time, in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The median.
    pub p50: i64,
    /// The 99th percentile.
    pub p99: i64,
    /// The maximum.
    pub max: i64,
}

impl From<Quantiles> for Spread {
    fn from(Quantiles { p50, p99, max, .. }: Quantiles) -> Self {
        Spread { p50, p99, max }
    }
}

impl Point {
    /// The traffic of an interval.
    pub fn new(since: Duration, elapsed: Duration, datagrams: u64, bytes: u64) -> Self {
        let (since, length) = (since.as_secs_f64(), elapsed.as_secs_f64());
        let rate = if length > 0.0 { datagrams as f64 / length } else { 0.0 };
        let rates = Range { least: rate, most: rate };
        Point { since, until: since + length, datagrams, bytes, rates, ..Point::default() }
    }

    /// Its length in seconds.
    pub fn length(&self) -> f64 {
        self.until - self.since
    }

    /// Datagrams a second.
    pub fn rate(&self) -> f64 {
        self.datagrams as f64 / self.length().max(1e-9)
    }

    /// Bits of payload a second.
    pub fn bit_rate(&self) -> f64 {
        self.bytes as f64 * 8.0 / self.length().max(1e-9)
    }

    /// Adds a short rest of the run, whose rate means nothing.
    pub fn extend(&mut self, rest: &Point, is_single: bool) {
        let rates = self.rates;
        self.merge(rest);
        let rate = self.rate();
        self.rates = if is_single { Range { least: rate, most: rate } } else { rates };
    }
}

impl Part for Point {
    /// Counters add up. Of a median the mean remains, of all other times the longest.
    fn merge(&mut self, later: &Self) {
        let both = (self.spread, later.spread);
        self.spread = match both {
            (Some(one), Some(other)) => Some(one.with(self.datagrams, other, later.datagrams)),
            (one, other) => one.or(other),
        };
        self.until = later.until;
        self.datagrams += later.datagrams;
        self.bytes += later.bytes;
        self.rates.least = self.rates.least.min(later.rates.least);
        self.rates.most = self.rates.most.max(later.rates.most);
        self.faults.first += later.faults.first;
        self.faults.second += later.faults.second;
        self.faults.third += later.faults.third;
        self.gap = self.gap.max(later.gap);
    }
}

impl Spread {
    fn with(self, weight: u64, other: Spread, other_weight: u64) -> Spread {
        let all = (weight + other_weight).max(1) as f64;
        let p50 = (self.p50 as f64 * weight as f64 + other.p50 as f64 * other_weight as f64) / all;
        Spread {
            p50: p50.round() as i64,
            p99: self.p99.max(other.p99),
            max: self.max.max(other.max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(since: u64, datagrams: u64) -> Point {
        Point::new(Duration::from_secs(since), Duration::from_secs(1), datagrams, datagrams * 100)
    }

    #[test]
    fn merged_points_keep_the_extremes() {
        let spread = |p50, p99, max| Some(Spread { p50, p99, max });
        let mut first = Point { spread: spread(10, 20, 30), gap: Some(5), ..point(0, 100) };
        let mut second = Point { spread: spread(20, 15, 90), gap: None, ..point(1, 300) };
        second.faults.third = 7;
        first.merge(&second);
        assert_eq!((first.since, first.until, first.rate()), (0.0, 2.0, 200.0));
        assert_eq!(first.rates, Range { least: 100.0, most: 300.0 });
        assert_eq!((first.spread, first.gap), (spread(18, 20, 90), Some(5)));
        assert_eq!(first.faults, Faults { third: 7, ..Faults::default() });
    }

    #[test]
    fn a_short_rest_has_no_rate_of_its_own() {
        let mut last = point(0, 100);
        let millisecond = Duration::from_millis(1);
        let rest = Point::new(Duration::from_secs(1), millisecond, 1, 100);
        assert_eq!(rest.rates.most, 1000.0);
        last.extend(&rest, true);
        assert!((last.rates.most - 100.9).abs() < 0.1, "{last:?}");
    }
}
