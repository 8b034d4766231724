//! An input that gives its bytes in pieces, as a pipe does.

use std::io::{self, ErrorKind, Read};

/// Gives at most `most` bytes at once, and fails with `WouldBlock` before each piece.
pub struct Trickle<'a> {
    bytes: &'a [u8],
    /// The state of a generator of lengths.
    state: u64,
    most: u64,
    ready: bool,
}

impl<'a> Trickle<'a> {
    pub fn new(bytes: &'a [u8], seed: u64, most: u64) -> Self {
        Trickle { bytes, state: seed, most: most.max(1), ready: false }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.ready = !self.ready;
        if self.ready {
            return Err(ErrorKind::WouldBlock.into());
        }
        // A linear congruential generator; the upper bits are the good ones.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let len = 1 + (self.state >> 33) % self.most;
        let (piece, rest) = self.bytes.split_at(self.bytes.len().min(len as usize));
        let len = piece.len().min(into.len());
        into[..len].copy_from_slice(&piece[..len]);
        self.bytes = if len < piece.len() { &self.bytes[len..] } else { rest };
        Ok(len)
    }
}
