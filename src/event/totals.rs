//! Datagrams, bytes and rates.

use std::time::Duration;

use serde::Serialize;

use crate::stats::Meter;

/// Datagrams, bytes of payload, and their rates from the first datagram to the last.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Totals {
    /// How many datagrams.
    pub datagrams: u64,
    /// How many bytes of payload.
    pub bytes: u64,
    /// Datagrams a second.
    pub rate_pps: Option<f64>,
    /// Bits of payload a second.
    pub bitrate_bps: Option<f64>,
    /// The time over which the rates were measured, for the formats that show them only where they
    /// mean something.
    #[serde(skip)]
    pub span: Option<Duration>,
}

impl Totals {
    /// What a sender did whose first round was of `first` datagrams of `len` bytes: that round only
    /// starts the clock.
    pub fn of_rounds(meter: &Meter, first: u64, len: usize) -> Self {
        let later = meter.datagrams.checked_sub(first).filter(|later| *later > 0);
        let a_second = |number: u64| Some(number as f64 / meter.span()?.as_secs_f64());
        let rate_pps = later.and_then(a_second);
        Totals {
            rate_pps,
            bitrate_bps: rate_pps.map(|rate| rate * len as f64 * 8.0),
            ..Totals::from(meter)
        }
    }
}

impl From<&Meter> for Totals {
    fn from(meter: &Meter) -> Self {
        Totals {
            datagrams: meter.datagrams,
            bytes: meter.bytes,
            rate_pps: meter.rate_pps(),
            bitrate_bps: meter.bitrate_bps(),
            span: meter.span(),
        }
    }
}
