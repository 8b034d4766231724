//! The wall-clock time of a timestamp that counts ticks.

use crate::units::UnixTime;

/// The oldest timestamp that counts as one of this counter. A datagram waits no longer in a receive
/// buffer that is read. A network adapter may write its own counter, of an unknown frequency.
const OLDEST_SECONDS: i64 = 10;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A counter and the clock, read at one moment.
///
/// The error of a converted timestamp is half the time between the two readings of the counter that
/// enclose the reading of the clock, plus the resolution of the clock (100 ns), plus the correction
/// of the clock's speed during the age of the datagram.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    ticks: i64,
    /// Ticks per second.
    frequency: i64,
    time: UnixTime,
}

impl Reading {
    /// Reads the clock between two readings of the counter, of `frequency` ticks per second.
    pub fn take(
        frequency: i64,
        mut counter: impl FnMut() -> i64,
        clock: impl FnOnce() -> UnixTime,
    ) -> Self {
        let before = counter();
        let time = clock();
        let after = counter();
        let ticks = before.saturating_add(after.saturating_sub(before) / 2);
        Reading { ticks, frequency, time }
    }

    /// The time of a timestamp; `None` if it is not a recent one of this counter.
    pub fn time_of(&self, ticks: u64) -> Option<UnixTime> {
        let age = self.ticks.checked_sub(i64::try_from(ticks).ok()?)?;
        let oldest = self.frequency.checked_mul(OLDEST_SECONDS)?;
        // A datagram that arrives between the readings may be newer than their middle.
        let newest = -self.frequency / 1000;
        if self.frequency <= 0 || !(newest..=oldest).contains(&age) {
            return None;
        }
        let age = i128::from(age) * NANOS_PER_SECOND / i128::from(self.frequency);
        Some(UnixTime::from_nanos(self.time.nanos().checked_sub(i64::try_from(age).ok()?)?))
    }
}

#[cfg(test)]
mod tests;
