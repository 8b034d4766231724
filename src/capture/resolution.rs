//! The times of records: what a tick is, and when ticks begin.

use crate::units::UnixTime;

/// What the ticks of a timestamp mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    unit: Unit,
    /// The time of tick 0, in seconds since the Unix epoch.
    offset: i64,
}

/// The length of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// 10 to this negative power, in seconds.
    Decimal(u32),
    /// 2 to this negative power, in seconds.
    Binary(u32),
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

impl Resolution {
    pub const MICROSECONDS: Resolution = Resolution { unit: Unit::Decimal(6), offset: 0 };
    pub const NANOSECONDS: Resolution = Resolution { unit: Unit::Decimal(9), offset: 0 };

    /// The resolution of the option `if_tsresol` (pcapng, 4.2).
    pub fn with_unit(self, code: u8) -> Self {
        let power = u32::from(code & 0x7f);
        let unit = if code & 0x80 == 0 { Unit::Decimal(power) } else { Unit::Binary(power) };
        Resolution { unit, ..self }
    }

    /// The seconds of the option `if_tsoffset` (pcapng, 4.2).
    pub fn with_offset(self, offset: i64) -> Self {
        Resolution { offset, ..self }
    }

    /// The time of a number of ticks, rounded down to nanoseconds; times beyond [`UnixTime`] become
    /// the earliest or the latest.
    pub fn time(self, ticks: u64) -> UnixTime {
        let nanos = match self.unit {
            Unit::Decimal(power @ 0..=9) => i128::from(ticks) * 10_i128.pow(9 - power),
            // 10^20 ticks are more than 64 bits hold.
            Unit::Decimal(power) => i128::from(ticks) / 10_i128.pow((power - 9).min(20)),
            Unit::Binary(power) => (i128::from(ticks) * NANOS_PER_SECOND) >> power,
        };
        let nanos = nanos + i128::from(self.offset) * NANOS_PER_SECOND;
        let nearest = if nanos < 0 { i64::MIN } else { i64::MAX };
        UnixTime::from_nanos(i64::try_from(nanos).unwrap_or(nearest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(code: u8, offset: i64, ticks: u64) -> i64 {
        Resolution::MICROSECONDS.with_unit(code).with_offset(offset).time(ticks).nanos()
    }

    #[test]
    fn ticks_of_each_unit_become_nanoseconds() {
        for (code, ticks, expected) in [
            (0, 3, 3_000_000_000),
            (6, 1_500_000, 1_500_000_000),
            (9, 1_234_567_891, 1_234_567_891),
            (12, 1_234_567_891_999, 1_234_567_891),
            (29, u64::MAX, 0),
            (127, u64::MAX, 0),
            (0x80, 7, 7_000_000_000),
            (0x88, 0x180, 1_500_000_000),
            (0xa0, 3 << 31, 1_500_000_000),
            (0xff, u64::MAX, 0),
        ] {
            assert_eq!(nanos(code, 0, ticks), expected, "{code:#x} {ticks}");
        }
    }

    #[test]
    fn an_offset_moves_the_epoch() {
        assert_eq!(nanos(6, 1_700_000_000, 5), 1_700_000_000_000_005_000);
        assert_eq!(nanos(6, -2, 500_000), -1_500_000_000);
    }

    #[test]
    fn times_that_no_clock_has_saturate() {
        assert_eq!(nanos(0, i64::MAX, u64::MAX), i64::MAX);
        assert_eq!(nanos(0, i64::MIN, 0), i64::MIN);
        assert_eq!(nanos(0x80, 0, u64::MAX), i64::MAX);
        // The last second of a pcap file, in 2106, is representable.
        assert_eq!(nanos(0, 0, u64::from(u32::MAX)), 4_294_967_295_000_000_000);
    }
}
