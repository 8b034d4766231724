//! The totals of a receiver.

use std::time::Duration;

use crate::assertion::Value;
use crate::event::IntervalReport;
use crate::report::live::cell::Tone;
use crate::report::live::fact::Fact;
use crate::units::words::count;

/// The run as a whole.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub at: Duration,
    pub targets: usize,
    pub place: String,
    datagrams: u64,
    kernel_drops: u64,
    checksum_errors: u64,
    corrupt: u64,
    untracked: u64,
    pps: f64,
    bps: f64,
    /// Datagrams arrived before the last reset, too.
    has_received: bool,
}

/// The streams together.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    pub streams: usize,
    pub silent: usize,
    pub ended: usize,
    pub lost: u64,
    pub expected: u64,
}

/// A receiver that waits for longer than this has a problem.
const PATIENCE: Duration = Duration::from_secs(3);

impl Run {
    pub fn add(&mut self, report: &IntervalReport) {
        let of = &report.counters;
        self.at = report.since + of.elapsed;
        self.datagrams += of.meter.datagrams;
        self.has_received |= of.meter.datagrams > 0;
        self.kernel_drops += of.kernel_drops.unwrap_or(0);
        self.checksum_errors += of.checksum_errors.unwrap_or(0);
        self.corrupt += of.corrupt;
        self.untracked += of.untracked;
        let seconds = of.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        self.pps = of.meter.datagrams as f64 / seconds;
        self.bps = of.meter.bytes as f64 * 8.0 / seconds;
    }

    pub fn reset(&mut self) {
        let Run { at, targets, has_received, .. } = *self;
        let place = std::mem::take(&mut self.place);
        *self = Run { at, targets, place, has_received, ..Run::default() };
    }

    /// The verdict so far.
    pub fn state(&self, totals: &Totals) -> Fact {
        let Totals { streams, silent, ended, lost, expected } = *totals;
        if !self.has_received {
            return match self.at < PATIENCE {
                true => Fact::new("waiting", Tone::Faint),
                false => Fact::new("NO DATAGRAMS", Tone::Bad),
            };
        }
        if silent > 0 && silent == streams - ended {
            return Fact::new("SILENT", Tone::Bad);
        }
        if silent > 0 {
            return Fact::new(format!("{silent} SILENT"), Tone::Bad);
        }
        if lost + self.kernel_drops > 0 {
            return Fact::new("LOSS", Tone::Bad);
        }
        match (expected > 0, streams > 0 && ended == streams) {
            (_, true) => Fact::new("ended", Tone::Good),
            (true, false) => Fact::new("no loss", Tone::Good),
            (false, false) => Fact::new("receiving", Tone::Good),
        }
    }

    pub fn facts(&self, totals: &Totals) -> Vec<Fact> {
        let Totals { streams, lost, expected, .. } = *totals;
        let mut facts = vec![
            Fact::plain(count(streams as u64, "stream").to_string()),
            Fact::plain(Value::Pps(self.pps).to_string()),
            Fact::plain(Value::Bps(self.bps).to_string()),
        ];
        if expected > 0 {
            let ratio = Value::Ratio(lost as f64 / expected as f64);
            let tone = if lost > 0 { Tone::Bad } else { Tone::Plain };
            facts.push(Fact::new(format!("lost {lost} ({ratio})"), tone));
        }
        let anomalies = [
            ("kernel drops", self.kernel_drops),
            ("checksum errors", self.checksum_errors),
            ("corrupt", self.corrupt),
            ("untracked", self.untracked),
        ];
        for (what, number) in anomalies.into_iter().filter(|(_, number)| *number > 0) {
            facts.push(Fact::new(format!("{what} {number}"), Tone::Bad));
        }
        facts.push(Fact::plain(count(self.datagrams, "datagram").to_string()));
        facts
    }

    /// What the table shows without streams.
    pub fn empty(&self) -> String {
        let targets = count(self.targets as u64, "target");
        match (self.targets, &self.place) {
            (0, _) => "no datagrams yet".to_owned(),
            (_, place) if place.is_empty() => format!("no datagrams yet; listening to {targets}"),
            (_, place) => format!("no datagrams yet; listening to {targets} on {place}"),
        }
    }
}
