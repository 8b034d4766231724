//! Values with units, as people type them. Every refusal names the value, says why, and shows a right one.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

use crate::net::max_payload;
use crate::rate::Rate;
use crate::rcvbuf::{FULL_PAYLOAD, LARGEST, USUAL_PAYLOAD, Wish};

/// Below this an interval is a flood, and a limit is over before it begins.
const SHORTEST_TIME: Duration = Duration::from_micros(1);

/// Reads a time: `250us`, `100ms`, `1.5s`, `2m`, `1h30m`. It must have a unit and be longer than nothing.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(format!("{text} has no unit; try {text}s or {text}ms"));
    }
    let wrong = || format!("'{text}' is not a time; try 250us, 100ms, 1.5s or 2m");
    let time: SignedDuration = text.parse().map_err(|_| wrong())?;
    if time.is_zero() {
        return Err(format!("'{text}' is no time at all; try 1ms or more"));
    }
    let time = Duration::try_from(time).map_err(|_| format!("'{text}' is negative; try 250us, 100ms, 1.5s or 2m"))?;
    if time < SHORTEST_TIME {
        return Err(format!("'{text}' is shorter than 1us, the shortest time that means anything here"));
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
        _ => Err(format!("'{text}' is more than a socket's buffer can be (just under 1GiB); try 4MiB")),
    }
}

/// A pause that is right, for those who typed a wrong one.
const A_PAUSE: &str = "100Mbit*50ms";

/// Reads a receive buffer: a size (`4MiB`), or a rate times a pause in either order (`100Mbit*50ms`), with the size of the datagrams where it is known
/// (`100Mbit*50ms/1316`).
///
/// # Errors
/// A sentence that says what is wrong.
pub fn rcvbuf(text: &str) -> Result<Wish, String> {
    let text = text.trim();
    let factors: Vec<&str> = text.split('*').map(str::trim).collect();
    let &[left, right] = &factors[..] else {
        return if factors.len() > 2 {
            Err(format!("'{text}' multiplies more than a rate and a pause; try {A_PAUSE}"))
        } else {
            size(text).map(Wish::Bytes).map_err(|wrong| no_product(text).unwrap_or(format!("{wrong}, or {A_PAUSE}")))
        };
    };
    let (right, datagram) = split_datagram(right);
    if split_datagram(left).1.is_some() {
        return Err(format!("in '{text}' the size of the datagrams does not stand last; try {A_PAUSE}/1316"));
    }
    let (rate, pause) = match (left.parse::<Rate>(), time(left), right.parse::<Rate>(), time(right)) {
        (Ok(rate), _, _, Ok(pause)) | (_, Ok(pause), Ok(rate), _) => (rate, pause),
        (Ok(_), _, Ok(_), _) => {
            return Err(format!("'{text}' multiplies two rates, and a buffer is a rate times a pause; try {left}*50ms"));
        }
        (_, Ok(_), _, Ok(_)) => {
            return Err(format!("'{text}' multiplies two times, and a buffer is a rate times a pause; try {A_PAUSE}"));
        }
        (Ok(rate), ..) if right.is_empty() => return Err(format!("'{text}' lacks the pause; try {rate}*50ms")),
        (_, _, Ok(rate), _) if left.is_empty() => return Err(format!("'{text}' lacks the pause; try {rate}*50ms")),
        (_, Ok(_), ..) if right.is_empty() => return Err(format!("'{text}' lacks the rate; try 100Mbit*{left}")),
        (.., Ok(_)) if left.is_empty() => return Err(format!("'{text}' lacks the rate; try 100Mbit*{right}")),
        (Ok(_), _, _, Err(wrong)) | (_, Err(wrong), Ok(_), _) | (Err(wrong), ..) => {
            return Err(format!("{wrong}, as in {A_PAUSE}"));
        }
    };
    let payload = match (datagram, rate) {
        (Some(size), _) => payload(size)?,
        (None, Rate::Bits(_)) => USUAL_PAYLOAD,
        (None, Rate::Packets(_)) => FULL_PAYLOAD,
    };
    let wish = Wish::Pause { rate, pause, payload };
    let needs = wish.needs();
    if needs > LARGEST as u64 {
        let shorter = wish.lasts(LARGEST).filter(|pause| *pause >= SHORTEST_TIME);
        let shorter = shorter.map_or(A_PAUSE.to_owned(), |pause| format!("{rate}*{pause:?}"));
        let ending = datagram.map_or(String::new(), |size| format!("/{size}"));
        let gibibytes = needs as f64 / f64::from(1 << 30);
        return Err(format!(
            "'{text}' needs a buffer of {needs} bytes ({gibibytes:.1} GiB), more than a socket's can be (just under 1GiB); try {shorter}{ending}"
        ));
    }
    Ok(wish)
}

