//! Datagrams that wait for a common call, one after another in one buffer.

use crate::sys::{Backend, LONGEST_TRAIN};

/// The largest datagram, and the longest train: IPv6 without options.
const LARGEST: usize = 65_527;

/// Datagrams that wait for a common call.
pub struct SendQueue {
    bytes: Box<[u8]>,
    used: usize,
    queued: Vec<Queued>,
    most: usize,
    /// The number of messages, and its maximum.
    messages: usize,
    most_messages: usize,
    trains: bool,
    /// Up to the offset, the buffer holds datagrams of the length, of this turn or of earlier ones.
    held: Held,
}

/// The datagrams that a buffer holds from its start.
#[derive(Clone, Copy, Default)]
struct Held {
    len: usize,
    end: usize,
}

/// The bytes of a new datagram.
pub struct Slot<'a> {
    pub bytes: &'a mut [u8],
    /// They are those of an earlier datagram of this length.
    pub repeats: bool,
}

/// A waiting datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The position of its endpoint.
    pub position: usize,
    /// In bytes.
    pub len: usize,
    start: usize,
}

impl SendQueue {
    /// An empty queue. With `exact_times` only few messages wait: a datagram gets its timestamp
    /// before the call, and the kernel takes some microseconds for each message before it.
    pub fn new(backend: Backend, exact_times: bool) -> Self {
        const FEW: usize = 8;
        let (most, trains) = match backend {
            // One datagram per call.
            _ if !cfg!(any(target_os = "linux", windows)) => (1, false),
            Backend::Portable => (1, false),
            // A train holds more than a worthwhile call of single datagrams.
            Backend::Native(batching) if batching.offload && batching.most > 1 => {
                (LONGEST_TRAIN, true)
            }
            Backend::Native(batching) => (batching.most.clamp(1, LONGEST_TRAIN), false),
        };
        let most_messages = if exact_times { FEW } else { LONGEST_TRAIN };
        let bytes = vec![0; LARGEST].into_boxed_slice();
        SendQueue {
            bytes,
            used: 0,
            queued: Vec::with_capacity(most),
            most,
            messages: 0,
            most_messages,
            trains,
            held: Held::default(),
        }
    }

    /// Whether a datagram of `len` bytes to the endpoint at `position` fits.
    #[inline]
    pub fn has_room(&self, position: usize, len: usize) -> bool {
        let has_place = self.messages < self.most_messages || !self.begins_message(position);
        self.queued.is_empty()
            || (has_place && self.queued.len() < self.most && self.used + len <= self.bytes.len())
    }

    /// Whether a datagram to the endpoint at `position` begins a new message, not continuing the
    /// last train.
    fn begins_message(&self, position: usize) -> bool {
        !self.trains || self.queued.last().is_none_or(|last| last.position != position)
    }

