//! All measured streams, separated by run, group, port and arrival interface.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;

use super::budget::Budget;
use super::record::OVERHEAD;
use super::{Arrival, Clock, Key, LocalClock, Pairs, Sample, Stream};
use crate::format::probe::{Damage, Probe, ProbeKind};
use crate::stats::delay::Precision;
use crate::stats::peers::Peers;
use crate::units::UnixTime;

/// The minimum of the stream limit; a receiver of more targets has a higher limit. Datagrams of
/// further streams are counted, but not measured. This bounds the memory.
const FEWEST_STREAMS: usize = 4096;

/// The first streams have a precision of 0.1 %, the others of 1 % (benches/README.md has the memory
/// sizes).
const FINE_STREAMS: usize = 64;

/// The numbers of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// All streams.
    pub streams: usize,
    /// Streams that have not ended.
    pub open: usize,
    /// Streams of which only the end arrived.
    pub empty: usize,
    /// Further streams exist, but are not tracked.
    pub more: bool,
}

/// All measured streams, and the datagrams that belong to none.
#[derive(Clone, Debug)]
pub struct Streams {
    pub(super) streams: Vec<Stream>,
    /// By key; by key and source if several senders have the same key.
    positions: HashMap<(Key, Option<SocketAddr>), usize>,
    /// The stream of the previous datagram, which most datagrams share.
    recent: Option<Recent>,
    /// The memory of all streams.
    pub budget: Budget,
    /// Senders that share a lighting universe or a PTP domain.
    pub peers: Peers,
    /// The pairs of targets whose streams are the same.
    pub pairs: Pairs,
    intervals: bool,
    local: LocalClock,
    pub(super) open: usize,
    empty: usize,
    /// Datagrams of streams beyond the limits.
    pub untracked: u64,
    /// Datagrams with a wrong checksum or length, of any stream.
    pub corrupt: u64,
    /// Datagrams with an unknown version or kind.
    pub unsupported: u64,
}

/// The stream of a datagram, by its position.
#[derive(Clone, Copy, Debug)]
struct Recent {
    key: Key,
    source: SocketAddr,
    origin: Option<NonZeroU64>,
    position: usize,
}

impl Recent {
    /// Whether a datagram of the run `stream` belongs to it.
    #[inline]
    fn is_of(&self, stream: u64, arrival: &Arrival) -> bool {
        if self.key.stream != stream {
            return false;
        }
        let has_same_origin = self.origin.is_some() && self.origin == arrival.origin;
        has_same_origin || (self.source == arrival.source && self.key == Key::new(stream, arrival))
    }
}

impl Streams {
    /// An empty table. `listens` is the number of endpoints; `intervals` enables marks; `local` is
    /// the receiver's clock.
    pub fn new(listens: usize, intervals: bool, local: LocalClock) -> Self {
        Streams {
            streams: Vec::new(),
            positions: HashMap::new(),
            recent: None,
            budget: Budget::new(FEWEST_STREAMS.max(listens.saturating_mul(4))),
            peers: Peers::default(),
            pairs: Pairs::default(),
            intervals,
            local,
            open: 0,
            empty: 0,
            untracked: 0,
            corrupt: 0,
            unsupported: 0,
        }
    }

    /// Adds a probe. Returns its delay if the clocks agree.
    pub fn take(&mut self, probe: &Probe, arrival: &Arrival) -> Option<i64> {
        if !probe.kind.is_of_stream() {
            // A reply or a report does not belong to the stream.
            return None;
        }
        let local = self.local;
        let position = match &self.recent {
            Some(recent) if recent.is_of(probe.stream, arrival) => Some(recent.position),
            _ => self.position(probe, arrival),
        };
        let Some(position) = position else {
            self.untracked += u64::from(probe.kind != ProbeKind::End);
            return None;
        };
        let may_grow = self.budget.has_room();
        let stream = &mut self.streams[position];
        if probe.kind == ProbeKind::End {
            self.open -= usize::from(!stream.ended);
            self.empty += usize::from(!stream.ended && stream.sequence.is_none());
            stream.end(probe.sequence, arrival.time);
            self.pairs.announce(&stream.links, position, probe.sequence, true, arrival.time);
            return None;
        }
        self.empty -= usize::from(stream.ended && stream.sequence.is_none());
        let may_grow = may_grow && !stream.full;
        let sample = Sample::of_probe(probe, Clock::of(probe, local));
        let (_, delay) = stream.take(&sample, arrival, may_grow);
        self.pairs.take(&stream.links, position, probe.sequence, 1, arrival.time);
        if std::mem::take(&mut stream.may_have_grown) {
            self.charge(position);
        }
        delay
    }

    /// Charges the current memory of a stream.
    pub fn charge(&mut self, position: usize) {
        let stream = &mut self.streams[position];
        let (address, before) = stream.charged;
        let bytes = stream.bytes();
        if bytes != before {
            stream.charged.1 = bytes;
            stream.full = self.budget.charge(address, before, bytes);
        }
    }

    /// Whether the stream at a position may take more memory.
    pub fn may_grow(&self, position: usize) -> bool {
        self.budget.has_room() && self.streams.get(position).is_some_and(|stream| !stream.full)
    }