/// What is wrong with a receive buffer that has no `*`, where it means a pause all the same.
fn no_product(text: &str) -> Option<String> {
    if let Ok(rate) = text.parse::<Rate>() {
        return Some(format!("'{text}' is a rate, and it takes a pause to make a size of it; try {rate}*50ms"));
    }
    if time(text).is_ok() {
        return Some(format!("'{text}' is a time, and it takes a rate to make a size of it; try 100Mbit*{text}"));
    }
    let (rate, pause) = text.rsplit_once('/').map(|(rate, pause)| (rate.trim(), pause.trim()))?;
    let rate = rate.parse::<Rate>().ok()?;
    Some(match time(pause) {
        Ok(_) => format!("'{text}' divides where a buffer is a rate times a pause; try {rate}*{pause}"),
        Err(_) => format!("'{text}' lacks the pause; try {rate}*50ms/1316"),
    })
}

/// Takes the size of the datagrams off the end: `50ms/1316`. The slash of `Mbit/s` is another one.
fn split_datagram(factor: &str) -> (&str, Option<&str>) {
    match factor.rsplit_once('/') {
        Some((rest, size)) if !size.trim().eq_ignore_ascii_case("s") => (rest.trim(), Some(size.trim())),
        _ => (factor, None),
    }
}

/// Reads the payload of a datagram, in bytes.
fn payload(text: &str) -> Result<usize, String> {
    let most = max_payload(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let bytes: ByteSize = text.parse().map_err(|_| format!("'{text}' is not the size of a datagram; try {A_PAUSE}/1316"))?;
    usize::try_from(bytes.as_u64())
        .ok()
        .filter(|bytes| (1..=most).contains(bytes))
        .ok_or_else(|| format!("'{text}' is not what a datagram carries (1 to {most} bytes); try {A_PAUSE}/1316"))
}

/// Reads a TTL or hop limit.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn ttl(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("'{text}' is not 0 to 255; try 1 for this network, 16 to pass up to fifteen routers"))
}

/// The names of DSCP values that have one (RFC 2474, 2597, 3246, 5865, 8622).
const DSCP_NAMES: [(&str, u8); 26] = [
    ("be", 0),
    ("df", 0),
    ("default", 0),
    ("le", 1),
    ("cs0", 0),
    ("cs1", 8),
    ("cs2", 16),
    ("cs3", 24),
    ("cs4", 32),
    ("cs5", 40),
    ("cs6", 48),
    ("cs7", 56),
    ("af11", 10),
    ("af12", 12),
    ("af13", 14),
    ("af21", 18),
    ("af22", 20),
    ("af23", 22),
    ("af31", 26),
    ("af32", 28),
    ("af33", 30),
    ("af41", 34),
    ("af42", 36),
    ("af43", 38),
    ("va", 44),
    ("ef", 46),
];

/// Reads a DSCP: a number from 0 to 63, or a name such as `ef`, `af41`, `cs5`.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn dscp(text: &str) -> Result<u8, String> {
    let name = text.to_ascii_lowercase();
    let named = DSCP_NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    named
        .or_else(|| name.parse().ok().filter(|value| *value <= 63))
        .ok_or_else(|| format!("'{text}' is not a DSCP; try ef, af41, cs5 or a number from 0 to 63"))
}

/// Reads a UDP port.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| format!("'{text}' is not a UDP port (1 to 65535); try 40000"))
}

