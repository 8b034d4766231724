//! One measured stream, datagram by datagram.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::link::Link;
use super::{Arrival, Clock, Detail, Foreign, Sample, StreamCounters};
use crate::format::kind::{Format, How};
use crate::format::numbered::Unit;
use crate::format::probe::{Probe, ProbeKind};
use crate::stats::delay::Precision;
use crate::stats::sequence::{Losses, RangeOrder, Sequence};
use crate::stats::ts::TsMeter;
use crate::units::UnixTime;

/// The number of gaps that further streams remember for the extent of reordering.
const FEW_GAPS: usize = 1024;

/// After this silence a sender may be anywhere in its sequence.
const PAUSE: Duration = Duration::from_millis(100);

/// The number of datagrams that may always be lost when a sender's address changes.
const FEW_AHEAD: u64 = 64;

/// The memory of a stream without its distributions and its window, in bytes: itself, its table
/// entries, the names of its interfaces, and the shortest window.
pub(super) const OVERHEAD: usize = size_of::<Stream>() + 384;

/// Identifies a stream. The sender's address is not part of it: a renumbered host, or a recreated
/// interface, continues from another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The run: 64 random bits, unique to a sender.
    pub stream: u64,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The index of the arrival interface; 0 if unknown.
    pub ifindex: u32,
}

impl Key {
    pub(super) fn new(stream: u64, arrival: &Arrival) -> Self {
        let Arrival { group, port, iface, .. } = *arrival;
        Key { stream, group, port, ifindex: iface.map_or(0, |(index, _)| index) }
    }
}

/// A measured stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The identity of the stream.
    pub key: Key,
    /// The current address and port of the sender, without the zone.
    pub source: SocketAddr,
    /// The interface of a link-local source.
    pub zone: Option<String>,
    /// The number of address changes.
    pub source_changes: u64,
    /// The previous address, and the first number from the current one.
    source_before: Option<(SocketAddr, u64)>,
    /// Another stream has the same key: [`Stream::is_from_elsewhere`].
    pub(super) apart: bool,
    /// The name of the arrival interface.
    pub iface: Option<String>,
    /// The sender has announced the end.
    pub ended: bool,
    /// The weakest evidence of all datagrams.
    pub(super) clock: Clock,
    pub(super) sequence: Option<Sequence>,
    /// The number that the end announced before any data arrived.
    announced: u64,
    pub(super) arrived: (UnixTime, UnixTime),
    /// The arrival of the last first copy, and its transit time if the send time is known.
    last: Option<(UnixTime, Option<i64>)>,
    jitter: Option<f64>,
    most_gaps: usize,
    pub(super) whole: StreamCounters,
    pub(super) interval: Option<Box<StreamCounters>>,
    /// The properties of a stream that mcast did not send.
    pub(super) foreign: Option<Box<Foreign>>,
    /// The stream's places in pairs; most streams have none.
    pub(super) links: Vec<Link>,
    /// The address that is charged for the memory, and the bytes charged.
    pub(super) charged: (IpAddr, usize),
    /// The stream may not grow: its address has used its share.
    pub(super) full: bool,
    /// The memory may have changed since it was charged.
    pub(super) may_have_grown: bool,
}

impl Stream {
    pub(super) fn new(key: Key, arrival: &Arrival, precision: Precision, intervals: bool) -> Self {
        Stream {
            key,
            source: arrival.source,
            zone: arrival.zone.map(str::to_owned),
            source_changes: 0,
            source_before: None,
            apart: false,
            iface: arrival.iface.map(|(_, name)| name.to_owned()),
            clock: Clock::SameHost,
            ended: false,
            sequence: None,
            announced: 0,
            arrived: (arrival.time, arrival.time),
            last: None,
            jitter: None,
            most_gaps: if precision == Precision::Fine { usize::MAX } else { FEW_GAPS },
            whole: StreamCounters::new(precision),
            interval: intervals.then(|| Box::new(StreamCounters::new(Precision::Coarse))),
            foreign: None,
            links: Vec::new(),
            charged: (arrival.source.ip(), 0),
            full: false,
            may_have_grown: true,
        }
    }

