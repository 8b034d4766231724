//! The receive buffer as people type it: a size, or a rate times a pause.

use bytesize::ByteSize;

use super::values::{SHORTEST_TIME, size, time};
use crate::iface::Family;
use crate::units::Rate;
use crate::units::rcvbuf::{FULL_PAYLOAD, LARGEST, USUAL_PAYLOAD, Wish};

/// A pause that is right, for those who typed a wrong one.
const A_PAUSE: &str = "100Mbit*50ms";

/// Reads a receive buffer: a size (`4MiB`), or a rate times a pause in either order
/// (`100Mbit*50ms`), with the size of the datagrams where it is known (`100Mbit*50ms/1316`).
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
            size(text)
                .map(Wish::Bytes)
                .map_err(|wrong| no_product(text).unwrap_or(format!("{wrong}, or {A_PAUSE}")))
        };
    };
    let (right, datagram) = split_datagram(right);
    if split_datagram(left).1.is_some() {
        return Err(format!(
            "in '{text}' the size of the datagrams does not stand last; try {A_PAUSE}/1316"
        ));
    }
    let (rate, pause) = match (left.parse::<Rate>(), time(left), right.parse::<Rate>(), time(right))
    {
        (Ok(rate), _, _, Ok(pause)) | (_, Ok(pause), Ok(rate), _) => (rate, pause),
        (Ok(_), _, Ok(_), _) => {
            return Err(format!(
                "'{text}' multiplies two rates, and a buffer is a rate times a pause; try \
                 {left}*50ms"
            ));
        }
        (_, Ok(_), _, Ok(_)) => {
            return Err(format!(
                "'{text}' multiplies two times, and a buffer is a rate times a pause; try \
                 {A_PAUSE}"
            ));
        }
        (Ok(rate), ..) if right.is_empty() => {
            return Err(format!("'{text}' lacks the pause; try {rate}*50ms"));
        }
        (_, _, Ok(rate), _) if left.is_empty() => {
            return Err(format!("'{text}' lacks the pause; try {rate}*50ms"));
        }
        (_, Ok(_), ..) if right.is_empty() => {
            return Err(format!("'{text}' lacks the rate; try 100Mbit*{left}"));
        }
        (.., Ok(_)) if left.is_empty() => {
            return Err(format!("'{text}' lacks the rate; try 100Mbit*{right}"));
        }
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
            "'{text}' needs a buffer of {needs} bytes ({gibibytes:.1} GiB), more than a socket's \
             can be (just under 1GiB); try {shorter}{ending}"
        ));
    }
    Ok(wish)
}

/// What is wrong with a receive buffer that has no `*`, where it means a pause all the same.
fn no_product(text: &str) -> Option<String> {
    if let Ok(rate) = text.parse::<Rate>() {
        return Some(format!(
            "'{text}' is a rate, and it takes a pause to make a size of it; try {rate}*50ms"
        ));
    }
    if time(text).is_ok() {
        return Some(format!(
            "'{text}' is a time, and it takes a rate to make a size of it; try 100Mbit*{text}"
        ));
    }
    let (rate, pause) = text.rsplit_once('/').map(|(rate, pause)| (rate.trim(), pause.trim()))?;
    let rate = rate.parse::<Rate>().ok()?;
    Some(match time(pause) {
        Ok(_) => {
            format!("'{text}' divides where a buffer is a rate times a pause; try {rate}*{pause}")
        }
        Err(_) => format!("'{text}' lacks the pause; try {rate}*50ms/1316"),
    })
}

/// Takes the size of the datagrams off the end: `50ms/1316`. The slash of `Mbit/s` is another one.
fn split_datagram(factor: &str) -> (&str, Option<&str>) {
    match factor.rsplit_once('/') {
        Some((rest, size)) if !size.trim().eq_ignore_ascii_case("s") => {
            (rest.trim(), Some(size.trim()))
        }
        _ => (factor, None),
    }
}

/// Reads the payload of a datagram, in bytes.
fn payload(text: &str) -> Result<usize, String> {
    let most = Family::V6.max_payload();
    let bytes: ByteSize = text
        .parse()
        .map_err(|_| format!("'{text}' is not the size of a datagram; try {A_PAUSE}/1316"))?;
    usize::try_from(bytes.as_u64()).ok().filter(|bytes| (1..=most).contains(bytes)).ok_or_else(
        || {
            format!(
                "'{text}' is not what a datagram carries (1 to {most} bytes); try {A_PAUSE}/1316"
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_receive_buffer_is_a_size_or_a_rate_times_a_pause() {
        let pause = |rate, millis, payload| {
            Ok(Wish::Pause { rate, pause: Duration::from_millis(millis), payload })
        };
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
            ("100Mbit*50", "'50' has no unit; try 50s or 50ms, as in 100Mbit*50ms"),
            ("50*100Mbit", "'50' has no unit; try 50s or 50ms, as in 100Mbit*50ms"),
            (
                "100MB*50ms",
                "'100MB' is not a rate; try 1000pps, 10kpps or 20Mbit (bits, not bytes), as in \
                 100Mbit*50ms",
            ),
            ("100Mbit*-50ms", "'-50ms' is negative"),
            (
                "100Mbit/50ms",
                "'100Mbit/50ms' divides where a buffer is a rate times a pause; try 100Mbit*50ms",
            ),
            ("100Mbit/1316", "lacks the pause; try 100Mbit*50ms/1316"),
            (
                "100Mbit/s",
                "'100Mbit/s' is a rate, and it takes a pause to make a size of it; try \
                 100Mbit*50ms",
            ),
            (
                "50ms",
                "'50ms' is a time, and it takes a rate to make a size of it; try 100Mbit*50ms",
            ),
            (
                "100Mbit*10kpps",
                "multiplies two rates, and a buffer is a rate times a pause; try 100Mbit*50ms",
            ),
            (
                "50ms*50ms",
                "multiplies two times, and a buffer is a rate times a pause; try 100Mbit*50ms",
            ),
            ("2*100Mbit*50ms", "multiplies more than a rate and a pause; try 100Mbit*50ms"),
            ("100Mbit/1316*50ms", "does not stand last; try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/", "'' is not the size of a datagram; try 100Mbit*50ms/1316"),
            ("100Mbit*50ms/big", "'big' is not the size of a datagram; try 100Mbit*50ms/1316"),
            (
                "100Mbit*50ms/0",
                "'0' is not what a datagram carries (1 to 65527 bytes); try 100Mbit*50ms/1316",
            ),
            (
                "100Mbit*50ms/65528",
                "'65528' is not what a datagram carries (1 to 65527 bytes); try",
            ),
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
                error.contains(
                    "'10Gbit*5s' needs a buffer of 5471125632 bytes (5.1 GiB), more than a \
                     socket's can be"
                ),
                "{error}"
            );
        }
        for text in ["10Gbit*5s", "1Mpps*1h/64", "10Gbit*5s/9000", "999999999Gbit*5s"] {
            let error = rcvbuf(text).unwrap_err();
            let (_, right) = error.split_once("try ").unwrap();
            assert!(rcvbuf(right).is_ok(), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9a-zA-Z*/. ]{0,30}|\\PC{0,20}") {
            let _ = rcvbuf(&text);
        }
    }
}
