//! Rates: `1000pps`, `10kpps`, `20Mbit`.

use std::fmt;
use std::str::FromStr;

/// An amount per second. Prefixes are decimal: k is a thousand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Datagrams per second.
    Packets(f64),
    /// Bits of payload per second.
    Bits(f64),
}

/// The name of a unit, and the rate of a number with this unit.
type Unit = (&'static str, fn(f64) -> Rate);

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

    /// Reads a rate. It must have a unit and be greater than zero.
    fn from_str(text: &str) -> Result<Self, String> {
        let typed = text.trim();
        let end = typed
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
            .count();
        let (digits, unit) = typed.split_at(end);
        // The largest prefix must not make it infinite.
        let number = digits.parse::<f64>().ok().filter(|number| *number < f64::MAX / 1e10);
        let Some(number) = number else {
            return Err("not a rate; for example 1000pps, 10kpps or 20Mbit".to_owned());
        };
        if number <= 0.0 {
            return Err(
                "must be greater than zero; for example 1000pps, 10kpps or 20Mbit".to_owned()
            );
        }
        if unit.is_empty() {
            return Err(format!("a unit is missing; try {typed}pps or {typed}Mbit"));
        }
        let typed_unit = unit.trim_start();
        // A lower-case "mbit" is a megabit: a thousandth of a bit makes no sense.
        let unit = typed_unit.to_ascii_lowercase();
        let mut read = UNITS.iter().filter_map(|(name, rate)| {
            let power = match unit.strip_suffix(name)? {
                "" => 0,
                "k" => 3,
                "m" => 6,
                "g" => 9,
                _ => return None,
            };
            // In decimal, because 1.001 times 1000 is a little less than 1001 in binary.
            format!("{digits}e{power}").parse().ok().map(rate)
        });
        read.next().ok_or_else(|| {
            format!(
                "unknown unit '{typed_unit}'; for example 1000pps, 10kpps or 20Mbit (bits, not \
                 bytes)"
            )
        })
    }
}

impl fmt::Display for Rate {
    /// `20Mbit`, as the parser takes it; `{:#}` writes `20 Mbit/s`.
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
    fn a_refused_rate_shows_a_correct_one() {
        for (text, why) in [
            ("1000", "a unit is missing; try 1000pps"),
            ("0pps", "greater than zero; for example"),
            ("0", "greater than zero; for example 1000pps"),
            ("-5kpps", "greater than zero"),
            ("20MB", "'MB'; for example 1000pps, 10kpps or 20Mbit (bits, not bytes)"),
            ("20 MiBit", "unknown unit 'MiBit'"),
            ("fast", "not a rate; for example 1000pps"),
            ("", "not a rate"),
            ("infpps", "not a rate"),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn no_prefix_makes_a_rate_infinite() {
        let (most, too_many) =
            (format!("1{}Gpps", "0".repeat(297)), format!("1{}Gpps", "0".repeat(300)));
        assert!(matches!(most.parse(), Ok(Rate::Packets(value)) if value.is_finite()));
        assert!(too_many.parse::<Rate>().unwrap_err().contains("not a rate"));
    }

    #[test]
    fn the_alternate_form_has_a_space_and_per_second() {
        let shown = |text: &str| format!("{:#}", text.parse::<Rate>().unwrap());
        assert_eq!(
            (shown("20Mbit"), shown("10kpps"), shown("0.5pps")),
            ("20 Mbit/s".into(), "10 kpps".into(), "0.5 pps".into())
        );
    }

    proptest! {
        #[test]
        fn a_printed_rate_parses(value in 1_u64..10_000_000_000, bits: bool) {
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
