//! The pacing of datagrams.

use std::time::Duration;

use super::PlanError;
use crate::units::{Period, Rate};

/// The pacing of datagrams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// The time between two datagrams to the same endpoint.
    Interval(Duration),
    /// The rate of all endpoints together.
    Rate(Rate),
    /// No pacing.
    Flood,
}

impl Pacing {
    /// The time between two rounds of `burst` datagrams of `len` bytes to each of `endpoints`;
    /// `None` without pacing.
    ///
    /// # Errors
    /// [`PlanError::NothingToPace`].
    pub fn period(
        self,
        endpoints: usize,
        burst: u64,
        len: usize,
    ) -> Result<Option<Period>, PlanError> {
        match self {
            Pacing::Rate(rate @ Rate::Bits(_)) if len == 0 => Err(PlanError::NothingToPace(rate)),
            Pacing::Interval(interval) => Ok(Some(Period::from(interval).times(burst))),
            Pacing::Rate(rate) => {
                Ok(Some(Period::of(rate, burst.saturating_mul(endpoints as u64), len)))
            }
            Pacing::Flood => Ok(None),
        }
    }
}
