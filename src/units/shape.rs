//! The shapes of traffic: how the rounds of a sender are distributed over time. They never read a
//! clock. All times are nanoseconds since the start, and exact: no sum of waits drifts.

use std::time::Duration;

use super::{Period, RandomSequence};

/// A round exactly at a limit is not before it, despite the rounding errors of floating point.
const TOLERANCE: f64 = 1e-6;

/// This many Poisson rounds are drawn to count them. The mean estimates the others.
const MOST_DRAWN: u64 = 10_000;

/// How the rounds of a sender are distributed over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Shape {
    /// One period apart.
    #[default]
    Even,
    /// A Poisson process: the gaps are independent and exponential, and their mean is the period.
    Poisson {
        /// It repeats the gaps.
        seed: u64,
    },
    /// The rate changes linearly, from that of the period to that of `to`, and then stays.
    Ramp {
        /// The period at the end of the ramp.
        to: Period,
        /// The length of the ramp.
        over: Duration,
    },
    /// Rounds one period apart while it is on, none while it is off. The schedule stops while it is
    /// off, and the mean rate is exactly the share of `on`.
    OnOff {
        /// The time with rounds, which begins.
        on: Duration,
        /// The time without.
        off: Duration,
    },
}

/// The due times of the rounds of a shape other than an even one.
#[derive(Clone, Debug)]
pub(super) enum Times {
    Poisson(Box<Poisson>),
    Ramp(Ramp),
    OnOff(OnOff),
}

impl Times {
    /// `None` for even rounds.
    pub(super) fn new(shape: Shape, period: Period) -> Option<Self> {
        match shape {
            Shape::Even => None,
            Shape::Poisson { seed } => Some(Times::Poisson(Box::new(Poisson::new(period, seed)))),
            Shape::Ramp { to, over } => Some(Times::Ramp(Ramp::new(period, to, over))),
            Shape::OnOff { on, off } => Some(Times::OnOff(OnOff {
                period: period.nanos(),
                on: nanos(on).max(1.0),
                off: nanos(off),
            })),
        }
    }

    /// The due time of round `number`, counted from 0. The rounds of a Poisson process can only be
    /// asked for in order.
    pub(super) fn next(&mut self, number: u64) -> f64 {
        match self {
            Times::Poisson(poisson) => poisson.next(),
            Times::Ramp(ramp) => ramp.at(number),
            Times::OnOff(on_off) => on_off.at(number),
        }
    }

    /// Leaves out the rounds before `end`, from round `number` on, which is due at `due`. Returns
    /// how many. For a Poisson process it is their mean, because drawing them takes too long.
    pub(super) fn skip_until(&mut self, end: f64, (number, due): (u64, f64)) -> u64 {
        match self {
            Times::Poisson(poisson) => poisson.skip_until(end, due),
            Times::Ramp(ramp) => ramp.before(end).saturating_sub(number),
            Times::OnOff(on_off) => on_off.before(end).saturating_sub(number),
        }
    }

    /// The number of rounds before `end`, from round `number` on, which is due at `due`.
    pub(super) fn count_until(&self, end: f64, (number, due): (u64, f64)) -> u64 {
        match self {
            Times::Poisson(poisson) => poisson.count_until(end, due),
            Times::Ramp(ramp) => ramp.before(end).saturating_sub(number),
            Times::OnOff(on_off) => on_off.before(end).saturating_sub(number),
        }
    }

    /// The mean time between two rounds around the time `at`; for on-off that while it is on.
    pub(super) fn period(&self, at: f64) -> f64 {
        match self {
            Times::Poisson(poisson) => poisson.mean,
            Times::Ramp(ramp) => 1.0 / ramp.rate(at),
            Times::OnOff(on_off) => on_off.period,
        }
    }

    /// When round `number` is due; for a Poisson process the mean of this time.
    pub(super) fn expected(&self, number: u64) -> f64 {
        match self {
            Times::Poisson(poisson) => poisson.mean * (number as f64 + 1.0),
            Times::Ramp(ramp) => ramp.at(number),
            Times::OnOff(on_off) => on_off.at(number),
        }
    }
}

fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

fn ceil(rounds: f64) -> u64 {
    (rounds - TOLERANCE).ceil() as u64
}

/// A Poisson process. The due times are the sums of the gaps, also before the first round.
#[derive(Clone, Debug)]
pub(super) struct Poisson {
    mean: f64,
    numbers: RandomSequence,
    last: f64,
}

impl Poisson {
    fn new(period: Period, seed: u64) -> Self {
        Poisson { mean: period.nanos(), numbers: RandomSequence::new(seed, 0), last: 0.0 }
    }

    fn next(&mut self) -> f64 {
        self.last += self.mean * self.numbers.exponential();
        self.last
    }

    /// The process has no memory: it continues from `end` as it began.
    fn skip_until(&mut self, end: f64, due: f64) -> u64 {
        if due >= end {
            return 0;
        }
        self.last = end;
        1 + ((end - due) / self.mean).round() as u64
    }

    fn count_until(&self, end: f64, due: f64) -> u64 {
        let mut copy = self.clone();
        let (mut next, mut rounds) = (due, 0);
        while next < end && rounds < MOST_DRAWN {
            rounds += 1;
            next = copy.next();
        }
        if next < end { rounds + copy.skip_until(end, next) } else { rounds }
    }
}

/// A linear change of the rate. With the rates a and b per nanosecond, and the length T,
/// N(t) = a t + (b - a) t^2 / 2T rounds are due before the time t.
#[derive(Clone, Debug)]
pub(super) struct Ramp {
    from: f64,
    to: f64,
    over: f64,
}

impl Ramp {
    fn new(from: Period, to: Period, over: Duration) -> Self {
        Ramp { from: 1.0 / from.nanos(), to: 1.0 / to.nanos(), over: nanos(over).max(1.0) }
    }

    fn slope(&self) -> f64 {
        (self.to - self.from) / self.over
    }

    fn rate(&self, at: f64) -> f64 {
        self.from + self.slope() * at.clamp(0.0, self.over)
    }

    /// The rounds of the whole ramp.
    fn rounds(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.over
    }

    fn at(&self, number: u64) -> f64 {
        let number = number as f64;
        if number == 0.0 {
            return 0.0;
        }
        let beyond = number - self.rounds();
        if beyond > 0.0 {
            return self.over + beyond / self.to;
        }
        // The solution of N(t) = n in the form that subtracts no numbers of nearly equal size.
        let root = (self.from * self.from + 2.0 * self.slope() * number).max(0.0).sqrt();
        2.0 * number / (self.from + root)
    }

    fn before(&self, end: f64) -> u64 {
        let in_ramp = end.min(self.over);
        let rounds = self.from * in_ramp + self.slope() * in_ramp * in_ramp / 2.0;
        ceil(rounds + (end - in_ramp) * self.to)
    }
}

/// Even rounds on a clock that stops while it is off.
#[derive(Clone, Debug)]
pub(super) struct OnOff {
    period: f64,
    on: f64,
    off: f64,
}

impl OnOff {
    fn at(&self, number: u64) -> f64 {
        let on_clock = self.period * number as f64;
        on_clock + (on_clock / self.on + TOLERANCE / 1e3).floor() * self.off
    }

    fn before(&self, end: f64) -> u64 {
        let cycle = self.on + self.off;
        let cycles = (end / cycle).floor();
        let on_clock = cycles * self.on + (end - cycles * cycle).min(self.on);
        ceil(on_clock / self.period)
    }
}
