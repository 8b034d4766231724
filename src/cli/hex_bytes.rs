//! The value of `--hex`.

/// Bytes that the user typed in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

const EXAMPLE: &str = "for example 'ef 01 0203' or 0xef01";

/// Reads bytes in hex: `ef010203`, `ef 01 0203`, `0xef 0x01`, `ef:01`, `ef,01`.
///
/// # Errors
/// The position of the wrong digit, and a correct value.
pub fn hex_bytes(text: &str) -> Result<HexBytes, String> {
    let is_separator = |letter: char| letter.is_whitespace() || matches!(letter, ':' | ',');
    let (mut bytes, mut position) = (Vec::new(), 0);
    for group in text.split_inclusive(is_separator) {
        let typed = group.trim_end_matches(is_separator);
        let digits = typed.strip_prefix("0x").or_else(|| typed.strip_prefix("0X")).unwrap_or(typed);
        let first = position + (typed.len() - digits.len()) + 1;
        if let Some((at, letter)) =
            digits.chars().enumerate().find(|(_, letter)| !letter.is_ascii_hexdigit())
        {
            let at = first + at;
            return Err(format!("character {at} ({letter:?}) is not a hex digit; {EXAMPLE}"));
        }
        if digits.len() % 2 == 1 {
            return Err(format!(
                "'{typed}' at character {} has an odd number of hex digits, and a byte has two; \
                 {EXAMPLE}",
                position + 1
            ));
        }
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        bytes.extend(
            digits.as_bytes().chunks_exact(2).map(|two| value(two[0]) << 4 | value(two[1])),
        );
        position += group.chars().count();
    }
    if bytes.is_empty() { Err(format!("no bytes; {EXAMPLE}")) } else { Ok(HexBytes(bytes)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::hex::{Hex, SpacedHex};

    fn bytes(text: &str) -> Result<Vec<u8>, String> {
        hex_bytes(text).map(|bytes| bytes.0)
    }

    #[test]
    fn bytes_have_usual_separators() {
        for text in [
            "ef010203",
            "EF 01 0203",
            " ef:01:02:03 ",
            "0xef010203",
            "0xef, 0x01, 0x02, 0x03",
            "ef\n01\t02  03",
        ] {
            assert_eq!(bytes(text), Ok(vec![0xef, 1, 2, 3]), "{text:?}");
        }
        assert_eq!(bytes("00"), Ok(vec![0]));
    }

    #[test]
    fn an_error_has_its_position_and_a_correct_value() {
        for (text, why) in [
            ("ef 1", "'1' at character 4 has an odd number"),
            ("0x1", "'0x1' at character 1 has an odd number"),
            ("ef 0g", "character 5 ('g') is not a hex digit"),
            ("0xzz", "character 3 ('z')"),
            ("é0", "character 1 ('é')"),
            ("ef 0x\u{1b}", "character 6 ('\\u{1b}')"),
            ("0x", "no bytes"),
            ("", "no bytes"),
            (" : ", "no bytes"),
        ] {
            let error = bytes(text).unwrap_err();
            assert!(error.contains(why) && error.contains("for example 'ef 01 0203'"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn bytes_survive_their_hex(sent in proptest::collection::vec(any::<u8>(), 1..50)) {
            prop_assert_eq!(bytes(&Hex(&sent).to_string()), Ok(sent.clone()));
            prop_assert_eq!(bytes(&SpacedHex(&sent).to_string()), Ok(sent));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}|[0-9a-fx :]{0,20}") {
            let _ = bytes(&text);
        }
    }
}
