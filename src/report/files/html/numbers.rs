//! Numbers in a page.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::assertion::Value;

/// `12,345`: digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count, or nothing if it is 0.
pub fn positive(number: u64) -> Option<String> {
    (number > 0).then(|| grouped(number))
}

/// A time in ns with three digits and a unit.
pub fn nanos(nanos: i64) -> String {
    Value::Nanos(nanos).to_string()
}

/// A part in percent.
pub fn percent(ratio: f64) -> String {
    Value::Ratio(ratio).to_string()
}

/// A length of time: `250 ms`, `12.5 s`, `3 min 20 s`, `1 d 2 h 3 min`.
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds < 60 {
        return nanos(i64::try_from(length.as_nanos()).unwrap_or(i64::MAX));
    }
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min")];
    let mut parts: Vec<String> = units
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if seconds < 3600 && seconds % 60 > 0 {
        parts.push(format!("{} s", seconds % 60));
    }
    parts.join(" ")
}

/// A time for people, on this host's clock: `2026-11-29 11:02:56 +01:00`.
pub fn date(time: SystemTime) -> String {
    zoned(time).map_or_else(dash, |time| time.strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
}

/// A time for programs.
pub fn rfc3339(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| dash(), |time| format!("{time:.3}"))
}

fn zoned(time: SystemTime) -> Option<Zoned> {
    // Without its zone, the host has UTC.
    Some(Timestamp::try_from(time).ok()?.to_zoned(TimeZone::try_system().unwrap_or(TimeZone::UTC)))
}

/// A text of at most this many bytes, cut at the end of a line.
pub fn shortened(text: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(text);
    if text.len() <= most {
        return text.into_owned();
    }
    let mut short = String::new();
    for line in text.split_inclusive('\n') {
        if short.len() + line.len() > most {
            short.push_str("...");
            break;
        }
        short.push_str(line);
    }
    short
}

/// The cell of a value that was not measured.
pub fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [0, 999, 1000, 12_345, 1_234_567].map(grouped),
            ["0", "999", "1,000", "12,345", "1,234,567"]
        );
        let lengths = [0.25, 12.5, 60.0, 200.0, 7_384.0, 93_784.0];
        assert_eq!(
            lengths.map(|seconds| length(Duration::from_secs_f64(seconds))),
            ["250 ms", "12.5 s", "1 min", "3 min 20 s", "2 h 3 min", "1 d 2 h 3 min"]
        );
    }
}
