//! The numbers of a pair between two restarts.

use std::num::NonZeroU64;
use std::ops::Range;

use super::losses::{PairLosses, SAME_RUN, Side};
use crate::format::probe::MOST;
use crate::units::UnixTime;

/// In nanoseconds: a number that arrived on one side is lost on the other after this time.
const MOST_SKEW: i64 = 5_000_000_000;

/// A restart is more than this many numbers behind.
const MOST_LATE: u64 = 100;

const ON_A: u8 = 1;
const ON_B: u8 = 2;

/// The numbers of a pair between two restarts. Except as an argument, numbers are those of the side
/// that started first.
#[derive(Clone, Debug)]
pub(super) struct Run {
    sides: [Option<Path>; 2],
    /// Both sides have started with this number.
    start: Option<u64>,
    /// The next number that the sender announced, and when.
    announced: Option<(u64, UnixTime)>,
    arrivals: Arrivals,
    /// The losses among the numbers that have left the window.
    settled: PairLosses,
}

/// One side of a run.
#[derive(Clone, Copy, Debug)]
struct Path {
    /// Added to the side's numbers: a multiple of the modulus. `None` until the next arrival.
    offset: Option<i64>,
    next: u64,
    has_ended: bool,
}

/// The numbers within the window: a ring that grows on demand.
#[derive(Clone, Debug)]
struct Arrivals {
    /// The first number in the ring, and the highest one plus one.
    range: Range<u64>,
    window: u64,
    /// The sides on which a number arrived, at its remainder; the length is a power of two.
    sides: Vec<u8>,
    /// The time of the first arrival, in nanoseconds.
    times: Vec<i64>,
}

impl Run {
    pub(super) fn new(window: u64) -> Self {
        Run {
            sides: [None; 2],
            start: None,
            announced: None,
            arrivals: Arrivals { range: 0..0, window, sides: Vec::new(), times: Vec::new() },
            settled: PairLosses::default(),
        }
    }

    /// Adds the arrival of a range. Returns the skew of its first number if that arrived on the
    /// other side before.
    pub(super) fn take(
        &mut self,
        side: Side,
        numbers: Range<u64>,
        time: UnixTime,
        modulus: Option<NonZeroU64>,
    ) -> Option<i64> {
        let numbers = self.align(side, numbers, modulus)?;
        let bit = if side == Side::A { ON_A } else { ON_B };
        let mut skew = None;
        for number in numbers.clone() {
            self.extend(number, time.nanos());
            let Some(other) = self.arrivals.take(number, bit, time.nanos()) else { continue };
            if number == numbers.start {
                let later = time.nanos().saturating_sub(other);
                skew = Some(if side == Side::B { later } else { later.saturating_neg() });
            }
        }
        skew
    }

    /// Notes the next number that the sender announced.
    pub(super) fn announce(&mut self, side: Side, next: u64, is_end: bool, time: UnixTime) {
        let Some(path) = &mut self.sides[side.index()] else { return };
        path.has_ended |= is_end;
        let Some(next) = path.offset.and_then(|offset| next.checked_add_signed(offset)) else {
            return;
        };
        if next <= 2 * MOST && self.announced.is_none_or(|(announced, _)| announced < next) {
            self.announced = Some((next, time));
        }
    }

    pub(super) fn is_matched(&self) -> bool {
        self.start.is_some()
    }

    /// Whether a side has started.
    pub(super) fn has(&self, side: Side) -> bool {
        self.sides[side.index()].is_some()
    }

    /// Whether the extended number `first`, with which a side restarts, continues this run: it is
    /// ahead of that side, or little behind it, and close to the other side.
    pub(super) fn continues(&self, side: Side, first: u64, modulus: Option<NonZeroU64>) -> bool {
        let (Some(this), Some(other)) =
            (&self.sides[side.index()], &self.sides[side.other().index()])
        else {
            return false;
        };
        let aligned = first.checked_add_signed(offset(first, other.next, modulus));
        aligned.is_some_and(|first| {
            first.saturating_add(MOST_LATE) > this.next && first.abs_diff(other.next) <= SAME_RUN
        })
    }

    /// The next arrival of a side determines its offset again.
    pub(super) fn realign(&mut self, side: Side) {
        if let Some(path) = &mut self.sides[side.index()] {
            path.offset = None;
        }
    }

    /// The losses. A number counts if it was received on one side, or was skipped by both, at
    /// `cutoff` or earlier, in nanoseconds.
    pub(super) fn losses(&self, cutoff: i64) -> PairLosses {
        let mut losses = self.settled;
        let Some(start) = self.start else { return losses };
        let has_ended = self.sides.iter().all(|side| side.is_some_and(|path| path.has_ended));
        let cutoff = if has_ended { i64::MAX } else { cutoff };
        // The first evidence that a number was sent.
        let mut evidence = i64::MAX;
        let end = self.arrivals.range.end;
        if let Some((announced, time)) = self.announced.filter(|(announced, _)| *announced > end) {
            evidence = time.nanos();
            if evidence <= cutoff {
                losses.add(false, false, announced.saturating_sub(end.max(start)));
            }
        }
        for number in (start.max(self.arrivals.range.start)..end).rev() {
            let (sides, time) = self.arrivals.at(number);
            if sides != 0 {
                evidence = evidence.min(time);
            }
            let sent = if sides == 0 { evidence } else { time };
            if sides == ON_A | ON_B || sent <= cutoff {
                losses.add(sides & ON_A != 0, sides & ON_B != 0, 1);
            }
        }
        losses
    }

