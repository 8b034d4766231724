//! Parsers of values with units. clap prints the option and the value; each error adds the reason
//! and a correct value.

use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::{PathBufValueParser, TypedValueParser};
use jiff::SignedDuration;

use crate::format::exchange::REPLY_LEN;
use crate::input::Place;
use crate::units::dscp;
use crate::units::rcvbuf::LARGEST;

/// A shorter interval would be a flood, and a shorter limit would end the run before it begins.
pub(super) const SHORTEST_TIME: Duration = Duration::from_micros(1);

/// Reads a time: `250us`, `100ms`, `1.5s`, `2m`, `1h30m`. It must have a unit and be greater than
/// zero.
///
/// # Errors
/// The reason and a correct value.
pub fn time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let time: SignedDuration = match text.parse::<f64>() {
        Ok(0.0) => SignedDuration::ZERO,
        Ok(number) if number.is_finite() => {
            return Err(format!("a unit is missing; try {text}s or {text}ms"));
        }
        _ => text
            .parse()
            .map_err(|_| "not a time; for example 250us, 100ms, 1.5s or 2m".to_owned())?,
    };
    if time <= SignedDuration::ZERO {
        return Err("must be greater than zero; for example 250us, 100ms, 1.5s or 2m".to_owned());
    }
    Duration::try_from(time)
        .ok()
        .filter(|time| *time >= SHORTEST_TIME)
        .ok_or_else(|| "must be at least 1us; for example 250us, 100ms, 1.5s or 2m".to_owned())
}

/// Reads a size in bytes: `1472`, `64kB`, `4MiB`.
///
/// # Errors
/// The reason and a correct value.
pub fn size(text: &str) -> Result<usize, String> {
    let size: ByteSize =
        text.trim().parse().map_err(|_| "not a size; for example 64kB, 4MiB".to_owned())?;
    match usize::try_from(size.as_u64()) {
        Ok(0) => Err("must be greater than zero; for example 64kB, 4MiB".to_owned()),
        Ok(bytes) if bytes <= LARGEST => Ok(bytes),
        _ => Err("exceeds the maximum of just under 1 GiB; for example 64kB, 4MiB".to_owned()),
    }
}

/// Reads the size of a payload in bytes: from 1 to the largest UDP payload.
///
/// # Errors
/// The reason and a correct value.
pub fn payload_size(text: &str) -> Result<u16, String> {
    const MOST: u16 = 65_527;
    let size: ByteSize =
        text.trim().parse().map_err(|_| "not a size; for example 64, 1316 or 1472".to_owned())?;
    let size = size.as_u64();
    if size == 0 {
        return Err("must be greater than zero; for example 64, 1316 or 1472".to_owned());
    }
    u16::try_from(size).ok().filter(|size| *size <= MOST).ok_or_else(|| {
        format!(
            "exceeds the maximum payload of a datagram (65507 bytes in IPv4, {MOST} in IPv6); \
             for example 1316 or 1472"
        )
    })
}

/// Reads the size of a request in bytes: from the length of a reply to the largest UDP payload.
///
/// # Errors
/// The reason and a correct value.
pub fn request_size(text: &str) -> Result<u16, String> {
    let size = payload_size(text)?;
    if usize::from(size) < REPLY_LEN {
        return Err(format!(
            "must be at least {REPLY_LEN}: a reply has {REPLY_LEN} bytes, and is never longer than \
             its request"
        ));
    }
    Ok(size)
}

/// Reads the rate of a media clock in Hz: `48000`, `48kHz`, `44.1kHz`, `27MHz`. SDP has no unit.
///
/// # Errors
/// The reason and a correct value.
pub fn clock_rate(text: &str) -> Result<u32, String> {
    const EXAMPLES: &str = "for example 48000, 48kHz or 90kHz";
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let power = match lower[digits.len()..].trim() {
        "" | "hz" => 0,
        "k" | "khz" => 3,
        "m" | "mhz" => 6,
        _ => return Err(format!("not a clock rate; {EXAMPLES}")),
    };
    // In decimal, because 44.1 times 1000 may be a little less than 44100 in binary.
    let rate: Option<f64> = format!("{}e{power}", digits.trim()).parse().ok();
    match rate {
        Some(rate) if rate < 1.0 => Err(format!("must be at least 1 Hz; {EXAMPLES}")),
        Some(rate) if rate.fract() == 0.0 && rate <= f64::from(u32::MAX) => Ok(rate as u32),
        _ => Err(format!("not a clock rate; {EXAMPLES}")),
    }
}

