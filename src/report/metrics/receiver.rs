//! The metrics of a receiver.

use std::time::Instant;

use super::catalogue::{FLOW, RECEIVER, STREAM};
use super::flow::FlowIdentity;
use super::series::{Change, Series};
use super::snapshot::{Snapshot, Value};
use super::stream::{StreamIdentity, values};
use super::targets::Targets;
use crate::event::{FlowTotals, IntervalReport, RecvCounters, StreamInfo, TargetInfo};
use crate::units::UnixTime;

/// The metrics of a receiver: sums of its intervals, and the totals of its streams.
#[derive(Debug, Default)]
pub struct Receiver {
    datagrams: u64,
    bytes: u64,
    kernel_drops: Option<u64>,
    checksum_errors: Option<u64>,
    corrupt: u64,
    untracked: u64,
    last: Option<UnixTime>,
    targets: Targets,
    streams: Series<StreamIdentity>,
    /// Which streams, by their positions, have ended.
    ended: Vec<bool>,
    flows: Series<FlowIdentity>,
}

impl Receiver {
    /// A receiver of these targets.
    pub fn new(targets: &[TargetInfo]) -> Self {
        Receiver { targets: Targets::new(targets), ..Receiver::default() }
    }

    /// Takes the report on an interval that ended `now`, at the time `clock`.
    pub fn take(&mut self, report: &IntervalReport, clock: UnixTime, now: Instant) {
        self.add(&report.counters);
        for stream in &report.counters.streams {
            self.take_stream(stream, now);
        }
        let mut last = report.counters.streams.iter().map(|stream| stream.so_far.last).max();
        if let Some(flows) = &report.flows {
            self.take_flows(flows, now);
            last = last.max(flows.iter().map(|flow| flow.last).max());
        } else if report.counters.meter.datagrams > 0 {
            last = Some(clock);
        }
        self.last = self.last.max(last);
    }

    fn add(&mut self, counters: &RecvCounters) {
        self.datagrams += counters.meter.datagrams;
        self.bytes += counters.meter.bytes;
        self.corrupt += counters.corrupt;
        self.untracked += counters.untracked;
        let add = |sum: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0) + more);
            }
        };
        add(&mut self.kernel_drops, counters.kernel_drops);
        add(&mut self.checksum_errors, counters.checksum_errors);
    }

    fn take_stream(&mut self, stream: &StreamInfo, now: Instant) {
        let so_far = &stream.so_far;
        let change = Change { datagrams: so_far.datagrams + so_far.others, last: so_far.last };
        let before = self.streams.update(
            so_far.position,
            &change,
            now,
            |identity| identity.is_of(stream),
            || StreamIdentity::of(stream),
        );
        *before = values(stream, before).to_vec();
        if self.ended.len() <= so_far.position {
            self.ended.resize(so_far.position + 1, false);
        }
        self.ended[so_far.position] = stream.ended;
        if so_far.is_probe {
            let place = (stream.group, stream.port, stream.iface.as_deref());
            self.targets.note_probes(so_far.position, place, change.datagrams);
        }
    }

    fn take_flows(&mut self, flows: &[FlowTotals], now: Instant) {
        for (position, flow) in flows.iter().enumerate() {
            if flow.is_measured {
                self.flows.remove(position);
                continue;
            }
            let change = Change { datagrams: flow.datagrams, last: flow.last };
            let values = self.flows.update(
                position,
                &change,
                now,
                |identity| identity.is_of(flow),
                || FlowIdentity::of(flow),
            );
            let last = Value::seconds(Some(flow.last.nanos()));
            *values = vec![Value::Count(flow.datagrams), Value::Count(flow.bytes), last];
        }
        let places = flows
            .iter()
            .map(|flow| ((flow.group, flow.port, flow.iface.as_deref()), flow.datagrams));
        self.targets.sum(places);
    }

    /// Adds the current values to a snapshot.
    pub fn describe(&self, now: Instant, snapshot: &mut Snapshot) {
        let streams = self.streams.table(&STREAM, now);
        let open = self.streams.live_positions(now);
        let open = open.filter(|position| !self.ended[*position]).count();
        snapshot.add(
            &RECEIVER,
            &[
                Value::Count(self.datagrams),
                Value::Count(self.bytes),
                Value::count(self.kernel_drops),
                Value::count(self.checksum_errors),
                Value::Count(self.corrupt),
                Value::Count(self.untracked),
                Value::seconds(self.last.map(UnixTime::nanos)),
                Value::Count(open as u64),
            ],
        );
        snapshot.tables.push(self.targets.table());
        snapshot.tables.push(streams);
        snapshot.tables.push(self.flows.table(&FLOW, now));
    }
}
