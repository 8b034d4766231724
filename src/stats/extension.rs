//! The numbers of a stream beyond their wrap. Restarts of the sender differ from losses (RFC 3550,
//! A.1).

use crate::format::numbered::Numbering;
use crate::format::probe::MOST;
use crate::stats::sequence::WINDOW;
use crate::units::UnixTime;

/// A jump ahead up to this many numbers is a loss (MAX_DROPOUT of RFC 3550, A.1).
const MOST_LOST: u64 = 3000;

/// A step back up to this many numbers is a late datagram or a duplicate (MAX_MISORDER of RFC 3550,
/// A.1).
const MOST_LATE: u64 = 100;

/// The same for numbers of a byte (ANSI E1.31, 6.7.2).
const MOST_LATE_OF_BYTE: u64 = 20;

/// A number of a byte is below this one.
const BYTE: u64 = 256;

/// A datagram may be late by this many datagrams of the largest number of messages.
const MOST_LATE_DATAGRAMS: u64 = 16;

/// A longer jump is a loss if it is at most this multiple of the numbers that the silence before it
/// had space for.
const BURST: u64 = 4;

/// A datagram holds at most this many numbers.
const MOST_COUNT: u64 = 65_535;

/// The extended numbers of a run begin above this one, which leaves space for earlier numbers.
const BASE: u64 = 1 << 33;

/// Wider numbers have no base: their space before the first number is large enough.
const MOST_WITH_BASE: u64 = 1 << 60;

/// After a shorter silence, the next number is the next number. At 1.6 million datagrams per
/// second, 16 bits wrap twice in it.
const QUIET: i64 = 20_000_000;

/// The rate is the average over one to two of these spans.
const RATE_SPAN: i64 = 1_000_000_000;

/// The position of a datagram in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The datagram belongs to the current run. The value is its extended first number.
    At(u64),
    /// Neither a loss nor a reordering explains the number. The next datagram decides: if it
    /// continues here, both begin a new run. If not, this one counts in [`Extension::outliers`].
    Held,
    /// The sender restarted. The extended numbers have no relation to those of the previous run.
    Restart {
        /// The extended first number of the held datagram, which is the first one of the new run.
        held: u64,
        /// How many numbers the held datagram has.
        held_count: u64,
        /// The extended first number of this datagram.
        first: u64,
    },
    /// The number cannot belong to any run: it is beyond [`MOST`] or repeats the held one. The
    /// datagram already counts in [`Extension::outliers`].
    Outlier,
}

/// Extends the numbers of one stream to 64 bits, in constant memory.
#[derive(Clone, Debug)]
pub struct Extension {
    /// The number after the highest one, or `None` for 2^64.
    modulus: Option<u64>,
    run: Option<Run>,
    held: Option<Held>,
    outliers: u64,
    ambiguous: u64,
}

/// Consecutive numbers of a sender between two restarts. All numbers but `next_raw` are extended.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    next: u64,
    next_raw: u64,
    /// What the sender announced as its next number.
    announced: u64,
    /// The largest number of messages in a datagram.
    widest: u64,
    last: UnixTime,
    /// The beginning, the last mark but one, and the last mark.
    began: Mark,
    previous: Mark,
    mark: Mark,
}

/// The next number at a time.
#[derive(Clone, Copy, Debug)]
struct Mark {
    next: u64,
    time: UnixTime,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    raw: u64,
    count: u64,
    time: UnixTime,
}

impl Extension {
    /// Before the first datagram.
    pub fn new(numbering: Numbering) -> Self {
        let modulus = numbering.modulus.map(u64::from);
        Extension { modulus, run: None, held: None, outliers: 0, ambiguous: 0 }
    }

    /// Finds the place of a datagram with `count` numbers from `raw` on, which arrived at `time`.
    /// `has_received` answers whether an extended number of the current run has arrived: a missing
    /// number is late, and a received one far back is a restart.
    #[inline]
    pub fn place(
        &mut self,
        raw: u64,
        count: u64,
        time: UnixTime,
        has_received: impl FnOnce(u64) -> bool,
    ) -> Place {
        let count = count.clamp(1, MOST_COUNT);
        match &self.run {
            // The path of almost every datagram.
            Some(run) if self.held.is_none() && run.continues_with(raw, time) => {
                let first = run.next;
                self.advance(raw, first, count, time);
                Place::At(first)
            }
            _ => self.search(raw, count, time, has_received),
        }
    }

