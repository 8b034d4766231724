//! The bytes of an input that never waits.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// The bytes that one call reads at most, unless a record is longer.
const CAPACITY: usize = 256 << 10;

/// The next bytes of an input, in one piece. A failed read, also with `WouldBlock`, changes nothing:
/// the next call continues.
#[derive(Debug)]
pub struct Buffer<R> {
    input: R,
    bytes: Vec<u8>,
    /// The bytes that were read and not consumed.
    unread: Range<usize>,
    /// How many bytes were consumed or discarded.
    position: u64,
    /// How many of the next bytes to discard.
    discard: u64,
    ended: bool,
}

impl<R: Read> Buffer<R> {
    pub fn new(input: R) -> Self {
        Buffer { input, bytes: Vec::new(), unread: 0..0, position: 0, discard: 0, ended: false }
    }

    /// Reads until `count` bytes are available. `false`: the input ends before.
    pub fn fill(&mut self, count: usize) -> io::Result<bool> {
        while self.unread.len() < count {
            if self.ended {
                return Ok(false);
            }
            self.read(count)?;
        }
        Ok(true)
    }

    /// Reads once, into a buffer that holds at least `count` bytes.
    fn read(&mut self, count: usize) -> io::Result<()> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.start > 0 && self.unread.start + count > self.bytes.len() {
            self.bytes.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        if self.bytes.len() < count.max(CAPACITY) {
            self.bytes.resize(count.max(CAPACITY), 0);
        }
        let free = self.bytes.get_mut(self.unread.end..).unwrap_or_default();
        match self.input.read(free) {
            Ok(0) => self.ended = true,
            Ok(count) => self.unread.end += count.min(free.len()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The bytes that are available.
    pub fn available(&self) -> &[u8] {
        self.get(self.unread.clone())
    }

    /// Consumes available bytes. Returns their place, which [`Buffer::get`] accepts until the next
    /// read.
    pub fn consume(&mut self, count: usize) -> Range<usize> {
        let count = count.min(self.unread.len());
        let place = self.unread.start..self.unread.start + count;
        self.unread.start = place.end;
        self.position += count as u64;
        place
    }

    /// Bytes that were consumed.
    pub fn get(&self, place: Range<usize>) -> &[u8] {
        self.bytes.get(place).unwrap_or_default()
    }

    /// Discards the next `count` bytes, which need not be available.
    pub fn discard(&mut self, count: u64) {
        self.discard += count;
    }

    /// Continues to discard. `false`: the input ends before.
    pub fn finish_discard(&mut self) -> io::Result<bool> {
        while self.discard > 0 {
            if !self.fill(1)? {
                return Ok(false);
            }
            let count = usize::try_from(self.discard).unwrap_or(usize::MAX);
            self.discard -= self.consume(count).len() as u64;
        }
        Ok(true)
    }

    /// How many bytes were consumed.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the input ended within something that was to be read or discarded.
    pub fn is_within(&self) -> bool {
        self.discard > 0 || !self.unread.is_empty()
    }

    pub fn input(&self) -> &R {
        &self.input
    }

    pub fn into_input(self) -> R {
        self.input
    }
}
