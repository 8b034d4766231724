//! Copies of datagrams that wait for their release.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// A copy of a datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departure {
    /// The position of the target.
    pub position: usize,
    /// What the truth counts.
    pub mark: Mark,
    /// The payload.
    pub bytes: Vec<u8>,
    /// When the application sent it.
    pub(super) offered: Duration,
}

/// The properties of a copy that the truth counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The number of the datagram from 0, one count for each target.
    pub number: u64,
    /// It is the second copy.
    pub second: bool,
    /// One bit is wrong.
    pub corrupt: bool,
    /// How long the copy waited.
    pub held: Duration,
}

/// Copies by their release, from the earliest. Equal releases keep their order.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The release, the order of arrival, and the place in `copies`.
    heap: BinaryHeap<Reverse<(Duration, u64, usize)>>,
    copies: Vec<Departure>,
    /// The places that hold no copy.
    free: Vec<usize>,
    added: u64,
    /// The payload bytes that wait.
    bytes: usize,
}

impl Held {
    /// A buffer with a payload. Buffers are used again.
    pub(super) fn copy_of(&mut self, payload: &[u8]) -> Departure {
        let place = self.free.last().copied();
        let mut copy =
            place.map(|place| std::mem::take(&mut self.copies[place])).unwrap_or_default();
        copy.bytes.clear();
        copy.bytes.extend_from_slice(payload);
        self.bytes += payload.len();
        copy
    }

    /// Adds a copy, until `release`.
    pub(super) fn push(&mut self, release: Duration, copy: Departure) {
        let place = self.free.pop().unwrap_or(self.copies.len());
        if place < self.copies.len() {
            self.copies[place] = copy;
        } else {
            self.copies.push(copy);
        }
        self.heap.push(Reverse((release, self.added, place)));
        self.added += 1;
    }

    /// The earliest release.
    pub(super) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((release, ..))| *release)
    }

    /// The next copy, if it is released at `now`.
    pub(super) fn peek(&self, now: Duration) -> Option<&Departure> {
        let Reverse((release, _, place)) = self.heap.peek()?;
        (*release <= now).then(|| &self.copies[*place])
    }

    /// The next copy that is released at `now`. It is valid until the next call of a method.
    pub(super) fn pop(&mut self, now: Duration) -> Option<&Departure> {
        let Reverse((release, _, place)) = *self.heap.peek()?;
        if release > now {
            return None;
        }
        self.heap.pop();
        self.free.push(place);
        let copy = &mut self.copies[place];
        copy.mark.held = release.saturating_sub(copy.offered);
        self.bytes -= copy.bytes.len();
        Some(copy)
    }

    /// The payload bytes that wait, here or outside.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
