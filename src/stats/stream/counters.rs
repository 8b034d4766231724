//! The counters of a stream over a span of time.

use super::{Arrival, Sample};
use crate::format::probe::Damage;
use crate::stats::Meter;
use crate::stats::delay::{Delays, Precision};
use crate::stats::sequence::RangeOrder;

/// The counters of a stream, over the run or an interval.
#[derive(Clone, Debug)]
pub struct StreamCounters {
    /// Received datagrams, each once.
    pub meter: Meter,
    /// Received numbers, each once: more or fewer than datagrams if those hold several.
    pub received: u64,
    /// Further copies (RFC 5560).
    pub duplicates: u64,
    /// Datagrams that arrived after a later one (RFC 4737, 3.3).
    pub reordered: u64,
    /// The largest extent of reordering (RFC 4737, 4.2).
    pub reorder_extent_max: u64,
    /// Datagrams too late to distinguish from duplicates.
    pub stale: u64,
    /// Datagrams with a wrong checksum or length. They count as lost, too.
    pub corrupt: u64,
    /// Truncated datagrams. They count as lost, too.
    pub truncated: u64,
    /// Datagrams with a changed DSCP; `None` if the system does not report it.
    pub dscp_changed: Option<u64>,
    /// The fewest and the most routers on the path.
    pub hops: Option<(u8, u8)>,
    /// The longest time between two datagrams in ns.
    pub gap: Option<i64>,
    /// From the sender's clock to the receiver's kernel (RFC 7679).
    pub delays: Delays,
    /// From the receiver's kernel to the application.
    pub wakeups: Delays,
}

impl StreamCounters {
    /// Empty counters.
    pub fn new(precision: Precision) -> Self {
        StreamCounters {
            meter: Meter::default(),
            received: 0,
            duplicates: 0,
            reordered: 0,
            reorder_extent_max: 0,
            stale: 0,
            corrupt: 0,
            truncated: 0,
            dscp_changed: None,
            hops: None,
            gap: None,
            delays: Delays::new(precision),
            wakeups: Delays::new(Precision::Coarse),
        }
    }

    /// Adds a datagram that has not arrived before. Returns whether the memory may have changed.
    #[inline]
    pub fn take(
        &mut self,
        sample: &Sample,
        arrival: &Arrival,
        count: RangeOrder,
        delay: Option<i64>,
        silence: Option<i64>,
        may_grow: bool,
    ) -> bool {
        self.meter.add(arrival.time, arrival.len);
        self.received += count.new + count.late;
        if count.late > 0 {
            self.reordered += count.late;
            self.reorder_extent_max = self.reorder_extent_max.max(count.extent);
        }
        // Routers may change the lower two bits (RFC 3168).
        if let (Some(class), Some(sent)) = (arrival.traffic_class, sample.traffic_class) {
            *self.dscp_changed.get_or_insert(0) += u64::from(class >> 2 != sent >> 2);
        }
        let hops = arrival.ttl.zip(sample.ttl).and_then(|(left, sent)| sent.checked_sub(left));
        if let Some(hops) = hops {
            let (min, max) = self.hops.unwrap_or((hops, hops));
            self.hops = Some((min.min(hops), max.max(hops)));
        }
        self.gap = self.gap.max(silence);
        let delays = delay.is_some_and(|delay| self.delays.record_within(delay, may_grow));
        let wakeups = arrival
            .read
            .is_some_and(|read| self.wakeups.record_within(read.since(arrival.time), may_grow));
        delays | wakeups
    }

    /// The heap memory of the distributions in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.delays.bytes() + self.wakeups.bytes()
    }

    /// Adds the counters of another stream.
    pub fn merge(&mut self, other: &StreamCounters) {
        self.meter.merge(&other.meter);
        self.received += other.received;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
        self.reorder_extent_max = self.reorder_extent_max.max(other.reorder_extent_max);
        self.stale += other.stale;
        self.corrupt += other.corrupt;
        self.truncated += other.truncated;
        self.dscp_changed = [self.dscp_changed, other.dscp_changed]
            .into_iter()
            .flatten()
            .reduce(|one, two| one + two);
        let both = |(min, max): (u8, u8), (other_min, other_max): (u8, u8)| {
            (min.min(other_min), max.max(other_max))
        };
        self.hops = [self.hops, other.hops].into_iter().flatten().reduce(both);
        self.gap = self.gap.max(other.gap);
        self.delays.merge(&other.delays);
        self.wakeups.merge(&other.wakeups);
    }

    pub(super) fn damage(&mut self, damage: Damage) {
        match damage {
            Damage::Truncated => self.truncated += 1,
            Damage::Corrupt => self.corrupt += 1,
            Damage::Unsupported => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.meter.datagrams + self.duplicates + self.stale + self.corrupt + self.truncated == 0
    }
}
