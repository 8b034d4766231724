//! A round: one request and its replies.

use std::time::Duration;

use crate::format::exchange::Request;

/// The longest round-trip time that a round waits for.
const LONGEST_RTT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// The sequence number of the request.
    pub number: u64,
    pub sent: Duration,
    pub request: Request,
    pub replies: u64,
}

impl Round {
    /// Whether no more replies are expected.
    pub fn is_settled(&self, now: Duration) -> bool {
        now.saturating_sub(self.sent) >= self.request.window + LONGEST_RTT
    }
}

/// The share with the probability `probability`.
pub fn share(probability: f64) -> u32 {
    // A float beyond the range becomes the nearest integer.
    (probability * 2_f64.powi(32) - 1.0) as u32
}
