//! Text of others, for a terminal: what it would not simply print is escaped.

use std::fmt::{self, Display, Write};

/// Whether a terminal simply prints a character. Accents and vowel signs count: they print on the
/// letter before them.
pub fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_control();
    }
    // The standard library knows, and says so by escaping it; behind another letter it leaves
    // accents alone.
    let mut bytes = [b'a'; 5];
    let len = 1 + letter.encode_utf8(&mut bytes[1..]).len();
    std::str::from_utf8(&bytes[..len]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

/// A name with everything escaped that a terminal would not simply print: a line break, too.
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

/// The name that these bytes are if they are UTF-8; what is not is escaped as `\xff`.
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
    fn a_name_cannot_move_the_cursor_or_turn_the_direction() {
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
    fn bytes_that_are_no_text_are_escaped_one_by_one() {
        assert_eq!(name_of(b"b\xffz\xc3"), "b\\xffz\\xc3");
        assert_eq!(name_of("é\u{1b}".as_bytes()), "é\u{1b}");
    }

    proptest! {
        #[test]
        fn nothing_but_what_prints_is_left(text: String) {
            prop_assert!(Printable(&text).to_string().chars().all(is_printable));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let name = name_of(&bytes);
            prop_assert!(std::str::from_utf8(&bytes).map_or(true, |text| text == name));
        }
    }
}
