//! The losses each way, from the counters in the replies.
//!
//! - Towards the receivers: a reply states the first request that arrived and how many arrived. The
//!   first and the last request did arrive, or there were no reply. Only the requests between them
//!   count, which keeps the ratio free of a bias. A reply counts the requests up to its own.
//! - Back: a reply states how many replies its receiver sent. The last one arrived. The ones before
//!   it count.

use std::collections::HashMap;

use crate::format::exchange::Reply;

/// The most receivers whose replies are counted, in order to bound the memory.
const MOST: usize = 1 << 16;

/// The trials that an unknown ratio starts with. All of them succeed: without evidence, nothing is
/// lost.
const PRIOR: f64 = 2.0;

/// A ratio of successes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ratio {
    trials: f64,
    successes: f64,
}

impl Ratio {
    fn add(&mut self, trials: f64, successes: f64) {
        self.trials += trials;
        self.successes += successes.clamp(0.0, trials);
    }

    /// The ratio, and its relative variance.
    pub fn value(self) -> (f64, f64) {
        let trials = self.trials + PRIOR;
        let ratio = ((self.successes + PRIOR) / trials).max(0.01);
        (ratio, (ratio * (1.0 - ratio)).max(0.02) / trials / ratio.powi(2))
    }
}

#[derive(Clone, Copy, Debug)]
struct Receiver {
    last_round: u64,
    heard: u32,
    sent: u32,
}

/// The counters of all receivers.
#[derive(Debug)]
pub struct Losses {
    to: Ratio,
    receivers: HashMap<u64, Receiver>,
    /// Only receivers up to this hash are kept.
    limit: u64,
}

impl Default for Losses {
    fn default() -> Self {
        Losses { to: Ratio::default(), receivers: HashMap::new(), limit: u64::MAX }
    }
}

impl Losses {
    /// Takes a reply. Returns false if it is a duplicate of the last one of its receiver.
    pub fn take(&mut self, round: u64, receiver: u64, reply: &Reply) -> bool {
        if hash(receiver) <= self.limit {
            let known = Receiver { last_round: round, heard: 0, sent: 0 };
            let is_new = !self.receivers.contains_key(&receiver);
            let entry = self.receivers.entry(receiver).or_insert(known);
            if !is_new && entry.last_round == round {
                return false;
            }
            entry.last_round = entry.last_round.max(round);
            entry.heard = entry.heard.saturating_add(1);
            entry.sent = entry.sent.max(reply.replies);
            while self.receivers.len() > MOST {
                self.limit /= 2;
                let limit = self.limit;
                self.receivers.retain(|receiver, _| hash(*receiver) <= limit);
            }
        }
        // A forged counter must not outweigh the others.
        let between = round.saturating_sub(reply.first).saturating_sub(1).min(64);
        let lost = (round.saturating_sub(reply.first) + 1).saturating_sub(reply.received.into());
        if between > 0 {
            let span = round - reply.first - 1;
            let scale = between as f64 / span as f64;
            self.to.add(between as f64, (span.saturating_sub(lost)) as f64 * scale);
        }
        true
    }

    /// The ratio of requests that arrive.
    pub fn towards(&self) -> Ratio {
        self.to
    }

    /// The ratio of replies that arrive.
    pub fn back(&self) -> Ratio {
        let mut ratio = Ratio::default();
        for receiver in self.receivers.values() {
            let (sent, heard) = (receiver.sent.saturating_sub(1), receiver.heard.saturating_sub(1));
            let weight = f64::from(sent.min(64)) / f64::from(sent.max(1));
            ratio.add(f64::from(sent) * weight, f64::from(heard) * weight);
        }
        ratio
    }

    /// How many receivers answered the request `since` or a later one; `None` if there are too many
    /// to know.
    pub fn distinct(&self, since: u64) -> Option<usize> {
        let recent = self.receivers.values().filter(|receiver| receiver.last_round >= since);
        Some(recent.count()).filter(|_| self.limit == u64::MAX)
    }
}

/// Mixes the bits (SplitMix64).
fn hash(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