    /// Extends the next number that a heartbeat or an end states; `None` before the first
    /// datagram, and if the number is implausible.
    pub fn announce(&mut self, raw_next: u64, time: UnixTime) -> Option<u64> {
        let (ahead, back) = self.distances(raw_next)?;
        let run = self.run?;
        let next = if back <= self.most_late(&run) {
            run.next.checked_sub(back)?
        } else if self.is_plausible_loss(&run, ahead, time) {
            run.next.checked_add(ahead).filter(|next| *next <= MOST)?
        } else {
            return None;
        };
        if let Some(run) = &mut self.run {
            run.announced = run.announced.max(next);
        }
        Some(next)
    }

    /// The numbers have a larger modulus than assumed: they are wider, and `next_raw` is the one
    /// after the highest.
    pub fn widen(&mut self, modulus: u64, next_raw: u64) {
        self.modulus = Some(modulus);
        self.outliers += u64::from(self.held.take().is_some());
        if let Some(run) = &mut self.run {
            run.next_raw = next_raw % modulus;
        }
    }

    /// The datagrams whose numbers belong to no run: they count neither as received nor as lost.
    /// A datagram that is held is not one of them yet.
    pub fn outliers(&self) -> u64 {
        self.outliers
    }

    /// How often a silence was long enough for the numbers to wrap. The losses in it are a lower
    /// bound: they may hide multiples of the modulus.
    pub fn ambiguous(&self) -> u64 {
        self.ambiguous
    }

    fn search(
        &mut self,
        raw: u64,
        count: u64,
        time: UnixTime,
        has_received: impl FnOnce(u64) -> bool,
    ) -> Place {
        let raw = self.reduce(raw);
        let Some(begin) = self.base().checked_add(raw).filter(|begin| *begin <= MOST - count)
        else {
            return self.refuse();
        };
        let Some(run) = self.run else {
            self.begin(Held { raw, count, time }, begin);
            return Place::At(begin);
        };
        let this = Held { raw, count, time };
        let within = self.within(&run, raw, time, has_received);
        match (self.held, within.filter(|first| *first <= MOST - count)) {
            (Some(held), _) if raw == self.reduce(held.raw.wrapping_add(held.count)) => {
                self.restart(held, this)
            }
            (_, Some(first)) => {
                self.outliers += u64::from(self.held.take().is_some());
                self.ambiguous += u64::from(first > run.next && self.is_ambiguous(&run, time));
                self.advance(raw, first, count, time);
                Place::At(first)
            }
            (Some(held), None) if held.raw == raw => self.refuse(),
            (_, None) => {
                self.outliers += u64::from(self.held.is_some());
                self.held = Some(this);
                Place::Held
            }
        }
    }

    fn refuse(&mut self) -> Place {
        self.outliers += 1;
        Place::Outlier
    }

    /// The extended number of a datagram of the current run; `None` if it is implausible.
    fn within(
        &self,
        run: &Run,
        raw: u64,
        time: UnixTime,
        has_received: impl FnOnce(u64) -> bool,
    ) -> Option<u64> {
        let (ahead, back) = self.distances(raw)?;
        if back > 0 && back <= self.most_late(run) {
            return run.next.checked_sub(back);
        }
        if self.is_plausible_loss(run, ahead, time) {
            return run.next.checked_add(ahead);
        }
        let is_recent = back <= WINDOW && self.modulus.is_none_or(|modulus| back <= modulus / 2);
        let late = run.next.checked_sub(back).filter(|late| is_recent && *late >= run.first)?;
        (!has_received(late)).then_some(late)
    }

    fn restart(&mut self, held: Held, second: Held) -> Place {
        let first = self.base() + held.raw;
        let next = first + held.count;
        if next > MOST - second.count {
            return self.refuse();
        }
        self.held = None;
        self.begin(held, first);
        self.advance(second.raw, next, second.count, second.time);
        Place::Restart { held: first, held_count: held.count, first: next }
    }

