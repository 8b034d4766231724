//! The choice of the receivers that answer, for each target.

use std::time::Duration;

use crate::census::{Census, STEP};
use crate::event::EstimateInfo;
use crate::format::exchange::{Reply, Request};
use crate::iface::Cast;
use crate::target::Endpoint;
use crate::units::random;

/// The time between two requests of the start if no router forwards them: longer than any round
/// trip in one network.
const STEP_ON_LINK: Duration = Duration::from_millis(50);

/// The choice of the receivers of one target that answer. Until the number of receivers is roughly
/// known, the requests are samples: they have their own stream, and are no rounds of the user.
pub struct Survey {
    /// `None` if the target is one host.
    census: Option<Census>,
    /// The stream id of the samples.
    pub stream: u64,
    /// How many samples were sent.
    pub samples: u64,
    /// The last request.
    pub last: Request,
}

impl Survey {
    /// A survey of the receivers at `at` with at most `budget` replies a second. Requests leave with
    /// the TTL or hop limit `ttl`.
    pub fn new(at: &Endpoint, ttl: Option<u8>, budget: u64) -> Self {
        let step = if ttl.is_none_or(|ttl| ttl <= 1) { STEP_ON_LINK } else { STEP };
        Survey {
            census: (at.cast != Cast::Unicast).then(|| Census::new(budget, step)),
            stream: random(),
            samples: 0,
            last: Request::AT_ONCE,
        }
    }

    /// Chooses the next request. Returns whether it is a sample.
    pub fn choose(&mut self, now: Duration, interval: Duration) -> bool {
        let Some(census) = &mut self.census else { return false };
        self.last = census.request(now, interval);
        census.is_starting()
    }

    /// The time to the next request.
    pub fn gap(&self, interval: Duration) -> Duration {
        self.census.as_ref().map_or(interval, |census| census.gap(interval))
    }

    /// Notes that a sample was sent.
    pub fn sampled(&mut self, now: Duration) {
        self.census.iter_mut().for_each(|census| census.sent(self.samples, now));
        self.samples += 1;
    }

    /// The stream and the number of samples, for their end marker; `None` without samples.
    pub fn end(&self) -> Option<(u64, u64)> {
        (self.samples > 0).then_some((self.stream, self.samples))
    }

    /// Notes that the request `number` was sent.
    pub fn sent(&mut self, number: u64, now: Duration) {
        self.census.iter_mut().for_each(|census| census.sent(self.samples + number, now));
    }

    /// Takes a reply to a sample or to the request `number`.
    pub fn reply(&mut self, number: u64, is_sample: bool, reply: &Reply) {
        let before = if is_sample { 0 } else { self.samples };
        let shifted = Reply { first: reply.first.saturating_add(before), ..*reply };
        let census = self.census.iter_mut();
        census.for_each(|census| census.reply(before + number, reply.receiver, &shifted));
    }

    /// Whether all receivers should answer.
    pub fn asks_all(&self) -> bool {
        self.last.asks_all()
    }

    /// The estimated number of receivers; `None` if all were asked.
    pub fn estimate(&self, now: Duration) -> Option<EstimateInfo> {
        let estimate = self.census.as_ref()?.estimate(now);
        let whole = |number: f64| number.round().max(0.0) as u64;
        (!estimate.exact && !self.asks_all()).then(|| EstimateInfo {
            receivers: whole(estimate.receivers),
            low: whole(estimate.low),
            high: whole(estimate.high),
        })
    }
}
