//! The datagrams of each joined target. A silent target has a counter, too.

use std::collections::HashMap;
use std::net::IpAddr;

use super::catalogue::TARGET;
use super::snapshot::{Labels, Table, Value, labels};
use crate::event::TargetInfo;

/// The place of a datagram: group, port and interface.
type Place<'a> = (IpAddr, u16, Option<&'a str>);

/// The joined targets.
#[derive(Debug, Default)]
pub struct Targets {
    targets: Vec<Target>,
    positions: HashMap<(IpAddr, u16), Vec<usize>>,
    /// The target and the datagrams of each stream of probes.
    probes: Vec<Option<(usize, u64)>>,
}

#[derive(Debug)]
struct Target {
    /// `None` is every interface.
    iface: Option<String>,
    labels: Labels,
    /// `None` until the first interval that counts flows.
    datagrams: Option<u64>,
}

impl Targets {
    /// Targets without datagrams. Those beside the measurement are left out.
    pub fn new(joined: &[TargetInfo]) -> Self {
        let mut targets = Targets::default();
        for target in joined.iter().filter(|target| !target.beside) {
            let iface = (target.ifindex != 0).then(|| target.iface.to_owned());
            let known = targets.positions.entry((target.group, target.port)).or_default();
            // A target with several sources is listed several times.
            if known.iter().any(|position| targets.targets[*position].iface == iface) {
                continue;
            }
            known.push(targets.targets.len());
            let labels = labels([
                ("group", Some(target.group.to_string())),
                ("port", Some(target.port.to_string())),
                ("iface", iface.clone()),
            ]);
            targets.targets.push(Target { iface, labels, datagrams: None });
        }
        targets
    }

    /// The target of a place. An interface that was renamed has another name than its target.
    fn position(&self, (group, port, iface): Place) -> Option<usize> {
        let known = self.positions.get(&(group, port))?;
        let of = |position: &&usize| self.targets[**position].iface.as_deref() == iface;
        known.iter().find(of).or_else(|| known.first()).copied()
    }

    /// Notes how many datagrams the stream of probes at a position has.
    pub fn note_probes(&mut self, position: usize, place: Place, datagrams: u64) {
        if self.probes.len() <= position {
            self.probes.resize(position + 1, None);
        }
        self.probes[position] = self.position(place).map(|target| (target, datagrams));
    }

    /// Sums the datagrams of all flows and streams of probes.
    pub fn sum<'a>(&mut self, flows: impl Iterator<Item = (Place<'a>, u64)>) {
        let mut sums = vec![0; self.targets.len()];
        for (target, datagrams) in self.probes.iter().flatten() {
            sums[*target] += datagrams;
        }
        for (place, datagrams) in flows {
            if let Some(target) = self.position(place) {
                sums[target] += datagrams;
            }
        }
        for (target, sum) in self.targets.iter_mut().zip(sums) {
            target.datagrams = target.datagrams.max(Some(sum));
        }
    }

    /// The series of the targets.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&TARGET);
        for target in &self.targets {
            table.add(target.labels.clone(), &[Value::count(target.datagrams)]);
        }
        table
    }
}
