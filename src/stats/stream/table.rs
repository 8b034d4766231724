//! All measured streams, each kept apart by its source, its run, its group, its port and the
//! interface that it arrives on.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use super::{Arrival, Clock, Key, LocalClock, Stream};
use crate::format::probe::{Damage, Probe, ProbeKind};
use crate::stats::delay::Precision;

/// How many streams are kept at least; more where more is listened to. What goes beyond is counted
/// and not measured, so that memory stays bounded.
const FEWEST_STREAMS: usize = 4096;

/// The first streams are told to a thousandth, the others to a hundredth: each costs about 130 kB,
/// or 45 kB (benches/README.md).
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
    positions: HashMap<Key, usize>,
    /// How many streams each address has.
    by_address: HashMap<IpAddr, usize>,
    /// The stream of the datagram before: most come from there.
    recent: Option<(Key, usize)>,
    most: usize,
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
        let Some(position) = self.position(Key::new(probe.stream, arrival), arrival) else {
            self.untracked += u64::from(probe.kind != ProbeKind::End);
            return None;
        };
        let stream = &mut self.streams[position];
        if probe.kind == ProbeKind::End {
            self.open -= usize::from(!stream.ended);
            self.empty += usize::from(!stream.ended && stream.sequence.is_none());
            stream.end(probe.sequence, arrival.time);
            return None;
        }
        self.empty -= usize::from(stream.ended && stream.sequence.is_none());
        stream.take(probe, arrival, local)
    }

    /// Takes what claimed to be a probe: of a stream that is known, it is counted there too.
    pub fn damaged(&mut self, damage: Damage, stream: Option<u64>, arrival: &Arrival) {
        match damage {
            // It is counted among all that are cut, measured or not.
            Damage::Truncated => {}
            Damage::Corrupt => self.corrupt += 1,
            Damage::Unsupported => self.unsupported += 1,
        }
        let known = stream.and_then(|stream| self.positions.get(&Key::new(stream, arrival)));
        if let Some(position) = known {
            let Stream { whole, interval, .. } = &mut self.streams[*position];
            [Some(whole), interval.as_mut()]
                .into_iter()
                .flatten()
                .for_each(|figures| figures.damage(damage));
        }
    }

    /// The streams, in the order in which they were first heard.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Stream> {
        self.streams.iter()
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
            last_heard.entry(stream.key.place()).or_default().push(stream.heard.1);
        }
        last_heard.values_mut().for_each(|times| times.sort_unstable());
        let before = |stream: &Stream| {
            let times = last_heard.get(&stream.key.place()).map_or(&[][..], Vec::as_slice);
            times.partition_point(|last| *last < stream.heard.0) as u64
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
            let mut key = Key { ifindex: now, ..stream.key };
            // A link-local source names the interface as well.
            match &mut key.source {
                SocketAddr::V6(source) if source.scope_id() == before => source.set_scope_id(now),
                _ => {}
            }
            if self.positions.contains_key(&key) {
                // It was heard there as well.
                continue;
            }
            self.positions.remove(&stream.key);
            self.positions.insert(key, position);
            (stream.key, stream.iface) = (key, Some(name.to_owned()));
        }
    }

    /// Begins an interval.
    pub fn mark(&mut self) {
        self.streams.iter_mut().for_each(Stream::mark);
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
    fn position(&mut self, key: Key, arrival: &Arrival) -> Option<usize> {
        if let Some((_, position)) = self.recent.filter(|(recent, _)| *recent == key) {
            return Some(position);
        }
        let position = match self.positions.get(&key) {
            Some(position) => *position,
            None => self.add(key, arrival)?,
        };
        self.recent = Some((key, position));
        Some(position)
    }

    fn add(&mut self, key: Key, arrival: &Arrival) -> Option<usize> {
        // One address takes no more than half, so that it leaves room for the others.
        let of_address = self.by_address.get(&key.source.ip()).copied().unwrap_or(0);
        if self.streams.len() >= self.most || of_address >= self.most / 2 {
            return None;
        }
        *self.by_address.entry(key.source.ip()).or_default() += 1;
        let position = self.streams.len();
        let precision = if position < FINE_STREAMS { Precision::Fine } else { Precision::Coarse };
        self.streams.push(Stream::new(key, arrival, precision, self.intervals));
        self.positions.insert(key, position);
        self.open += 1;
        Some(position)
    }
}

#[cfg(test)]
mod tests;
