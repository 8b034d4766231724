//! Numbers, times and payloads in text.

use std::fmt::{self, Display, Write};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::assertion::Value;
use crate::units::hex::SpacedHex;
use crate::units::words::{count, display};

/// A number of bytes, in the binary unit that fits: `8 MiB`, `534.4 KiB`, `1000 bytes`.
pub fn size(bytes: usize) -> impl Display {
    display(move |f| {
        let (unit, name) = match bytes {
            bytes if bytes >= 1 << 20 && (bytes % (1 << 20) == 0 || bytes % (1 << 10) != 0) => {
                (1 << 20, "MiB")
            }
            bytes if bytes >= 1 << 10 => (1 << 10, "KiB"),
            bytes => return write!(f, "{bytes} bytes"),
        };
        let digits = usize::from(bytes % unit != 0);
        write!(f, "{:.digits$} {name}", bytes as f64 / unit as f64)
    })
}

/// A rate with three significant digits and a unit prefix: `0.50 `, `12.3 k`, `1.04 M`.
pub fn rate(rate: f64) -> impl Display {
    display(move |f| {
        let (scaled, unit) = match rate {
            rate if rate >= 999.5e6 => (rate / 1e9, " G"),
            rate if rate >= 999.5e3 => (rate / 1e6, " M"),
            rate if rate >= 999.5 => (rate / 1e3, " k"),
            rate => (rate, " "),
        };
        let digits = if scaled >= 99.95 {
            0
        } else if scaled >= 9.995 {
            1
        } else {
            2
        };
        write!(f, "{scaled:.digits$}{unit}")
    })
}

/// The time of day in a time zone, to the microsecond: `14:03:07.125391`.
pub fn time_of_day(time: SystemTime, zone: &TimeZone) -> impl Display {
    let zoned = Timestamp::try_from(time).map(|time| time.to_zoned(zone.clone()));
    display(move |f| match &zoned {
        Ok(zoned) => {
            let time = zoned.time();
            let micros = time.subsec_nanosecond() / 1000;
            write!(f, "{:02}:{:02}:{:02}.{micros:06}", time.hour(), time.minute(), time.second())
        }
        Err(_) => write!(f, "--:--:--.------"),
    })
}

/// A rate over less time is that of one burst, which would mislead.
pub const SHORTEST_RATE: Duration = Duration::from_millis(10);

/// The same, to the millisecond: `14:03:31.120`.
pub fn time_to_millis(time: SystemTime, zone: &TimeZone) -> impl Display {
    let zoned = Timestamp::try_from(time).map(|time| time.to_zoned(zone.clone()));
    display(move |f| match &zoned {
        Ok(zoned) => {
            let time = zoned.time();
            let millis = time.millisecond();
            write!(f, "{:02}:{:02}:{:02}.{millis:03}", time.hour(), time.minute(), time.second())
        }
        Err(_) => write!(f, "--:--:--.---"),
    })
}

/// The most characters of a payload on a line.
const PREVIEW: usize = 240;

/// A run of this many NUL bytes is shown as its length.
const NULS: usize = 4;

/// A payload on one line: text if it is UTF-8, else hex. Control characters and escape sequences
/// are escaped. A backslash is doubled, and therefore no payload can forge an escape. A long
/// payload is cut unless `whole`.
///
/// A run of NUL bytes is `\{1300 NUL}` in text and ` (1300 x 00)` in hex. No payload can forge
/// either: a backslash is doubled, and hex has no parentheses.
pub fn payload(bytes: &[u8], whole: bool) -> impl Display {
    display(move |f| match std::str::from_utf8(bytes) {
        Ok(text) => {
            // A character takes at least one byte.
            let whole = whole || text.len() <= PREVIEW;
            let end = if whole { text.len() } else { end_of_text(text) };
            write_text(&text[..end], f)?;
            more(f, bytes.len() - end)
        }
        Err(_) => {
            let end = if whole { bytes.len() } else { end_of_hex(bytes) };
            f.write_str("hex")?;
            write_hex(&bytes[..end], f)?;
            more(f, bytes.len() - end)
        }
    })
}

