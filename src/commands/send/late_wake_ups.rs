//! How late sleeps ended, in bounded memory. Old wake-ups fade.

use std::time::Duration;

/// The width of a bin.
const BIN: Duration = Duration::from_micros(10);

const BINS: usize = 500;

/// Longer delays are counted as this one: no margin is worth them.
pub const LONGEST: Duration = Duration::from_micros(10 * BINS as u64);

/// With this many wake-ups, all counts are halved.
const MOST: u32 = 20_000;

/// The distribution of the latest wake-ups.
pub struct LateWakeUps {
    counts: Vec<u32>,
    total: u32,
}

impl Default for LateWakeUps {
    fn default() -> Self {
        LateWakeUps { counts: vec![0; BINS + 1], total: 0 }
    }
}

impl LateWakeUps {
    /// Adds a wake-up.
    pub fn add(&mut self, late: Duration) {
        self.counts[bin(late)] += 1;
        self.total += 1;
        if self.total >= MOST {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.total = self.counts.iter().sum();
        }
    }

    /// The delay that 999 of 1000 wake-ups do not exceed, rounded up with a little headroom. Counts
    /// only wake-ups that are late by less than `limit`. Zero without any.
    pub fn p999_within(&self, limit: Duration) -> Duration {
        let counts = &self.counts[..bin(limit)];
        let mut beyond = counts.iter().sum::<u32>() / 1000;
        for (bin, count) in counts.iter().enumerate().rev() {
            if *count > beyond {
                return BIN * (bin as u32 + 2);
            }
            beyond -= count;
        }
        Duration::ZERO
    }
}

fn bin(late: Duration) -> usize {
    usize::try_from(late.as_nanos() / BIN.as_nanos()).unwrap_or(BINS).min(BINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(wake_ups: impl IntoIterator<Item = u64>) -> LateWakeUps {
        let mut late = LateWakeUps::default();
        wake_ups.into_iter().for_each(|micros| late.add(Duration::from_micros(micros)));
        late
    }

    fn p999(late: &LateWakeUps) -> u128 {
        late.p999_within(LONGEST).as_micros()
    }

    #[test]
    fn few_wake_ups_are_all_covered() {
        assert_eq!(p999(&after([])), 0);
        assert_eq!(p999(&after([40, 60, 203])), 220);
        assert_eq!(p999(&after([90; 998].into_iter().chain([2000]))), 2020);
    }

    #[test]
    fn one_in_a_thousand_is_not_covered() {
        let late = after((0..10_000).map(|n| if n % 1000 == 0 { 3000 } else { 45 }));
        assert_eq!(p999(&late), 60);
    }

    #[test]
    fn stalls_do_not_count() {
        let late = after((0..1000).map(|n| if n % 10 == 0 { 900 } else { 250 }));
        assert_eq!(
            (late.p999_within(Duration::from_micros(500)).as_micros(), p999(&late)),
            (270, 920)
        );
        assert_eq!(p999(&after([50, 400_000])), 70);
    }

    #[test]
    fn old_wake_ups_fade() {
        let mut late = after([4000; 30]);
        assert_eq!(p999(&late), 4020);
        for _ in 0..3 * MOST {
            late.add(Duration::from_micros(45));
        }
        assert_eq!(p999(&late), 60);
        assert!(late.total < MOST);
    }
}
