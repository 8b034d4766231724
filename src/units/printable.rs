//! Untrusted text for a terminal: control and format characters are escaped.

use std::fmt::{self, Display, Write};

/// Whether a terminal prints a character without further effect. Combining accents and vowel signs
/// count: they print on the letter before them.
pub fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_control();
    }
    // The standard library escapes the others. It does not escape an accent behind a letter.
    let mut bytes = [b'a'; 5];
    let len = 1 + letter.encode_utf8(&mut bytes[1..]).len();
    std::str::from_utf8(&bytes[..len]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

/// A name with escapes for everything unprintable, line breaks included.
pub struct Printable<'a>(pub &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| {
            if is_printable(letter) {
                f.write_char(letter)
            } else {
                write!(f, "{}", letter.escape_debug())
            }
        })
    }
}

/// Decodes UTF-8; an invalid byte becomes `\xff`.
pub fn name_of(bytes: &[u8]) -> String {
    let mut name = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        name.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| {
            let _ = write!(name, "\\x{byte:02x}");
        });
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_cannot_move_the_cursor_or_reverse_the_text() {
        for (name, shown) in [
            ("e0", "e0"),
            ("a\\b 'c' é", "a\\b 'c' é"),
            ("\u{1b}[31mX\u{202e}", "\\u{1b}[31mX\\u{202e}"),
            ("\u{9b}\u{2066}\r\n\t", "\\u{9b}\\u{2066}\\r\\n\\t"),
        ] {
            assert_eq!(Printable(name).to_string(), shown);
        }
    }

    #[test]
    fn invalid_utf8_is_escaped_byte_by_byte() {
        assert_eq!(name_of(b"b\xffz\xc3"), "b\\xffz\\xc3");
        assert_eq!(name_of("é\u{1b}".as_bytes()), "é\u{1b}");
    }

    proptest! {
        #[test]
        fn only_printable_characters_remain(text: String) {
            prop_assert!(Printable(&text).to_string().chars().all(is_printable));
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let name = name_of(&bytes);
            prop_assert!(std::str::from_utf8(&bytes).map_or(true, |text| text == name));
        }
    }
}
