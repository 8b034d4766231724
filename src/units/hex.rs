//! Bytes as hex digits.

use std::fmt;

use serde::ser::{Serialize, Serializer};

/// Bytes in hex: `474011`.
pub struct Hex<'a>(pub &'a [u8]);

/// The same with a space before each byte: ` 47 40 11`.
pub struct SpacedHex<'a>(pub &'a [u8]);

/// The two hex digits of a byte.
pub fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        many_at_a_time(self.0, digits, f)
    }
}

impl fmt::Display for SpacedHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spaced = |byte| {
            let [high, low] = digits(byte);
            [b' ', high, low]
        };
        many_at_a_time(self.0, spaced, f)
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Formatting byte by byte would take longer than the rest of a datagram's line.
fn many_at_a_time<const N: usize>(
    bytes: &[u8],
    of: impl Fn(u8) -> [u8; N],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut text = [[0; N]; 64];
    for bytes in bytes.chunks(text.len()) {
        text.iter_mut().zip(bytes).for_each(|(text, byte)| *text = of(*byte));
        f.write_str(
            std::str::from_utf8(text[..bytes.len()].as_flattened()).map_err(|_| fmt::Error)?,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_format_alike_in_chunks_and_alone(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let (plain, spaced): (Vec<_>, Vec<_>) =
                bytes.iter().map(|byte| (format!("{byte:02x}"), format!(" {byte:02x}"))).unzip();
            prop_assert_eq!(Hex(&bytes).to_string(), plain.concat());
            prop_assert_eq!(SpacedHex(&bytes).to_string(), spaced.concat());
        }
    }
}
