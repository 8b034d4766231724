//! The shape of a sender's traffic.

use std::time::Duration;

use serde::Serialize;

use super::json::nanos;
use crate::units::Shape;

/// How the rounds are distributed over time.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ShapeInfo {
    /// A Poisson process; the interval is its mean.
    Poisson,
    /// The interval changes so that the rate changes linearly.
    Ramp {
        /// The interval at the end.
        #[serde(rename = "interval_to_ns", serialize_with = "nanos")]
        to: Duration,
        /// The length of the ramp.
        #[serde(rename = "over_ns", serialize_with = "nanos")]
        over: Duration,
    },
    /// The interval applies while it is on.
    OnOff {
        /// The time with rounds.
        #[serde(rename = "on_ns", serialize_with = "nanos")]
        on: Duration,
        /// The time without.
        #[serde(rename = "off_ns", serialize_with = "nanos")]
        off: Duration,
    },
}

impl ShapeInfo {
    /// `None` for even rounds.
    pub fn new(shape: Shape) -> Option<Self> {
        match shape {
            Shape::Even => None,
            Shape::Poisson { .. } => Some(ShapeInfo::Poisson),
            Shape::Ramp { to, over } => Some(ShapeInfo::Ramp { to: to.to_duration(), over }),
            Shape::OnOff { on, off } => Some(ShapeInfo::OnOff { on, off }),
        }
    }
}
