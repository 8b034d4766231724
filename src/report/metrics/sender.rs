//! The metrics of a sender, and those of the receivers that report to it.

use std::net::IpAddr;

use super::catalogue::{RECEIVERS, REPORTED, SENDER, SENT};
use super::labelled::Labelled;
use super::snapshot::{Labels, Snapshot, Value, labels};
use crate::event::{ReceiversInfo, SendInterval, TargetInfo};

/// The metrics of a sender: sums of its intervals.
#[derive(Debug, Default)]
pub struct Sender {
    targets: Vec<Sent>,
    skipped: u64,
    waits: u64,
    /// The last state of the receivers.
    pub reports: Option<ReceiversInfo>,
}

#[derive(Debug)]
struct Sent {
    labels: Labels,
    datagrams: u64,
    bytes: u64,
    errors: u64,
}

impl Sent {
    fn new(group: IpAddr, port: u16, iface: &str) -> Self {
        let labels = target_labels(group, port, iface);
        Sent { labels, datagrams: 0, bytes: 0, errors: 0 }
    }
}

/// The labels of a target.
pub fn target_labels(group: IpAddr, port: u16, iface: &str) -> Labels {
    labels([
        ("group", Some(group.to_string())),
        ("port", Some(port.to_string())),
        ("iface", Some(iface.to_owned())),
    ])
}

impl Sender {
    /// A sender to these targets.
    pub fn new(targets: &[TargetInfo]) -> Self {
        let sent = |target: &TargetInfo| Sent::new(target.group, target.port, target.iface);
        Sender { targets: targets.iter().map(sent).collect(), ..Sender::default() }
    }

    /// Takes the report on an interval. Its targets are always in the same order.
    pub fn take(&mut self, report: &SendInterval) {
        self.skipped += report.skipped;
        self.waits += report.waits;
        for (position, target) in report.targets.iter().enumerate() {
            if self.targets.len() <= position {
                self.targets.push(Sent::new(target.group, target.port, &target.iface));
            }
            let sent = &mut self.targets[position];
            sent.datagrams += target.datagrams;
            sent.bytes += target.bytes;
            sent.errors += target.errors;
        }
    }

    /// Adds the current values to a snapshot.
    pub fn describe(&self, snapshot: &mut Snapshot) {
        let mut sent = Labelled::new(&SENT);
        for target in &self.targets {
            let Sent { datagrams, bytes, errors, .. } = *target;
            sent.add(target.labels.clone(), &[datagrams, bytes, errors].map(Value::Count));
        }
        snapshot.tables.push(sent.into());
        snapshot.add(&SENDER, &[Value::Count(self.skipped), Value::Count(self.waits)]);
        if let Some(reports) = &self.reports {
            describe_receivers(reports, snapshot);
        }
    }
}

fn describe_receivers(reports: &ReceiversInfo, snapshot: &mut Snapshot) {
    let counts = [reports.receivers as u64, reports.silent as u64];
    snapshot.add(&RECEIVERS, &counts.map(Value::Count));
    let mut reported = Labelled::new(&REPORTED);
    for receiver in &reports.list {
        for stream in &receiver.streams {
            let labels = labels([
                ("receiver", Some(receiver.address.to_string())),
                ("group", stream.group.map(|group| group.to_string())),
                ("port", Some(stream.port.to_string())),
            ]);
            let of = &stream.counters;
            let delay = of.delay_ns.as_ref().map(|delay| delay.p99);
            reported.add(
                labels,
                &[
                    Value::Count(of.received),
                    Value::Count(of.lost),
                    Value::Count(of.duplicates),
                    Value::Count(of.reordered),
                    Value::seconds(of.jitter_ns),
                    Value::seconds(delay),
                ],
            );
        }
    }
    snapshot.tables.push(reported.into());
}
