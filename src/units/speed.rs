//! The speed of a replay, as a ratio of whole numbers: due times that are computed from it do not
//! drift.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The digits after the point that a factor may have.
const DIGITS: usize = 6;

/// The largest factor.
const MOST: u64 = 1_000_000;

/// How fast a replay runs, compared with its capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// This many millionths of the original speed; never zero.
    Millionths(u64),
    /// As fast as possible.
    Max,
}

/// The text is no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a factor from 0.000001 to {MOST}, or max; for example 0.5, 1, 2.5 or max")]
pub struct SpeedError;

impl Speed {
    /// The speed of the capture.
    pub const ORIGINAL: Speed = Speed::Millionths(1_000_000);

    /// The time that a span of the capture takes, rounded down to the nanosecond.
    pub fn scale(self, nanos: u64) -> Duration {
        match self {
            Speed::Millionths(millionths) => {
                let scaled = u128::from(nanos) * 1_000_000 / u128::from(millionths.max(1));
                Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
            }
            Speed::Max => Duration::ZERO,
        }
    }
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("max") {
            return Ok(Speed::Max);
        }
        let text = text.strip_suffix(['x', 'X']).unwrap_or(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_empty = whole.is_empty() && fraction.is_empty();
        if is_empty || !digits(whole) || !digits(fraction) || fraction.len() > DIGITS {
            return Err(SpeedError);
        }
        let millionths = format!("{whole}{fraction:0<DIGITS$}").parse().map_err(|_| SpeedError)?;
        match millionths {
            0 => Err(SpeedError),
            _ if millionths > MOST * 1_000_000 => Err(SpeedError),
            _ => Ok(Speed::Millionths(millionths)),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Speed::Millionths(millionths) => write!(f, "{}", *millionths as f64 / 1e6),
            Speed::Max => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_factor_or_max() {
        for (text, millionths) in [
            ("1", 1_000_000),
            ("0.5", 500_000),
            (".5", 500_000),
            ("2.", 2_000_000),
            ("2x", 2_000_000),
            ("0.000001", 1),
            ("1000000", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Speed::Millionths(millionths)), "{text}");
        }
        assert_eq!("Max".parse(), Ok(Speed::Max));
        for text in ["", ".", "0", "-1", "1e3", "inf", "0.0000001", "1000001", "2 x", "99999999999"]
        {
            assert_eq!(text.parse::<Speed>(), Err(SpeedError), "{text}");
        }
    }

    #[test]
    fn a_printed_speed_parses() {
        for text in ["0.5", "1", "2.5", "max", "0.000001"] {
            assert_eq!(text.parse::<Speed>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_span_is_scaled_without_an_error_that_adds_up() {
        let third = Speed::Millionths(3_000_000);
        assert_eq!(third.scale(10), Duration::from_nanos(3));
        assert_eq!(third.scale(3_000_000_000_000_001), Duration::from_nanos(1_000_000_000_000_000));
        assert_eq!(Speed::Millionths(1).scale(u64::MAX), Duration::from_nanos(u64::MAX));
        assert_eq!(Speed::Max.scale(u64::MAX), Duration::ZERO);
    }
}
