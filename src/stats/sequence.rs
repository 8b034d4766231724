//! The sequence of a numbered stream: losses (RFC 7680) in runs (RFC 3357), duplicates (RFC 5560),
//! and reordering with its extent (RFC 4737). Exact if reordering stays within [`WINDOW`]. The
//! memory is bounded: at most 16 KiB for missing numbers, 16 KiB for numbers before the first one,
//! and 16 bytes for each gap within the window.

use std::collections::VecDeque;
use std::ops::Range;

#[cfg(test)]
use crate::format::probe::MOST;

/// The distance, in sequence numbers, at which a late datagram still differs from a duplicate.
pub const WINDOW: u64 = 131_072;

/// The shortest window, used if memory is short.
const LEAST_WINDOW: u64 = 64;

/// The position of an arrival in the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The next number, or a higher one.
    InOrder,
    /// A number below the highest: reordered (RFC 4737, 3.3).
    Late {
        /// The number of arrivals since the first one that overtook it (RFC 4737, 4.2).
        extent: u64,
    },
    /// A number that has arrived before.
    Duplicate,
    /// A number from before the window: a duplicate or a very late datagram. It counts as neither,
    /// and a loss remains a loss.
    Stale,
}

/// Losses and the number of expected datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The datagrams from the first received one to the last one that was sent, as far as known.
    pub expected: u64,
    /// The expected datagrams that did not arrive.
    pub lost: u64,
    /// Runs of consecutive losses (loss periods, RFC 3357).
    pub runs: u64,
    /// The length of the longest run.
    pub longest: u64,
}

impl Losses {
    /// The losses of two streams together.
    pub fn and(self, other: Losses) -> Losses {
        Losses {
            expected: self.expected.saturating_add(other.expected),
            lost: self.lost.saturating_add(other.lost),
            runs: self.runs.saturating_add(other.runs),
            longest: self.longest.max(other.longest),
        }
    }
}

/// The state of one stream's sequence.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The first received number. Earlier ones are not lost: the receiver was not listening yet.
    first: u64,
    /// The highest received number plus one: NextExp of RFC 4737.
    next: u64,
    /// The number of datagrams that the sender announced.
    announced: u64,
    /// The number of different datagrams received.
    received: u64,
    missing: Missing,
    early: Early,
    /// The arrivals that left a gap: (sequence number, arrival index).
    jumps: VecDeque<(u64, u64)>,
    most_gaps: usize,
    /// Numbers below this one no longer differ from duplicates, whatever the window.
    forgotten: u64,
    whole: Runs,
    since_mark: Since,
}

/// Runs of final losses.
#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    count: u64,
    longest: u64,
    current: u64,
}

impl Runs {
    fn lost(&mut self, many: u64) {
        if many > 0 {
            self.count += u64::from(self.current == 0);
            self.current += many;
            self.longest = self.longest.max(self.current);
        }
    }

    fn received(&mut self, many: u64) {
        if many > 0 {
            self.current = 0;
        }
    }
}

/// The counters at a mark.
#[derive(Clone, Copy, Debug)]
struct Since {
    mark: u64,
    received: u64,
    runs: Runs,
}

impl Sequence {
    /// A stream whose first received number is `first`; it remembers at most `most_gaps` gaps. With
    /// more gaps in the window, the extent of a late datagram is a lower bound. Numbers are at most
    /// [`crate::format::probe::MOST`].
    pub fn starting_with(first: u64, most_gaps: usize) -> Self {
        let next = first + 1;
        Sequence {
            first,
            next,
            announced: 0,
            received: 1,
            missing: Missing::after(next),
            early: Early::default(),
            jumps: VecDeque::new(),
            most_gaps,
            forgotten: 0,
            whole: Runs::default(),
            since_mark: Since { mark: first, received: 1, runs: Runs::default() },
        }
    }

    /// The first received number.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The highest received number plus one.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The number of different datagrams received.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The datagrams from before the first received one that arrived after it.
    pub fn early(&self) -> u64 {
        self.early.count
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        let words = self.missing.bits.capacity() + self.early.bits.capacity();
        size_of::<u64>() * words + size_of::<(u64, u64)>() * self.jumps.capacity()
    }

    /// Whether an arrival needs no memory: it is the next number, and none is missing.
    #[inline]
    pub fn is_free(&self, number: u64) -> bool {
        number == self.next && self.missing.is_empty()
    }

    /// Whether this number has arrived, as far as it is remembered.
    pub fn has_received(&self, number: u64) -> bool {
        if number >= self.next || number < self.oldest() {
            return false;
        }
        match number.checked_sub(self.first) {
            Some(_) => !self.missing.is_missing(number),
            None => self.early.has(self.first - 1 - number),
        }
    }

