//! The delay of a sender that follows PTP: with `a=mediaclk:direct=0`, as AES67 and ST 2110 use it,
//! the timestamp is the time of the PTP epoch, 1970 in TAI, modulo 2^32 ticks.
//!
//! Nothing in the datagram states it. A delay exists only if each timestamp fits: by chance, one of
//! 300,000 does at 48,000 Hz.

use super::clock::MediaClock;
use crate::units::UnixTime;

/// What TAI is ahead of UTC, in seconds. A receiver on PTP may have either as its system clock.
const OFFSETS: [i64; 2] = [0, 37];

/// The longest plausible delay in ns.
const LONGEST: i64 = 100_000_000;

/// The fewest timestamps that show a common clock.
const FEWEST: u64 = 10;

/// The delay from sampling to arrival, in ns, if the sender and this host share a PTP clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtpDelay {
    /// The seconds that the receiver's clock is behind TAI: 0 or 37.
    pub utc_offset: i64,
    /// The shortest.
    pub min: i64,
    /// The mean.
    pub mean: i64,
    /// The longest.
    pub max: i64,
}

/// The delays that each offset yields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ptp {
    /// `None` once a timestamp did not fit.
    delays: [Option<Delays>; OFFSETS.len()],
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Delays {
    min: i64,
    max: i64,
    sum: i64,
}

impl Ptp {
    pub(super) fn new() -> Self {
        let none = Delays { min: i64::MAX, max: 0, sum: 0 };
        Ptp { delays: [Some(none); OFFSETS.len()], count: 0 }
    }

    /// Adds the first datagram of a timestamp. `offset` is the timestamp at the epoch.
    #[inline]
    pub(super) fn take(&mut self, time: UnixTime, timestamp: u32, offset: u32, clock: MediaClock) {
        self.count += 1;
        for (delays, ahead) in self.delays.iter_mut().zip(OFFSETS) {
            let Some(known) = delays else { continue };
            let now = UnixTime::from_nanos(time.nanos().saturating_add(ahead * 1_000_000_000));
            let ticks = clock.ticks_at(now).wrapping_add(offset).wrapping_sub(timestamp);
            let delay = clock.nanos(ticks.into());
            if delay > LONGEST {
                *delays = None;
                continue;
            }
            known.min = known.min.min(delay);
            known.max = known.max.max(delay);
            known.sum = known.sum.saturating_add(delay);
        }
    }

    /// The delay; `None` unless all timestamps fit.
    pub(super) fn delay(&self) -> Option<PtpDelay> {
        let (delays, utc_offset) =
            self.delays.iter().zip(OFFSETS).find(|(one, _)| one.is_some())?;
        let Delays { min, max, sum } = (*delays)?;
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        (self.count >= FEWEST).then(|| PtpDelay { utc_offset, min, mean: sum / count, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_123_456_789;

    /// The delay of a stream whose sender's clock is ahead of this one, without and with an offset
    /// of its timestamps.
    fn delay(count: i64, ahead: i64, offset: u32, late: impl Fn(i64) -> i64) -> Option<PtpDelay> {
        let clock = MediaClock::new(48_000).unwrap();
        let mut ptp = Ptp::new();
        for index in 0..count {
            let sent = UnixTime::from_nanos(NOW + index * 1_000_000 + ahead);
            let arrived = UnixTime::from_nanos(NOW + index * 1_000_000 + late(index));
            ptp.take(arrived, clock.ticks_at(sent).wrapping_add(offset), offset, clock);
        }
        ptp.delay()
    }

    #[test]
    fn a_common_clock_has_delays() {
        let late = |index: i64| 1_000_000 + index % 2 * 500_000;
        let found = delay(10, 0, 0, late).unwrap();
        let near = |nanos: i64, expected: i64| (nanos - expected).abs() < 21_000;
        assert!(near(found.min, 1_000_000) && near(found.mean, 1_250_000), "{found:?}");
        assert!(near(found.max, 1_500_000), "{found:?}");
        assert_eq!(found.utc_offset, 0);
        assert_eq!(delay(10, 37_000_000_000, 12_345, late).map(|found| found.utc_offset), Some(37));
    }

    #[test]
    fn a_single_misfit_refutes_the_clock() {
        assert_eq!(delay(9, 0, 0, |_| 0), None, "too few");
        assert!(delay(100, 0, 0, |_| 100_000).is_some());
        assert_eq!(delay(100, 0, 0, |index| if index == 50 { 101_000_000 } else { 0 }), None);
        assert_eq!(delay(100, 0, 0, |index| if index == 50 { -1_000_000 } else { 0 }), None);
        assert_eq!(delay(100, 36_000_000_000, 0, |_| 0), None);
    }
}
