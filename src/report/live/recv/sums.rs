//! The counters of a stream since the start of the run, or since they were reset.

use std::time::Duration;

use crate::event::{FlowTotals, StreamInfo, StreamTotals};
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
    /// The totals of the run at the last reset, and now.
    before: StreamTotals,
    now: StreamTotals,
}

impl Sums {
    /// Adds the counters of an interval.
    pub fn add(&mut self, stream: &StreamInfo) {
        let of = &stream.counters;
        self.now = stream.so_far;
        self.subtract();
        self.lost_exact = of.lost_exact;
        self.runs += of.loss_runs.count;
        self.longest = self.longest.max(of.loss_runs.longest);
        self.extent = self.extent.max(of.reorder_extent_max);
        self.stale += of.stale;
        self.corrupt += of.corrupt;
        self.truncated += of.truncated;
        self.gap = self.gap.max(of.gap_ns);
        self.delay = of.delay_ns;
        self.variation = if of.delay_ns.is_some() { None } else { of.pdv_ns };
        self.jitter = of.jitter;
        self.note_pause(of.datagrams);
    }

    /// The counters since the last reset. A late datagram is no longer lost.
    fn subtract(&mut self) {
        let (now, before) = (&self.now, &self.before);
        self.datagrams = now.datagrams.saturating_sub(before.datagrams);
        self.bytes = now.bytes.saturating_sub(before.bytes);
        self.expected = now.expected.saturating_sub(before.expected);
        self.lost = now.lost.saturating_sub(before.lost);
        self.duplicates = now.duplicates.saturating_sub(before.duplicates);
        self.reordered = now.reordered.saturating_sub(before.reordered);
    }

    /// Counts from zero. The usual pause stays: it is no counter.
    pub fn reset(&mut self) {
        let Sums { now, silence, usual_pause, .. } = *self;
        *self = Sums { before: now, now, silence, usual_pause, ..Sums::default() };
    }

    /// Takes the totals of a flow. Returns the number of datagrams since the last interval.
    pub fn add_flow(&mut self, flow: &FlowTotals, elapsed: Duration) -> u64 {
        let FlowTotals { datagrams, bytes, .. } = *flow;
        let (new, new_bytes) =
            (datagrams.saturating_sub(self.now.datagrams), bytes.saturating_sub(self.now.bytes));
        self.now = StreamTotals { datagrams, bytes, ..StreamTotals::default() };
        self.subtract();
        self.note_pause(new);
        self.rate(new, new_bytes, elapsed);
        new
    }

    /// A stream that continues after a pause may pause again.
    fn note_pause(&mut self, datagrams: u64) {
        if datagrams > 0 {
            self.usual_pause = self.usual_pause.max(self.silence);
        }
    }

    /// Sets the rates of the last interval.
    pub fn rate(&mut self, datagrams: u64, bytes: u64, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let a_second = |number: f64| if seconds > 0.0 { number / seconds } else { 0.0 };
        (self.pps, self.bps) = (a_second(datagrams as f64), a_second(bytes as f64 * 8.0));
    }

    pub fn loss_ratio(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.lost as f64 / self.expected as f64)
    }
}
