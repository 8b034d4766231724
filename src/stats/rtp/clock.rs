//! The rate of a media clock: known, or estimated from the arrivals.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::units::UnixTime;

/// The rates that an estimate can be, in Hz.
const RATES: [u32; 15] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 90_000, 96_000,
    176_400, 192_000, 27_000_000,
];

/// An estimate is a rate from which it differs by at most this part.
const TOLERANCE: f64 = 0.01;

/// The largest standard error of an estimate, relative: 88,200 and 90,000 are 2 % apart.
const LARGEST_ERROR: f64 = 0.005;

/// An estimate takes at least this time and this many different timestamps.
const LEAST_SPAN: i64 = 1_000_000_000;
const FEWEST: u64 = 10;

/// An estimate that fits no rate begins again after this time: the timestamps may have jumped.
const LONGEST_SPAN: i64 = 10_000_000_000;

/// After a result with the next one due beyond this time, there is no further one.
const FINAL_SPAN: i64 = 60_000_000_000;

/// A media clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MediaClock {
    hz: NonZeroU32,
    nanos_per_tick: f64,
}

/// How the rate of a media clock is known, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockOrigin {
    /// From the arrivals of the stream.
    Estimated,
    /// The payload type fixes it.
    PayloadType,
    /// A description of the session.
    Sap,
    /// The user.
    Option,
}

impl ClockOrigin {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            ClockOrigin::Estimated => "estimated",
            ClockOrigin::PayloadType => "payload_type",
            ClockOrigin::Sap => "sap",
            ClockOrigin::Option => "option",
        }
    }
}

impl MediaClock {
    /// A clock of a rate in Hz; `None` if it is 0.
    pub fn new(hz: u32) -> Option<Self> {
        let hz = NonZeroU32::new(hz)?;
        Some(MediaClock { hz, nanos_per_tick: 1e9 / f64::from(hz.get()) })
    }

    /// The rate in Hz.
    pub fn hz(self) -> u32 {
        self.hz.get()
    }

    /// The time of a number of ticks in ns.
    #[inline]
    pub fn nanos(self, ticks: i64) -> i64 {
        (ticks as f64 * self.nanos_per_tick) as i64
    }

    /// The timestamp at a time, if the clock was 0 at the Unix epoch.
    pub fn ticks_at(self, time: UnixTime) -> u32 {
        let hz = i64::from(self.hz.get());
        let (seconds, nanos) =
            (time.nanos().div_euclid(1_000_000_000), time.nanos().rem_euclid(1_000_000_000));
        // 2^34 seconds at 2^32 Hz overflow, but the result is modulo 2^32.
        seconds.wrapping_mul(hz).wrapping_add(nanos * hz / 1_000_000_000) as u32
    }
}

/// The ticks from one timestamp to another, modulo 2^32: negative if `later` is the earlier one.
#[inline]
pub(super) fn ticks_between(earlier: u32, later: u32) -> i64 {
    i64::from(later.wrapping_sub(earlier) as i32)
}

/// The slope of timestamps over their arrivals, by least squares. An arrival that is late at either
/// end would bend the line through the two ends far more.
#[derive(Clone, Debug, Default)]
pub(super) struct Estimate {
    origin: Option<(UnixTime, u32)>,
    /// The last timestamp, and the ticks since the first one.
    last: (u32, i64),
    points: f64,
    /// The means of seconds and ticks.
    mean: (f64, f64),
    /// The sums of squares and products of the distances from the means.
    seconds: f64,
    ticks: f64,
    product: f64,
    /// The span in ns at which the next result is due.
    due: i64,
}

impl Estimate {
    /// Adds the first arrival of a timestamp that is later than the last one. Returns the rate in
    /// Hz when the arrivals since the start show one. Further results come after twice the time.
    pub(super) fn take(&mut self, time: UnixTime, timestamp: u32) -> Option<u32> {
        let Some((start, _)) = self.origin else {
            self.origin = Some((time, timestamp));
            self.last = (timestamp, 0);
            self.due = LEAST_SPAN;
            self.add(0.0, 0.0);
            return None;
        };
        let total = self.last.1 + ticks_between(self.last.0, timestamp);
        self.last = (timestamp, total);
        let span = time.since(start);
        self.add(span as f64 / 1e9, total as f64);
        if span < self.due || self.points < FEWEST as f64 {
            return None;
        }
        let rate = self.rate();
        if rate.is_some() {
            self.due = span.saturating_mul(2);
        } else if span > LONGEST_SPAN {
            *self = Estimate::default();
        }
        rate
    }

    /// Whether the last result came after so long a time that a further one would be the same.
    pub(super) fn is_final(&self) -> bool {
        self.due >= FINAL_SPAN
    }

    fn add(&mut self, seconds: f64, ticks: f64) {
        self.points += 1.0;
        let before = (seconds - self.mean.0, ticks - self.mean.1);
        self.mean.0 += before.0 / self.points;
        self.mean.1 += before.1 / self.points;
        self.seconds += before.0 * (seconds - self.mean.0);
        self.ticks += before.1 * (ticks - self.mean.1);
        self.product += before.0 * (ticks - self.mean.1);
    }

