//! The counters of a stream since the start of the run, or since they were reset.

use std::time::Duration;

use crate::event::{FlowInfo, StreamInfo};
use crate::stats::delay::Quantiles;

/// Sums of the counters of intervals.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub datagrams: u64,
    pub bytes: u64,
    pub expected: u64,
    pub lost: u64,
    pub lost_exact: bool,
    pub runs: u64,
    pub longest: u64,
    pub duplicates: u64,
    pub reordered: u64,
    pub extent: u64,
    pub stale: u64,
    pub corrupt: u64,
    pub truncated: u64,
    pub gap: Option<i64>,
    /// Of the last interval.
    pub pps: f64,
    pub bps: f64,
    pub delay: Option<Quantiles>,
    pub variation: Option<Quantiles>,
    pub jitter: Option<f64>,
    /// The time since the last datagram.
    pub silence: Duration,
    /// The longest pause before which the stream continued.
    pub usual_pause: Duration,
    /// The totals of a flow at the last interval.
    flow_before: Option<(u64, u64)>,
}

impl Sums {
    /// Adds the counters of an interval.
    pub fn add(&mut self, stream: &StreamInfo) {
        let of = &stream.counters;
        self.datagrams += of.datagrams;
        self.bytes += of.bytes;
        self.expected += of.expected;
        self.lost += of.lost;
        self.lost_exact = of.lost_exact;
        self.runs += of.loss_runs.count;
        self.longest = self.longest.max(of.loss_runs.longest);
        self.duplicates += of.duplicates;
        self.reordered += of.reordered;
        self.extent = self.extent.max(of.reorder_extent_max);
        self.stale += of.stale;
        self.corrupt += of.corrupt;
        self.truncated += of.truncated;
        self.gap = self.gap.max(of.gap_ns);
        self.delay = of.delay_ns;
        self.variation = if of.delay_ns.is_some() { None } else { of.pdv_ns };
        self.jitter = of.jitter;
        if of.datagrams > 0 && self.silence > self.usual_pause {
            self.usual_pause = self.silence;
        }
    }

    /// Adds the datagrams of a flow, whose totals are those of the run.
    pub fn add_flow(&mut self, flow: &FlowInfo, elapsed: Duration) {
        let (datagrams, bytes) = (flow.meter.datagrams, flow.meter.bytes);
        let (before, bytes_before) = self.flow_before.replace((datagrams, bytes)).unwrap_or((0, 0));
        let (datagrams, bytes) = (datagrams - before, bytes - bytes_before);
        if datagrams > 0 && self.silence > self.usual_pause {
            self.usual_pause = self.silence;
        }
        self.datagrams += datagrams;
        self.bytes += bytes;
        self.rate(datagrams, bytes, elapsed);
    }

    /// Sets the rates of the last interval.
    pub fn rate(&mut self, datagrams: u64, bytes: u64, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let a_second = |number: f64| if seconds > 0.0 { number / seconds } else { 0.0 };
        (self.pps, self.bps) = (a_second(datagrams as f64), a_second(bytes as f64 * 8.0));
    }

    /// Notes the time since the last datagram.
    pub fn note_silence(&mut self, silence: Duration) {
        self.silence = silence;
    }

    pub fn loss_ratio(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.lost as f64 / self.expected as f64)
    }
}
