//! Rates as people type and read them: `1000pps`, `10kpps`, `20Mbit`.

use std::fmt;
use std::str::FromStr;

/// How much goes by in a second. Prefixes are decimal: k is a thousand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Datagrams a second.
    Packets(f64),
    /// Bits of payload a second.
    Bits(f64),
}

/// The name of a unit, and what a number of it is.
type Unit = (&'static str, fn(f64) -> Rate);

/// The units.
const UNITS: [Unit; 6] = [
    ("pps", Rate::Packets),
    ("bit/s", Rate::Bits),
    ("bits/s", Rate::Bits),
    ("bit", Rate::Bits),
    ("bits", Rate::Bits),
    ("bps", Rate::Bits),
];

impl FromStr for Rate {
    type Err = String;

    /// Reads a rate. It must have a unit and be more than nothing.
    fn from_str(text: &str) -> Result<Self, String> {
        let typed = text.trim();
        let end = typed
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
            .count();
        let (digits, unit) = typed.split_at(end);
        // Whatever prefix follows, it stays a number.
        let number = digits.parse::<f64>().ok().filter(|number| *number < f64::MAX / 1e10);
        let Some(number) = number else {
            return Err(format!("'{text}' is not a rate; try 1000pps, 10kpps or 20Mbit"));
        };
        if number <= 0.0 {
            return Err(format!("'{text}' is no rate at all; try 1000pps, 10kpps or 20Mbit"));
        }
        if unit.is_empty() {
            return Err(format!("'{text}' has no unit; try {typed}pps, or {typed}Mbit"));
        }
        let unit = unit.trim_start().to_ascii_lowercase();
        // Nobody means a thousandth of a bit by "mbit".
        let mut read = UNITS.iter().filter_map(|(name, rate)| {
            let power = match unit.strip_suffix(name)? {
                "" => 0,
                "k" => 3,
                "m" => 6,
                "g" => 9,
                _ => return None,
            };
            // In decimal, so that 1.001k is 1001 and not a little less.
            format!("{digits}e{power}").parse().ok().map(rate)
        });
        read.next().ok_or_else(|| {
            format!("'{text}' is not a rate; try 1000pps, 10kpps or 20Mbit (bits, not bytes)")
        })
    }
}

impl fmt::Display for Rate {
    /// As it is typed, `20Mbit`; `{:#}` as it is told, `20 Mbit/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self {
            Rate::Packets(value) => (*value, "pps"),
            Rate::Bits(value) => (*value, "bit"),
        };
        let prefixes = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
        let (factor, prefix) =
            prefixes.into_iter().find(|(factor, _)| value >= *factor).unwrap_or((1.0, ""));
        let value = value / factor;
        match (f.alternate(), self) {
            (false, _) => write!(f, "{value}{prefix}{unit}"),
            (true, Rate::Packets(_)) => write!(f, "{value} {prefix}{unit}"),
            (true, Rate::Bits(_)) => write!(f, "{value} {prefix}{unit}/s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_datagrams_or_bits() {
        for (text, rate) in [
            ("1000pps", Rate::Packets(1e3)),
            ("10kpps", Rate::Packets(1e4)),
            ("1.5 Mpps", Rate::Packets(1.5e6)),
            ("0.5pps", Rate::Packets(0.5)),
            ("20Mbit", Rate::Bits(2e7)),
            ("20mbit/s", Rate::Bits(2e7)),
            ("1Gbps", Rate::Bits(1e9)),
            ("64000bit/s", Rate::Bits(64e3)),
            ("1.001kpps", Rate::Packets(1001.0)),
        ] {
            assert_eq!(text.parse(), Ok(rate), "{text}");
        }
    }

    #[test]
    fn a_refused_rate_shows_a_right_one() {
        for (text, why) in [
            ("1000", "'1000' has no unit; try 1000pps"),
            ("0pps", "no rate at all; try"),
            ("0", "no rate at all; try 1000pps"),
            ("-5kpps", "no rate at all"),
            ("20MB", "bits, not bytes"),
            ("20MiBit", "is not a rate; try 1000pps, 10kpps or 20Mbit"),
            ("fast", "'fast' is not a rate; try"),
            ("", "'' is not a rate"),
            ("infpps", "is not a rate"),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_prefix_makes_no_rate_infinite() {
        let (most, too_many) =
            (format!("1{}Gpps", "0".repeat(297)), format!("1{}Gpps", "0".repeat(300)));
        assert!(matches!(most.parse(), Ok(Rate::Packets(value)) if value.is_finite()));
        assert!(too_many.parse::<Rate>().unwrap_err().contains("is not a rate"));
    }

    #[test]
    fn a_rate_is_told_with_a_space_and_each_second() {
        let told = |text: &str| format!("{:#}", text.parse::<Rate>().unwrap());
        assert_eq!(
            (told("20Mbit"), told("10kpps"), told("0.5pps")),
            ("20 Mbit/s".into(), "10 kpps".into(), "0.5 pps".into())
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(value in 1_u64..10_000_000_000, bits: bool) {
            let rate = if bits { Rate::Bits(value as f64) } else { Rate::Packets(value as f64) };
            let again: Rate = rate.to_string().parse().unwrap();
            let (Rate::Packets(value) | Rate::Bits(value)) = rate;
            let (Rate::Packets(read) | Rate::Bits(read)) = again;
            prop_assert!(
                (read - value).abs() <= value * 1e-12 && matches!(again, Rate::Bits(_)) == bits
            );
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = text.parse::<Rate>();
        }
    }
}
