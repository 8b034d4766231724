//! Datagrams that wait to leave together, one behind the other in one buffer.

use crate::sys::{Backend, LONGEST_TRAIN};

/// Room for the largest datagram there is, and so for the longest train: that of IPv6 without
/// options.
const ROOM: usize = 65_527;

/// Datagrams that wait to leave together.
pub struct SendQueue {
    bytes: Box<[u8]>,
    used: usize,
    queued: Vec<Queued>,
    most: usize,
    /// How many messages it comes to, and how many it may.
    messages: usize,
    most_messages: usize,
    trains: bool,
}

/// A datagram that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The position of its endpoint.
    pub position: usize,
    /// Its length in bytes.
    pub len: usize,
    start: usize,
}

impl SendQueue {
    /// Nothing yet. With `exact_times` few messages wait: the time that a datagram carries is
    /// written before the call, and the kernel takes some microseconds for each message before
    /// it.
    pub fn new(backend: Backend, exact_times: bool) -> Self {
        const FEW: usize = 8;
        let (most, trains) = match backend {
            // One datagram a call.
            _ if !cfg!(target_os = "linux") => (1, false),
            Backend::Portable => (1, false),
            // Trains are longer than what is worth a call of single datagrams.
            Backend::Native(batching) if batching.offload && batching.most > 1 => {
                (LONGEST_TRAIN, true)
            }
            Backend::Native(batching) => (batching.most.clamp(1, LONGEST_TRAIN), false),
        };
        let most_messages = if exact_times { FEW } else { LONGEST_TRAIN };
        let bytes = vec![0; ROOM].into_boxed_slice();
        SendQueue {
            bytes,
            used: 0,
            queued: Vec::with_capacity(most),
            most,
            messages: 0,
            most_messages,
            trains,
        }
    }

    /// Whether there is room for a datagram of `len` bytes to the endpoint at `position`.
    pub fn has_room(&self, position: usize, len: usize) -> bool {
        let has_place = self.messages < self.most_messages || !self.begins_message(position);
        self.queued.is_empty()
            || (has_place && self.queued.len() < self.most && self.used + len <= self.bytes.len())
    }

    /// Whether a datagram to the endpoint at `position` does not go into the train of the one
    /// before it.
    fn begins_message(&self, position: usize) -> bool {
        !self.trains || self.queued.last().is_none_or(|last| last.position != position)
    }

    /// The room of one more datagram, of `len` bytes, to the endpoint at `position`: to be written.
    /// There must be room.
    pub fn add(&mut self, position: usize, len: usize) -> &mut [u8] {
        let start = self.used;
        self.used += len;
        self.messages += usize::from(self.begins_message(position));
        self.queued.push(Queued { position, len, start });
        &mut self.bytes[start..self.used]
    }

    /// What waits.
    pub fn items(&self) -> &[Queued] {
        &self.queued
    }

    /// The most datagrams that wait together.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The datagrams from `first` on, to be written anew.
    pub fn rewrite(&mut self, first: usize) -> impl Iterator<Item = (usize, &mut [u8])> {
        let start = self.queued.get(first).map_or(self.used, |piece| piece.start);
        let mut rest = &mut self.bytes[start..self.used];
        self.queued[first..].iter().map(move |piece| {
            let (datagram, behind) = std::mem::take(&mut rest).split_at_mut(piece.len);
            rest = behind;
            (piece.position, datagram)
        })
    }

    /// The bytes of datagrams that stand one behind the other.
    pub(super) fn bytes(&self, queued: std::ops::Range<usize>) -> &[u8] {
        let (first, last) = (self.queued[queued.start], self.queued[queued.end - 1]);
        &self.bytes[first.start..last.start + last.len]
    }

    /// Forgets all of it.
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
        SendQueue::new(Backend::Native(Batching { most, offload }), false)
    }

    fn fill(queue: &mut SendQueue, len: usize) -> usize {
        while queue.has_room(0, len) {
            queue.add(0, len);
        }
        queue.items().len()
    }

    #[test]
    fn a_load_is_as_large_as_the_longest_train() {
        let filled = |len| fill(&mut batching(64, true), len);
        assert_eq!([0, 64, 1472, 65_527].map(filled), [128, 128, 44, 1]);
    }

    #[test]
    fn without_trains_it_is_as_large_as_a_call_is_worth() {
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
    fn where_times_are_exact_few_messages_wait() {
        let one_to_each = |backend| {
            let mut queue = SendQueue::new(backend, true);
            (0..200)
                .take_while(|position| {
                    queue.has_room(*position, 64) && queue.add(*position, 64).len() == 64
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

    proptest! {
        #[test]
        fn what_is_written_is_what_stands_there(
            lens in proptest::collection::vec(0..2000_usize, 1..100),
            first in 0..100_usize,
        ) {
            let mut queue = batching(64, true);
            let mut written = Vec::new();
            for (position, len) in lens.into_iter().enumerate() {
                if queue.has_room(position, len) {
                    queue.add(position, len).fill(position as u8);
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
