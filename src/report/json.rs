//! JSON: one compact object per line.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::format::{EventClock, Format};
use crate::event::{Event, Stamped};
use crate::units::printable::is_printable;

/// The JSON format.
#[derive(Default)]
pub struct Json {
    clock: EventClock,
}

impl Format for Json {
    fn event(
        &mut self,
        event: &Event,
        out: &mut Vec<u8>,
        _notes: &mut dyn Write,
    ) -> io::Result<()> {
        let time = match self.clock {
            EventClock::System => Some(SystemTime::now()),
            EventClock::Capture(time) => time,
        };
        let stamped = Stamped { event, time };
        write(&stamped, out)?;
        out.push(b'\n');
        Ok(())
    }

    fn set_clock(&mut self, clock: EventClock) {
        self.clock = clock;
    }
}

/// Writes a value on one line.
pub fn write(value: &impl Serialize, out: &mut Vec<u8>) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Printable(None)))
}

/// Writes a value on indented lines.
pub fn write_pretty(value: &impl Serialize, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let formatter = Printable(Some(PrettyFormatter::new()));
    value.serialize(&mut Serializer::with_formatter(out, formatter))
}

/// Writes control and format characters that JSON does not escape as `\uXXXX`, because a terminal
/// may show the output. The value is the same.
///
/// One formatter serves all output: each adds a copy of the code for each type.
struct Printable(Option<PrettyFormatter<'static>>);

/// The punctuation of a list or an object, with or without lines.
macro_rules! punctuation {
    ($($part:ident($($first:ident)?)),*) => {$(
        fn $part<W: ?Sized + Write>(&mut self, out: &mut W $(, $first: bool)?) -> io::Result<()> {
            match &mut self.0 {
                Some(pretty) => pretty.$part(out $(, $first)?),
                None => CompactFormatter.$part(out $(, $first)?),
            }
        }
    )*};
}

impl Formatter for Printable {
    punctuation! {
        begin_array(), begin_array_value(first), end_array_value(), end_array(),
        begin_object(), begin_object_key(first), begin_object_value(), end_object_value(),
        end_object()
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Most fragments are printable ASCII.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|letter| !is_printable(letter)) {
            out.write_all(&rest.as_bytes()[..at])?;
            let letter = rest[at..].chars().next().unwrap_or_default();
            letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            rest = &rest[at + letter.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write(&text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_those_of_serde_json() {
        let value = serde_json::json!({"a": [], "b": {}, "c": [1, {"d": null}], "e": "f"});
        let mut out = Vec::new();
        write_pretty(&value, &mut out).unwrap();
        let pretty = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert_eq!(pretty, serde_json::to_string_pretty(&value).unwrap());
        write(&value, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
    }

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(written("naïve 日本語 {'x': 1}"), "\"naïve 日本語 {'x': 1}\"");
        assert_eq!(
            written("\u{9b}31m\u{202e}\u{85}\u{7f}\u{1b}"),
            r#""\u009b31m\u202e\u0085\u007f\u001b""#
        );
        assert_eq!(written("\u{e0001}"), r#""\udb40\udc01""#);
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(text: String) {
            let written = written(&text);
            prop_assert!(!written.chars().any(char::is_control));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
