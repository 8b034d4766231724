//! Measured values with their units.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

/// The default number of significant digits.
const DIGITS: usize = 3;

/// This many digits distinguish every `f64`.
const ALL_DIGITS: usize = 17;

/// A measured value in its base unit. JSON has the bare number; `Display` has three significant
/// digits and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number of things.
    Count(u64),
    /// A lower bound of a number.
    AtLeast(u64),
    /// A fraction from 0 to 1, shown in percent.
    Ratio(f64),
    /// A lower bound of a fraction.
    AtLeastRatio(f64),
    /// Nanoseconds.
    Nanos(i64),
    /// Datagrams per second.
    Pps(f64),
    /// Bits per second.
    Bps(f64),
}

/// The digits of a number, and the power of ten that they are divided by.
struct Scaled {
    digits: String,
    power_of_ten: usize,
    unit: &'static str,
}

impl Value {
    /// The possible orderings relative to another value of the same kind: several for a lower
    /// bound, none for NaN.
    pub(super) fn compare(self, other: Value) -> &'static [Ordering] {
        let only = |ordering| match ordering {
            Ordering::Less => &[Ordering::Less][..],
            Ordering::Equal => &[Ordering::Equal],
            Ordering::Greater => &[Ordering::Greater],
        };
        match (self, other) {
            (Value::Count(this), Value::Count(that)) => only(this.cmp(&that)),
            (Value::AtLeast(this), Value::Count(that)) => at_least(this.cmp(&that)),
            (Value::AtLeastRatio(this), Value::Ratio(that)) => {
                this.partial_cmp(&that).map_or(&[], at_least)
            }
            (Value::Nanos(this), Value::Nanos(that)) => only(this.cmp(&that)),
            (Value::Ratio(this), Value::Ratio(that))
            | (Value::Pps(this), Value::Pps(that))
            | (Value::Bps(this), Value::Bps(that)) => this.partial_cmp(&that).map_or(&[], only),
            _ => &[],
        }
    }

    /// Whether it is finite.
    pub(super) fn is_number(self) -> bool {
        match self {
            Value::Count(_) | Value::AtLeast(_) | Value::Nanos(_) => true,
            Value::Ratio(value)
            | Value::AtLeastRatio(value)
            | Value::Pps(value)
            | Value::Bps(value) => value.is_finite(),
        }
    }

    /// Shows as few digits as possible, at least three, for which the shown value satisfies
    /// `will_do`.
    pub(super) fn shown_until(self, will_do: impl Fn(Value) -> bool) -> impl fmt::Display {
        let digits = (DIGITS..ALL_DIGITS).find(|digits| will_do(self.as_read(*digits)));
        self.shown(digits.unwrap_or(ALL_DIGITS))
    }

    /// Shows at least this many significant digits.
    pub fn with_digits(self, digits: usize) -> impl fmt::Display {
        self.shown(digits)
    }

    /// Shows at least this many significant digits. Counts are shown in full.
    fn shown(self, digits: usize) -> Scaled {
        match self {
            Value::AtLeast(count) => {
                Scaled { digits: format!("at least {count}"), power_of_ten: 0, unit: "" }
            }
            Value::Count(count) => Scaled { digits: count.to_string(), power_of_ten: 0, unit: "" },
            Value::Ratio(ratio) => {
                let percent = ratio * 100.0;
                Scaled {
                    digits: fixed(percent, decimals(percent, digits)),
                    power_of_ten: 0,
                    unit: " %",
                }
            }
            Value::AtLeastRatio(ratio) => {
                let shown = Value::Ratio(ratio).shown(digits);
                Scaled { digits: format!("at least {}", shown.digits), ..shown }
            }
            Value::Nanos(nanos) => {
                let mut shown =
                    scaled(nanos as f64, digits, [(9, " s"), (6, " ms"), (3, " us"), (0, " ns")]);
                if shown.power_of_ten == 0 {
                    shown.digits = nanos.to_string();
                }
                shown
            }
            Value::Pps(rate) => {
                scaled(rate, digits, [(9, " Gpps"), (6, " Mpps"), (3, " kpps"), (0, " pps")])
            }
            Value::Bps(rate) => scaled(
                rate,
                digits,
                [(9, " Gbit/s"), (6, " Mbit/s"), (3, " kbit/s"), (0, " bit/s")],
            ),
        }
    }

    /// The value that the shown digits represent.
    fn as_read(self, digits: usize) -> Value {
        let Scaled { digits, power_of_ten, .. } = self.shown(digits);
        // Parsing the power with the digits rounds once; a multiplication would round twice.
        let read = |power: i32| format!("{digits}e{power}").parse::<f64>().unwrap_or(f64::NAN);
        let power = power_of_ten as i32;
        match self {
            Value::Count(_) | Value::AtLeast(_) | Value::AtLeastRatio(_) => self,
            Value::Ratio(_) => Value::Ratio(read(-2)),
            Value::Nanos(_) => Value::Nanos(read(power).round() as i64),
            Value::Pps(_) => Value::Pps(read(power)),
            Value::Bps(_) => Value::Bps(read(power)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown(DIGITS).fmt(f)
    }
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.digits, self.unit)
    }
}