/// The end of the preview of a text. A run of NUL bytes counts with its shown length.
fn end_of_text(text: &str) -> usize {
    end_of_preview(text.as_bytes(), PREVIEW, 10, |start, end, room| {
        let segment = text.get(start..end).unwrap_or_default();
        match segment.char_indices().nth(room) {
            Some((cut, _)) => Err(start + cut),
            None => Ok(segment.chars().count()),
        }
    })
}

/// The end of the preview of a payload in hex, which shows a byte as three characters.
fn end_of_hex(bytes: &[u8]) -> usize {
    end_of_preview(bytes, PREVIEW / 5, 4, |start, end, room| {
        if end - start > room { Err(start + room) } else { Ok(end - start) }
    })
}

/// The end of the first `most` units of a payload. A run of NUL bytes takes `run` units. `measure`
/// returns the units between two offsets, or the offset where they no longer fit.
fn end_of_preview(
    bytes: &[u8],
    most: usize,
    run: usize,
    measure: impl Fn(usize, usize, usize) -> Result<usize, usize>,
) -> usize {
    let (mut room, mut last) = (most, bytes.len());
    let _ = for_each_run(bytes, |start, end, is_nul| {
        let units = if is_nul { Ok(run.min(room)) } else { measure(start, end, room) };
        match units {
            // A full preview ends with the next run.
            Ok(units) if room > 0 => room -= units,
            Ok(_) => last = start,
            Err(cut) => last = cut,
        }
        if last < bytes.len() { Err(fmt::Error) } else { Ok(()) }
    });
    last
}

fn write_text(text: &str, f: &mut fmt::Formatter) -> fmt::Result {
    for_each_run(text.as_bytes(), |start, end, is_nul| {
        if is_nul {
            return write!(f, "\\{{{} NUL}}", end - start);
        }
        // NUL is a whole character: both ends are between characters.
        write!(f, "{}", Escaped(text.get(start..end).unwrap_or_default()))
    })
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter) -> fmt::Result {
    for_each_run(bytes, |start, end, is_nul| match bytes.get(start..end) {
        Some(_) if is_nul => write!(f, " ({} x 00)", end - start),
        rest => write!(f, "{}", SpacedHex(rest.unwrap_or_default())),
    })
}

/// Calls `take` for each run of at least [`NULS`] NUL bytes and for the bytes between runs, with
/// the start, the end, and whether it is a run.
fn for_each_run(
    bytes: &[u8],
    mut take: impl FnMut(usize, usize, bool) -> fmt::Result,
) -> fmt::Result {
    let (mut from, mut next) = (0, 0);
    while let Some(skipped) = bytes[next..].iter().position(|byte| *byte == 0) {
        let start = next + skipped;
        let len = bytes[start..].iter().take_while(|byte| **byte == 0).count();
        next = start + len;
        if len >= NULS {
            if from < start {
                take(from, start, false)?;
            }
            take(start, next, true)?;
            from = next;
        }
    }
    if from < bytes.len() { take(from, bytes.len(), false) } else { Ok(()) }
}

fn more(f: &mut fmt::Formatter, left: usize) -> fmt::Result {
    if left == 0 { Ok(()) } else { write!(f, " … and {}", count(left as u64, "more byte")) }
}

/// Text with escaped control characters.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Most texts have nothing to escape, and this check takes a tenth of the time.
        if self.0.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
            return f.write_str(self.0);
        }
        self.escape(f)
    }
}

impl Escaped<'_> {
    fn escape(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The standard library escapes control characters, but also quotes, which are harmless
        // here.
        for part in self.0.split_inclusive(['\'', '"']) {
            let quote = part.chars().next_back().filter(|last| matches!(last, '\'' | '"'));
            let body = &part[..part.len() - quote.map_or(0, char::len_utf8)];
            write!(f, "{}", body.escape_debug())?;
            quote.map_or(Ok(()), |quote| f.write_char(quote))?;
        }
        Ok(())
    }
}

