//! The requests to one target: how many were sent, and when the last ones left.

use std::collections::VecDeque;

use crate::units::UnixTime;

/// The times of this many requests are kept. A receiver that joins is expected to have received
/// only requests of a known time.
const MOST_TIMES: usize = 1 << 16;

/// The requests to one target.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// How many were sent.
    sent: u64,
    /// The send times of the last ones.
    times: VecDeque<UnixTime>,
}

impl Requests {
    /// Notes that the next request left at `time`.
    pub fn send(&mut self, time: UnixTime) {
        self.sent += 1;
        if self.times.len() == MOST_TIMES {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    /// How many were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// The number of the first known request that left at `time` or later.
    pub fn since(&self, time: UnixTime) -> u64 {
        let earlier = self.times.partition_point(|sent| *sent < time);
        self.sent - self.times.len() as u64 + earlier as u64
    }
}