    fn begin(&mut self, Held { raw, count, time }: Held, first: u64) {
        let next = first + count;
        let mark = Mark { next, time };
        self.run = Some(Run {
            first,
            next,
            next_raw: self.reduce(raw.wrapping_add(count)),
            announced: next,
            widest: count,
            last: time,
            began: mark,
            previous: mark,
            mark,
        });
    }

    #[inline]
    fn advance(&mut self, raw: u64, first: u64, count: u64, time: UnixTime) {
        let modulus = self.modulus;
        let Some(run) = &mut self.run else { return };
        run.widest = run.widest.max(count);
        let next = first + count;
        if next <= run.next {
            return;
        }
        run.next = next;
        let next_raw = raw.wrapping_add(count);
        run.next_raw = match modulus {
            Some(modulus) if next_raw >= modulus => next_raw % modulus,
            _ => next_raw,
        };
        run.last = run.last.max(time);
        if time.since(run.mark.time) >= RATE_SPAN {
            run.previous = run.mark;
            run.mark = Mark { next, time };
        }
    }

    /// How far a number is ahead of the next one, and how far back. One of both is short.
    fn distances(&self, raw: u64) -> Option<(u64, u64)> {
        let run = self.run?;
        let raw = self.reduce(raw);
        if raw == run.next_raw {
            return Some((0, 0));
        }
        let is_ahead = raw > run.next_raw;
        let distance = raw.abs_diff(run.next_raw);
        let around = self.modulus.map_or(u64::MAX, |modulus| modulus - distance);
        Some(if is_ahead { (distance, around) } else { (around, distance) })
    }

    fn most_late(&self, run: &Run) -> u64 {
        match self.modulus {
            Some(..=BYTE) => MOST_LATE_OF_BYTE,
            Some(modulus) => self.most_late_of(run).min(modulus / 4),
            None => self.most_late_of(run),
        }
    }

    fn most_late_of(&self, run: &Run) -> u64 {
        (run.widest * MOST_LATE_DATAGRAMS).clamp(MOST_LATE, WINDOW)
    }

    /// Whether the numbers up to `ahead` of the next one can be lost.
    fn is_plausible_loss(&self, run: &Run, ahead: u64, time: UnixTime) -> bool {
        let half = self.modulus.map_or(u64::MAX, |modulus| modulus / 2);
        let beyond = ahead.saturating_sub(run.announced.saturating_sub(run.next));
        if ahead <= half && beyond <= MOST_LOST {
            return true;
        }
        let expected = run.expected(time);
        if ahead <= half {
            return ahead <= expected.saturating_mul(BURST);
        }
        // The numbers wrap in the silence: only the expected distance is plausible.
        expected > half && ahead >= expected / 2 && ahead / 2 <= expected
    }

    fn is_ambiguous(&self, run: &Run, time: UnixTime) -> bool {
        self.modulus.is_some_and(|modulus| run.expected(time) > modulus / 2)
    }

    fn reduce(&self, raw: u64) -> u64 {
        match self.modulus {
            Some(modulus) => raw % modulus,
            None => raw,
        }
    }

    /// The extended number of 0 at the beginning of a run.
    pub fn base(&self) -> u64 {
        match self.modulus {
            Some(modulus @ 1..=MOST_WITH_BASE) => modulus * (BASE / modulus).max(1),
            _ => 0,
        }
    }
}

impl Run {
    /// Whether a number is the next one, without a silence in which the numbers can wrap.
    fn continues_with(&self, raw: u64, time: UnixTime) -> bool {
        raw == self.next_raw && time.since(self.last) < QUIET && self.next < MOST - MOST_COUNT
    }

    /// How many numbers a sender with the present rate uses from the last datagram until `time`.
    fn expected(&self, time: UnixTime) -> u64 {
        let silence = u128::from(time.duration_since(self.last).as_nanos() as u64);
        let since = |mark: Mark| {
            let elapsed = self.last.since(mark.time).max(QUIET) as u128;
            u128::from(self.next - mark.next) * silence / elapsed
        };
        u64::try_from(since(self.began).max(since(self.previous))).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
