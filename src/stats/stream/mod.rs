//! A measured stream: what is counted of it, datagram by datagram; and the table of all of them.

mod table;

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use serde::Serialize;
pub use table::{StreamCounts, Streams};

use super::Meter;
use super::delay::{Delays, Precision};
use super::sequence::{Losses, Order, Sequence};
use crate::format::probe::{Damage, Probe};

/// Of the other streams so many gaps are remembered, for the extent of reordering.
const FEW_GAPS: usize = 1024;

/// What there is to know of this host's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalClock {
    /// The host, as in a probe; 0 is unknown.
    pub host: u64,
    /// It follows a reference.
    pub synchronised: bool,
}

/// How it is known that the clocks of sender and receiver agree, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// It is not: a difference of their times says nothing.
    Unknown,
    /// Both follow a reference, by their own account (adjtimex(2)).
    Synchronised,
    /// It is one clock.
    SameHost,
}

impl Clock {
    fn of(probe: &Probe, local: LocalClock) -> Self {
        if probe.host != 0 && probe.host == local.host {
            Clock::SameHost
        } else if probe.synchronised && local.synchronised {
            Clock::Synchronised
        } else {
            Clock::Unknown
        }
    }
}

/// How a datagram arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// The group it was heard on.
    pub group: IpAddr,
    /// The UDP port it was heard on.
    pub port: u16,
    /// The interface it arrived on, by index and by name.
    pub iface: Option<(u32, &'a str)>,
    /// When the kernel took it; where it does not say, when the program did.
    pub time: SystemTime,
    /// When the program read it, where the kernel said when it had taken it.
    pub read: Option<SystemTime>,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The traffic class.
    pub traffic_class: Option<u8>,
    /// The length of its payload in bytes.
    pub len: usize,
}

/// What makes a stream that stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who sends it.
    pub source: SocketAddr,
    /// The run.
    pub stream: u64,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The index of the interface it arrives on; 0 where that is not known.
    pub ifindex: u32,
}

impl Key {
    fn new(stream: u64, arrival: &Arrival) -> Self {
        let Arrival { source, group, port, iface, .. } = *arrival;
        Key { source, stream, group, port, ifindex: iface.map_or(0, |(index, _)| index) }
    }

    /// Where a sender that starts again is looked for. It may have another port then.
    fn place(&self) -> (IpAddr, IpAddr, u16, u32) {
        (self.source.ip(), self.group, self.port, self.ifindex)
    }
}

/// What is counted of a stream, over all of it or over an interval.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Those that came, each once.
    pub meter: Meter,
    /// Further copies of those (RFC 5560).
    pub duplicates: u64,
    /// Those that came after a later one (RFC 4737, 3.3).
    pub reordered: u64,
    /// The largest extent of reordering (RFC 4737, 4.2).
    pub reorder_extent_max: u64,
    /// Those too late to tell whether they are duplicates.
    pub stale: u64,
    /// Those with a wrong checksum or length. They are lost as well.
    pub corrupt: u64,
    /// Those that were cut. They are lost as well.
    pub truncated: u64,
    /// Those with another DSCP than they were sent with; `None` where the system does not tell.
    pub dscp_changed: Option<u64>,
    /// The fewest and the most routers that they passed.
    pub hops: Option<(u8, u8)>,
    /// The longest time between one and the next (in ns).
    pub gap: Option<i64>,
    /// From the sender's clock to the receiver's kernel (RFC 7679).
    pub delays: Delays,
    /// From the receiver's kernel to the program.
    pub wakeups: Delays,
}

