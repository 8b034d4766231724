//! The missing numbers of a sequence.

use std::ops::Range;

/// The missing numbers within the window: a ring of bits that grows on demand.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    /// Numbers below this one are final.
    pub(super) floor: u64,
    /// The number of missing numbers.
    count: u64,
    /// One bit for each number, at its remainder; the length is a power of two, or zero.
    pub(super) bits: Vec<u64>,
}

impl Missing {
    pub(super) fn after(floor: u64) -> Self {
        Missing { floor, count: 0, bits: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn capacity(&self) -> u64 {
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
    pub(super) fn is_missing(&self, number: u64) -> bool {
        number >= self.floor && self.count > 0 && self.has(number)
    }

    /// Removes a number. Returns whether it was missing.
    pub(super) fn take(&mut self, number: u64) -> bool {
        if !self.is_missing(number) {
            return false;
        }
        let (word, bit) = self.place(number);
        self.bits[word] &= !bit;
        self.count -= 1;
        true
    }

    /// Inserts a gap; afterwards the ring covers all numbers from the floor to `next`.
    pub(super) fn insert(&mut self, gap: Range<u64>, next: u64) {
        self.reserve(next - self.floor);
        self.fill(gap, true);
    }

    /// Removes the numbers below a number.
    pub(super) fn forget_below(&mut self, floor: u64) {
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
    pub(super) fn fill(&mut self, range: Range<u64>, missing: bool) {
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
    pub(super) fn spans(&self, range: Range<u64>, mut take: impl FnMut(Range<u64>, bool)) {
        let mut start = range.start;
        while start < range.end {
            let (span, missing) = self.span(start..range.end);
            start = span.end;
            take(span, missing);
        }
    }

    /// The first span of a range that is not empty, and whether it is missing. A longer span may
    /// have several parts.
    pub(super) fn span(&self, range: Range<u64>) -> (Range<u64>, bool) {
        if self.count == 0 {
            return (range, false);
        }
        // Equal words are taken at once.
        let start = range.start;
        let (word, bit) = self.place(start);
        let missing = self.bits[word] & bit != 0;
        let rest = self.bits[word] >> (start % 64);
        let alike = if missing { rest.trailing_ones() } else { rest.trailing_zeros() };
        let left_in_word = 64 - start % 64;
        let end = start.saturating_add(u64::from(alike).min(left_in_word)).min(range.end);
        (start..end, missing)
    }
}