/// Reads how many: at least 1.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|count| *count != 0).ok_or_else(|| format!("'{text}' is not a number of datagrams; try 10"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            ("5", "5 has no unit; try 5s or 5ms"),
            ("0.5", "0.5 has no unit"),
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
    fn a_receive_buffer_is_a_size_or_a_rate_times_a_pause() {
        let pause = |rate, millis, payload| Ok(Wish::Pause { rate, pause: Duration::from_millis(millis), payload });
        let (bits, packets) = (Rate::Bits(100e6), Rate::Packets(10e3));
        for (text, wish) in [
            ("4MiB", Ok(Wish::Bytes(4 << 20))),
            (" 64kB ", Ok(Wish::Bytes(64_000))),
            ("100Mbit*50ms", pause(bits, 50, 1316)),
            ("100 Mbit * 50 ms", pause(bits, 50, 1316)),
            ("50ms*100Mbit", pause(bits, 50, 1316)),
            ("100Mbit/s*1.5s", pause(bits, 1500, 1316)),
            ("50ms*100Mbit/s", pause(bits, 50, 1316)),
            ("50ms*100Mbit/s/188", pause(bits, 50, 188)),
            ("100Mbit*50ms/1kB", pause(bits, 50, 1000)),
            ("10kpps*50ms", pause(packets, 50, 1472)),
            ("10kpps*50ms/64", pause(packets, 50, 64)),
            ("50ms * 10kpps / 65527", pause(packets, 50, 65_527)),
        ] {
            assert_eq!(rcvbuf(text), wish, "{text}");
        }
    }

    #[test]
    fn a_refused_receive_buffer_shows_a_right_one() {
        for (text, why) in [
            ("plenty", "'plenty' is not a size; try 1472, 64kB or 4MiB, or 100Mbit*50ms"),
            ("0", "'0' is no size at all"),
            ("100Mbit*", "'100Mbit*' lacks the pause; try 100Mbit*50ms"),
            ("*10kpps", "lacks the pause; try 10kpps*50ms"),
            ("20ms*", "lacks the rate; try 100Mbit*20ms"),
            ("*20ms", "lacks the rate; try 100Mbit*20ms"),
            ("*", "'' is not a rate; try"),
            ("100*50ms", "'100' has no unit; try 100pps, or 100Mbit, as in 100Mbit*50ms"),
            ("100Mbit*50", "50 has no unit; try 50s or 50ms, as in 100Mbit*50ms"),
            ("50*100Mbit", "50 has no unit; try 50s or 50ms, as in 100Mbit*50ms"),
            ("100MB*50ms", "'100MB' is not a rate; try 1000pps, 10kpps or 20Mbit (bits, not bytes), as in 100Mbit*50ms"),
            ("100Mbit*-50ms", "'-50ms' is negative"),
            ("100Mbit/50ms", "'100Mbit/50ms' divides where a buffer is a rate times a pause; try 100Mbit*50ms"),
            ("100Mbit/1316", "lacks the pause; try 100Mbit*50ms/1316"),
            ("100Mbit/s", "'100Mbit/s' is a rate, and it takes a pause to make a size of it; try 100Mbit*50ms"),
            ("50ms", "'50ms' is a time, and it takes a rate to make a size of it; try 100Mbit*50ms"),
            ("100Mbit*10kpps", "multiplies two rates, and a buffer is a rate times a pause; try 100Mbit*50ms"),
            ("50ms*50ms", "multiplies two times, and a buffer is a rate times a pause; try 100Mbit*50ms"),
            ("2*100Mbit*50ms", "multiplies more than a rate and a pause; try 100Mbit*50ms"),
            ("100Mbit/1316*50ms", "does not stand last; try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/", "'' is not the size of a datagram; try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/big", "'big' is not the size of a datagram; try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/0", "'0' is not what a datagram carries (1 to 65527 bytes); try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/65528", "'65528' is not what a datagram carries (1 to 65527 bytes); try"),
        ] {
            let error = rcvbuf(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_pause_that_no_buffer_lasts_is_refused_with_the_size_and_with_one_that_it_lasts() {
        let error = rcvbuf("10Gbit*5s").unwrap_err();
        if cfg!(target_os = "linux") {
            assert!(
                error.contains("'10Gbit*5s' needs a buffer of 5471125632 bytes (5.1 GiB), more than a socket's can be"),
                "{error}"
            );
        }
        for text in ["10Gbit*5s", "1Mpps*1h/64", "10Gbit*5s/9000", "999999999Gbit*5s"] {
            let error = rcvbuf(text).unwrap_err();
            let (_, right) = error.split_once("try ").unwrap();
            assert!(rcvbuf(right).is_ok(), "{text}: {error}");
        }
    }

    #[test]
    fn dscp_takes_names_and_numbers() {
        assert_eq!((dscp("ef"), dscp("AF41"), dscp("cs5"), dscp("63")), (Ok(46), Ok(34), Ok(40), Ok(63)));
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
        assert!(count("0").is_err() && count("-3").is_err() && count("10") == Ok(10));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = (time(&text), size(&text), rcvbuf(&text), dscp(&text), ttl(&text), port(&text), count(&text));
        }
    }
}
