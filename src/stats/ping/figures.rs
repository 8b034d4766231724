//! The counts of one receiver at one target.

use super::Hops;
use crate::stats::delay::{Delays, Precision};

/// The counts of one receiver at one target.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The requests that were sent since the receiver began to listen.
    pub expected: u64,
    /// Those that it received.
    pub received: u64,
    /// Those to which a reply arrived.
    pub answered: u64,
    /// The requests that did not reach it.
    pub lost_to: u64,
    /// The replies that did not arrive.
    pub lost_back: u64,
    /// The replies that it did not send, because of a limit or of the share.
    pub withheld: u64,
    /// The requests after the newest answer: it is unknown where they or their replies were lost.
    pub unresolved: u64,
    /// The replies that arrived again.
    pub duplicates: u64,
    /// The requests that reached it again.
    pub request_duplicates: u64,
    /// The round-trip times.
    pub rtt: Delays,
    /// The routers on the way to it.
    pub hops_to: Option<Hops>,
    /// The routers on the way back.
    pub hops_back: Option<Hops>,
}

impl Default for Figures {
    fn default() -> Self {
        Figures {
            expected: 0,
            received: 0,
            answered: 0,
            lost_to: 0,
            lost_back: 0,
            withheld: 0,
            unresolved: 0,
            duplicates: 0,
            request_duplicates: 0,
            rtt: Delays::new(Precision::Coarse),
            hops_to: None,
            hops_back: None,
        }
    }
}

impl Figures {
    /// The requests without a reply that the receiver did not withhold.
    pub fn lost(&self) -> u64 {
        self.expected.saturating_sub(self.answered).saturating_sub(self.withheld)
    }

    /// The part of the requests without a reply; `None` if no reply was due.
    pub fn loss(&self) -> Option<f64> {
        ratio(self.lost(), self.expected.saturating_sub(self.withheld))
    }

    /// The part of the requests that did not reach the receiver, of those of which that is known.
    pub fn loss_to(&self) -> Option<f64> {
        ratio(self.lost_to, self.expected.saturating_sub(self.unresolved))
    }

    /// The part of the replies that did not arrive.
    pub fn loss_back(&self) -> Option<f64> {
        ratio(self.lost_back, self.lost_back + self.answered)
    }

    /// Adds the counts of another session or receiver.
    pub fn add(&mut self, other: &Figures) {
        self.expected += other.expected;
        self.received += other.received;
        self.answered += other.answered;
        self.lost_to += other.lost_to;
        self.lost_back += other.lost_back;
        self.withheld += other.withheld;
        self.unresolved += other.unresolved;
        self.duplicates += other.duplicates;
        self.request_duplicates += other.request_duplicates;
        if other.rtt.count() > 0 {
            self.rtt.merge(&other.rtt);
        }
        self.hops_to = Hops::merge(self.hops_to, other.hops_to);
        self.hops_back = Hops::merge(self.hops_back, other.hops_back);
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
