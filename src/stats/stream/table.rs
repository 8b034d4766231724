//! All measured streams, each kept apart by its run, its group, its port and the interface that it
//! arrives on.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use super::record::OVERHEAD;
use super::{Arrival, Clock, Key, LocalClock, Stream};
use crate::format::probe::{Damage, Probe, ProbeKind};
use crate::stats::delay::Precision;

/// How many streams are kept at least; more where more is listened to. What goes beyond is counted
/// and not measured, so that memory stays bounded.
const FEWEST_STREAMS: usize = 4096;

/// The memory of all streams together, in bytes, however much is listened to and whoever sends.
/// Beyond it no stream is added, and those that there are give up precision.
pub const MOST_BYTES: usize = 128 << 20;

/// What the streams of one address take of that, so that the others have the rest.
const MOST_BYTES_OF_ADDRESS: usize = MOST_BYTES / 4 * 3;

/// The first streams are told to a thousandth, the others to a hundredth (benches/README.md has
/// what they cost).
const FINE_STREAMS: usize = 64;

/// How many streams there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// All of them.
    pub streams: usize,
    /// Those that have not ended.
    pub open: usize,
    /// Those of which only the end came.
    pub empty: usize,
    /// There are more, which are not followed.
    pub more: bool,
}

/// All measured streams, and what claimed to be of one.
#[derive(Clone, Debug)]
pub struct Streams {
    streams: Vec<Stream>,
    /// By key; and by key and source if several senders have the same key.
    positions: HashMap<(Key, Option<SocketAddr>), usize>,
    /// What the streams of each address take.
    by_address: HashMap<IpAddr, Share>,
    /// The stream of the datagram before: most come from there.
    recent: Option<(Key, SocketAddr, usize)>,
    most: usize,
    most_bytes: usize,
    /// The memory that all streams take, in bytes.
    bytes: usize,
    intervals: bool,
    local: LocalClock,
    open: usize,
    empty: usize,
    /// Datagrams of streams for which there was no room.
    pub untracked: u64,
    /// Datagrams with a wrong checksum or length, of whatever stream.
    pub corrupt: u64,
    /// Datagrams of a version or a kind that is not known.
    pub unsupported: u64,
}

/// What the streams of one address take.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    streams: usize,
    bytes: usize,
}

impl Streams {
    /// No streams yet. `listens` is how many things are listened to; `intervals` is whether there
    /// are marks; `local` is the receiver's clock.
    pub fn new(listens: usize, intervals: bool, local: LocalClock) -> Self {
        Streams {
            streams: Vec::new(),
            positions: HashMap::new(),
            by_address: HashMap::new(),
            recent: None,
            most: FEWEST_STREAMS.max(listens.saturating_mul(4)),
            most_bytes: MOST_BYTES,
            bytes: 0,
            intervals,
            local,
            open: 0,
            empty: 0,
            untracked: 0,
            corrupt: 0,
            unsupported: 0,
        }
    }

    /// Takes a probe. Answers the delay of a datagram, where the clocks agree.
    pub fn take(&mut self, probe: &Probe, arrival: &Arrival) -> Option<i64> {
        if probe.kind == ProbeKind::Reply {
            // It answers somebody, and is none of the stream.
            return None;
        }
        let local = self.local;
        let key = Key::new(probe.stream, arrival);
        let Some(position) = self.position(key, probe, arrival) else {
            self.untracked += u64::from(probe.kind != ProbeKind::End);
            return None;
        };
        let may_grow = self.bytes < self.most_bytes;
        let stream = &mut self.streams[position];
        if probe.kind == ProbeKind::End {
            self.open -= usize::from(!stream.ended);
            self.empty += usize::from(!stream.ended && stream.sequence.is_none());
            stream.end(probe.sequence, arrival.time);
            return None;
        }
        self.empty -= usize::from(stream.ended && stream.sequence.is_none());
        let may_grow = may_grow && !stream.full;
        let delay = stream.take(probe, arrival, local, may_grow);
        self.charge(position);
        delay
    }

    /// Charges the memory that a stream takes by now.
    fn charge(&mut self, position: usize) {
        let stream = &mut self.streams[position];
        let (address, before) = stream.charged;
        let bytes = stream.bytes();
        if bytes == before {
            return;
        }
        stream.charged.1 = bytes;
        self.bytes = self.bytes + bytes - before;
        let share = self.by_address.entry(address).or_default();
        share.bytes = share.bytes + bytes - before;
        stream.full = share.bytes > MOST_BYTES_OF_ADDRESS;
    }

