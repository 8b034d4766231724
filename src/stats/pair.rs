//! A redundant pair: the same numbered stream on two paths (SMPTE ST 2022-7, the lines A and B of
//! an exchange). The memory is bounded: 9 bytes for each number within [`WINDOW`] and five seconds.

use std::num::NonZeroU64;
use std::time::Duration;

use super::delay::{Delays, Precision};
use super::sequence::WINDOW;
use crate::format::probe::MOST;
use crate::units::UnixTime;

mod losses;
mod run;

pub use losses::{PairLosses, Side};
use run::Run;

/// A number that arrived on one side is not lost on the other one before this time, nor before
/// twice the largest skew.
const LEAST_GRACE: Duration = Duration::from_millis(50);

/// A side that restarts must be followed by the other side within this time.
const RESTART_SPAN: i64 = 2_000_000_000;

/// The two sides of one numbered stream. Numbers are extended, from
/// [`super::extension::Extension`] or from a format of 64 bits, each side for itself: the sides may
/// differ by a multiple of the modulus.
#[derive(Clone, Debug)]
pub struct Pair {
    modulus: Option<NonZeroU64>,
    window: u64,
    run: Run,
    /// The run before a restart, which one side has not left yet.
    old: Option<Run>,
    /// The side in the old run, and the time of the restart.
    behind: Option<(Side, UnixTime)>,
    /// The losses of the runs that both sides have left.
    ended: PairLosses,
    /// The time between both arrivals of a number.
    skew: Delays,
    /// The arrival on B minus that on A.
    b_after_a: Delays,
}

impl Pair {
    /// A pair without arrivals. `modulus` is that of the numbers as sent; `None` is 2^64.
    pub fn new(modulus: Option<NonZeroU64>) -> Self {
        Pair::with_window(modulus, WINDOW)
    }

    fn with_window(modulus: Option<NonZeroU64>, window: u64) -> Self {
        Pair {
            modulus,
            window,
            run: Run::new(window),
            old: None,
            behind: None,
            ended: PairLosses::default(),
            skew: Delays::new(Precision::Fine),
            b_after_a: Delays::new(Precision::Fine),
        }
    }

    /// Adds the arrival of `count` numbers from the extended number `first` on.
    pub fn take(&mut self, side: Side, first: u64, count: u64, time: UnixTime) {
        let count = count.clamp(1, 65_535);
        if first > MOST - count {
            return;
        }
        let modulus = self.modulus;
        if let Some(skew) = self.run_of(side, time).take(side, first..first + count, time, modulus)
        {
            self.skew.record(skew.saturating_abs());
            self.b_after_a.record(skew);
        }
    }

    /// Notes that a side restarted, and continues with the extended number `first`. Both sides are
    /// expected to restart.
    pub fn restart(&mut self, side: Side, first: u64, time: UnixTime) {
        match self.behind {
            Some((behind, _)) if behind == side => self.follow(),
            // The second restart of this side: no other side has seen its run.
            Some(_) => self.run = Run::new(self.window),
            // Nothing was compared yet.
            None if !self.run.has(side.other()) => self.run = Run::new(self.window),
            None if self.run.continues(side, first, self.modulus) => self.run.realign(side),
            None => {
                self.old = Some(std::mem::replace(&mut self.run, Run::new(self.window)));
                self.behind = Some((side.other(), time));
            }
        }
    }

    /// Notes the next number that the sender announced, as an extended number of this side.
    /// `is_end` is whether the stream ends there.
    pub fn announce(&mut self, side: Side, next: u64, is_end: bool, time: UnixTime) {
        if next <= MOST {
            self.run_of(side, time).announce(side, next, is_end, time);
        }
    }

    /// Whether both sides have started.
    pub fn is_matched(&self) -> bool {
        self.ended.expected > 0
            || self.run.is_matched()
            || self.old.as_ref().is_some_and(Run::is_matched)
    }

    /// The losses at a time.
    pub fn losses(&self, now: UnixTime) -> PairLosses {
        let grace =
            self.skew.quantiles().map_or(0, |skew| skew.max.unsigned_abs().saturating_mul(2));
        let cutoff = now.before(LEAST_GRACE.max(Duration::from_nanos(grace))).nanos();
        let mut losses = self.ended;
        for run in self.old.iter().chain([&self.run]) {
            losses.merge(run.losses(cutoff));
        }
        losses
    }

    /// The time between the arrivals on both sides, for numbers that arrived on both.
    pub fn skew(&self) -> &Delays {
        &self.skew
    }

    /// The arrival time on B minus that on A, for numbers that arrived on both sides.
    pub fn b_after_a(&self) -> &Delays {
        &self.b_after_a
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        let runs = self.run.bytes() + self.old.as_ref().map_or(0, Run::bytes);
        runs + self.skew.bytes() + self.b_after_a.bytes()
    }

    /// The run that a side is in.
    fn run_of(&mut self, side: Side, time: UnixTime) -> &mut Run {
        if let Some((behind, since)) = self.behind {
            if time.since(since) > RESTART_SPAN {
                // The other side has not restarted.
                self.follow();
            } else if behind == side {
                return self.old.get_or_insert_with(|| Run::new(self.window));
            }
        }
        &mut self.run
    }

    /// The side in the old run leaves it.
    fn follow(&mut self) {
        self.behind = None;
        if let Some(old) = self.old.take() {
            self.ended.merge(old.losses(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests;
