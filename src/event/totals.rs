//! Datagrams, bytes and rates.

use std::time::Duration;

use serde::Serialize;

use crate::stats::Meter;

/// Datagrams, bytes of payload, and their rates from the first datagram to the last.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Totals {
    /// The number of datagrams.
    pub datagrams: u64,
    /// The bytes of payload.
    pub bytes: u64,
    /// Datagrams a second.
    pub rate_pps: Option<f64>,
    /// Bits of payload a second.
    pub bitrate_bps: Option<f64>,
    /// The time that the rates were measured over. Text does not show the rates of a short burst.
    #[serde(skip)]
    pub span: Option<Duration>,
}

impl Totals {
    /// The totals of a sender with `first` datagrams in its first round, of `len` bytes each. The
    /// rates exclude that round, which only starts the clock.
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
