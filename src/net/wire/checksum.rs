//! The internet checksum (RFC 1071).

/// The sum of 16-bit words, from which the checksum follows. Parts may be added in any order; only
/// the last one may have a length that is no multiple of four bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u64);

impl Sum {
    /// Adds bytes. Words in the order of this host have the same sum, with its bytes swapped (RFC
    /// 1071, 2): that makes a sum of 32-bit words possible, which is several times as fast.
    pub fn add(self, bytes: &[u8]) -> Self {
        let words = bytes.chunks_exact(4);
        let mut last = [0; 4];
        let rest = words.remainder();
        last[..rest.len()].copy_from_slice(rest);
        let words = words.filter_map(|word| word.first_chunk());
        let sum: u64 = words.map(|word| u64::from(u32::from_ne_bytes(*word))).sum();
        Sum(self.0 + sum + u64::from(u32::from_ne_bytes(last)))
    }

    /// The bytes of the checksum, as they are in a header.
    pub fn checksum(self) -> [u8; 2] {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (!(sum as u16)).to_ne_bytes()
    }
}

/// The bytes of the checksum of `bytes`.
pub fn checksum(bytes: &[u8]) -> [u8; 2] {
    Sum::default().add(bytes).checksum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_rfc_1071_has_its_sum() {
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), [0x22, 0x0d]);
    }

    /// The sum of big-endian words of 16 bits, as RFC 1071 defines it.
    fn defined(bytes: &[u8]) -> [u8; 2] {
        let word = |pair: &[u8]| u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]);
        let mut sum: u64 = bytes.chunks(2).map(|pair| u64::from(word(pair))).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (!(sum as u16)).to_be_bytes()
    }

    proptest! {
        #[test]
        fn wide_words_have_the_same_sum(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            cut in 0_usize..750,
        ) {
            prop_assert_eq!(checksum(&bytes), defined(&bytes));
            let (first, last) = bytes.split_at((cut * 4).min(bytes.len() / 4 * 4));
            let parts = Sum::default().add(first).add(last);
            prop_assert_eq!(parts.checksum(), defined(&bytes));
        }
    }
}