impl Figures {
    /// Nothing counted yet.
    pub fn new(precision: Precision) -> Self {
        Figures {
            meter: Meter::default(),
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

    /// Counts one that has not come before.
    fn take(
        &mut self,
        probe: &Probe,
        arrival: &Arrival,
        order: Order,
        delay: i64,
        silence: Option<i64>,
    ) {
        self.meter.add(arrival.time, arrival.len);
        if let Order::Late { extent } = order {
            self.reordered += 1;
            self.reorder_extent_max = self.reorder_extent_max.max(extent);
        }
        // The lower two bits are for routers to change (RFC 3168).
        if let Some(class) = arrival.traffic_class {
            *self.dscp_changed.get_or_insert(0) +=
                u64::from(class >> 2 != probe.traffic_class >> 2);
        }
        if let Some(hops) = arrival.ttl.and_then(|left| probe.ttl.checked_sub(left)) {
            let (min, max) = self.hops.unwrap_or((hops, hops));
            self.hops = Some((min.min(hops), max.max(hops)));
        }
        self.gap = self.gap.max(silence);
        self.delays.record(delay);
        if let Some(read) = arrival.read {
            self.wakeups.record(nanos_between(arrival.time, read));
        }
    }

    /// Counts what another stream counted.
    pub fn merge(&mut self, other: &Figures) {
        self.meter.merge(&other.meter);
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

    fn damage(&mut self, damage: Damage) {
        match damage {
            Damage::Truncated => self.truncated += 1,
            Damage::Corrupt => self.corrupt += 1,
            Damage::Unsupported => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.meter.datagrams + self.duplicates + self.stale + self.corrupt + self.truncated == 0
    }
}

/// A measured stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Which one it is.
    pub key: Key,
    /// The name of the interface that it arrives on.
    pub iface: Option<String>,
    /// Its sender has said that it is over.
    pub ended: bool,
    /// The weakest of all its datagrams.
    clock: Clock,
    sequence: Option<Sequence>,
    /// What the end said before any of the data came.
    announced: u64,
    heard: (SystemTime, SystemTime),
    /// Arrival and transit time of the last one that came for the first time.
    last: Option<(SystemTime, i64)>,
    jitter: Option<f64>,
    most_gaps: usize,
    whole: Figures,
    interval: Option<Figures>,
}

impl Stream {
    fn new(key: Key, arrival: &Arrival, precision: Precision, intervals: bool) -> Self {
        Stream {
            key,
            iface: arrival.iface.map(|(_, name)| name.to_owned()),
            clock: Clock::SameHost,
            ended: false,
            sequence: None,
            announced: 0,
            heard: (arrival.time, arrival.time),
            last: None,
            jitter: None,
            most_gaps: if precision == Precision::Fine { usize::MAX } else { FEW_GAPS },
            whole: Figures::new(precision),
            interval: intervals.then(|| Figures::new(Precision::Coarse)),
        }
    }

    /// What was counted since the last mark, or over all.
    pub fn figures(&self, interval: bool) -> &Figures {
        self.interval.as_ref().filter(|_| interval).unwrap_or(&self.whole)
    }

    /// What was lost since the last mark, or over all.
    pub fn losses(&self, interval: bool) -> Losses {
        let losses = if interval { Sequence::losses_since_mark } else { Sequence::losses };
        self.sequence.as_ref().map(losses).unwrap_or_default()
    }

    /// How many were sent before the first one that was heard, and did not come after it. Nobody
    /// listened yet: they are not lost.
    pub fn missed_before(&self) -> u64 {
        self.sequence
            .as_ref()
            .map_or(self.announced, |sequence| sequence.first() - sequence.early())
    }

    /// How well its delay is known.
    pub fn clock(&self) -> Clock {
        if self.sequence.is_some() { self.clock } else { Clock::Unknown }
    }

    /// The interarrival jitter in nanoseconds, as it stands now (RFC 3550, 6.4.1 and A.8); `None`
    /// until two came.
    pub fn jitter(&self) -> Option<f64> {
        self.jitter
    }

    /// The longest silence by `now`: that of a stream that has not ended goes on.
    pub fn gap(&self, interval: bool, now: SystemTime) -> Option<i64> {
        let silence =
            self.last.filter(|_| !self.ended).map(|(last, _)| nanos_between(last, now).max(0));
        self.figures(interval).gap.max(silence)
    }

    /// Whether there is anything to say of the interval: the end alone may tell of losses.
    pub fn is_of_interest(&self) -> bool {
        !self.ended
            || self.interval.as_ref().is_none_or(|interval| !interval.is_empty())
            || self.losses(true).expected > 0
    }

    /// Takes one of its data. Answers its delay, where the clocks agree.
    fn take(&mut self, probe: &Probe, arrival: &Arrival, local: LocalClock) -> Option<i64> {
        self.hear(arrival.time);
        let clock = Clock::of(probe, local);
        let delay = nanos_since_epoch(arrival.time)
            .saturating_sub(i64::try_from(probe.sent).unwrap_or(i64::MAX));
        let known = (clock > Clock::Unknown).then_some(delay);
        let order = match &mut self.sequence {
            Some(sequence) => sequence.arrive(probe.sequence),
            None => {
                let sequence =
                    self.sequence.insert(Sequence::starting_with(probe.sequence, self.most_gaps));
                sequence.announce(self.announced);
                Order::InOrder
            }
        };
        let figures = [Some(&mut self.whole), self.interval.as_mut()].into_iter().flatten();
        match order {
            Order::Duplicate => figures.for_each(|figures| figures.duplicates += 1),
            Order::Stale => figures.for_each(|figures| figures.stale += 1),
            Order::InOrder | Order::Late { .. } => {
                // Only the first copy of a datagram enters the other metrics (RFC 5560, 3.4).
                self.clock = self.clock.min(clock);
                // Where the clock was set back between two, nobody knows; a negative silence is
                // none.
                let silence =
                    self.last.map(|(before, _)| nanos_between(before, arrival.time).max(0));
                figures.for_each(|figures| figures.take(probe, arrival, order, delay, silence));
                if let Some((_, transit)) = self.last {
                    let jitter = self.jitter.unwrap_or(0.0);
                    self.jitter = Some(jitter + (delay.abs_diff(transit) as f64 - jitter) / 16.0);
                }
                self.last = Some((arrival.time, delay));
            }
        }
        known
    }

    fn end(&mut self, announced: u64, time: SystemTime) {
        self.hear(time);
        self.ended = true;
        self.announced = self.announced.max(announced);
        if let Some(sequence) = &mut self.sequence {
            sequence.announce(announced);
        }
    }

    fn hear(&mut self, time: SystemTime) {
        self.heard = (self.heard.0.min(time), self.heard.1.max(time));
    }

    fn mark(&mut self) {
        if let Some(sequence) = &mut self.sequence {
            sequence.mark();
        }
        if let Some(interval) = &mut self.interval {
            *interval = Figures::new(Precision::Coarse);
        }
    }
}

fn nanos_since_epoch(time: SystemTime) -> i64 {
    nanos_between(SystemTime::UNIX_EPOCH, time)
}

/// How much later the second one is, in ns; negative where it is earlier.
fn nanos_between(first: SystemTime, second: SystemTime) -> i64 {
    let nanos = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    second.duration_since(first).map_or_else(|error| -nanos(error.duration()), nanos)
}
