//! The estimator and the control of the share.

use std::collections::VecDeque;
use std::time::Duration;

use super::losses::Losses;
use super::round::{Round, share};
use crate::format::exchange::{ALL, Reply, Request};

/// The receivers that the first request reckons with.
const MOST_RECEIVERS: f64 = 1e6;

/// The time between two requests of the start: longer than most round trips.
pub const STEP: Duration = Duration::from_millis(300);

/// The answers that end the start: they bound the number of receivers within a factor of two.
const ENOUGH: u64 = 30;

/// How many receivers may answer at once: their answers fit a default receive buffer.
const AT_ONCE: f64 = 100.0;

/// The most rounds of an estimate.
const MOST_ROUNDS: usize = 64;

/// The rounds of which the newest part is compared with the rest.
const COMPARED_ROUNDS: usize = 4;

/// Standard deviations: of the reported range (95 %), of the bound that the share follows, and of
/// a count that shows a change.
const REPORTED: f64 = 2.0;
const CONTROLLED: f64 = 2.6;
const CHANGED: f64 = 4.0;

/// The number of receivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The most likely number, or the exact one.
    pub receivers: f64,
    /// The lower end of the range that contains the number with a probability of about 95 %.
    pub low: f64,
    /// The upper end of that range.
    pub high: f64,
    /// All receivers were asked, and `receivers` is how many answered lately.
    pub exact: bool,
}

/// Counts receivers, or estimates their number from samples.
#[derive(Debug)]
pub struct Census {
    /// The mean of the replies per second: their deviations stay below the budget.
    rate: f64,
    step: Duration,
    is_starting: bool,
    next: Request,
    rounds: VecDeque<Round>,
    losses: Losses,
}

impl Census {
    /// A census with at most `budget` replies per second. During the start, requests follow each
    /// other after `step`: longer than the round-trip time.
    pub fn new(budget: u64, step: Duration) -> Self {
        // A sum of many receivers' answers is Poisson: mean + 5 standard deviations = budget.
        let root = ((25.0 + 4.0 * budget as f64).sqrt() - 5.0) / 2.0;
        Census {
            rate: root.powi(2),
            step,
            is_starting: true,
            next: Request::AT_ONCE,
            rounds: VecDeque::new(),
            losses: Losses::default(),
        }
    }

    /// The start is not over: its requests are no rounds of the user.
    pub fn is_starting(&self) -> bool {
        self.is_starting
    }

    /// The time from the request to the next one, if rounds are `interval` apart.
    pub fn gap(&self, interval: Duration) -> Duration {
        if self.is_starting { self.step.min(interval) } else { interval }
    }

    /// The next request. `interval` is the time to the one after it.
    pub fn request(&mut self, now: Duration, interval: Duration) -> Request {
        let most = self.most(now);
        let gap = interval.as_secs_f64().max(1e-3);
        let is_unknown = !self.rounds.iter().any(|round| round.is_settled(now));
        let (capacity, window) = if self.is_starting || is_unknown {
            (self.rate / 2.0 * gap.max(1.0), self.gap(interval) / 2)
        } else {
            (self.rate * gap, interval)
        };
        self.next = if most <= capacity {
            let is_few = most <= AT_ONCE && most <= self.rate * gap.min(1.0);
            let spread = Duration::from_secs_f64((most / self.rate).min(gap));
            let at_once = if self.is_starting { window } else { Duration::ZERO };
            Request { window: if is_few { at_once } else { spread }, share: ALL, interval }
        } else {
            Request { window, share: share(capacity / most), interval }
        };
        // Samples that brought answers show how many receivers there are, too. A few answers leave a
        // bound so wide that a small group would be sampled.
        let answers: u64 = self.rounds.iter().map(|round| round.replies).sum();
        self.is_starting &= !self.next.asks_all() && answers < ENOUGH;
        self.next
    }

    /// The last [`Census::request`] was sent with the sequence number `round`.
    pub fn sent(&mut self, round: u64, now: Duration) {
        self.forget_before_change(now);
        if self.rounds.len() >= MOST_ROUNDS {
            self.rounds.pop_front();
        }
        let request = self.next;
        self.rounds.push_back(Round { number: round, sent: now, request, replies: 0 });
    }

