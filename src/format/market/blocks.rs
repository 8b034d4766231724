//! Messages that follow each other, each with its length.

use crate::format::described::{ByteOrder, Field};

/// How the messages of a format follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    /// The length of a message, at its offset in the message.
    pub len: Field,
    /// The bytes that the length does not count.
    pub uncounted: usize,
    /// The shortest message in bytes, with the uncounted ones.
    pub shortest: usize,
    /// How many bytes may follow the last message.
    pub padding: usize,
}

impl Blocks {
    /// Messages whose length is in their first `width` bytes.
    pub const fn new(width: u8, order: ByteOrder) -> Self {
        let shortest = width as usize;
        Blocks { len: Field { at: 0, width, order }, uncounted: 0, shortest, padding: 0 }
    }

    /// The length of the message at the beginning of `bytes`, if it ends within them.
    fn first(&self, bytes: &[u8]) -> Option<usize> {
        let len = usize::try_from(self.len.read(bytes)?).ok()?.checked_add(self.uncounted)?;
        (self.shortest.max(1)..=bytes.len()).contains(&len).then_some(len)
    }

    /// Calls `each` for each message, until it returns false. Returns the number of messages, if
    /// they fill `bytes` exactly.
    pub fn walk(&self, mut bytes: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> Option<u64> {
        let mut count = 0;
        while bytes.len() > self.padding {
            let (message, rest) = bytes.split_at_checked(self.first(bytes)?)?;
            if !each(message) {
                return None;
            }
            (bytes, count) = (rest, count + 1);
        }
        Some(count)
    }

    /// Whether exactly `count` messages fill `bytes`.
    pub fn are(&self, count: u64, bytes: &[u8]) -> bool {
        self.walk(bytes, |_| true) == Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: Blocks = Blocks { uncounted: 2, ..Blocks::new(2, ByteOrder::Big) };

    #[test]
    fn lengths_must_sum_up_exactly() {
        assert!(BLOCKS.are(2, &[0, 1, 9, 0, 0]));
        for wrong in [&[0, 1, 9, 0][..], &[0, 1], &[0, 1, 9, 0, 0, 0], &[255, 255, 9]] {
            assert!(!BLOCKS.are(2, wrong), "{wrong:?}");
        }
        assert!(BLOCKS.are(0, &[]));
    }

    #[test]
    fn padding_may_follow_the_last_message() {
        let padded = Blocks { padding: 1, ..BLOCKS };
        assert!(padded.are(1, &[0, 1, 9, 0]) && padded.are(1, &[0, 1, 9]));
        assert!(!padded.are(1, &[0, 1, 9, 0, 0]));
    }

    #[test]
    fn a_message_without_bytes_ends_the_walk() {
        let empty = Blocks { shortest: 0, ..Blocks::new(1, ByteOrder::Big) };
        assert_eq!(empty.walk(&[0, 0], |_| true), None);
    }
}