    /// Adds a damaged probe, also to its stream if that is known.
    pub fn damaged(&mut self, damage: Damage, stream: Option<u64>, arrival: &Arrival) {
        match damage {
            // `Tally` counts all truncated datagrams, measured or not.
            Damage::Truncated => {}
            Damage::Corrupt => self.corrupt += 1,
            Damage::Unsupported => self.unsupported += 1,
        }
        let known = stream.and_then(|stream| {
            let key = Key::new(stream, arrival);
            let apart = self.positions.get(&(key, Some(arrival.source)));
            apart.or_else(|| self.positions.get(&(key, None))).copied()
        });
        // A damaged datagram must not change the address of a stream.
        let known = known.filter(|position| self.streams[*position].source == arrival.source);
        if let Some(position) = known {
            let Stream { whole, interval, .. } = &mut self.streams[position];
            [Some(whole), interval.as_deref_mut()]
                .into_iter()
                .flatten()
                .for_each(|counters| counters.damage(damage));
        }
    }

    /// The stream of a probe's run with this key, from this source if several senders share it.
    pub fn find(&self, key: &Key, source: SocketAddr) -> Option<&Stream> {
        let apart = self.positions.get(&(*key, Some(source)));
        let position = apart.or_else(|| self.positions.get(&(*key, None)))?;
        self.streams.get(*position)
    }

    /// The streams, in the order of their first arrivals.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Stream> {
        self.streams.iter()
    }

    /// The memory in bytes: at most [`super::MOST_BYTES`], plus the memory of one datagram.
    pub fn bytes(&self) -> usize {
        self.budget.bytes()
    }

    /// Whether there are streams, and all have ended.
    pub fn all_ended(&self) -> bool {
        self.open == 0 && !self.streams.is_empty()
    }

    /// The numbers of streams.
    pub fn counts(&self) -> StreamCounts {
        StreamCounts {
            streams: self.streams.len(),
            open: self.open,
            empty: self.empty,
            more: self.untracked > 0,
        }
    }

    /// The number of earlier starts of each stream's sender: the streams of the same address and
    /// place that had ended, or fallen silent for good, before this one began.
    pub fn restarts(&self) -> Vec<u64> {
        let mut last_heard: HashMap<_, Vec<UnixTime>> = HashMap::new();
        for stream in &self.streams {
            last_heard.entry(stream.place()).or_default().push(stream.arrived.1);
        }
        last_heard.values_mut().for_each(|times| times.sort_unstable());
        let before = |stream: &Stream| {
            let times = last_heard.get(&stream.place()).map_or(&[][..], Vec::as_slice);
            times.partition_point(|last| *last < stream.arrived.0) as u64
        };
        self.streams.iter().map(before).collect()
    }

    /// Notes that an interface was recreated: its streams continue with the new index and name.
    pub fn moved(&mut self, before: u32, (now, name): (u32, &str)) {
        self.recent = None;
        for (position, stream) in
            self.streams.iter_mut().enumerate().filter(|(_, stream)| stream.key.ifindex == before)
        {
            let source = stream.apart.then_some(stream.source);
            let key = Key { ifindex: now, ..stream.key };
            if stream.foreign.is_none() && self.positions.contains_key(&(key, source)) {
                // The stream also arrived there.
                continue;
            }
            if stream.foreign.is_none() {
                self.positions.remove(&(stream.key, source));
                self.positions.insert((key, source), position);
            }
            (stream.key, stream.iface) = (key, Some(name.to_owned()));
            stream.zone = stream.zone.take().map(|_| name.to_owned());
        }
    }

    /// Begins an interval.
    pub fn mark(&mut self) {
        for position in 0..self.streams.len() {
            self.streams[position].mark();
            self.charge(position);
        }
    }

    /// Notes whether the receiver's clock follows a reference and was not set. The delays of a
    /// stream become unknown if it received datagrams while the clock was not trusted. Later
    /// streams may have known delays.
    pub fn trust_clock(&mut self, trusted: bool) {
        self.local.synchronised = trusted;
        if trusted {
            return;
        }
        for stream in self.streams.iter_mut().filter(|stream| stream.clock == Clock::Synchronised) {
            stream.clock = Clock::Unknown;
        }
    }

    /// The position of a stream, which is created if the limits allow it.
    fn position(&mut self, probe: &Probe, arrival: &Arrival) -> Option<usize> {
        let (key, source, origin) =
            (Key::new(probe.stream, arrival), arrival.source, arrival.origin);
        let position = match self.positions.get(&(key, None)).copied() {
            None => self.add(key, None, arrival)?,
            Some(position) if self.streams[position].source == source => position,
            Some(position) => match self.positions.get(&(key, Some(source))).copied() {
                Some(apart) => apart,
                None if self.streams[position].is_from_elsewhere(probe, source, arrival.time) => {
                    self.add(key, Some(source), arrival)?
                }
                None => position,
            },
        };
        self.recent = Some(Recent { key, source, origin, position });
        Some(position)
    }

    /// Adds a stream; `apart` is its source if it is not the first with its key.
    fn add(&mut self, key: Key, apart: Option<SocketAddr>, arrival: &Arrival) -> Option<usize> {
        let position = self.push(key, arrival)?;
        self.streams[position].apart = apart.is_some();
        self.positions.insert((key, apart), position);
        self.link(position, arrival);
        self.charge(position);
        Some(position)
    }

    /// Finds the places of a new stream in pairs.
    pub(super) fn link(&mut self, position: usize, arrival: &Arrival) {
        let stream = &mut self.streams[position];
        stream.links = self.pairs.links(stream, arrival);
    }

    /// Adds a stream if the limits allow it; the caller charges its memory.
    pub(super) fn push(&mut self, key: Key, arrival: &Arrival) -> Option<usize> {
        if !self.budget.add(arrival.source.ip(), OVERHEAD) {
            return None;
        }
        let position = self.streams.len();
        let precision = if position < FINE_STREAMS { Precision::Fine } else { Precision::Coarse };
        self.streams.push(Stream::new(key, arrival, precision, self.intervals));
        self.open += 1;
        Some(position)
    }
}

#[cfg(test)]
mod tests;
