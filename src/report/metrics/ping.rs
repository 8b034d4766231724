//! The metrics of a ping.

use std::collections::HashMap;

use super::catalogue::{PING, PING_LOST, PINGED};
use super::labelled::Labelled;
use super::sender::target_labels;
use super::snapshot::{Labels, Snapshot, Value, labels};
use crate::event::{PingReceiver, PingSummary};

/// The metrics of a ping, by its last state.
#[derive(Debug, Default)]
pub struct Ping {
    targets: Vec<(Labels, [Value; PING.len()])>,
    receivers: Vec<(Labels, [Value; PINGED.len()])>,
    lost: Vec<(Labels, u64)>,
    /// The highest losses so far: a late answer decreases the losses, and a counter must not fall.
    highest: HashMap<Labels, u64>,
}

impl Ping {
    /// Takes the state of a ping.
    pub fn take(&mut self, progress: &PingSummary) {
        self.targets.clear();
        self.receivers.clear();
        self.lost.clear();
        for target in &progress.targets {
            let is_at = |of: &&PingReceiver| of.counts.replies > 0 && of.is_at(target);
            let replied = || progress.receivers.iter().filter(is_at).count() as u64;
            let receivers = target.estimate.map_or_else(replied, |estimate| estimate.receivers);
            let values = [target.requests, target.errors, receivers].map(Value::Count);
            self.targets.push((target_labels(target.group, target.port, &target.iface), values));
        }
        for receiver in &progress.receivers {
            self.receivers.push((of_receiver(receiver, None), values(receiver)));
            let counts = &receiver.counts;
            for (direction, lost) in [("to", counts.lost_to), ("back", counts.lost_back)] {
                let labels = of_receiver(receiver, Some(direction));
                let highest = self.highest.entry(labels.clone()).or_default();
                *highest = lost.max(*highest);
                self.lost.push((labels, *highest));
            }
        }
    }

    /// Adds the current values to a snapshot.
    pub fn describe(&self, snapshot: &mut Snapshot) {
        let mut targets = Labelled::new(&PING);
        self.targets.iter().for_each(|(labels, values)| targets.add(labels.clone(), values));
        let mut receivers = Labelled::new(&PINGED);
        self.receivers.iter().for_each(|(labels, values)| receivers.add(labels.clone(), values));
        let mut lost = Labelled::new(&PING_LOST);
        for (labels, count) in &self.lost {
            lost.add(labels.clone(), &[Value::Count(*count)]);
        }
        snapshot.tables.extend([targets.into(), receivers.into(), lost.into()]);
    }
}

fn of_receiver(receiver: &PingReceiver, direction: Option<&str>) -> Labels {
    labels([
        ("receiver", Some(receiver.address.to_string())),
        ("group", Some(receiver.group.to_string())),
        ("port", Some(receiver.port.to_string())),
        ("iface", Some(receiver.iface.clone())),
        ("direction", direction.map(str::to_owned)),
    ])
}

fn values(receiver: &PingReceiver) -> [Value; PINGED.len()] {
    let counts = &receiver.counts;
    let rtt = counts.rtt_ns;
    let sum = rtt.map_or(0.0, |rtt| rtt.mean as f64 * counts.replies as f64 / 1e9);
    [
        Value::Count(counts.expected),
        Value::Count(counts.replies),
        Value::Count(counts.duplicates),
        Value::Number(sum),
        Value::Count(counts.unresolved),
        Value::seconds(rtt.map(|rtt| rtt.p50)),
        Value::seconds(rtt.map(|rtt| rtt.p99)),
    ]
}
