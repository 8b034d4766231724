//! Numbers as text in a payload.

/// The number at the start of a text and the rest behind it. `None` without a digit or beyond 64
/// bits. Digits above 9 are lower-case letters.
pub fn leading(text: &[u8], radix: u32) -> Option<(u64, &[u8])> {
    let value = |byte: &u8| {
        let digit = char::from(*byte).to_digit(radix)?;
        (!byte.is_ascii_uppercase()).then_some(u64::from(digit))
    };
    let len = text.iter().take_while(|byte| value(byte).is_some()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().filter_map(value).try_fold(0_u64, |number, digit| {
        number.checked_mul(u64::from(radix))?.checked_add(digit)
    })?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::leading;

    #[test]
    fn a_number_ends_at_the_first_other_byte() {
        assert_eq!(leading(b"120, x", 10), Some((120, &b", x"[..])));
        assert_eq!(leading(b"1aF", 16), Some((26, &b"F"[..])));
        assert_eq!(leading(b"a", 10), None);
        assert_eq!(leading(b"", 16), None);
        assert_eq!(leading(b"18446744073709551615", 10), Some((u64::MAX, &b""[..])));
        assert_eq!(leading(b"18446744073709551616", 10), None);
    }

    proptest! {
        #[test]
        fn a_written_number_is_read_again(number: u64, rest in "[^0-9a-f]{0,5}") {
            let (decimal, hex) = (format!("{number}{rest}"), format!("{number:x}{rest}"));
            prop_assert_eq!(leading(decimal.as_bytes(), 10), Some((number, rest.as_bytes())));
            prop_assert_eq!(leading(hex.as_bytes(), 16), Some((number, rest.as_bytes())));
        }

        #[test]
        fn nothing_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = (leading(&text, 10), leading(&text, 16));
        }
    }
}
