//! The settings of impairments.

use std::time::Duration;

use super::LossModel;

/// Impairments. All probabilities are from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairments {
    /// The loss of datagrams.
    pub loss: Option<LossModel>,
    /// The probability of a second copy.
    pub duplicate: f64,
    /// The probability that a copy has one wrong bit.
    pub corrupt: f64,
    /// The reordering of copies.
    pub reorder: Option<Reorder>,
    /// The delay of all copies.
    pub delay: Option<Delay>,
}

/// The reordering of copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reorder {
    /// The probability that a copy waits.
    pub probability: f64,
    /// How many later copies leave before it, at least 1.
    pub distance: u32,
}

/// The delay of all copies: uniform from `mean - jitter` to `mean + jitter`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// The mean.
    pub mean: Duration,
    /// The largest difference from it, at most `mean`.
    pub jitter: Duration,
}

impl Impairments {
    /// The longest delay.
    pub fn longest_delay(&self) -> Duration {
        self.delay.map_or(Duration::ZERO, |delay| delay.mean.saturating_add(delay.jitter))
    }
}
