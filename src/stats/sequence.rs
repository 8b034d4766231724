//! The sequence of a numbered stream: losses (RFC 7680) in runs (RFC 3357), duplicates (RFC 5560),
//! and reordering with its extent (RFC 4737). Exact if reordering stays within [`WINDOW`]. The
//! memory is bounded: at most 16 KiB for missing numbers, 16 KiB for numbers before the first one,
//! and 16 bytes for each gap within the window.

use std::collections::VecDeque;
use std::ops::Range;

mod early;
mod missing;

use early::Early;
use missing::Missing;

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

/// The positions of the messages of one datagram. Their sum is the number of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeOrder {
    /// The next numbers, or higher ones.
    pub new: u64,
    /// Numbers that have arrived before.
    pub duplicate: u64,
    /// Numbers below the highest one.
    pub late: u64,
    /// Numbers from before the window.
    pub stale: u64,
    /// The largest extent of the late numbers; 0 without.
    pub extent: u64,
}

impl RangeOrder {
    /// The position of the datagram: that of its first message in this order: next, late,
    /// duplicate, stale.
    pub fn order(self) -> Order {
        match self {
            RangeOrder { new: 1.., .. } => Order::InOrder,
            RangeOrder { late: 1.., extent, .. } => Order::Late { extent },
            RangeOrder { duplicate: 1.., .. } => Order::Duplicate,
            _ => Order::Stale,
        }
    }
}

impl From<Order> for RangeOrder {
    #[inline]
    fn from(order: Order) -> Self {
        let none = RangeOrder::default();
        match order {
            Order::InOrder => RangeOrder { new: 1, ..none },
            Order::Late { extent } => RangeOrder { late: 1, extent, ..none },
            Order::Duplicate => RangeOrder { duplicate: 1, ..none },
            Order::Stale => RangeOrder { stale: 1, ..none },
        }
    }
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
    /// The share of the expected datagrams that did not arrive; `None` if none were expected.
    pub fn ratio(self) -> Option<f64> {
        (self.expected > 0).then(|| self.lost as f64 / self.expected as f64)
    }

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
            self.append(number..number + 1);
            return Order::InOrder;
        }
        if number >= self.next {
            self.advance(number..number + 1, may_grow);
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
            self.count(number..number + 1);
            return Order::Late { extent: self.received - 1 };
        }
        if !self.missing.take(number) {
            return Order::Duplicate;
        }
        self.count(number..number + 1);
        Order::Late { extent: self.extent(number) }
    }

    /// Adds the arrival of a datagram with `count` messages from the number `first` on, at most
    /// 65,535. Unless the memory `may_grow`, the window keeps its length.
    #[inline]
    pub fn arrive_range(&mut self, first: u64, count: u64, may_grow: bool) -> RangeOrder {
        let end = first + count;
        if self.is_free(first) {
            self.append(first..end);
            return RangeOrder { new: count, ..RangeOrder::default() };
        }
        let mut order = RangeOrder::default();
        if first < self.next {
            self.arrive_again(first..end.min(self.next), may_grow, &mut order);
        }
        let new = first.max(self.next)..end;
        if !new.is_empty() {
            order.new = new.end - new.start;
            self.advance(new, may_grow);
        }
        order
    }

    /// Adds the arrival of numbers below the next one.
    fn arrive_again(&mut self, numbers: Range<u64>, may_grow: bool, order: &mut RangeOrder) {
        let start = numbers.start.max(self.oldest()).min(numbers.end);
        order.stale += start - numbers.start;
        for number in start..numbers.end.min(self.first) {
            match self.arrive_within(number, may_grow) {
                Order::Late { extent } => {
                    order.late += 1;
                    order.extent = order.extent.max(extent);
                }
                Order::Duplicate => order.duplicate += 1,
                Order::InOrder | Order::Stale => order.stale += 1,
            }
        }
        let begin = start.max(self.first).min(numbers.end);
        let mut from = begin.max(self.missing.floor).min(numbers.end);
        order.duplicate += from - begin;
        while from < numbers.end {
            let (span, is_missing) = self.missing.span(from..numbers.end);
            let many = span.end - span.start;
            from = span.end;
            if !is_missing {
                order.duplicate += many;
                continue;
            }
            self.missing.fill(span.clone(), false);
            self.count(span.clone());
            order.late += many;
            // All numbers of a span were overtaken by the same arrival first.
            order.extent = order.extent.max(self.extent(span.start));
        }
    }

    /// The number of arrivals since the first one that overtook a late number, which is the last
    /// arrival.
    fn extent(&self, number: u64) -> u64 {
        let position = self.jumps.partition_point(|(to, _)| *to <= number);
        let overtaken_by = self.jumps.get(position).map_or(1, |(_, arrival)| *arrival);
        self.received - overtaken_by
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

    /// How many were lost so far.
    pub fn lost(&self) -> u64 {
        (self.end() - self.first).saturating_add(self.early.count) - self.received
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

    fn count(&mut self, numbers: Range<u64>) {
        let since = numbers.start.max(self.since_mark.mark);
        self.received += numbers.end - numbers.start;
        self.since_mark.received += numbers.end.saturating_sub(since);
    }

    /// Adds the next numbers if none is missing.
    #[inline]
    fn append(&mut self, numbers: Range<u64>) {
        self.settle_all();
        self.next = numbers.end;
        self.missing.floor = self.next;
        self.count(numbers);
    }

    /// Adds the arrival of consecutive numbers, which may leave a gap before them.
    fn advance(&mut self, numbers: Range<u64>, may_grow: bool) {
        let gap = self.next..numbers.start;
        if self.missing.is_empty() {
            self.settle_all();
            self.jumps.clear();
        }
        let next = numbers.end;
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
            self.settle_received(numbers.start..oldest);
        }
        self.next = next;
        self.missing.insert(gap.start.max(oldest)..gap.end, next);
        let arrival = self.received + 1;
        self.count(numbers.clone());
        while self.jumps.front().is_some_and(|(to, _)| *to <= oldest) {
            self.jumps.pop_front();
        }
        if !gap.is_empty() {
            let most = if may_grow { usize::MAX } else { self.jumps.capacity().max(1) };
            if self.jumps.len() >= self.most_gaps.min(most) {
                self.jumps.pop_front();
            }
            self.jumps.push_back((numbers.start, arrival));
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

#[cfg(test)]
mod tests;
