//! The value of `--rcvbuf`: a size, or a rate times a pause.

use std::time::Duration;

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
/// The reason and a correct value.
pub fn rcvbuf(text: &str) -> Result<RcvbufRequest, String> {
    let text = text.trim();
    if let Some((left, right)) = text.split_once('*') {
        return product(left.trim(), right.trim());
    }
    size(text).map(RcvbufRequest::Bytes).map_err(|error| {
        let (before, after) = text.rsplit_once('/').unwrap_or((text, ""));
        match (text.parse::<Rate>(), before.parse::<Rate>()) {
            (Ok(rate), _) => missing("pause", format!("{rate}*50ms")),
            _ if time(text).is_ok() => missing("rate", format!("100Mbit*{text}")),
            (_, Ok(rate)) if time(after).is_ok() => format!(
                "must be a rate times a pause, not divided by a pause; try {rate}*{}",
                after.trim()
            ),
            (_, Ok(rate)) => missing("pause", format!("{rate}*50ms/1316")),
            _ => format!("{error} or {EXAMPLE}"),
        }
    })
}

fn missing(factor: &str, example: String) -> String {
    format!("the {factor} is missing; try {example}")
}

fn product(left: &str, right: &str) -> Result<RcvbufRequest, String> {
    if right.contains('*') {
        return Err(format!("must be one rate times one pause; for example {EXAMPLE}"));
    }
    let (right, datagram) = split_datagram(right);
    if split_datagram(left).1.is_some() {
        return Err(format!("the datagram size must come last; for example {EXAMPLE}/1316"));
    }
    let (rate, pause) = factors(left, right)?;
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
        "needs {needs} bytes ({gibibytes:.1} GiB), more than the maximum of just under 1 GiB; \
         try {shorter}{ending}"
    ))
}

/// Reads the two factors, in either order.
fn factors(left: &str, right: &str) -> Result<(Rate, Duration), String> {
    let is_rate = |factor: &str| factor.parse::<Rate>().is_ok();
    let pause_first = time(left).is_ok() || (is_rate(right) && !is_rate(left));
    let (rate, pause) = if pause_first { (right, left) } else { (left, right) };
    match (rate.parse::<Rate>(), time(pause)) {
        (Ok(rate), Ok(pause)) => Ok((rate, pause)),
        (Ok(rate), _) if pause.is_empty() => Err(missing("pause", format!("{rate}*50ms"))),
        (_, Ok(_)) if rate.is_empty() => Err(missing("rate", format!("100Mbit*{pause}"))),
        (Ok(_), _) if is_rate(pause) => {
            Err(format!("must be a rate times a pause, not two rates; try {rate}*50ms"))
        }
        (_, Ok(_)) if time(rate).is_ok() => {
            Err(format!("must be a rate times a pause, not two times; for example {EXAMPLE}"))
        }
        (Err(error), _) => Err(format!("factor '{rate}': {error}, as in {EXAMPLE}")),
        (_, Err(error)) => Err(format!("factor '{pause}': {error}, as in {EXAMPLE}")),
    }
}

/// Splits off the datagram size: `50ms/1316`. The slash of `Mbit/s` is part of the rate.
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
    let bytes = text.parse().ok().and_then(|bytes: ByteSize| usize::try_from(bytes.as_u64()).ok());
    bytes.filter(|bytes| (1..=most).contains(bytes)).ok_or_else(|| {
        format!("'{text}' is not a datagram size (1 to {most} bytes); for example {EXAMPLE}/1316")
    })
}

#[cfg(test)]
mod tests {
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
    fn a_refused_receive_buffer_shows_a_correct_one() {
        for (text, why) in [
            ("plenty", "not a size; for example 64kB, 4MiB or 100Mbit*50ms"),
            ("0", "must be greater than zero; for example 64kB, 4MiB or 100Mbit*50ms"),
            ("100Mbit*", "the pause is missing; try 100Mbit*50ms"),
            ("*10kpps", "the pause is missing; try 10kpps*50ms"),
            ("20ms*", "the rate is missing; try 100Mbit*20ms"),
            ("*20ms", "the rate is missing; try 100Mbit*20ms"),
            ("*", "'': not a rate; for example"),
            ("100*50ms", "'100': a unit is missing; try 100pps or 100Mbit, as in 100Mbit*50ms"),
            ("100Mbit*50", "'50': a unit is missing; try 50s or 50ms, as in 100Mbit*50ms"),
            ("50*100Mbit", "'50': a unit is missing; try 50s or 50ms, as in 100Mbit*50ms"),
            ("100MB*50ms", "'100MB': unknown unit 'MB'; for example 1000pps"),
            ("50ms*100MB", "20Mbit (bits, not bytes), as in 100Mbit*50ms"),
            ("100Mbit*-50ms", "'-50ms': must be greater than zero"),
            ("100Mbit/50ms", "not divided by a pause; try 100Mbit*50ms"),
            ("100Mbit/1316", "the pause is missing; try 100Mbit*50ms/1316"),
            ("100Mbit/s", "the pause is missing; try 100Mbit*50ms"),
            ("50ms", "the rate is missing; try 100Mbit*50ms"),
            ("100Mbit*10kpps", "not two rates; try 100Mbit*50ms"),
            ("50ms*50ms", "not two times; for example 100Mbit*50ms"),
            ("2*100Mbit*50ms", "one rate times one pause; for example 100Mbit*50ms"),
            ("100Mbit/1316*50ms", "must come last; for example 100Mbit*50ms/1316"),
            ("100Mbit*50ms/", "'' is not a datagram size (1 to 65527 bytes)"),
            ("100Mbit*50ms/big", "'big' is not a datagram size"),
            ("100Mbit*50ms/0", "'0' is not a datagram size"),
            ("100Mbit*50ms/65528", "'65528' is not a datagram size"),
        ] {
            let error = rcvbuf(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_pause_too_long_for_any_buffer_is_refused_with_a_shorter_one() {
        let error = rcvbuf("10Gbit*5s").unwrap_err();
        if cfg!(target_os = "linux") {
            assert!(
                error.contains("needs 5471125632 bytes (5.1 GiB), more than the maximum"),
                "{error}"
            );
        }
        for text in ["10Gbit*5s", "1Mpps*1h/64", "10Gbit*5s/9000", "999999999Gbit*5s"] {
            let error = rcvbuf(text).unwrap_err();
            let (_, correct) = error.split_once("try ").unwrap();
            assert!(rcvbuf(correct).is_ok(), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9a-zA-Z*/. ]{0,30}|\\PC{0,20}") {
            let _ = rcvbuf(&text);
        }
    }
}
