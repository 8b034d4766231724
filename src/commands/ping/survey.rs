//! The choice of the receivers that answer, for each target.

use std::time::Duration;

use crate::census::Census;
use crate::event::EstimateInfo;
use crate::format::exchange::{ALL, Reply, Request};
use crate::units::random;

/// The time between two requests of the start: longer than most round trips.
const STEP: Duration = Duration::from_millis(200);

/// The choice of the receivers of one target that answer. Until the number of receivers is roughly
/// known, the requests are samples: they have a stream of their own, and no round of the user.
pub struct Survey {
    census: Census,
    /// The stream id of the samples.
    pub stream: u64,
    /// How many samples were sent.
    pub samples: u64,
    /// The last request.
    pub last: Request,
}

impl Survey {
    /// A survey with at most `budget` replies a second.
    pub fn new(budget: u64) -> Self {
        Survey {
            census: Census::new(budget, STEP),
            stream: random(),
            samples: 0,
            last: Request::AT_ONCE,
        }
    }

    /// Chooses the next request. Returns whether it is a sample.
    pub fn choose(&mut self, now: Duration, interval: Duration) -> bool {
        self.last = self.census.request(now, interval);
        self.census.is_starting()
    }

    /// The time to the next request.
    pub fn gap(&self, interval: Duration) -> Duration {
        self.census.gap(interval)
    }

    /// Notes that a sample was sent.
    pub fn sampled(&mut self, now: Duration) {
        self.census.sent(self.samples, now);
        self.samples += 1;
    }

    /// The stream and the number of samples, for their end marker; `None` without samples.
    pub fn end(&self) -> Option<(u64, u64)> {
        (self.samples > 0).then_some((self.stream, self.samples))
    }

    /// Notes that the request `number` was sent.
    pub fn sent(&mut self, number: u64, now: Duration) {
        self.census.sent(self.samples + number, now);
    }

    /// Takes a reply to a sample or to the request `number`.
    pub fn reply(&mut self, number: u64, is_sample: bool, reply: &Reply) {
        let before = if is_sample { 0 } else { self.samples };
        let shifted = Reply { first: reply.first.saturating_add(before), ..*reply };
        self.census.reply(before + number, reply.receiver, &shifted);
    }

    /// Whether all receivers should answer.
    pub fn asks_all(&self) -> bool {
        self.last.share == ALL
    }

    /// The estimated number of receivers; `None` if all were asked.
    pub fn estimate(&self, now: Duration) -> Option<EstimateInfo> {
        let estimate = self.census.estimate(now);
        let whole = |number: f64| number.round().max(0.0) as u64;
        (!estimate.exact && !self.asks_all()).then(|| EstimateInfo {
            receivers: whole(estimate.receivers),
            low: whole(estimate.low),
            high: whole(estimate.high),
        })
    }
}
