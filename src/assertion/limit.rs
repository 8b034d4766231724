//! The parser of the value behind an operator.

use jiff::SignedDuration;

use super::Value;
use super::metric::ValueKind;
use crate::units::Rate;

/// `None` if the value is of another kind.
pub fn value(kind: ValueKind, text: &str) -> Option<Value> {
    let value = match kind {
        ValueKind::Count => text.parse().ok().map(Value::Count),
        ValueKind::Ratio => ratio(text).map(Value::Ratio),
        ValueKind::Delay => nanos(text).map(Value::Nanos),
        ValueKind::Time => nanos(text).filter(|nanos| *nanos >= 0).map(Value::Nanos),
        ValueKind::Packets | ValueKind::Bits => rate(text, kind),
    };
    value.filter(|value| value.is_number())
}

/// Zero needs no unit.
const ZERO: &str = "0";

fn ratio(text: &str) -> Option<f64> {
    if text == ZERO {
        return Some(0.0);
    }
    let (number, unit) = split_number(text);
    // Parsing the exponent with the digits rounds once: 0.7% equals 7 divided by 1000. 0.7 divided
    // by 100 would round twice and differ.
    let ratio: f64 = format!("{number}e-2").parse().ok()?;
    (unit == "%" && (0.0..=1.0).contains(&ratio)).then_some(ratio)
}

fn nanos(text: &str) -> Option<i64> {
    if text == ZERO {
        return Some(0);
    }
    let time: SignedDuration = text.parse().ok()?;
    i64::try_from(time.as_nanos()).ok()
}

fn rate(text: &str, kind: ValueKind) -> Option<Value> {
    let (number, unit) = split_number(text);
    // `Rate` refuses zero; parse the unit with a 1 in its place.
    let is_zero = number.parse() == Ok(0.0_f64);
    let read = if is_zero { format!("1{unit}").parse() } else { text.parse() };
    let rate = |rate: f64| if is_zero { 0.0 } else { rate };
    match (kind, read) {
        (ValueKind::Packets, _) if text == ZERO => Some(Value::Pps(0.0)),
        (ValueKind::Bits, _) if text == ZERO => Some(Value::Bps(0.0)),
        (ValueKind::Packets, Ok(Rate::Packets(pps))) => Some(Value::Pps(rate(pps))),
        (ValueKind::Bits, Ok(Rate::Bits(bps))) => Some(Value::Bps(rate(bps))),
        _ => None,
    }
}

/// Splits a number from its unit.
pub fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}
