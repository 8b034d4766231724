//! One measured stream, datagram by datagram.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use super::clock::{nanos_between, nanos_since_epoch};
use super::{Arrival, Clock, Figures, LocalClock};
use crate::format::probe::Probe;
use crate::stats::delay::Precision;
use crate::stats::sequence::{Losses, Order, Sequence};

/// Of the other streams so many gaps are remembered, for the extent of reordering.
const FEW_GAPS: usize = 1024;

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
    pub(super) fn new(stream: u64, arrival: &Arrival) -> Self {
        let Arrival { source, group, port, iface, .. } = *arrival;
        Key { source, stream, group, port, ifindex: iface.map_or(0, |(index, _)| index) }
    }

    /// Where a sender that starts again is looked for. It may have another port then.
    pub fn place(&self) -> (IpAddr, IpAddr, u16, u32) {
        (self.source.ip(), self.group, self.port, self.ifindex)
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
    pub(super) clock: Clock,
    pub(super) sequence: Option<Sequence>,
    /// What the end said before any of the data came.
    announced: u64,
    pub(super) heard: (SystemTime, SystemTime),
    /// Arrival and transit time of the last one that came for the first time.
    last: Option<(SystemTime, i64)>,
    jitter: Option<f64>,
    most_gaps: usize,
    pub(super) whole: Figures,
    pub(super) interval: Option<Figures>,
}

impl Stream {
    pub(super) fn new(key: Key, arrival: &Arrival, precision: Precision, intervals: bool) -> Self {
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
    pub fn take(&mut self, probe: &Probe, arrival: &Arrival, local: LocalClock) -> Option<i64> {
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

    pub(super) fn end(&mut self, announced: u64, time: SystemTime) {
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

    pub(super) fn mark(&mut self) {
        if let Some(sequence) = &mut self.sequence {
            sequence.mark();
        }
        if let Some(interval) = &mut self.interval {
            *interval = Figures::new(Precision::Coarse);
        }
    }
}
