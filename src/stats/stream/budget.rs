//! The memory of all streams, and the shares of the addresses that send them.

use std::collections::HashMap;
use std::net::IpAddr;

/// The memory limit of all streams together, in bytes. Beyond it no stream is added, and the
/// existing ones lose precision.
pub const MOST_BYTES: usize = 128 << 20;

/// The memory of all streams, and the shares of the addresses that send them.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The highest number of streams.
    most: usize,
    pub(super) most_bytes: usize,
    bytes: usize,
    streams: usize,
    by_address: HashMap<IpAddr, Share>,
}

/// The streams of one address.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    streams: usize,
    bytes: usize,
}

impl Budget {
    /// A budget for at most `most` streams, and [`MOST_BYTES`].
    pub fn new(most: usize) -> Self {
        Budget::with_bytes(most, MOST_BYTES)
    }

    /// A budget for at most `most` streams, and `most_bytes`.
    pub fn with_bytes(most: usize, most_bytes: usize) -> Self {
        Budget { most, most_bytes, bytes: 0, streams: 0, by_address: HashMap::new() }
    }

    /// The memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether an existing stream may grow. The limits of its address are separate.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.bytes < self.most_bytes
    }

    /// Adds a stream of `bytes` or more. Returns whether the limits allow it. One address gets at
    /// most half of the streams and three quarters of the memory, which leaves the rest to others.
    pub fn add(&mut self, address: IpAddr, bytes: usize) -> bool {
        if self.streams >= self.most || self.bytes + bytes > self.most_bytes {
            return false;
        }
        let share = self.by_address.entry(address).or_default();
        if share.streams >= self.most / 2 || share.bytes > self.most_bytes / 4 * 3 {
            return false;
        }
        share.streams += 1;
        self.streams += 1;
        true
    }

    /// Charges an address for `now` bytes instead of `before`. Returns whether its share is used up.
    pub fn charge(&mut self, address: IpAddr, before: usize, now: usize) -> bool {
        self.bytes = self.bytes + now - before;
        let share = self.by_address.entry(address).or_default();
        share.bytes = share.bytes + now - before;
        share.bytes > self.most_bytes / 4 * 3
    }
}