    pub(super) fn bytes(&self) -> usize {
        self.arrivals.sides.capacity() + size_of::<i64>() * self.arrivals.times.capacity()
    }

    /// The numbers in those of this run; `None` if they cannot belong to it.
    fn align(
        &mut self,
        side: Side,
        numbers: Range<u64>,
        modulus: Option<NonZeroU64>,
    ) -> Option<Range<u64>> {
        let other = self.sides[side.other().index()];
        let path = self.sides[side.index()];
        let offset = match (path.and_then(|path| path.offset), other) {
            (Some(offset), _) => offset,
            (None, Some(other)) => offset(numbers.start, other.next, modulus),
            (None, None) => 0,
        };
        let many = numbers.end - numbers.start;
        let start = numbers.start.checked_add_signed(offset).filter(|start| *start <= 2 * MOST)?;
        let end = start + many;
        if path.is_none() && other.is_some() {
            self.start = Some(start.max(self.arrivals.range.start));
        }
        let next = path.map_or(end, |path| path.next.max(end));
        let has_ended = path.is_some_and(|path| path.has_ended);
        self.sides[side.index()] = Some(Path { offset: Some(offset), next, has_ended });
        Some(start..end)
    }

    /// Moves the window to a number, which arrived at `time`.
    fn extend(&mut self, number: u64, time: i64) {
        if self.arrivals.range.is_empty() {
            self.arrivals.range = number..number;
        }
        let Arrivals { range, window, sides, .. } = &self.arrivals;
        if number < range.end {
            return;
        }
        let mut low = (number + 1).saturating_sub(*window).max(range.start);
        let len = sides.len() as u64;
        if number + 1 - low > len {
            let done = self.arrivals.first_open(time.saturating_sub(MOST_SKEW));
            if done >= range.start + len / 2 {
                low = low.max(done);
            }
        }
        self.settle_below(low);
        self.arrivals.extend(low, number + 1);
    }

    /// Counts the numbers that leave the window.
    fn settle_below(&mut self, low: u64) {
        let Run { arrivals, settled, start, .. } = self;
        let Some(start) = *start else { return };
        let Range { start: first, end } = arrivals.range;
        for number in first.max(start)..end.min(low) {
            let (sides, _) = arrivals.at(number);
            settled.add(sides & ON_A != 0, sides & ON_B != 0, 1);
        }
        // The part of a gap outside the window.
        settled.add(false, false, low.saturating_sub(end.max(start)));
    }
}

impl Arrivals {
    fn place(&self, number: u64) -> usize {
        (number & (self.sides.len() as u64 - 1)) as usize
    }

    /// The sides on which a number of the range arrived, and when first.
    fn at(&self, number: u64) -> (u8, i64) {
        let place = self.place(number);
        (self.sides[place], self.times[place])
    }

    /// The first number that may still arrive: it, or a later one, did not arrive on both sides, and
    /// the next arrival is later than `cutoff`.
    fn first_open(&self, cutoff: i64) -> u64 {
        let mut open = self.range.start;
        for number in self.range.clone() {
            let (sides, time) = self.at(number);
            let is_old = sides != 0 && time < cutoff;
            if is_old || (sides == ON_A | ON_B && open == number) {
                open = number + 1;
            } else if sides != 0 {
                break;
            }
        }
        open
    }

    /// Adds an arrival. Returns the time of the arrival on the other side, if it was the first on
    /// this side.
    fn take(&mut self, number: u64, side: u8, time: i64) -> Option<i64> {
        if !self.range.contains(&number) {
            return None;
        }
        let place = self.place(number);
        let before = self.sides[place];
        self.sides[place] |= side;
        if before == 0 {
            self.times[place] = time;
        }
        (before & side == 0 && before != 0).then_some(self.times[place])
    }

    /// Moves the range ahead, without arrivals on the new numbers.
    fn extend(&mut self, low: u64, end: u64) {
        let from = self.range.end.max(low);
        self.range.start = low;
        if end - low > self.sides.len() as u64 {
            self.grow(end - low);
        }
        for number in from..end {
            let place = self.place(number);
            self.sides[place] = 0;
        }
        self.range.end = end;
    }

    fn grow(&mut self, numbers: u64) {
        let len = numbers.next_power_of_two().max(64) as usize;
        let (mut sides, mut times) = (vec![0; len], vec![0; len]);
        if !self.sides.is_empty() {
            for number in self.range.clone() {
                let place = (number & (len as u64 - 1)) as usize;
                (sides[place], times[place]) = self.at(number);
            }
        }
        (self.sides, self.times) = (sides, times);
    }
}

/// The multiple of the modulus that moves a number closest to another one.
fn offset(number: u64, to: u64, modulus: Option<NonZeroU64>) -> i64 {
    let Some(modulus) = modulus.map(|modulus| i128::from(modulus.get())) else { return 0 };
    let distance = i128::from(to) - i128::from(number);
    let multiple = (distance + modulus / 2).div_euclid(modulus) * modulus;
    i64::try_from(multiple).unwrap_or(0)
}
