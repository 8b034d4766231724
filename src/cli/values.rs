//! Values with units, as people type them. Every refusal names the value, says why, and shows a
//! right one.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

use crate::format::probe::MIN_LEN;
use crate::units::dscp;
use crate::units::rcvbuf::LARGEST;

/// Below this an interval is a flood, and a limit is over before it begins.
pub(super) const SHORTEST_TIME: Duration = Duration::from_micros(1);

/// Reads a time: `250us`, `100ms`, `1.5s`, `2m`, `1h30m`. It must have a unit and be longer than
/// nothing.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(format!("'{text}' has no unit; try {text}s or {text}ms"));
    }
    let wrong = || format!("'{text}' is not a time; try 250us, 100ms, 1.5s or 2m");
    let time: SignedDuration = text.parse().map_err(|_| wrong())?;
    if time.is_zero() {
        return Err(format!("'{text}' is no time at all; try 1ms or more"));
    }
    let time = Duration::try_from(time)
        .map_err(|_| format!("'{text}' is negative; try 250us, 100ms, 1.5s or 2m"))?;
    if time < SHORTEST_TIME {
        return Err(format!(
            "'{text}' is shorter than 1us, the shortest time that means anything here"
        ));
    }
    Ok(time)
}

/// Reads a size in bytes: `1472`, `64kB`, `4MiB`.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("'{text}' is not a size; try 1472, 64kB or 4MiB");
    let size: ByteSize = text.trim().parse().map_err(|_| wrong())?;
    match usize::try_from(size.as_u64()) {
        Ok(0) => Err(format!("'{text}' is no size at all; try 64kB or 4MiB")),
        Ok(bytes) if bytes <= LARGEST => Ok(bytes),
        _ => Err(format!(
            "'{text}' is more than a socket's buffer can be (just under 1GiB); try 4MiB"
        )),
    }
}

/// Reads the size of a measured datagram in bytes: from 48, which its header takes, to what a
/// datagram carries.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn probe_size(text: &str) -> Result<u16, String> {
    const MOST: u16 = 65_527;
    let wrong = || format!("'{text}' is not a size; try 64, 1316 or 1472");
    let size = text.trim().parse::<ByteSize>().map_err(|_| wrong())?.as_u64();
    if size < MIN_LEN as u64 {
        return Err(format!(
            "'{text}' is too small: a measured datagram begins with {MIN_LEN} bytes of header; \
             try {MIN_LEN} or more"
        ));
    }
    u16::try_from(size).ok().filter(|size| *size <= MOST).ok_or_else(|| {
        format!(
            "'{text}' is more than a datagram carries (65507 bytes by IPv4, {MOST} by IPv6); try \
             1472, which fits an Ethernet frame"
        )
    })
}

/// Reads a TTL or hop limit.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn ttl(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| {
        format!(
            "'{text}' is not 0 to 255; try 1 for this network, 16 to pass up to fifteen routers"
        )
    })
}

/// Reads a DSCP: a number from 0 to 63, or a name such as `ef`, `af41`, `cs5`.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn dscp(text: &str) -> Result<u8, String> {
    dscp::parse(text).ok_or_else(|| {
        format!("'{text}' is not a DSCP; try ef, af41, cs5 or a number from 0 to 63")
    })
}

/// Reads a UDP port.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| format!("'{text}' is not a UDP port (1 to 65535); try 40000"))
}

/// Reads how many: at least 1.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|count| *count != 0)
        .ok_or_else(|| format!("'{text}' is not a number of datagrams; try 10"))
}

/// Reads how many datagrams are sent back to back.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn burst(text: &str) -> Result<u64, String> {
    const MOST: u64 = 10_000;
    let wrong = || format!("'{text}' is not a number of datagrams in a burst (1 to {MOST}); try 8");
    text.parse().ok().filter(|burst| (1..=MOST).contains(burst)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn a_refused_time_shows_a_right_one() {
        for (text, why) in [
            ("5", "'5' has no unit; try 5s or 5ms"),
            ("0.5", "'0.5' has no unit"),
            ("0s", "no time at all"),
            ("1ns", "shorter than 1us"),
            ("inf", "'inf' is not a time"),
            ("-1s", "'-1s' is negative"),
            ("5 parsecs", "'5 parsecs' is not a time; try"),
            ("", "'' is not a time"),
        ] {
            assert!(time(text).unwrap_err().contains(why), "{text}: {}", time(text).unwrap_err());
        }
    }

    #[test]
    fn sizes_know_decimal_from_binary() {
        assert_eq!(size("1472"), Ok(1472));
        assert_eq!(size("64kB"), Ok(64_000));
        assert_eq!(size("4MiB"), Ok(4 << 20));
        for text in ["", "big", "-1", "0", "1GiB", "9EiB"] {
            assert!(size(text).unwrap_err().contains("try"), "{text}");
        }
    }

    #[test]
    fn a_measured_datagram_holds_at_least_its_header() {
        assert_eq!(
            (probe_size("48"), probe_size("1472"), probe_size("1kB"), probe_size("65527")),
            (Ok(48), Ok(1472), Ok(1000), Ok(65527))
        );
        for (text, why) in [
            ("20", "48 bytes of header"),
            ("0", "try 48"),
            ("65528", "try 1472"),
            ("1GiB", "65507"),
            ("big", "try 64"),
        ] {
            assert!(
                probe_size(text).unwrap_err().contains(why),
                "{}",
                probe_size(text).unwrap_err()
            );
        }
    }

    #[test]
    fn dscp_takes_names_and_numbers() {
        assert_eq!(
            (dscp("ef"), dscp("AF41"), dscp("cs5"), dscp("63")),
            (Ok(46), Ok(34), Ok(40), Ok(63))
        );
        for text in ["ef9", "64", "-1", ""] {
            assert!(dscp(text).unwrap_err().contains("try ef"), "{text}");
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
    fn small_numbers_are_held_to_their_range() {
        assert_eq!((ttl("0"), ttl("255")), (Ok(0), Ok(255)));
        assert!(ttl("300").unwrap_err().contains("'300' is not 0 to 255"));
        assert!(port("0").is_err() && port("65536").is_err() && port("40000") == Ok(40000));
        assert!(
            burst("0").is_err()
                && burst("10001").unwrap_err().contains("try 8")
                && burst("8") == Ok(8)
        );
        assert!(count("0").is_err() && count("-3").is_err() && count("10") == Ok(10));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = (time(&text), size(&text), dscp(&text), ttl(&text), port(&text), count(&text));
        }
    }
}
