//! The received rate of the joined groups, compared with the budget.

use std::time::{Duration, Instant};

use crate::units::Rate;

/// The time over which the rate is measured.
const WINDOW: Duration = Duration::from_millis(100);

/// The received rate of the joined groups. It never reads a clock.
#[derive(Debug)]
pub struct Load {
    budget: Rate,
    since: Instant,
    datagrams: u64,
    bytes: u64,
    /// The highest part of the budget that a window used.
    peak: f64,
}

impl Load {
    pub fn new(budget: Rate, start: Instant) -> Self {
        Load { budget, since: start, datagrams: 0, bytes: 0, peak: 0.0 }
    }

    /// Adds a datagram with `len` bytes of payload.
    pub fn add(&mut self, len: usize) {
        self.datagrams += 1;
        self.bytes += len as u64;
    }

    /// When the current window ends.
    pub fn due(&self) -> Instant {
        self.since + WINDOW
    }

    /// Ends the window if it is over. Returns whether the rate exceeds the budget.
    pub fn exceeds(&mut self, now: Instant) -> bool {
        if now < self.due() {
            return false;
        }
        let time = now.duration_since(self.since).as_secs_f64();
        let used = match self.budget {
            Rate::Packets(most) => self.datagrams as f64 / time / most,
            Rate::Bits(most) => self.bytes as f64 * 8.0 / time / most,
        };
        self.peak = self.peak.max(used);
        (self.since, self.datagrams, self.bytes) = (now, 0, 0);
        used > 1.0
    }

    /// The highest part of the budget that a window used.
    pub fn peak(&self) -> f64 {
        self.peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_a_window_counts() {
        let start = Instant::now();
        let mut load = Load::new(Rate::Bits(1e6), start);
        // 100 kbit in 100 ms are the whole budget.
        (0..10).for_each(|_| load.add(1250));
        assert!(!load.exceeds(start + WINDOW / 2));
        assert!(!load.exceeds(start + WINDOW));
        assert!((load.peak() - 1.0).abs() < 1e-9);
        (0..11).for_each(|_| load.add(1250));
        assert!(load.exceeds(start + 2 * WINDOW));
        assert!(!load.exceeds(start + 3 * WINDOW));
        assert!(load.peak() > 1.0);
    }

    #[test]
    fn a_late_look_is_no_burst() {
        let start = Instant::now();
        let mut load = Load::new(Rate::Packets(100.0), start);
        (0..50).for_each(|_| load.add(1));
        assert!(!load.exceeds(start + Duration::from_secs(1)));
    }
}
