//! Times of the system's clock in whole nanoseconds.

use std::time::{Duration, SystemTime};

/// A time in nanoseconds since the Unix epoch, from 1677 to 2262. Cheaper to compare and to
/// subtract than [`SystemTime`], which matters for each datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The current time of the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The time of a number of nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        UnixTime(nanos)
    }

    /// The number of nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The nanoseconds from `earlier` to this time; negative if `earlier` is later.
    pub const fn since(self, earlier: UnixTime) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time from `earlier` to this time; zero if `earlier` is later.
    pub fn duration_since(self, earlier: UnixTime) -> Duration {
        Duration::from_nanos(u64::try_from(self.since(earlier)).unwrap_or(0))
    }

    /// This time less `span`.
    pub fn before(self, span: Duration) -> Self {
        UnixTime(self.0.saturating_sub(nanos(span)))
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        UnixTime(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => nanos(after),
            Err(before) => -nanos(before.duration()),
        })
    }
}

impl From<UnixTime> for SystemTime {
    fn from(UnixTime(nanos): UnixTime) -> Self {
        let span = Duration::from_nanos(nanos.unsigned_abs());
        if nanos < 0 { SystemTime::UNIX_EPOCH - span } else { SystemTime::UNIX_EPOCH + span }
    }
}

fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_convert_both_ways() {
        for nanos in [0, 1, -1, 1_700_000_000_123_456_789, -5_000_000_001] {
            let time = UnixTime::from_nanos(nanos);
            assert_eq!(UnixTime::from(SystemTime::from(time)), time);
        }
    }

    #[test]
    fn distant_times_saturate() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(UnixTime::from(far).nanos(), i64::MAX);
        assert_eq!(UnixTime::from_nanos(i64::MIN).since(UnixTime::from_nanos(1)), i64::MIN);
    }

    #[test]
    fn a_step_back_is_no_span() {
        let (early, late) = (UnixTime::from_nanos(5), UnixTime::from_nanos(8));
        assert_eq!((late.since(early), early.since(late)), (3, -3));
        assert_eq!(early.duration_since(late), Duration::ZERO);
        assert_eq!(late.before(Duration::from_nanos(3)), early);
    }
}