    /// The key for a restarted sender, which may use another port.
    pub fn place(&self) -> (IpAddr, IpAddr, u16, u32) {
        let Key { group, port, ifindex, .. } = self.key;
        (self.source.ip(), group, port, ifindex)
    }

    /// The memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        let interval = self
            .interval
            .as_ref()
            .map_or(0, |interval| size_of::<StreamCounters>() + interval.bytes());
        let sequence = self.sequence.as_ref().map_or(0, Sequence::bytes);
        let foreign = self.foreign.as_ref().map_or(0, |foreign| foreign.bytes());
        OVERHEAD + self.whole.bytes() + interval + sequence + foreign
    }

    /// Whether a probe with the same key, from another address at `time`, belongs to another
    /// stream. A sender with two interfaces on one network sends each number from both. A sender
    /// whose address changes sends each number once and continues near its last number.
    pub(super) fn is_from_elsewhere(
        &self,
        probe: &Probe,
        source: SocketAddr,
        time: UnixTime,
    ) -> bool {
        let Some(sequence) = self.sequence.as_ref().filter(|_| source != self.source) else {
            return false;
        };
        let number = probe.sequence;
        let before = self.source_before.filter(|(before, _)| *before == source);
        let silence = time.duration_since(self.arrived.1);
        match (probe.kind, number.checked_sub(sequence.next())) {
            (ProbeKind::Data, None) => {
                // Datagrams of the previous address may arrive late or twice.
                let is_late = before.is_some_and(|(_, changed_at)| number < changed_at);
                !is_late && sequence.has_received(number)
            }
            _ if silence >= PAUSE => false,
            (ProbeKind::Data, Some(ahead)) => {
                let span = self.arrived.1.duration_since(self.arrived.0);
                let share = silence.as_secs_f64() / span.as_secs_f64().max(1e-9);
                ahead > FEW_AHEAD && ahead as f64 > 4.0 * share * sequence.received() as f64
            }
            _ => before.is_none(),
        }
    }

    /// The properties of a stream that mcast did not send.
    pub fn foreign(&self) -> Option<&Foreign> {
        self.foreign.as_deref()
    }

    /// The run of a probe's sender.
    pub fn run(&self) -> Option<u64> {
        self.foreign.is_none().then_some(self.key.stream)
    }

    /// The name of the format; that of a transport stream also inside RTP.
    pub fn format(&self) -> &'static str {
        let format = || self.foreign().map(|foreign| foreign.identity.format);
        let transport = self.transport().map(|_| Format::Ts);
        transport.or_else(format).map_or("mcast", Format::name)
    }

    /// The transport stream, alone or inside RTP.
    pub fn transport(&self) -> Option<&TsMeter> {
        match &self.foreign()?.detail {
            Detail::Ts(meter) => Some(meter),
            Detail::Rtp(detail) => detail.transport.meter(),
            Detail::None | Detail::Market(_) | Detail::Sender(_) => None,
        }
    }

    /// How the format is known.
    pub fn how(&self) -> How {
        self.foreign().map_or(How::Magic, |foreign| foreign.identity.how)
    }

    /// What the numbers count.
    pub fn unit(&self) -> Unit {
        self.foreign().map_or(Unit::Datagrams, |foreign| foreign.identity.numbering.unit)
    }

    /// Whether no more can be lost than [`Stream::losses`] states.
    pub fn has_exact_losses(&self) -> bool {
        self.foreign().is_none_or(|foreign| match foreign.unit() {
            Unit::TsPackets => self.losses(false).lost == 0,
            Unit::Datagrams | Unit::Messages => foreign.ambiguous() == 0,
        })
    }

    /// The counters since the last mark, or of the run.
    pub fn counters(&self, interval: bool) -> &StreamCounters {
        self.interval.as_deref().filter(|_| interval).unwrap_or(&self.whole)
    }

    /// The losses since the last mark, or of the run.
    pub fn losses(&self, interval: bool) -> Losses {
        if let Some(losses) = self.foreign.as_ref().and_then(|foreign| foreign.losses(interval)) {
            return losses;
        }
        let losses = if interval { Sequence::losses_since_mark } else { Sequence::losses };
        self.sequence.as_ref().map(losses).unwrap_or_default()
    }

    /// The expected and the lost numbers of the run, which [`Stream::losses`] has too: this costs less
    /// after many losses.
    pub fn expected_and_lost(&self) -> (u64, u64) {
        if let Some(losses) = self.foreign.as_ref().and_then(|foreign| foreign.losses(false)) {
            return (losses.expected, losses.lost);
        }
        let of = |sequence: &Sequence| (sequence.received() + sequence.lost(), sequence.lost());
        self.sequence.as_ref().map(of).unwrap_or_default()
    }

    /// When its last datagram arrived.
    pub fn last_arrival(&self) -> UnixTime {
        self.arrived.1
    }

    /// The datagrams before the first received one that did not arrive after it. They are not lost:
    /// the receiver was not listening yet. `None` if the format does not fix the first number.
    pub fn missed_before(&self) -> Option<u64> {
        let start = self.foreign.as_ref().map_or(Some(0), |foreign| foreign.start())?;
        Some(self.sequence.as_ref().map_or(self.announced.saturating_sub(start), |sequence| {
            sequence.first().saturating_sub(start).saturating_sub(sequence.early())
        }))
    }

    /// The number after the highest one that arrived or was announced.
    pub fn end_number(&self) -> u64 {
        self.sequence
            .as_ref()
            .map_or(self.announced, |sequence| sequence.next().max(self.announced))
    }

    /// The evidence that the clocks agree.
    pub fn clock(&self) -> Clock {
        let clock = if self.sequence.is_some() { self.clock } else { Clock::Unknown };
        let follows_ptp = clock == Clock::Unknown
            && self.foreign().is_some_and(|foreign| foreign.detail.follows_ptp());
        if follows_ptp { Clock::Ptp } else { clock }
    }

    /// The current interarrival jitter in nanoseconds (RFC 3550, 6.4.1 and A.8); `None` before the
    /// second datagram.
    pub fn jitter(&self) -> Option<f64> {
        match self.foreign().map(|foreign| &foreign.detail) {
            Some(detail @ Detail::Rtp(_)) => detail.jitter(),
            _ => self.jitter,
        }
    }

    /// The longest silence until `now`; that of a running stream continues.
    pub fn gap(&self, interval: bool, now: UnixTime) -> Option<i64> {
        let silence = self.last.filter(|_| !self.ended).map(|(last, _)| now.since(last).max(0));
        self.counters(interval).gap.max(silence)
    }

    /// Whether the interval has content: the end alone can reveal losses.
    pub fn is_of_interest(&self) -> bool {
        !self.ended
            || self.interval.as_ref().is_none_or(|interval| !interval.is_empty())
            || self.losses(true).expected > 0
    }

    /// Adds a datagram with data. Returns its delay if the clocks agree.
    ///
    /// Each caller has a copy of its own: that of probes is shorter by the parts of a sample that a
    /// probe always has.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        sample: &Sample,
        arrival: &Arrival,
        may_grow: bool,
    ) -> (RangeOrder, Option<i64>) {
        self.note_time(arrival.time);
        let transit = sample.sent.map(|sent| arrival.time.since(sent));
        let delay = transit.filter(|_| sample.clock > Clock::Unknown);
        let order = self.count(sample, may_grow);
        if order.new > 0 && arrival.source != self.source {
            self.change_source(sample.first, arrival);
        }
        if order.duplicate + order.stale > 0 {
            self.each(|counters| {
                counters.duplicates += order.duplicate;
                counters.stale += order.stale;
            });
        }
        if order.new + order.late > 0 {
            // Only the first copy of a datagram enters the other metrics (RFC 5560, 3.4).
            self.clock = self.clock.min(sample.clock);
            // The clock may have been set back in between; a negative silence is none.
            let silence = self.last.map(|(before, _)| arrival.time.since(before).max(0));
            let take = |counters: &mut StreamCounters| {
                counters.take(sample, arrival, order, transit, silence, may_grow)
            };
            self.may_have_grown |= take(&mut self.whole);
            if let Some(interval) = &mut self.interval {
                self.may_have_grown |= take(interval);
            }
            let before = self.last.and_then(|(_, transit)| transit);
            if let (Some(before), Some(transit)) = (before, transit) {
                let jitter = self.jitter.unwrap_or(0.0);
                self.jitter = Some(jitter + (transit.abs_diff(before) as f64 - jitter) / 16.0);
            }
            self.last = Some((arrival.time, transit));
        }
        (order, delay)
    }

    /// Adds the numbers of a datagram to the sequence.
    #[inline]
    fn count(&mut self, sample: &Sample, may_grow: bool) -> RangeOrder {
        let Sample { first, count, .. } = *sample;
        let Some(sequence) = &mut self.sequence else {
            self.may_have_grown = true;
            let mut sequence = Sequence::starting_with(first, self.most_gaps);
            sequence.announce(self.announced);
            if count > 1 {
                sequence.arrive_range(first + 1, count - 1, may_grow);
            }
            self.sequence = Some(sequence);
            return RangeOrder { new: count, ..RangeOrder::default() };
        };
        if count == 1 {
            self.may_have_grown |= !sequence.is_free(first);
            return sequence.arrive_within(first, may_grow).into();
        }
        self.may_have_grown = true;
        sequence.arrive_range(first, count, may_grow)
    }

    /// Adds a datagram whose format has no numbers for datagrams.
    pub(super) fn take_unnumbered(&mut self, order: RangeOrder, arrival: &Arrival, may_grow: bool) {
        self.note_time(arrival.time);
        if order.duplicate > 0 {
            return self.each(|counters| counters.duplicates += order.duplicate);
        }
        let sample = Sample {
            first: 0,
            count: 1,
            sent: None,
            clock: Clock::Unknown,
            ttl: None,
            traffic_class: None,
        };
        let silence = self.last.map(|(before, _)| arrival.time.since(before).max(0));
        let take = |counters: &mut StreamCounters| {
            counters.take(&sample, arrival, order, None, silence, may_grow)
        };
        self.may_have_grown |= take(&mut self.whole);
        if let Some(interval) = &mut self.interval {
            self.may_have_grown |= take(interval);
        }
        self.last = Some((arrival.time, None));
    }

    /// Updates the counters of the run, and those of the interval.
    #[inline]
    pub(super) fn each(&mut self, update: impl Fn(&mut StreamCounters)) {
        update(&mut self.whole);
        if let Some(interval) = &mut self.interval {
            update(interval);
        }
    }

    pub(super) fn end(&mut self, announced: u64, time: UnixTime) {
        self.note_time(time);
        self.ended = true;
        self.announced = self.announced.max(announced);
        if let Some(sequence) = &mut self.sequence {
            sequence.announce(announced);
        }
    }

    /// The sender continues from another address at this number.
    fn change_source(&mut self, number: u64, arrival: &Arrival) {
        self.source_before = Some((self.source, number));
        self.source = arrival.source;
        self.zone = arrival.zone.map(str::to_owned);
        self.source_changes += 1;
    }

    fn note_time(&mut self, time: UnixTime) {
        self.arrived = (self.arrived.0.min(time), self.arrived.1.max(time));
    }

    pub(super) fn mark(&mut self) {
        if let Some(sequence) = &mut self.sequence {
            sequence.mark();
        }
        if let Some(foreign) = &mut self.foreign {
            foreign.mark();
        }
        if let Some(interval) = &mut self.interval {
            **interval = StreamCounters::new(Precision::Coarse);
        }
    }
}