/// Reads a TTL or hop limit.
///
/// # Errors
/// The reason and a correct value.
pub fn ttl(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| {
        "must be a number from 0 to 255; for example 1 (this network only) or 16 (up to 15 \
         routers)"
            .to_owned()
    })
}

/// Reads a DSCP: a number from 0 to 63, or a name such as `ef`, `af41`, `cs5`.
///
/// # Errors
/// The reason and a correct value.
pub fn dscp(text: &str) -> Result<u8, String> {
    dscp::parse(text)
        .ok_or_else(|| "not a DSCP; for example ef, af41, cs5 or a number from 0 to 63".to_owned())
}

/// Reads a UDP port.
///
/// # Errors
/// The reason and a correct value.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| "not a UDP port (1 to 65535); for example 40000".to_owned())
}

/// A parser of a file, or of `-` for standard input or standard output.
pub fn place() -> impl TypedValueParser<Value = Place> {
    PathBufValueParser::new().map(Place::from)
}

/// Reads a number of datagrams, at least 1.
///
/// # Errors
/// The reason and a correct value.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|count| *count != 0)
        .ok_or_else(|| "must be a number of datagrams greater than zero; for example 10".to_owned())
}

/// Reads the seed of random choices.
///
/// # Errors
/// The reason and a correct value.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a number from 0 to {}; for example 7", u64::MAX))
}

/// Reads the number of groups that are joined at a time.
///
/// # Errors
/// The reason and a correct value.
pub fn groups_at_once(text: &str) -> Result<usize, String> {
    const MOST: usize = 4096;
    let wrong = || format!("must be a number of groups from 1 to {MOST}; for example 64");
    text.parse().ok().filter(|groups| (1..=MOST).contains(groups)).ok_or_else(wrong)
}

/// Reads the size of an Ethernet frame in bytes, with its checksum. A jumbo frame has up to 9 kB of
/// payload.
///
/// # Errors
/// The reason and a correct value.
pub fn frame_size(text: &str) -> Result<u16, String> {
    const SMALLEST: u16 = 94;
    const LARGEST_FRAME: u16 = 9_018;
    let wrong = || {
        format!(
            "must be a frame size from {SMALLEST} to {LARGEST_FRAME} bytes; for example 512 or 1518"
        )
    };
    let size: ByteSize = text.trim().parse().map_err(|_| wrong())?;
    let size = u16::try_from(size.as_u64()).ok();
    size.filter(|size| (SMALLEST..=LARGEST_FRAME).contains(size)).ok_or_else(wrong)
}

/// Reads a tolerated loss in percent: from 0% to less than 100%.
///
/// # Errors
/// The reason and a correct value.
pub fn loss(text: &str) -> Result<f64, String> {
    let zero = text.trim().strip_suffix('%').and_then(|percent| percent.trim().parse().ok());
    if zero == Some(0.0) || text.trim() == "0" {
        return Ok(0.0);
    }
    let loss = share(text).map_err(|error| error.replace("50%", "0.1%"))?;
    if loss < 1.0 {
        Ok(loss)
    } else {
        Err("must be less than 100%; for example 0% or 0.1%".to_owned())
    }
}

/// Reads the number of joins and leaves.
///
/// # Errors
/// The reason and a correct value.
pub fn cycles(text: &str) -> Result<u32, String> {
    const MOST: u32 = 10_000;
    let wrong = || format!("must be a number of cycles from 1 to {MOST}; for example 20");
    text.parse().ok().filter(|cycles| (1..=MOST).contains(cycles)).ok_or_else(wrong)
}