    /// Adds a datagram of `len` bytes to the endpoint at `position`, and returns its bytes to fill.
    /// It must fit.
    #[inline]
    pub fn add(&mut self, position: usize, len: usize) -> Slot<'_> {
        let start = self.used;
        self.used += len;
        self.messages += usize::from(self.begins_message(position));
        self.queued.push(Queued { position, len, start });
        if len != self.held.len {
            // Datagrams of another length, at the start of the buffer, are overwritten.
            self.held = Held { len, end: 0 };
        }
        let repeats = self.used <= self.held.end;
        if start == self.held.end {
            self.held.end = self.used;
        }
        Slot { bytes: &mut self.bytes[start..self.used], repeats }
    }

    /// The waiting datagrams.
    pub fn items(&self) -> &[Queued] {
        &self.queued
    }

    /// The maximum number of waiting datagrams.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The datagrams from `first` on, to write them again.
    pub fn rewrite(&mut self, first: usize) -> impl Iterator<Item = (usize, &mut [u8])> {
        let start = self.queued.get(first).map_or(self.used, |piece| piece.start);
        let mut rest = &mut self.bytes[start..self.used];
        self.queued[first..].iter().map(move |piece| {
            let (datagram, behind) = std::mem::take(&mut rest).split_at_mut(piece.len);
            rest = behind;
            (piece.position, datagram)
        })
    }

    /// The bytes of consecutive datagrams.
    #[inline]
    pub fn bytes(&self, queued: std::ops::Range<usize>) -> &[u8] {
        let (first, last) = (self.queued[queued.start], self.queued[queued.end - 1]);
        &self.bytes[first.start..last.start + last.len]
    }

    /// Removes all datagrams.
    pub fn clear(&mut self) {
        self.queued.clear();
        (self.used, self.messages) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sys::Batching;

    fn batching(most: usize, offload: bool) -> SendQueue {
        let batching = Batching { most, offload, coalesce: false };
        SendQueue::new(Backend::Native(batching), false)
    }

    fn fill(queue: &mut SendQueue, len: usize) -> usize {
        while queue.has_room(0, len) {
            queue.add(0, len);
        }
        queue.items().len()
    }

    #[test]
    fn the_queue_holds_the_longest_train() {
        let filled = |len| fill(&mut batching(64, true), len);
        assert_eq!([0, 64, 1472, 65_527].map(filled), [128, 128, 44, 1]);
    }

    #[test]
    fn without_trains_the_queue_holds_one_call() {
        assert_eq!(
            (fill(&mut batching(64, false), 64), fill(&mut batching(7, false), 64)),
            (64, 7)
        );
        assert_eq!(
            (
                fill(&mut batching(1, true), 64),
                fill(&mut SendQueue::new(Backend::Portable, false), 64)
            ),
            (1, 1)
        );
    }

    #[test]
    fn exact_times_limit_the_queue() {
        let one_to_each = |backend| {
            let mut queue = SendQueue::new(backend, true);
            (0..200)
                .take_while(|position| {
                    queue.has_room(*position, 64) && queue.add(*position, 64).bytes.len() == 64
                })
                .count()
        };
        let to_one = |offload| {
            fill(
                &mut SendQueue::new(
                    Backend::Native(Batching { offload, ..Batching::default() }),
                    true,
                ),
                64,
            )
        };
        assert_eq!((one_to_each(Backend::default()), to_one(true), to_one(false)), (8, 128, 8));
    }

    #[test]
    fn a_slot_repeats_a_datagram_of_its_length() {
        let mut queue = batching(64, true);
        let mut turn = |lens: &[usize]| {
            queue.clear();
            lens.iter().map(|len| queue.add(0, *len).repeats).collect::<Vec<_>>()
        };
        assert_eq!(turn(&[64, 64]), [false, false]);
        assert_eq!(turn(&[64, 64, 64]), [true, true, false]);
        assert_eq!(turn(&[64, 48, 64]), [true, false, false], "other lengths in between");
        assert_eq!(turn(&[64, 64]), [false, false]);
        assert_eq!(turn(&[64, 64]), [true, true]);
    }

    proptest! {
        #[test]
        fn a_repeated_slot_holds_the_datagram_before(
            turns in proptest::collection::vec(
                proptest::collection::vec(1..4_usize, 1..6),
                1..20,
            ),
        ) {
            let mut queue = batching(64, true);
            for lens in turns {
                queue.clear();
                for len in lens {
                    let slot = queue.add(0, len);
                    prop_assert!(!slot.repeats || slot.bytes.iter().all(|byte| *byte == len as u8));
                    slot.bytes.fill(len as u8);
                }
            }
        }

        #[test]
        fn written_bytes_are_kept_in_order(
            lens in proptest::collection::vec(0..2000_usize, 1..100),
            first in 0..100_usize,
        ) {
            let mut queue = batching(64, true);
            let mut written = Vec::new();
            for (position, len) in lens.into_iter().enumerate() {
                if queue.has_room(position, len) {
                    queue.add(position, len).bytes.fill(position as u8);
                    written.push((position, len));
                }
            }
            let first = first.min(written.len());
            for (position, bytes) in queue.rewrite(first) {
                prop_assert!(bytes.iter().all(|byte| *byte == position as u8));
                bytes.fill(0xff);
            }
            prop_assert_eq!(
                queue
                    .rewrite(first)
                    .map(|(position, bytes)| (position, bytes.len()))
                    .collect::<Vec<_>>(),
                &written[first..]
            );
            for (index, (position, len)) in written.into_iter().enumerate() {
                let byte = if index < first { position as u8 } else { 0xff };
                prop_assert_eq!(queue.bytes(index..index + 1), vec![byte; len]);
            }
        }
    }
}