    /// Takes what claimed to be a probe: of a stream that is known, it is counted there too.
    pub fn damaged(&mut self, damage: Damage, stream: Option<u64>, arrival: &Arrival) {
        match damage {
            // It is counted among all that are cut, measured or not.
            Damage::Truncated => {}
            Damage::Corrupt => self.corrupt += 1,
            Damage::Unsupported => self.unsupported += 1,
        }
        let known = stream.and_then(|stream| {
            let key = Key::new(stream, arrival);
            let apart = self.positions.get(&(key, Some(arrival.source)));
            apart.or_else(|| self.positions.get(&(key, None))).copied()
        });
        // Nobody changes the address of a stream by what is not to be believed.
        let known = known.filter(|position| self.streams[*position].source == arrival.source);
        if let Some(position) = known {
            let Stream { whole, interval, .. } = &mut self.streams[position];
            [Some(whole), interval.as_deref_mut()]
                .into_iter()
                .flatten()
                .for_each(|figures| figures.damage(damage));
        }
    }

    /// The streams, in the order in which they were first heard.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Stream> {
        self.streams.iter()
    }

    /// The memory that they take, in bytes: at most [`MOST_BYTES`], and what one datagram adds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there are streams, and all of them have ended.
    pub fn all_ended(&self) -> bool {
        self.open == 0 && !self.streams.is_empty()
    }

    /// How many streams there are.
    pub fn counts(&self) -> StreamCounts {
        StreamCounts {
            streams: self.streams.len(),
            open: self.open,
            empty: self.empty,
            more: self.untracked > 0,
        }
    }

    /// How often each stream's sender had started before: the streams of the same address at the
    /// same place that were over, or silent for good, when this one began.
    pub fn restarts(&self) -> Vec<u64> {
        let mut last_heard: HashMap<_, Vec<SystemTime>> = HashMap::new();
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

    /// Takes note that an interface was made again: its streams go on where it is now, by index and
    /// by name.
    pub fn moved(&mut self, before: u32, (now, name): (u32, &str)) {
        self.recent = None;
        for (position, stream) in
            self.streams.iter_mut().enumerate().filter(|(_, stream)| stream.key.ifindex == before)
        {
            let source = stream.apart.then_some(stream.source);
            let key = Key { ifindex: now, ..stream.key };
            if self.positions.contains_key(&(key, source)) {
                // It was heard there as well.
                continue;
            }
            self.positions.remove(&(stream.key, source));
            self.positions.insert((key, source), position);
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

    /// Takes note of whether the receiver's clock can be trusted: it follows a reference, and was
    /// not set. What it told of a stream while it could not leaves that stream's delays
    /// unknown; a stream that begins later may have known ones.
    pub fn trust_clock(&mut self, trusted: bool) {
        self.local.synchronised = trusted;
        if trusted {
            return;
        }
        for stream in self.streams.iter_mut().filter(|stream| stream.clock == Clock::Synchronised) {
            stream.clock = Clock::Unknown;
        }
    }

    /// The position of a stream, which is made if there is room.
    fn position(&mut self, key: Key, probe: &Probe, arrival: &Arrival) -> Option<usize> {
        let source = arrival.source;
        match self.recent {
            Some((known, from, position)) if (known, from) == (key, source) => {
                return Some(position);
            }
            _ => {}
        }
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
        self.recent = Some((key, source, position));
        Some(position)
    }

    /// Adds a stream; `apart` is its source if it is not the first with its key.
    fn add(&mut self, key: Key, apart: Option<SocketAddr>, arrival: &Arrival) -> Option<usize> {
        // One address takes no more than half, so that it leaves room for the others.
        let address = arrival.source.ip();
        let of_address = self.by_address.get(&address).copied().unwrap_or_default();
        if self.streams.len() >= self.most
            || of_address.streams >= self.most / 2
            || self.bytes + OVERHEAD > self.most_bytes
            || of_address.bytes > MOST_BYTES_OF_ADDRESS
        {
            return None;
        }
        self.by_address.entry(address).or_default().streams += 1;
        let position = self.streams.len();
        let precision = if position < FINE_STREAMS { Precision::Fine } else { Precision::Coarse };
        let mut stream = Stream::new(key, arrival, precision, self.intervals);
        stream.apart = apart.is_some();
        self.streams.push(stream);
        self.positions.insert((key, apart), position);
        self.open += 1;
        self.charge(position);
        Some(position)
    }
}

#[cfg(test)]
mod tests;
