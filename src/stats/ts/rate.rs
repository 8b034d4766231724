//! The rate of a stream by its PCR, and whether it is constant.

use super::marked::Marked;
use crate::format::ts::PACKET_LEN;

/// Consecutive rates of a constant stream differ by less than this share.
const TOLERANCE: f64 = 0.001;

/// The fewest equal rates of a constant stream.
const FEWEST: u64 = 4;

/// The first intervals are kept until the rate is known.
const PENDING: usize = 8;

const TICKS_PER_SECOND: f64 = 27e6;

/// Packets between two PCRs, and the time between them in 27 MHz ticks.
#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    packets: u64,
    ticks: u64,
}

/// The rate between PCRs, by a vote of the majority: losses lower a few of the rates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    /// Over all intervals without continuity errors.
    clean: Marked<Interval>,
    /// The first interval of the candidate for a constant rate.
    candidate: Interval,
    votes: u64,
    /// Over the intervals with the rate of the candidate, and their number.
    steady: Interval,
    steady_intervals: u64,
    intervals: u64,
    /// The packets that are missing at the constant rate; negative if there are too many.
    shortage: i64,
    shortage_at_mark: i64,
    pending: [Interval; PENDING],
    pending_len: usize,
}

impl Rate {
    /// Adds an interval between two PCRs, in 27 MHz ticks. `has_errors`: packets are missing in it.
    /// Returns whether the interval is whole: the rate is constant, and no packet is missing.
    pub fn add(&mut self, packets: u64, ticks: u64, has_errors: bool) -> bool {
        let interval = Interval { packets, ticks };
        if ticks == 0 {
            return false;
        }
        if !has_errors {
            self.clean.each(|clean| clean.add(interval));
        }
        self.intervals += 1;
        if self.votes > 0 && self.candidate.is_like(interval) {
            self.votes += 1;
            self.steady_intervals += 1;
            self.steady.add(interval);
        } else if self.votes > 0 {
            self.votes -= 1;
        } else if !has_errors {
            *self = Rate {
                clean: self.clean,
                candidate: interval,
                votes: 1,
                steady: interval,
                steady_intervals: 1,
                intervals: 1,
                ..Rate::default()
            };
        }
        self.measure_shortage(interval);
        !has_errors && self.is_constant() && self.missing(interval) == 0
    }

    /// Whether most intervals have the same rate.
    pub fn is_constant(&self) -> bool {
        self.steady_intervals >= FEWEST && self.steady_intervals * 2 > self.intervals
    }

    /// Bits of packets per second: the constant rate, or the mean without losses.
    pub fn bits_per_second(&self, interval: bool) -> Option<f64> {
        let of = if self.is_constant() { self.steady } else { self.clean.get(interval) };
        let bits = of.packets as f64 * PACKET_LEN as f64 * 8.0;
        (of.ticks > 0).then(|| bits * TICKS_PER_SECOND / of.ticks as f64)
    }

    /// The packets that are missing at the constant rate; `None` if the rate varies.
    pub fn shortage(&self, interval: bool) -> Option<u64> {
        let before = if interval { self.shortage_at_mark } else { 0 };
        let many = self.shortage.saturating_sub(before);
        self.is_constant().then(|| u64::try_from(many).unwrap_or(0))
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.shortage_at_mark = self.shortage;
        self.clean.mark();
    }

    fn measure_shortage(&mut self, interval: Interval) {
        if !self.is_constant() {
            if let Some(free) = self.pending.get_mut(self.pending_len) {
                *free = interval;
                self.pending_len += 1;
            }
            return;
        }
        let pending = self.pending;
        for before in pending.iter().take(std::mem::take(&mut self.pending_len)) {
            self.add_shortage(*before);
        }
        self.add_shortage(interval);
    }

    fn add_shortage(&mut self, interval: Interval) {
        self.shortage = self.shortage.saturating_add(self.missing(interval));
    }

    /// The packets that are missing in an interval at the constant rate.
    fn missing(&self, interval: Interval) -> i64 {
        let Interval { packets, ticks } = self.steady;
        let expected = interval.ticks as f64 * packets as f64 / ticks as f64;
        (expected - interval.packets as f64).round() as i64
    }
}

impl Interval {
    fn add(&mut self, other: Interval) {
        self.packets = self.packets.saturating_add(other.packets);
        self.ticks = self.ticks.saturating_add(other.ticks);
    }

    /// Whether two intervals have the same rate.
    fn is_like(self, other: Interval) -> bool {
        let (one, two) =
            (self.packets as f64 * other.ticks as f64, other.packets as f64 * self.ticks as f64);
        (one - two).abs() <= TOLERANCE * one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 packets a second.
    const TICKS: u64 = 27_000;

    #[test]
    fn losses_are_the_shortage_of_a_constant_rate() {
        let mut rate = Rate::default();
        for lost in [0, 0, 7, 0, 0, 0, 0, 3, 0, 0] {
            rate.add(20 - lost, 20 * TICKS, lost > 0);
        }
        assert!(rate.is_constant());
        assert_eq!(rate.bits_per_second(false), Some(1_504_000.0));
        assert_eq!(rate.shortage(false), Some(10), "also before the rate was known");
        rate.mark();
        rate.add(0, 100 * TICKS, true);
        assert_eq!((rate.shortage(true), rate.shortage(false)), (Some(100), Some(110)));
    }

    #[test]
    fn a_late_datagram_is_no_shortage() {
        let mut rate = Rate::default();
        for packets in [20, 20, 20, 20, 13, 27, 20, 20] {
            rate.add(packets, 20 * TICKS, false);
        }
        assert_eq!(rate.shortage(false), Some(0));
    }

    #[test]
    fn a_variable_rate_has_no_shortage() {
        let mut rate = Rate::default();
        for packets in [20, 30, 25, 40, 22, 31, 29, 28, 36] {
            rate.add(packets, 20 * TICKS, false);
        }
        assert!(!rate.is_constant());
        assert_eq!(rate.shortage(false), None);
        assert_eq!(rate.bits_per_second(false), Some(1_504_000.0 * 29.0 / 20.0));
    }

    #[test]
    fn a_first_interval_with_losses_does_not_decide() {
        let mut rate = Rate::default();
        for packets in [15, 20, 20, 20, 20, 20, 20] {
            rate.add(packets, 20 * TICKS, false);
        }
        assert_eq!(rate.bits_per_second(false), Some(1_504_000.0));
    }
}