/// Reads the number of datagrams to each group.
///
/// # Errors
/// The reason and a correct value.
pub fn per_group(text: &str) -> Result<u64, String> {
    const MOST: u64 = 100;
    let wrong = || format!("must be a number of datagrams from 1 to {MOST}; for example 5");
    text.parse().ok().filter(|count| (1..=MOST).contains(count)).ok_or_else(wrong)
}

/// Reads the number of datagrams that are sent back to back.
///
/// # Errors
/// The reason and a correct value.
pub fn burst(text: &str) -> Result<u64, String> {
    const MOST: u64 = 10_000;
    let wrong = || format!("must be a number of datagrams from 1 to {MOST}; for example 8");
    text.parse().ok().filter(|burst| (1..=MOST).contains(burst)).ok_or_else(wrong)
}

/// What paces a transport stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceBy {
    /// Its PCR.
    Pcr,
    /// `--rate` or `--interval`.
    Rate,
}

/// Reads what paces a transport stream.
///
/// # Errors
/// The correct values.
pub fn pace_by(text: &str) -> Result<PaceBy, String> {
    match text.trim() {
        "pcr" => Ok(PaceBy::Pcr),
        "rate" => Ok(PaceBy::Rate),
        _ => Err("must be pcr or rate; for example --pace rate --rate 5Mbit".to_owned()),
    }
}

