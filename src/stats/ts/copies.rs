//! The fingerprints of recent datagrams, by which a copy is recognised.

/// A copy of a datagram is recognised within this many datagrams.
const COPIED_WITHIN: usize = 8;

/// The fingerprints of the last datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copies {
    prints: [u64; COPIED_WITHIN],
    next: usize,
}

impl Copies {
    /// Whether a recent datagram has this fingerprint.
    pub fn has(&self, print: u64) -> bool {
        self.prints.contains(&print)
    }

    /// Adds the fingerprint of a datagram.
    pub fn add(&mut self, print: u64) {
        if let Some(oldest) = self.prints.get_mut(self.next) {
            *oldest = print;
        }
        self.next = (self.next + 1) % COPIED_WITHIN;
    }
}
