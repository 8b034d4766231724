//! The impairments of the datagrams to one target.

use std::collections::VecDeque;
use std::time::Duration;

use super::held::{Departure, Held};
use super::loss::Losses;
use super::{Impairments, Mark, Truth};
use crate::units::RandomSequence;

/// The stages of a path. Each has its own random numbers: the seed loses the same datagrams, no
/// matter which other impairments there are.
const STAGES: u64 = 5;

/// The path of the datagrams to one target.
#[derive(Debug)]
pub(super) struct Path {
    losses: Option<Losses>,
    duplicates: RandomSequence,
    corruption: RandomSequence,
    reordering: RandomSequence,
    jitter: RandomSequence,
    /// The latest release: jitter does not reorder.
    latest: Duration,
    /// Copies that wait, and how many copies leave before them.
    waiting: VecDeque<(u32, Departure)>,
    pub(super) truth: Truth,
}

/// A datagram as offered.
pub(super) struct Offered<'a> {
    pub(super) position: usize,
    pub(super) now: Duration,
    pub(super) payload: &'a [u8],
    /// This many bytes at the start stay right.
    pub(super) intact: usize,
}

impl Path {
    pub(super) fn new(settings: &Impairments, seed: u64, position: usize) -> Self {
        // Number 0 is that of the schedule.
        let numbers = |stage| RandomSequence::new(seed, 1 + position as u64 * STAGES + stage);
        Path {
            losses: settings.loss.map(|model| Losses::new(model, numbers(0))),
            duplicates: numbers(1),
            corruption: numbers(2),
            reordering: numbers(3),
            jitter: numbers(4),
            latest: Duration::ZERO,
            waiting: VecDeque::new(),
            truth: Truth::default(),
        }
    }

    /// Passes the next datagram through the stages: loss, duplicates, corruption, reordering,
    /// delay. Without `has_space`, it is dropped.
    pub(super) fn offer(
        &mut self,
        settings: &Impairments,
        offered: &Offered,
        has_space: bool,
        held: &mut Held,
    ) {
        let number = self.truth.offer();
        if self.losses.as_mut().is_some_and(Losses::next) {
            self.truth.dropped += 1;
            return;
        }
        let copies = if self.duplicates.occurs(settings.duplicate) { 2 } else { 1 };
        if !has_space {
            self.truth.overflowed += 1;
            return;
        }
        for index in 0..copies {
            let mut copy = held.copy_of(offered.payload);
            copy.position = offered.position;
            copy.offered = offered.now;
            let corrupt = self.corruption.occurs(settings.corrupt)
                && self.flip_a_bit(&mut copy.bytes, offered.intact);
            copy.mark = Mark { number, second: index > 0, corrupt, held: Duration::ZERO };
            let release = self.release(settings, offered.now);
            match settings.reorder {
                Some(reorder) if self.reordering.occurs(reorder.probability) => {
                    self.waiting.push_back((reorder.distance, copy));
                }
                _ => self.pass(release, copy, held),
            }
        }
    }

    /// Releases the copies that wait for later ones: none follow.
    pub(super) fn flush(&mut self, held: &mut Held) {
        let latest = self.latest;
        self.waiting.drain(..).for_each(|(_, copy)| held.push(latest, copy));
    }

    /// A copy leaves, and then those that waited for it.
    fn pass(&mut self, release: Duration, copy: Departure, held: &mut Held) {
        held.push(release, copy);
        self.waiting.iter_mut().for_each(|(before, _)| *before -= 1);
        // All wait for equally many copies: the first has waited longest.
        while self.waiting.front().is_some_and(|(before, _)| *before == 0) {
            let Some((_, copy)) = self.waiting.pop_front() else { break };
            held.push(release, copy);
        }
    }

    fn release(&mut self, settings: &Impairments, now: Duration) -> Duration {
        let delay = settings.delay.map_or(Duration::ZERO, |delay| {
            if delay.jitter.is_zero() {
                return delay.mean;
            }
            let shortest = delay.mean.saturating_sub(delay.jitter);
            shortest + delay.jitter.mul_f64(2.0 * self.jitter.fraction())
        });
        self.latest = self.latest.max(now.saturating_add(delay));
        self.latest
    }

    /// Flips a bit behind the first `intact` bytes. Returns whether there is one.
    fn flip_a_bit(&mut self, bytes: &mut [u8], intact: usize) -> bool {
        let Some(bytes) = bytes.get_mut(intact..).filter(|bytes| !bytes.is_empty()) else {
            return false;
        };
        let bits = u32::try_from(bytes.len()).unwrap_or(u32::MAX / 8) * 8;
        let bit = self.corruption.below(bits) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
        true
    }
}