/// Reads a share of a whole in percent: `50%`. It is greater than zero and at most 1.
///
/// # Errors
/// The reason and a correct value.
pub fn share(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let Some(percent) = text.strip_suffix('%') else {
        return Err(match text.parse::<f64>() {
            Ok(number) if number.is_finite() => "a unit is missing; for example 50%".to_owned(),
            _ => "not a percentage; for example 50%".to_owned(),
        });
    };
    let percent: f64 =
        percent.trim().parse().map_err(|_| "not a percentage; for example 50%".to_owned())?;
    if percent > 0.0 && percent <= 100.0 {
        Ok(percent / 100.0)
    } else {
        Err("must be greater than 0% and at most 100%; for example 50%".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clock_rates_may_have_a_unit() {
        for (text, hz) in [
            ("48000", 48_000),
            ("48kHz", 48_000),
            ("44.1 khz", 44_100),
            ("27MHz", 27_000_000),
            ("8000Hz", 8_000),
            ("90k", 90_000),
        ] {
            assert_eq!(clock_rate(text), Ok(hz), "{text}");
        }
        for (text, why) in [
            ("fast", "not a clock rate; for example 48000"),
            ("", "not a clock rate"),
            ("0", "at least 1 Hz"),
            ("-5", "at least 1 Hz"),
            ("1.5", "not a clock rate"),
            ("48kpps", "not a clock rate"),
            ("5000MHz", "not a clock rate"),
            ("infHz", "not a clock rate"),
            ("é", "not a clock rate"),
        ] {
            assert!(clock_rate(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn times_take_every_usual_unit() {
        for (text, nanos) in [
            ("250us", 250_000),
            ("250µs", 250_000),
            ("100ms", 100_000_000),
            ("1.5s", 1_500_000_000),
            ("2m", 120_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("10 s", 10_000_000_000),
        ] {
            assert_eq!(time(text).unwrap().as_nanos(), nanos, "{text}");
        }
    }

    #[test]
    fn a_refused_time_shows_a_correct_one() {
        for (text, why) in [
            ("5", "a unit is missing; try 5s or 5ms"),
            ("0.5", "a unit is missing; try 0.5s or 0.5ms"),
            ("0s", "greater than zero"),
            ("0", "greater than zero"),
            ("1ns", "at least 1us"),
            ("inf", "not a time"),
            ("-1s", "greater than zero"),
            ("5 parsecs", "not a time; for example 250us"),
            ("", "not a time"),
        ] {
            assert!(time(text).unwrap_err().contains(why), "{text}: {}", time(text).unwrap_err());
        }
    }

    #[test]
    fn sizes_have_decimal_and_binary_prefixes() {
        assert_eq!(size("1472"), Ok(1472));
        assert_eq!(size("64kB"), Ok(64_000));
        assert_eq!(size("4MiB"), Ok(4 << 20));
        for text in ["", "big", "-1", "0", "1GiB", "9EiB"] {
            assert!(size(text).unwrap_err().contains("for example 64kB"), "{text}");
        }
    }

    #[test]
    fn a_payload_has_a_byte_and_fits_a_datagram() {
        assert_eq!(
            (payload_size("1"), payload_size("1472"), payload_size("1kB"), payload_size("65527")),
            (Ok(1), Ok(1472), Ok(1000), Ok(65527))
        );
        for (text, why) in [
            ("0", "greater than zero"),
            ("65528", "65527 in IPv6"),
            ("1GiB", "65507 bytes in IPv4"),
            ("big", "not a size; for example 64"),
        ] {
            let error = payload_size(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn dscp_takes_names_and_numbers() {
        assert_eq!(
            (dscp("ef"), dscp("AF41"), dscp("cs5"), dscp("63")),
            (Ok(46), Ok(34), Ok(40), Ok(63))
        );
        for text in ["ef9", "64", "-1", ""] {
            assert!(dscp(text).unwrap_err().contains("for example ef"), "{text}");
        }
    }

    #[test]
    fn a_share_is_a_percentage() {
        assert_eq!(
            (share("50%"), share("0.5 %"), share("100%"), share(" 1e1% ")),
            (Ok(0.5), Ok(0.005), Ok(1.0), Ok(0.1))
        );
        for (text, why) in [
            ("0.5", "a unit is missing; for example 50%"),
            ("50", "a unit is missing; for example 50%"),
            ("0%", "greater than 0% and at most 100%; for example 50%"),
            ("101%", "at most 100%"),
            ("-5%", "greater than 0%"),
            ("inf%", "at most 100%"),
            ("NaN%", "at most 100%"),
            ("half", "not a percentage; for example 50%"),
            ("%", "not a percentage"),
            ("", "not a percentage"),
        ] {
            assert!(share(text).unwrap_err().contains(why), "{text}: {:?}", share(text));
        }
    }

    #[test]
    fn assured_forwarding_names_follow_their_formula() {
        for class in 1..=4 {
            for drop in 1..=3 {
                assert_eq!(dscp(&format!("af{class}{drop}")), Ok(8 * class + 2 * drop));
            }
        }
    }

    #[test]
    fn numbers_have_a_range() {
        assert_eq!((ttl("0"), ttl("255")), (Ok(0), Ok(255)));
        assert!(ttl("300").unwrap_err().contains("a number from 0 to 255"));
        assert!(port("0").is_err() && port("65536").is_err() && port("40000") == Ok(40000));
        assert!(
            burst("0").is_err()
                && burst("10001").unwrap_err().contains("from 1 to 10000")
                && burst("8") == Ok(8)
        );
        assert!(groups_at_once("0").unwrap_err().contains("from 1 to 4096"));
        assert!(groups_at_once("4097").is_err() && groups_at_once("64") == Ok(64));
        assert!(seed("-1").unwrap_err().contains("for example 7") && seed("7") == Ok(7));
        assert!(count("0").is_err() && count("-3").is_err() && count("10") == Ok(10));
    }

    #[test]
    fn benchmarks_have_limits() {
        assert_eq!((frame_size("94"), frame_size("1518")), (Ok(94), Ok(1518)));
        for text in ["64", "9019", "big", "-1"] {
            assert!(frame_size(text).unwrap_err().contains("from 94 to 9018 bytes"), "{text}");
        }
        assert_eq!((loss("0%"), loss("0"), loss(" 0.1 %")), (Ok(0.0), Ok(0.0), Ok(0.001)));
        assert!(loss("100%").unwrap_err().contains("less than 100%"));
        assert!(loss("1").unwrap_err().contains("for example 0.1%"));
        assert!(cycles("0").unwrap_err().contains("from 1 to 10000") && cycles("20") == Ok(20));
        assert!(per_group("0").unwrap_err().contains("from 1 to 100") && per_group("5") == Ok(5));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = (time(&text), size(&text), dscp(&text), ttl(&text), port(&text), count(&text));
            let _ = share(&text);
        }
    }
}