    /// Takes a reply of `receiver` to the request `round`.
    pub fn reply(&mut self, round: u64, receiver: u64, reply: &Reply) {
        let Some(at) = self.rounds.iter().position(|known| known.number == round) else {
            return;
        };
        if self.losses.take(round, receiver, reply) {
            self.rounds[at].replies += 1;
        }
    }

    /// The number of receivers by the replies up to `now`.
    pub fn estimate(&self, now: Duration) -> Estimate {
        self.distinct().unwrap_or_else(|| self.sampled(now, REPORTED))
    }

    /// The receivers that answered lately, if all were asked.
    fn distinct(&self) -> Option<Estimate> {
        let count = self.rounds.iter().rev().take_while(|round| round.request.asks_all()).count();
        let number = |newest: usize| Some(self.rounds.get(self.rounds.len() - newest)?.number);
        let oldest = number(count)?;
        let all = self.losses.distinct(oldest)? as f64;
        let (to, back) = (self.losses.towards().value().0, self.losses.back().value().0);
        // Enough rounds for each receiver to be heard once, but for one case in 100.
        let missed = (1.0 - to * back).max(1e-9);
        let needed = ((100.0 * all.max(1.0)).ln() / -missed.ln()).ceil().max(2.0) as usize;
        let since = number(count.min(needed))?;
        let receivers = self.losses.distinct(since)? as f64;
        Some(Estimate { receivers, low: receivers, high: receivers, exact: true })
    }

    /// An estimate from the settled rounds, or from all if none is settled.
    fn sampled(&self, now: Duration, deviations: f64) -> Estimate {
        let is_known = self.rounds.iter().any(|round| round.is_settled(now));
        let rounds = self.rounds.iter().filter(|round| !is_known || round.is_settled(now));
        let (replies, asked) = rounds.fold((0.0, 0.0), |(replies, asked), round| {
            (replies + round.replies as f64, asked + round.request.probability())
        });
        let ((to, of_to), (back, of_back)) =
            (self.losses.towards().value(), self.losses.back().value());
        let arriving = asked * to * back;
        if arriving <= 0.0 {
            return Estimate { receivers: 0.0, low: 0.0, high: MOST_RECEIVERS, exact: false };
        }
        let half = deviations.powi(2) / 2.0;
        let spread =
            deviations * (replies + half / 2.0 + replies.powi(2) * (of_to + of_back)).sqrt();
        Estimate {
            receivers: replies / arriving,
            low: ((replies + half - spread) / arriving).max(0.0),
            high: (replies + half + spread) / arriving,
            exact: false,
        }
    }

    /// The most receivers to reckon with: the bound of the estimate, or what open rounds show.
    fn most(&self, now: Duration) -> f64 {
        let is_of_all = self.distinct().filter(|_| self.rounds.len() > 1);
        let bound = is_of_all.unwrap_or_else(|| self.sampled(now, CONTROLLED)).high;
        let arriving = self.losses.towards().value().0 * self.losses.back().value().0;
        let open = self.rounds.iter().filter(|round| !round.is_settled(now));
        // Only a count that chance does not explain raises the bound, and then by its own bound.
        let shown = open.filter_map(|round| {
            let (replies, asked) = (round.replies as f64, round.request.probability() * arriving);
            let chance = CONTROLLED * replies.sqrt();
            (replies - chance > bound * asked).then_some((replies + chance) / asked)
        });
        shown.fold(bound, f64::max)
    }

    /// Forgets the rounds before the number of receivers changed.
    fn forget_before_change(&mut self, now: Duration) {
        let settled = self.rounds.iter().take_while(|round| round.is_settled(now)).count();
        for newest in 1..=COMPARED_ROUNDS.min(settled.saturating_sub(1)) {
            let split = settled - newest;
            let sum = |rounds: &mut dyn Iterator<Item = &Round>| {
                rounds.fold((0.0, 0.0), |(replies, asked), round| {
                    (replies + round.replies as f64, asked + round.request.probability())
                })
            };
            let (old, old_asked) = sum(&mut self.rounds.iter().take(split));
            let (new, new_asked) = sum(&mut self.rounds.iter().take(settled).skip(split));
            let rate = (old + new) / (old_asked + new_asked);
            let variance = rate * (1.0 / old_asked + 1.0 / new_asked);
            let difference = (new / new_asked - old / old_asked).abs();
            if difference > CHANGED * variance.sqrt() {
                self.rounds.drain(..split);
                return;
            }
        }
    }
}