    /// Adds an arrival.
    pub fn arrive(&mut self, number: u64) -> Order {
        self.arrive_within(number, true)
    }

    /// Adds an arrival. Unless the memory `may_grow`, the window keeps its length.
    #[inline]
    pub fn arrive_within(&mut self, number: u64, may_grow: bool) -> Order {
        if self.is_free(number) {
            // The path of almost every datagram.
            self.settle_all();
            self.next = number + 1;
            self.missing.floor = self.next;
            self.count(number);
            return Order::InOrder;
        }
        if number >= self.next {
            self.advance(number, may_grow);
            return Order::InOrder;
        }
        if number < self.oldest() {
            return Order::Stale;
        }
        if number < self.first {
            let distance = self.first - 1 - number;
            if !may_grow && !self.early.fits(distance) {
                return Order::Stale;
            }
            if !self.early.take(distance) {
                return Order::Duplicate;
            }
            self.count(number);
            return Order::Late { extent: self.received - 1 };
        }
        if !self.missing.take(number) {
            return Order::Duplicate;
        }
        self.count(number);
        let position = self.jumps.partition_point(|(to, _)| *to <= number);
        let overtaken_by = self.jumps.get(position).map_or(1, |(_, arrival)| *arrival);
        Order::Late { extent: self.received - overtaken_by }
    }

    /// Notes the number of datagrams that the sender announced.
    pub fn announce(&mut self, many: u64) {
        self.announced = self.announced.max(many);
    }

    /// The losses so far. Late datagrams may still arrive.
    pub fn losses(&self) -> Losses {
        let expected = (self.end() - self.first).saturating_add(self.early.count);
        self.sum(self.first, self.whole, expected, expected - self.received)
    }

    /// The losses since the last mark.
    pub fn losses_since_mark(&self) -> Losses {
        let Since { mark, received, runs } = self.since_mark;
        let expected = self.end() - mark;
        self.sum(mark, runs, expected, expected - received)
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.since_mark = Since { mark: self.end(), received: 0, runs: Runs::default() };
    }

    /// The last known number plus one.
    fn end(&self) -> u64 {
        self.next.max(self.announced)
    }

    /// The lowest number that still differs from its duplicates.
    fn oldest(&self) -> u64 {
        self.next.saturating_sub(WINDOW).max(self.forgotten)
    }

    fn count(&mut self, number: u64) {
        self.received += 1;
        self.since_mark.received += u64::from(number >= self.since_mark.mark);
    }

    /// Adds an arrival that may leave a gap.
    fn advance(&mut self, number: u64, may_grow: bool) {
        let gap = self.next..number;
        if self.missing.is_empty() {
            self.settle_all();
            self.jumps.clear();
        }
        let next = number + 1;
        let window = if may_grow { WINDOW } else { self.missing.capacity().max(LEAST_WINDOW) };
        let oldest = next.saturating_sub(window).max(self.forgotten);
        if window < WINDOW {
            self.forgotten = oldest;
        }
        if oldest > self.missing.floor {
            self.settle(self.missing.floor..oldest.min(self.next));
            self.missing.forget_below(oldest);
            // The part of a gap outside the window is finally lost.
            self.settle_lost(gap.start..oldest.min(gap.end));
        }
        self.next = next;
        self.missing.insert(gap.start.max(oldest)..gap.end, next);
        self.count(number);
        while self.jumps.front().is_some_and(|(to, _)| *to <= oldest) {
            self.jumps.pop_front();
        }
        if !gap.is_empty() {
            let most = if may_grow { usize::MAX } else { self.jumps.capacity().max(1) };
            if self.jumps.len() >= self.most_gaps.min(most) {
                self.jumps.pop_front();
            }
            self.jumps.push_back((number, self.received));
        }
    }

    /// Every remembered number has arrived.
    fn settle_all(&mut self) {
        self.settle_received(self.missing.floor..self.next);
        self.missing.floor = self.next;
    }

    /// Makes a range final.
    fn settle(&mut self, range: Range<u64>) {
        let Sequence { missing, whole, since_mark, .. } = self;
        missing.spans(range, |span, lost| {
            let interval = span.end.saturating_sub(span.start.max(since_mark.mark));
            let many = span.end - span.start;
            if lost {
                whole.lost(many);
                since_mark.runs.lost(interval);
            } else {
                whole.received(many);
                since_mark.runs.received(interval);
            }
        });
    }

    fn settle_received(&mut self, range: Range<u64>) {
        self.whole.received(range.end.saturating_sub(range.start));
        self.since_mark
            .runs
            .received(range.end.saturating_sub(range.start.max(self.since_mark.mark)));
    }

    fn settle_lost(&mut self, range: Range<u64>) {
        self.whole.lost(range.end.saturating_sub(range.start));
        self.since_mark.runs.lost(range.end.saturating_sub(range.start.max(self.since_mark.mark)));
    }