/// The possible orderings of a value whose lower bound has this ordering.
fn at_least(bound: Ordering) -> &'static [Ordering] {
    match bound {
        Ordering::Less => &[Ordering::Less, Ordering::Equal, Ordering::Greater],
        Ordering::Equal => &[Ordering::Equal, Ordering::Greater],
        Ordering::Greater => &[Ordering::Greater],
    }
}

/// Shows a number in the largest unit that does not exceed it. The units are in descending order.
fn scaled(value: f64, digits: usize, units: [(usize, &'static str); 4]) -> Scaled {
    let magnitude = magnitude(value, digits);
    let fits = units.into_iter().find(|(power, _)| magnitude >= *power as i32);
    let (power_of_ten, unit) = fits.unwrap_or(units[units.len() - 1]);
    let value = value / 10_f64.powi(power_of_ten as i32);
    Scaled { digits: fixed(value, decimals(value, digits)), power_of_ten, unit }
}

/// The exponent after rounding to this many digits: 999.9 with three digits is 1.00e3.
fn magnitude(value: f64, digits: usize) -> i32 {
    let text = format!("{value:.*e}", digits - 1);
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

/// The number of decimals for this many significant digits.
fn decimals(value: f64, digits: usize) -> usize {
    usize::try_from(digits as i32 - 1 - magnitude(value, digits)).unwrap_or(0)
}

/// Zero is exact and has no decimals.
fn fixed(value: f64, decimals: usize) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.decimals$}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn display_has_three_digits_and_a_unit() {
        for (value, text) in [
            (Value::Count(12), "12"),
            (Value::Count(u64::MAX), "18446744073709551615"),
            (Value::Ratio(0.0125), "1.25 %"),
            (Value::Ratio(0.0), "0 %"),
            (Value::Ratio(1.0), "100 %"),
            (Value::Ratio(0.000_001), "0.000100 %"),
            (Value::Nanos(0), "0 ns"),
            (Value::Nanos(999), "999 ns"),
            (Value::Nanos(1000), "1.00 us"),
            (Value::Nanos(38_000), "38.0 us"),
            (Value::Nanos(999_960), "1.00 ms"),
            (Value::Nanos(-1_234_000), "-1.23 ms"),
            (Value::Nanos(90_000_000_000), "90.0 s"),
            (Value::Nanos(86_412_000_000_000), "86412 s"),
            (Value::Pps(0.5), "0.500 pps"),
            (Value::Pps(1000.0), "1.00 kpps"),
            (Value::Pps(999.9), "1.00 kpps"),
            (Value::Bps(2e7), "20.0 Mbit/s"),
            (Value::Bps(2.5e9), "2.50 Gbit/s"),
        ] {
            assert_eq!(value.to_string(), text, "{value:?}");
        }
    }

    #[test]
    fn json_has_the_bare_number() {
        let values = [
            Value::Count(12),
            Value::Ratio(0.5),
            Value::Nanos(-38),
            Value::Pps(10.0),
            Value::Bps(2e7),
        ];
        assert_eq!(serde_json::to_string(&values).unwrap(), "[12,0.5,-38,10.0,20000000.0]");
    }

    #[test]
    fn values_of_different_kinds_do_not_compare() {
        for (this, that) in [
            (Value::Count(1), Value::Nanos(1)),
            (Value::AtLeast(1), Value::Nanos(1)),
            (Value::Pps(1.0), Value::Bps(1.0)),
            (Value::Ratio(f64::NAN), Value::Ratio(f64::NAN)),
        ] {
            assert!(this.compare(that).is_empty(), "{this:?} {that:?}");
        }
    }

    proptest! {
        #[test]
        fn display_is_accurate_to_three_digits(
            base in 1.0..10.0_f64,
            power in 0..12_i32,
        ) {
            let value = base * 10_f64.powi(power);
            for value in [
                Value::Nanos(value as i64),
                Value::Nanos(-(value as i64)),
                Value::Pps(value),
                Value::Bps(value),
            ] {
                let number = |value| match value {
                    Value::Nanos(nanos) => nanos as f64,
                    Value::Ratio(value) | Value::Pps(value) | Value::Bps(value) => value,
                    Value::Count(_) | Value::AtLeast(_) | Value::AtLeastRatio(_) => unreachable!(),
                };
                let (read, value) = (number(value.as_read(DIGITS)), number(value));
                prop_assert!((read - value).abs() <= value.abs() * 0.00501, "{read} for {value}");
            }
        }

        #[test]
        fn nothing_panics(bits: u64, nanos: i64) {
            let value = f64::from_bits(bits);
            for value in
                [Value::Ratio(value), Value::Pps(value), Value::Bps(value), Value::Nanos(nanos)]
            {
                let _ = (value.to_string(), value.shown_until(|_| false).to_string());
            }
        }

        #[test]
        fn all_digits_show_days_to_the_nanosecond(
            nanos in -1_000_000_000_000_000..1_000_000_000_000_000_i64,
        ) {
            prop_assert_eq!(Value::Nanos(nanos).as_read(ALL_DIGITS), Value::Nanos(nanos));
        }
    }
}
