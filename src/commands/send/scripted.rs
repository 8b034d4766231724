//! An input for tests: bytes that arrive in chunks.

use std::io::{self, Read};

/// Bytes that arrive in chunks. Between two chunks a read fails with `WouldBlock`.
#[derive(Debug)]
pub struct Scripted {
    bytes: Vec<u8>,
    /// The lengths of the chunks, repeated. A chunk without a byte is an early wake-up.
    chunks: Vec<usize>,
    /// How many chunks arrived.
    arrived_chunks: usize,
    arrived: usize,
    read: usize,
}

impl Scripted {
    pub fn new(bytes: &[u8], chunks: &[usize]) -> Self {
        let mut chunks = chunks.to_vec();
        chunks.push(1);
        Scripted { bytes: bytes.to_vec(), chunks, arrived_chunks: 0, arrived: 0, read: 0 }
    }

    /// The next chunk arrives.
    pub fn arrive(&mut self) {
        let chunk = self.chunks[self.arrived_chunks % self.chunks.len()];
        self.arrived_chunks += 1;
        self.arrived = (self.arrived + chunk).min(self.bytes.len());
    }
}

impl Read for Scripted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(self.arrived - self.read);
        if count == 0 && self.read < self.bytes.len() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        into[..count].copy_from_slice(&self.bytes[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}