    fn rate(&self) -> Option<u32> {
        let slope = self.product / self.seconds;
        let residual = (self.ticks - slope * self.product).max(0.0) / (self.points - 2.0);
        let error = (residual / self.seconds).sqrt();
        // Not a number fails the comparison.
        if !(slope > 0.0 && error <= LARGEST_ERROR * slope) {
            return None;
        }
        let distance = |rate: u32| (slope / f64::from(rate) - 1.0).abs();
        RATES
            .into_iter()
            .min_by(|one, other| distance(*one).total_cmp(&distance(*other)))
            .filter(|rate| distance(*rate) <= TOLERANCE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: i64) -> UnixTime {
        UnixTime::from_nanos(1_700_000_000_000_000_000 + nanos)
    }

    /// The last result for arrivals of `count` timestamps, each `step` ticks and `nanos` after the
    /// one before, late by `late(index)` ns.
    fn estimate(count: i64, step: u32, nanos: i64, late: impl Fn(i64) -> i64) -> Option<u32> {
        let mut estimate = Estimate::default();
        let timestamp = |index: i64| 0xffff_f000_u32.wrapping_add(step.wrapping_mul(index as u32));
        let mut take = |index| estimate.take(at(index * nanos + late(index)), timestamp(index));
        (0..count).filter_map(&mut take).last()
    }

    #[test]
    fn audio_and_video_rates_are_found() {
        assert_eq!(estimate(1001, 48, 1_000_000, |_| 0), Some(48_000));
        assert_eq!(estimate(26, 3600, 40_000_000, |_| 0), Some(90_000));
        assert_eq!(estimate(26, 3528, 40_000_000, |_| 0), Some(88_200));
        assert_eq!(estimate(251, 128, 5_804_989, |_| 0), Some(22_050));
    }

    #[test]
    fn a_short_or_sparse_stream_has_no_estimate() {
        assert_eq!(estimate(1000, 48, 1_000_000, |_| 0), None, "less than a second");
        assert_eq!(estimate(9, 18_000, 200_000_000, |_| 0), None, "nine timestamps");
        assert_eq!(estimate(10, 18_000, 200_000_000, |_| 0), Some(90_000));
    }

    #[test]
    fn an_unusual_rate_has_no_estimate() {
        assert_eq!(estimate(20_000, 50, 1_000_000, |_| 0), None);
        assert_eq!(estimate(20_000, 0, 1_000_000, |_| 0), None);
    }

    #[test]
    fn a_burst_at_the_start_yields_no_wrong_rate() {
        // The first 200 ms of media arrive at once: the line through both ends passes 96,000.
        for count in 20..500 {
            let rate =
                estimate(count, 3600, 40_000_000, |index| -(index * 40_000_000).min(200_000_000));
            assert!(matches!(rate, None | Some(90_000)), "{rate:?} after {count}");
        }
        let late = |index: i64| -(index * 40_000_000).min(200_000_000);
        assert_eq!(estimate(250, 3600, 40_000_000, late), Some(90_000));
    }

    #[test]
    fn an_estimate_recovers_from_a_jump() {
        let mut estimate = Estimate::default();
        let jump = |index: u32| if index > 200 { 1_000_000_000 } else { 0 };
        let take = |index: u32| {
            estimate.take(at(i64::from(index) * 20_000_000), index * 960 + jump(index))
        };
        assert_eq!((0..2000).map(take).skip(201).flatten().last(), Some(48_000));
    }

    #[test]
    fn ticks_wrap() {
        assert_eq!(ticks_between(0xffff_ffff, 1), 2);
        assert_eq!(ticks_between(1, 0xffff_ffff), -2);
        let clock = MediaClock::new(48_000).unwrap();
        assert_eq!(clock.nanos(48), 1_000_000);
        assert_eq!(clock.ticks_at(UnixTime::from_nanos(-1_000_000)), 0_u32.wrapping_sub(48));
        // 1,000,000 s are 48 * 10^9 ticks.
        let expected = (48_000_000_000_u64 % (1 << 32)) as u32;
        assert_eq!(clock.ticks_at(UnixTime::from_nanos(1_000_000_000_000_000)), expected);
        assert_eq!(MediaClock::new(0), None);
    }

    proptest! {
        #[test]
        fn jitter_of_a_tenth_of_the_interval_changes_no_rate(
            rate in 0..RATES.len(),
            late in proptest::collection::vec(0..2_000_000_i64, 150),
        ) {
            let rate = RATES[rate];
            let found = estimate(150, rate / 50, 20_000_000, |index| late[index as usize]);
            prop_assert_eq!(found, Some(rate));
        }

        #[test]
        fn nothing_panics(arrivals in proptest::collection::vec(any::<(i64, u32)>(), 0..100)) {
            let mut estimate = Estimate::default();
            for (time, timestamp) in arrivals {
                let _ = estimate.take(UnixTime::from_nanos(time), timestamp);
            }
        }
    }
}
