//! The receive buffer as users type it: a size, or a rate times a pause.

use bytesize::ByteSize;

use super::values::{SHORTEST_TIME, size, time};
use crate::iface::Family;
use crate::units::Rate;
use crate::units::rcvbuf::{FULL_PAYLOAD, LARGEST, RcvbufRequest, USUAL_PAYLOAD};

const EXAMPLE: &str = "100Mbit*50ms";

/// Reads a size (`4MiB`), or a rate times a pause in either order (`100Mbit*50ms`), optionally with
/// the size of the datagrams (`100Mbit*50ms/1316`).
///
/// # Errors
/// A sentence with the reason and a correct value.
pub fn rcvbuf(text: &str) -> Result<RcvbufRequest, String> {
    let text = text.trim();
    if let Some((left, right)) = text.split_once('*') {
        return product(text, left.trim(), right.trim());
    }
    size(text).map(RcvbufRequest::Bytes).map_err(|error| {
        let (before, after) = text.rsplit_once('/').unwrap_or((text, ""));
        match (text.parse::<Rate>(), before.parse::<Rate>()) {
            (Ok(rate), _) => format!(
                "'{text}' is a rate, and it takes a pause to make a size of it; try {rate}*50ms"
            ),
            _ if time(text).is_ok() => format!(
                "'{text}' is a time, and it takes a rate to make a size of it; try 100Mbit*{text}"
            ),
            (_, Ok(rate)) if time(after).is_ok() => format!(
                "'{text}' divides where a buffer is a rate times a pause; try {rate}*{}",
                after.trim()
            ),
            (_, Ok(rate)) => format!("'{text}' lacks the pause; try {rate}*50ms/1316"),
            _ => format!("{error}, or {EXAMPLE}"),
        }
    })
}

fn product(text: &str, left: &str, right: &str) -> Result<RcvbufRequest, String> {
    let refuse = |why: &str, example: &str| Err(format!("'{text}' {why}; try {example}"));
    if right.contains('*') {
        return refuse("multiplies more than a rate and a pause", EXAMPLE);
    }
    let (right, datagram) = split_datagram(right);
    if split_datagram(left).1.is_some() {
        return Err(format!(
            "in '{text}' the size of the datagrams does not stand last; try {EXAMPLE}/1316"
        ));
    }
    let is_rate = |factor: &str| factor.parse::<Rate>().is_ok();
    let pause_first = time(left).is_ok() || (is_rate(right) && !is_rate(left));
    let (rate, pause) = if pause_first { (right, left) } else { (left, right) };
    let (rate, pause) = match (rate.parse::<Rate>(), time(pause)) {
        (Ok(rate), Ok(pause)) => (rate, pause),
        (Ok(rate), _) if pause.is_empty() => {
            return refuse("lacks the pause", &format!("{rate}*50ms"));
        }
        (_, Ok(_)) if rate.is_empty() => {
            return refuse("lacks the rate", &format!("100Mbit*{pause}"));
        }
        (Ok(_), _) if is_rate(pause) => {
            let why = "multiplies two rates, and a buffer is a rate times a pause";
            return refuse(why, &format!("{rate}*50ms"));
        }
        (_, Ok(_)) if time(rate).is_ok() => {
            return refuse("multiplies two times, and a buffer is a rate times a pause", EXAMPLE);
        }
        (Err(error), _) | (_, Err(error)) => return Err(format!("{error}, as in {EXAMPLE}")),
    };
    let payload = match (datagram, rate) {
        (Some(size), _) => payload(size)?,
        (None, Rate::Bits(_)) => USUAL_PAYLOAD,
        (None, Rate::Packets(_)) => FULL_PAYLOAD,
    };
    let request = RcvbufRequest::Pause { rate, pause, payload };
    let needs = request.needs();
    if needs <= LARGEST as u64 {
        return Ok(request);
    }
    let gibibytes = needs as f64 / f64::from(1 << 30);
    let shorter = request.lasts(LARGEST).filter(|pause| *pause >= SHORTEST_TIME);
    let shorter = shorter.map_or(EXAMPLE.to_owned(), |pause| format!("{rate}*{pause:?}"));
    let ending = datagram.map_or(String::new(), |size| format!("/{size}"));
    Err(format!(
        "'{text}' needs a buffer of {needs} bytes ({gibibytes:.1} GiB), more than a socket's can \
         be (just under 1GiB); try {shorter}{ending}"
    ))
}

/// Splits the size of the datagrams off: `50ms/1316`. The slash of `Mbit/s` is another one.
fn split_datagram(factor: &str) -> (&str, Option<&str>) {
    match factor.rsplit_once('/') {
        Some((rest, size)) if !size.trim().eq_ignore_ascii_case("s") => {
            (rest.trim(), Some(size.trim()))
        }
        _ => (factor, None),
    }
}

fn payload(text: &str) -> Result<usize, String> {
    let most = Family::V6.max_payload();
    let refuse = |why| format!("'{text}' is not {why}; try {EXAMPLE}/1316");
    let bytes: ByteSize = text.parse().map_err(|_| refuse("the size of a datagram".to_owned()))?;
    let bytes = usize::try_from(bytes.as_u64()).ok().filter(|bytes| (1..=most).contains(bytes));
    bytes.ok_or_else(|| refuse(format!("what a datagram carries (1 to {most} bytes)")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_receive_buffer_is_a_size_or_a_rate_times_a_pause() {
        let pause = |rate, millis, payload| {
            Ok(RcvbufRequest::Pause { rate, pause: Duration::from_millis(millis), payload })
        };
        let (bits, packets) = (Rate::Bits(100e6), Rate::Packets(10e3));
        for (text, request) in [
            ("4MiB", Ok(RcvbufRequest::Bytes(4 << 20))),
            (" 64kB ", Ok(RcvbufRequest::Bytes(64_000))),
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
            assert_eq!(rcvbuf(text), request, "{text}");
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
            ("50ms*100MB", "'100MB' is not a rate"),
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
