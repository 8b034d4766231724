//! An input as pieces of one size.

use std::io::{self, Read};
use std::time::Duration;

use super::passes::Passes;
use super::source::{Length, Source, Supply};
use crate::input::{Input, InputError};

/// A pipe that pauses must not hold a piece for ever: after this time without a byte, the piece
/// leaves with the bytes that it has.
const HOLD: Duration = Duration::from_millis(100);

/// An input as pieces of one size. The last piece, and a piece before a pause of a pipe, may be
/// shorter.
#[derive(Debug)]
pub struct Pieces<R = Passes> {
    input: R,
    piece: Box<[u8]>,
    filled: usize,
    /// The piece is available.
    is_ready: bool,
    has_ended: bool,
    /// When the last bytes of the piece arrived, from the start of the run.
    last_read: Duration,
}

impl<R: Read> Pieces<R> {
    /// Pieces of `size` bytes, at least one.
    pub fn new(input: R, size: usize) -> Self {
        Pieces {
            input,
            piece: vec![0; size.max(1)].into_boxed_slice(),
            filled: 0,
            is_ready: false,
            has_ended: false,
            last_read: Duration::ZERO,
        }
    }

    /// Makes the next piece available.
    fn supply(&mut self, elapsed: Duration) -> io::Result<Supply> {
        while !self.is_ready && !self.has_ended && self.filled < self.piece.len() {
            match self.input.read(&mut self.piece[self.filled..]) {
                Ok(0) => self.has_ended = true,
                Ok(count) => {
                    self.filled += count;
                    self.last_read = elapsed;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.held_until().is_none_or(|until| elapsed < until) {
                        return Ok(Supply::Pending);
                    }
                    self.is_ready = true;
                }
                Err(error) => return Err(error),
            }
        }
        self.is_ready = self.filled > 0;
        Ok(if self.is_ready { Supply::Ready } else { Supply::End })
    }

    /// When an incomplete piece becomes available.
    fn held_until(&self) -> Option<Duration> {
        (self.filled > 0).then(|| self.last_read.saturating_add(HOLD))
    }

    /// The available piece.
    fn bytes(&self) -> &[u8] {
        &self.piece[..self.filled]
    }

    /// Removes the available piece.
    fn remove(&mut self) {
        (self.filled, self.is_ready) = (0, false);
    }
}

impl Source for Pieces {
    fn fill(&mut self, elapsed: Duration) -> Result<Supply, InputError> {
        self.supply(elapsed).map_err(|error| self.input.failed(error))
    }

    fn payload(&self) -> &[u8] {
        self.bytes()
    }

    fn length(&self) -> Length {
        let (size, passes) = (self.input.input().size(), self.input.count());
        let bytes = size.zip(passes).and_then(|(size, passes)| size.checked_mul(passes));
        let datagrams = bytes.map(|bytes| bytes.div_ceil(self.piece.len() as u64));
        Length { datagrams: datagrams.filter(|datagrams| *datagrams > 0), ..Length::default() }
    }

    fn retry(&self) -> Option<Duration> {
        self.held_until()
    }

    fn advance(&mut self) {
        self.remove();
    }

    fn input(&self) -> Option<&Input> {
        Some(self.input.input())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scripted::Scripted;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The pieces of an input whose `chunks` arrive `gap` after each other, with their times.
    fn pieces(
        bytes: &[u8],
        chunks: &[usize],
        gap: Duration,
        size: usize,
    ) -> Vec<(Duration, Vec<u8>)> {
        let mut pieces = Pieces::new(Scripted::new(bytes, chunks), size);
        let (mut now, mut next_chunk, mut found) = (Duration::ZERO, gap, Vec::new());
        loop {
            match pieces.supply(now).unwrap() {
                Supply::Ready => {
                    assert_eq!(pieces.supply(now).unwrap(), Supply::Ready, "without effect");
                    found.push((now, pieces.bytes().to_vec()));
                    pieces.remove();
                }
                Supply::Pending => {
                    let wake_up = pieces.held_until().filter(|until| *until < next_chunk);
                    now = wake_up.unwrap_or(next_chunk);
                    if wake_up.is_none() {
                        pieces.input.arrive();
                        next_chunk += gap;
                    }
                }
                Supply::End => return found,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_last_piece_may_be_shorter() {
        let all = pieces(b"12345678", &[100], MS, 3);
        assert_eq!(all.iter().map(|(_, piece)| piece.len()).collect::<Vec<_>>(), [3, 3, 2]);
        assert_eq!(pieces(b"", &[1], MS, 3), []);
    }

    #[test]
    fn a_pipe_that_pauses_sends_the_bytes_that_it_has() {
        let sent = |gap| pieces(b"123456", &[2, 2], gap, 3);
        let piece = |time: u32, bytes: &str| (time * MS, bytes.as_bytes().to_vec());
        assert_eq!(sent(99 * MS), [piece(198, "123"), piece(396, "456")]);
        assert_eq!(
            sent(150 * MS),
            [piece(250, "12"), piece(400, "34"), piece(550, "5"), piece(600, "6")]
        );
    }

    #[test]
    fn an_available_piece_does_not_grow() {
        let mut pieces = Pieces::new(Scripted::new(b"12345", &[2]), 4);
        pieces.input.arrive();
        assert_eq!(pieces.supply(Duration::ZERO).unwrap(), Supply::Pending);
        assert_eq!(pieces.supply(HOLD).unwrap(), Supply::Ready);
        pieces.input.arrive();
        assert_eq!((pieces.supply(HOLD).unwrap(), pieces.bytes()), (Supply::Ready, &b"12"[..]));
    }

    proptest! {
        #[test]
        fn pieces_carry_every_byte_in_order(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            chunks in proptest::collection::vec(0_usize..40, 1..20),
            gap in 1_u32..200,
            size in 1_usize..50,
        ) {
            let found = pieces(&bytes, &chunks, gap * MS, size);
            let all: Vec<u8> = found.iter().flat_map(|(_, piece)| piece.clone()).collect();
            prop_assert_eq!(all, bytes);
            prop_assert!(found.iter().all(|(_, piece)| (1..=size).contains(&piece.len())));
            if gap < 5 {
                let full = |(_, piece): &(Duration, Vec<u8>)| piece.len() == size;
                let before_the_last = found.split_last().map_or(&[][..], |(_, before)| before);
                prop_assert!(before_the_last.iter().all(full));
            }
        }
    }
}
