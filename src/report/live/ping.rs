//! Follows a ping: the receivers that answer.

mod receiver;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::cell::Tone;
use super::fact::Fact;
use super::follow::Follow;
use super::snapshot::{Row, Snapshot, TableData};
use crate::assertion::Value;
use crate::event::{Event, PingCounts, PingReceiver, PingSummary, Pinging, ReplyInfo};
use crate::stats::delay::{Delays, Precision};
use crate::units::words::{and_more, count};
use receiver::{COLUMNS, Counts, Heard, row};

/// The expected receivers that the table names while they do not answer.
const MOST_NAMED: usize = 3;

/// A receiver that does not answer for longer than this is missing.
const PATIENCE: Duration = Duration::from_secs(3);

/// Follows a ping.
#[derive(Default)]
pub struct Ping {
    at: Duration,
    targets: Vec<String>,
    interval: Duration,
    /// The replies since the last snapshot, by the number of the receiver.
    heard: HashMap<u64, Heard>,
    counts: HashMap<String, Counts>,
    all: Counts,
    requests: (u64, u64),
    requests_before: u64,
    estimate: Option<String>,
    missing: Vec<String>,
    rows: Vec<Row>,
    resets: u64,
}

impl Follow for Ping {
    fn event(&mut self, event: &Event, _now: SystemTime) -> Option<Snapshot> {
        match event {
            Event::Pinging(ready) => Some(self.pinging(ready)),
            Event::Reply(reply) => {
                self.reply(reply);
                None
            }
            Event::PingProgress(summary) => Some(self.progress(summary)),
            _ => None,
        }
    }

    fn reset(&mut self, number: u64) {
        self.resets = number;
        self.counts.values_mut().for_each(Counts::reset);
        self.all.reset();
        self.requests_before = self.requests.0;
    }
}

impl Ping {
    fn pinging(&mut self, ready: &Pinging) -> Snapshot {
        let name = |group, port| std::net::SocketAddr::new(group, port).to_string();
        self.targets = ready.targets.iter().map(|of| name(of.group, of.port)).collect();
        self.interval = ready.interval;
        self.snapshot(false)
    }

    fn reply(&mut self, reply: &ReplyInfo) {
        if reply.duplicate || reply.unicast {
            return;
        }
        let heard = self.heard.entry(reply.receiver).or_default();
        heard.sum += reply.rtt_ns;
        heard.replies += 1;
        let delays = heard.delays.get_or_insert_with(|| Delays::new(Precision::Coarse));
        delays.record(reply.rtt_ns);
    }

    fn progress(&mut self, summary: &PingSummary) -> Snapshot {
        self.at = summary.elapsed;
        let sum =
            |of: fn(&crate::event::PingTarget) -> u64| summary.targets.iter().map(of).sum::<u64>();
        self.requests = (sum(|target| target.requests), sum(|target| target.errors));
        self.all.now = Some(summary.counts.clone());
        self.estimate = summary.targets.iter().find_map(|target| {
            let estimate = target.estimate?;
            let (low, high) = (estimate.low, estimate.high);
            Some(format!("about {} receivers ({low} to {high})", estimate.receivers))
        });
        let missing = summary.missing.as_deref().unwrap_or_default();
        self.missing = missing.iter().map(ToString::to_string).collect();
        self.rows = summary.receivers.iter().map(|of| self.row_of(of)).collect();
        self.heard.clear();
        let snapshot = self.snapshot(true);
        for row in &mut self.rows {
            (row.sample, row.spread) = (None, None);
        }
        snapshot
    }

    fn row_of(&mut self, of: &PingReceiver) -> Row {
        let PingReceiver { address, source_port, group, port, iface, .. } = of;
        let key = format!("{address} {source_port} {group} {port} {iface}");
        let counts = self.counts.entry(key.clone()).or_default();
        counts.now = Some(of.counts.clone());
        let heard = self.heard.remove(&of.receiver).unwrap_or_default();
        let pause = self.at.saturating_sub(of.last_seen);
        let patience = (self.interval * 3).max(PATIENCE);
        let is_silent = pause > patience && of.counts.unresolved > 0;
        let spread = heard.delays.clone().map(Arc::new);
        Row { key, spread, ..row(of, counts, &heard, pause, is_silent, self.targets.len() > 1) }
    }

    fn state(&self) -> Fact {
        let silent = self.rows.iter().filter(|row| receiver::is_silent(row)).count();
        let PingCounts { replies, .. } = self.all.since_reset();
        if !self.missing.is_empty() && self.at > PATIENCE {
            return Fact::new(format!("{} MISSING", self.missing.len()), Tone::Bad);
        }
        match (self.rows.len(), silent, self.all.lost(), self.requests.1) {
            (0, ..) if self.requests.0 == 0 => Fact::new("starting", Tone::Faint),
            (0, ..) if self.at < PATIENCE => Fact::new("waiting", Tone::Faint),
            (0, ..) if replies == 0 => Fact::new("NO ANSWER", Tone::Bad),
            (_, 1.., ..) => Fact::new(format!("{silent} SILENT"), Tone::Bad),
            (_, _, 1.., _) => Fact::new("LOSS", Tone::Bad),
            (_, _, _, 1..) => Fact::new("ERRORS", Tone::Bad),
            _ => Fact::new("no loss", Tone::Good),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let counts = self.all.since_reset();
        let mut facts = vec![match &self.estimate {
            Some(estimate) => Fact::plain(estimate.clone()),
            None => Fact::plain(count(self.rows.len() as u64, "receiver").to_string()),
        }];
        if let Some(rtt) = counts.rtt_ns {
            let [p50, p99] = [rtt.p50, rtt.p99].map(Value::Nanos);
            facts.push(Fact::plain(format!("RTT p50 {p50}, p99 {p99}")));
        }
        let lost = [("to", counts.lost_to), ("back", counts.lost_back)];
        for (direction, number) in lost.into_iter().filter(|(_, number)| *number > 0) {
            facts.push(Fact::new(format!("lost {direction} {number}"), Tone::Bad));
        }
        let requests = self.requests.0.saturating_sub(self.requests_before);
        facts.push(Fact::plain(count(requests, "request").to_string()));
        let replies = counts.replies;
        facts.push(Fact::plain(format!("replies {replies}")));
        if self.requests.1 > 0 {
            facts.push(Fact::new(format!("errors {}", self.requests.1), Tone::Bad));
        }
        if !self.missing.is_empty() {
            let named = self.missing.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
            let more = self.missing.len() - named.len();
            let named = and_more(named.join(", "), more, "receiver").to_string();
            facts.push(Fact::new(format!("missing {named}"), Tone::Bad));
        }
        facts
    }

    fn snapshot(&self, is_interval: bool) -> Snapshot {
        let targets = self.targets.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
        let more = self.targets.len() - targets.len();
        let targets = and_more(targets.join(", "), more, "target");
        let empty = format!("no receiver of {targets} has answered yet");
        Snapshot {
            at: self.at,
            state: self.state(),
            facts: self.facts(),
            tables: vec![TableData {
                title: "Receivers",
                empty,
                columns: COLUMNS,
                rows: self.rows.clone(),
            }],
            resets: self.resets,
            is_interval,
        }
    }
}
