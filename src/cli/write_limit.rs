//! The values of `--write-limit` and `--write-keep`.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

use crate::units::FileLimit;

const EXAMPLES: &str = "for example 100MB, 1GiB, 10m or 1h";

/// Reads a size (`100MB`, `1GiB`) or a time (`10m`, `1h`). A size has a B, because `10M` and `10m`
/// are too similar.
///
/// # Errors
/// The reason and a correct value.
pub fn write_limit(text: &str) -> Result<FileLimit, String> {
    let text = text.trim();
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text[number.len()..].to_ascii_lowercase();
    let is_number = number.trim().parse::<f64>().is_ok_and(f64::is_finite);
    if is_number && unit.ends_with('b') {
        return size(text);
    }
    match unit.as_str() {
        "" if number.trim().parse() == Ok(0.0) => {
            Err(format!("must be greater than zero; {EXAMPLES}"))
        }
        "" if is_number => Err(format!("a unit is missing; try {number}MB or {number}m")),
        _ if text == format!("{number}M") && is_number => {
            Err(format!("a size or a time? try {number}MB or {number}m"))
        }
        "k" | "ki" | "mi" | "g" | "gi" | "t" | "ti" if is_number => {
            Err(format!("a size has a B; try {text}B"))
        }
        _ => time(text),
    }
}

fn time(text: &str) -> Result<FileLimit, String> {
    let time: SignedDuration =
        text.parse().map_err(|_| format!("not a size or a time; {EXAMPLES}"))?;
    match Duration::try_from(time) {
        Ok(time) if time >= FileLimit::LEAST_TIME => Ok(FileLimit::Time(time)),
        _ => Err(format!("must be at least 1s; {EXAMPLES}")),
    }
}

fn size(text: &str) -> Result<FileLimit, String> {
    let size: ByteSize = text.parse().map_err(|_| format!("not a size; {EXAMPLES}"))?;
    match size.as_u64() {
        bytes if bytes >= FileLimit::LEAST_SIZE => Ok(FileLimit::Size(bytes)),
        _ => Err(format!("must be at least 100kB; {EXAMPLES}")),
    }
}

/// Reads the number of files to keep.
///
/// # Errors
/// The reason and a correct value.
pub fn write_keep(text: &str) -> Result<usize, String> {
    let wrong = || "must be a number of files greater than zero; for example 10".to_owned();
    text.parse().ok().filter(|files| *files != 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_limit_is_a_size_or_a_time() {
        for (text, limit) in [
            ("100MB", FileLimit::Size(100_000_000)),
            ("1GiB", FileLimit::Size(1 << 30)),
            ("1.5 gb", FileLimit::Size(1_500_000_000)),
            ("200000B", FileLimit::Size(200_000)),
            ("10m", FileLimit::Time(Duration::from_secs(600))),
            ("1h30m", FileLimit::Time(Duration::from_secs(5400))),
            ("90 s", FileLimit::Time(Duration::from_secs(90))),
        ] {
            assert_eq!(write_limit(text), Ok(limit), "{text}");
        }
    }

    #[test]
    fn a_refused_limit_shows_a_correct_one() {
        for (text, why) in [
            ("100", "a unit is missing; try 100MB or 100m"),
            ("10M", "a size or a time? try 10MB or 10m"),
            ("10G", "a size has a B; try 10GB"),
            ("10Ki", "a size has a B; try 10KiB"),
            ("1kB", "at least 100kB"),
            ("10ms", "at least 1s"),
            ("0", "must be greater than zero; for example 100MB"),
            ("0s", "at least 1s"),
            ("-5m", "at least 1s"),
            ("-1MB", "not a size"),
            ("big", "not a size or a time; for example 100MB"),
            ("", "not a size or a time"),
            ("é", "not a size or a time"),
        ] {
            let error = write_limit(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert_eq!((write_keep("3"), write_keep("0").is_err()), (Ok(3), true));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = (write_limit(&text), write_keep(&text));
        }
    }
}