/// A time in ns as a value.
pub fn nanos(nanos: f64) -> Value {
    Value::Nanos(nanos.round() as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(bytes: &[u8]) -> String {
        payload(bytes, false).to_string()
    }

    #[test]
    fn printable_text_is_not_escaped() {
        for text in
            ["hello world", "{\"price\": 12.5, 'x': 1}", "naïve café, 日本語, हिन्दी", "a  b"]
        {
            assert_eq!(line(text.as_bytes()), text);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        for (bytes, safe) in [
            ("\x1b[2J\x1b[31mred", "\\u{1b}[2J\\u{1b}[31mred"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("one\nforged line\r", "one\\nforged line\\r"),
            ("back\x08space\x7f\t", "back\\u{8}space\\u{7f}\\t"),
            ("\u{202e}backwards", "\\u{202e}backwards"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{2028}line", "\\u{2028}line"),
            ("a\\nb", "a\\\\nb"),
            ("\"\u{301}", "\"\\u{301}"),
        ] {
            assert_eq!(line(bytes.as_bytes()), safe);
        }
    }

    #[test]
    fn other_bytes_are_shown_in_hex() {
        assert_eq!(line(&[0x47, 0x40, 0xff, 0x1b]), "hex 47 40 ff 1b");
        assert!(line(&[0xff; 1316]).ends_with(" ff ff … and 1268 more bytes"));
    }

    #[test]
    fn runs_of_nul_bytes_are_counted() {
        for (bytes, shown) in [
            (&b"end\0\0\0\0"[..], r"end\{4 NUL}"),
            (b"\0\0\0\0\0a\0b", r"\{5 NUL}a\0b"),
            (b"a\0\0\0", r"a\0\0\0"),
            (b"\\{4 NUL}", r"\\{4 NUL}"),
            (b"\0{4 NUL}", r"\0{4 NUL}"),
            (b"\xff\0\0\0\0\0\x01", "hex ff (5 x 00) 01"),
            (b"\0\0\0\0\xff", "hex (4 x 00) ff"),
        ] {
            assert_eq!(line(bytes), shown);
        }
        for whole in [false, true] {
            assert_eq!(payload(&[0; 1300], whole).to_string(), r"\{1300 NUL}");
        }
        let padded = [&[b'a'; 10][..], &[0; 1300], &[b'b'; 300]].concat();
        assert_eq!(
            line(&padded),
            format!("{}\\{{1300 NUL}}{} … and 80 more bytes", "a".repeat(10), "b".repeat(220))
        );
        let padded = [&[0xff; 40][..], &[0; 1300], &[0xff; 30]].concat();
        assert!(line(&padded).ends_with(" ff (1300 x 00) ff ff ff ff … and 26 more bytes"));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "é".repeat(PREVIEW + 1);
        assert_eq!(line(long.as_bytes()), format!("{} … and 2 more bytes", "é".repeat(PREVIEW)));
        assert_eq!(payload(long.as_bytes(), true).to_string(), long);
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [
            (0.5, "0.50 "),
            (9.999, "10.0 "),
            (123.4, "123 "),
            (999.9, "1.00 k"),
            (12_345.0, "12.3 k"),
            (2.5e9, "2.50 G"),
        ] {
            assert_eq!(rate(value).to_string(), text);
        }
        assert_eq!(
            (size(8 << 20).to_string(), size(212_992).to_string(), size(1000).to_string()),
            ("8 MiB".into(), "208 KiB".into(), "1000 bytes".into())
        );
        assert_eq!(
            (size(547_200).to_string(), size(900_000_000).to_string()),
            ("534.4 KiB".into(), "858.3 MiB".into())
        );
    }

    struct Thorough<'a>(&'a str);

    impl Display for Thorough<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Escaped(self.0).escape(f)
        }
    }

    proptest! {
        #[test]
        fn text_without_escapes_is_written_unchanged(
            text in "[ -~]{0,300}|[ -~\\t\u{7f}é]{0,20}",
            whole: bool,
        ) {
            let end = if whole {
                text.len()
            } else {
                text.char_indices().nth(PREVIEW).map_or(text.len(), |(end, _)| end)
            };
            let shown = payload(text.as_bytes(), whole).to_string();
            let cut = if end < text.len() {
                format!(" … and {}", count((text.len() - end) as u64, "more byte"))
            } else {
                String::new()
            };
            prop_assert_eq!(shown, format!("{}{cut}", Thorough(&text[..end])));
        }

        #[test]
        fn no_payload_prints_a_control_character(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            whole: bool,
        ) {
            let text = payload(&bytes, whole).to_string();
            prop_assert!(!text.chars().any(char::is_control), "{text:?}");
        }

        #[test]
        fn no_text_prints_a_control_character(text: String) {
            prop_assert!(!line(text.as_bytes()).chars().any(char::is_control));
        }
    }
}
