//! Follows a sender: its targets, and the receivers that report.

mod receivers;
mod targets;

use std::time::{Duration, SystemTime};

use super::cell::Tone;
use super::fact::Fact;
use super::follow::Follow;
use super::snapshot::Snapshot;
use crate::assertion::Value;
use crate::event::{Event, SendInterval, Sending};
use crate::units::words::count;
use receivers::Reports;
use targets::Targets;

/// Follows a sender.
#[derive(Default)]
pub struct Send {
    at: Duration,
    datagrams: u64,
    errors: u64,
    skipped: u64,
    waits: u64,
    pps: f64,
    bps: f64,
    has_sent: bool,
    targets: Targets,
    reports: Reports,
    resets: u64,
}

impl Follow for Send {
    fn event(&mut self, event: &Event, _now: SystemTime) -> Option<Snapshot> {
        match event {
            Event::Sending(ready) => Some(self.sending(ready)),
            Event::SendInterval(report) => Some(self.interval(report)),
            Event::Receivers(report) => {
                self.reports.take(&report.receivers, report.elapsed);
                Some(self.snapshot(false))
            }
            _ => None,
        }
    }

    fn reset(&mut self, number: u64) {
        self.resets = number;
        (self.datagrams, self.errors, self.skipped, self.waits) = (0, 0, 0, 0);
        self.targets.reset();
        self.reports.reset();
    }
}

impl Send {
    fn sending(&mut self, ready: &Sending) -> Snapshot {
        self.reports.are_wanted = ready.reports.is_some();
        self.snapshot(false)
    }

    fn interval(&mut self, report: &SendInterval) -> Snapshot {
        let seconds = report.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        self.at = report.since + report.elapsed;
        self.datagrams += report.meter.datagrams;
        self.has_sent |= report.meter.datagrams > 0;
        self.errors += report.errors;
        self.skipped += report.skipped;
        self.waits += report.waits;
        self.pps = report.meter.datagrams as f64 / seconds;
        self.bps = report.meter.bytes as f64 * 8.0 / seconds;
        self.targets.take(report);
        self.reports.begin_interval();
        let snapshot = self.snapshot(true);
        self.targets.end_interval();
        self.reports.end_interval();
        snapshot
    }

    fn state(&self) -> Fact {
        if let Some(bad) = self.reports.state() {
            return bad;
        }
        match (self.errors, self.skipped, self.has_sent) {
            (1.., _, _) => Fact::new("ERRORS", Tone::Bad),
            (_, 1.., _) => Fact::new("TOO SLOW", Tone::Caution),
            (_, _, true) => Fact::new("sending", Tone::Good),
            (_, _, false) => Fact::new("starting", Tone::Faint),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![
            Fact::plain(count(self.targets.len() as u64, "target").to_string()),
            Fact::plain(Value::Pps(self.pps).to_string()),
            Fact::plain(Value::Bps(self.bps).to_string()),
        ];
        let bad =
            [(self.errors, "errors", Tone::Bad), (self.skipped, "skipped rounds", Tone::Caution)];
        for (number, what, tone) in bad.into_iter().filter(|(number, ..)| *number > 0) {
            facts.push(Fact::new(format!("{what} {number}"), tone));
        }
        facts.push(Fact::plain(format!("{} sent", count(self.datagrams, "datagram"))));
        if self.waits > 0 {
            facts.push(Fact::plain(format!("waits {}", self.waits)));
        }
        facts
    }

    fn snapshot(&self, is_interval: bool) -> Snapshot {
        let mut facts = self.facts();
        facts.extend(self.reports.facts());
        let mut tables = vec![self.targets.table()];
        if self.reports.are_wanted {
            tables.push(self.reports.table());
        }
        Snapshot {
            at: self.at,
            state: self.state(),
            facts,
            tables,
            resets: self.resets,
            is_interval,
        }
    }
}