    /// Adds the numbers from `from` on, which are not final, to the final runs.
    fn sum(&self, from: u64, mut runs: Runs, expected: u64, lost: u64) -> Losses {
        self.missing.spans(self.missing.floor.max(from)..self.next, |span, lost| {
            let many = span.end - span.start;
            if lost { runs.lost(many) } else { runs.received(many) }
        });
        runs.lost(self.end() - self.next.max(from));
        Losses { expected, lost, runs: runs.count, longest: runs.longest }
    }
}

/// The missing numbers within the window: a ring of bits that grows on demand.
#[derive(Clone, Debug)]
struct Missing {
    /// Numbers below this one are final.
    floor: u64,
    /// The number of missing numbers.
    count: u64,
    /// One bit for each number, at its remainder; the length is a power of two, or zero.
    bits: Vec<u64>,
}

impl Missing {
    fn after(floor: u64) -> Self {
        Missing { floor, count: 0, bits: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn capacity(&self) -> u64 {
        self.bits.len() as u64 * 64
    }

    fn place(&self, number: u64) -> (usize, u64) {
        let bit = number & (self.capacity() - 1);
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.bits[word] & bit != 0
    }

    /// Whether a number below the highest received one is missing.
    fn is_missing(&self, number: u64) -> bool {
        number >= self.floor && self.count > 0 && self.has(number)
    }

    /// Removes a number. Returns whether it was missing.
    fn take(&mut self, number: u64) -> bool {
        if !self.is_missing(number) {
            return false;
        }
        let (word, bit) = self.place(number);
        self.bits[word] &= !bit;
        self.count -= 1;
        true
    }

    /// Inserts a gap; afterwards the ring covers all numbers from the floor to `next`.
    fn insert(&mut self, gap: Range<u64>, next: u64) {
        self.reserve(next - self.floor);
        self.fill(gap, true);
    }

    /// Removes the numbers below a number.
    fn forget_below(&mut self, floor: u64) {
        let end = floor.min(self.floor.saturating_add(self.capacity()));
        if self.count > 0 {
            self.fill(self.floor..end, false);
        }
        self.floor = floor;
    }

    fn reserve(&mut self, numbers: u64) {
        if numbers <= self.capacity() {
            return;
        }
        let mut wider = Missing {
            bits: vec![0; (numbers.next_power_of_two().max(64) / 64) as usize],
            ..Missing::after(self.floor)
        };
        self.spans(self.floor..self.floor.saturating_add(self.capacity()), |span, missing| {
            if missing {
                wider.fill(span, true);
            }
        });
        *self = wider;
    }

    /// Sets whether a range is missing, word by word, and updates their number.
    fn fill(&mut self, range: Range<u64>, missing: bool) {
        let mut start = range.start;
        while start < range.end {
            let many = (64 - start % 64).min(range.end - start);
            let mask = (u64::MAX >> (64 - many)) << (start % 64);
            let (word, _) = self.place(start);
            let word = &mut self.bits[word];
            let before = u64::from(word.count_ones());
            *word = if missing { *word | mask } else { *word & !mask };
            self.count = self.count + u64::from(word.count_ones()) - before;
            start += many;
        }
    }

    /// Calls `take` for each missing and each received span of the range, in order.
    fn spans(&self, range: Range<u64>, mut take: impl FnMut(Range<u64>, bool)) {
        let mut start = range.start;
        while start < range.end {
            if self.count == 0 {
                return take(start..range.end, false);
            }
            // Equal words are taken at once.
            let (word, bit) = self.place(start);
            let missing = self.bits[word] & bit != 0;
            let rest = self.bits[word] >> (start % 64);
            let alike = if missing { rest.trailing_ones() } else { rest.trailing_zeros() };
            let left_in_word = 64 - start % 64;
            let end = start.saturating_add(u64::from(alike).min(left_in_word)).min(range.end);
            take(start..end, missing);
            start = end;
        }
    }
}

/// The received numbers below the first one, by their distance from it.
#[derive(Clone, Debug, Default)]
struct Early {
    count: u64,
    bits: Vec<u64>,
}

impl Early {
    /// Whether the distance needs no more memory.
    fn fits(&self, distance: u64) -> bool {
        ((distance / 64) as usize) < self.bits.len()
    }

    fn has(&self, distance: u64) -> bool {
        self.bits
            .get((distance / 64) as usize)
            .is_some_and(|word| word & (1 << (distance % 64)) != 0)
    }

    /// Adds a distance, which is below [`WINDOW`]. Returns whether it is new.
    fn take(&mut self, distance: u64) -> bool {
        let (word, bit) = ((distance / 64) as usize, 1 << (distance % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        self.count += u64::from(new);
        new
    }
}

#[cfg(test)]
mod tests;
