//! One flow: the datagrams of one source address and port to one endpoint on one interface.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::outline::Outline;
use super::recogniser::Recogniser;
use crate::format::kind::{Format, How};
use crate::format::names::Name;
use crate::stats::Meter;
use crate::stats::stream::{Arrival, Clock, Detail, Identity, Streams};
use crate::units::UnixTime;

/// How many datagrams of an undecided flow wait for the decision.
const MOST_OUTLINES: usize = 32;

/// The time in ns after which mcast examines an unrecognised flow again.
const RETRY: i64 = 1_000_000_000;

/// A flow of which more than one datagram in this number does not fit is named, not measured.
const MOST_MISFITS: u64 = 10;

/// How many of the first bytes a report shows.
const SHOWN_BYTES: usize = 16;

/// Identifies a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// The sender's address and port.
    pub source: SocketAddr,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The index of the arrival interface; 0 if unknown.
    pub ifindex: u32,
}

impl FlowKey {
    pub(super) fn new(arrival: &Arrival) -> Self {
        let Arrival { source, group, port, iface, .. } = *arrival;
        FlowKey { source, group, port, ifindex: iface.map_or(0, |(index, _)| index) }
    }
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The identity.
    pub key: FlowKey,
    /// The interface of a link-local source.
    pub zone: Option<String>,
    /// The name of the arrival interface.
    pub iface: Option<String>,
    /// All datagrams.
    pub meter: Meter,
    /// The shortest and the longest payload in bytes.
    pub sizes: (usize, usize),
    /// The beginning of the first datagram.
    pub first_bytes: Box<[u8]>,
    /// Datagrams that do not fit the recognised format.
    pub foreign: u64,
    /// Datagrams that arrived before the format was recognised and are in no stream.
    pub unmeasured: u64,
    pub(super) state: State,
    /// The memory that is charged, in bytes.
    pub(super) charged: usize,
}

/// What mcast knows about the format.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Not enough datagrams yet.
    Undecided(Box<Undecided>),
    /// Recognised.
    Measured(Box<Measured>),
    /// Not recognised; mcast looks again at this time.
    Unknown(UnixTime),
    /// Recognised, and not measured.
    Named(&'static Name),
}

/// The datagrams of a flow without a decision.
#[derive(Clone, Debug, Default)]
pub(super) struct Undecided {
    pub recogniser: Recogniser,
    pub outlines: Vec<Outline>,
    pub name: Option<&'static Name>,
    /// The flow before datagrams that did not fit.
    pub before: Option<Box<Measured>>,
}

/// A recognised flow.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub format: Format,
    pub how: How,
    /// How many datagrams in a row did not fit.
    pub failures: u8,
    /// The positions of its streams by their keys.
    pub streams: HashMap<u64, usize>,
    /// The evidence that the sender's clock agrees with this host's.
    pub clock: Clock,
    /// The stream of the last datagram.
    pub recent: Option<(u64, usize)>,
    /// The first datagrams of keys that have no stream yet.
    pub pending: Vec<Pending>,
}

/// The first datagram of a key.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub key: u64,
    pub number: u16,
    pub outline: Outline,
}

impl Measured {
    pub fn new(format: Format, how: How, clock: Clock) -> Self {
        let (streams, pending) = (HashMap::new(), Vec::new());
        Measured { format, how, failures: 0, streams, clock, recent: None, pending }
    }

    /// The position of the stream with a key.
    #[inline]
    pub fn position(&mut self, key: u64) -> Option<usize> {
        match self.recent {
            Some((recent, position)) if recent == key => return Some(position),
            _ => {}
        }
        let position = *self.streams.get(&key)?;
        self.recent = Some((key, position));
        Some(position)
    }

    /// The stream with a key continues at another position.
    pub fn set_position(&mut self, key: u64, position: usize) {
        self.streams.insert(key, position);
        self.recent = Some((key, position));
    }

    /// Opens a stream, if the limits allow it.
    pub fn open(
        &mut self,
        identity: Identity,
        detail: Detail,
        arrival: &Arrival,
        streams: &mut Streams,
    ) -> Option<usize> {
        let position = streams.open(identity, detail, arrival)?;
        self.set_position(identity.key, position);
        Some(position)
    }

    fn bytes(&self) -> usize {
        let pending: usize = self.pending.iter().map(|of| of.outline.memory()).sum();
        size_of::<Measured>() + self.streams.capacity() * 24 + pending
    }
}

impl Flow {
    pub(super) fn new(payload: &[u8], arrival: &Arrival, state: State) -> Self {
        Flow {
            key: FlowKey::new(arrival),
            zone: arrival.zone.map(str::to_owned),
            iface: arrival.iface.map(|(_, name)| name.to_owned()),
            meter: Meter::default(),
            sizes: (usize::MAX, 0),
            first_bytes: payload[..payload.len().min(SHOWN_BYTES)].into(),
            foreign: 0,
            unmeasured: 0,
            state,
            charged: 0,
        }
    }

    /// Opens the decision again. If the same format is recognised, its streams continue.
    pub(super) fn reopen(&mut self) {
        let mut undecided = Box::<Undecided>::default();
        let empty = State::Unknown(UnixTime::default());
        if let State::Measured(before) = std::mem::replace(&mut self.state, empty) {
            undecided.before = Some(before);
        }
        self.state = State::Undecided(undecided);
    }

    /// Counts a datagram, of whatever format.
    pub(super) fn note(&mut self, arrival: &Arrival) {
        self.meter.add(arrival.time, arrival.len);
        self.sizes = (self.sizes.0.min(arrival.len), self.sizes.1.max(arrival.len));
    }

    /// The measured format and how it is known.
    pub fn format(&self) -> Option<(Format, How)> {
        match &self.state {
            State::Measured(measured) => Some((measured.format, measured.how)),
            _ => None,
        }
    }

    /// Whether so many datagrams fit the measured format that its figures are those of the flow. A
    /// flow without numbers has none: sACN discovery, or Art-Net of a source that does not number.
    pub fn is_measured(&self) -> bool {
        let State::Measured(measured) = &self.state else { return false };
        let misfits = self.foreign.saturating_mul(MOST_MISFITS);
        let has_streams = measured.how == How::Asked || !measured.streams.is_empty();
        has_streams && misfits <= self.meter.datagrams
    }

    /// The positions of its streams.
    pub(super) fn streams(&self) -> impl Iterator<Item = usize> {
        let measured =
            if let State::Measured(measured) = &self.state { Some(measured) } else { None };
        measured.into_iter().flat_map(|measured| measured.streams.values().copied())
    }

    /// The name of a format that mcast does not measure.
    pub fn name(&self) -> Option<&'static Name> {
        match &self.state {
            State::Named(name) => Some(name),
            State::Undecided(undecided) => undecided.name,
            _ => None,
        }
    }

    /// The memory of the flow in bytes.
    pub(super) fn bytes(&self) -> usize {
        let state = match &self.state {
            State::Undecided(undecided) => {
                let outlines: usize = undecided.outlines.iter().map(Outline::memory).sum();
                size_of::<Undecided>()
                    + outlines
                    + undecided.before.as_ref().map_or(0, |of| of.bytes())
            }
            State::Measured(measured) => measured.bytes(),
            State::Unknown(_) | State::Named(_) => 0,
        };
        OVERHEAD + state
    }
}

/// The memory of a flow without its state: itself, its table entry, and the names of interfaces.
pub(super) const OVERHEAD: usize = size_of::<Flow>() + 192;

impl Undecided {
    /// Keeps a datagram. Returns whether no further one has a place.
    pub fn keep(&mut self, payload: &[u8], arrival: &Arrival, has_room: bool) -> bool {
        self.outlines.push(Outline::new(payload, arrival, has_room));
        self.outlines.len() >= MOST_OUTLINES
    }

    /// The state after too many datagrams without a decision at `now`.
    pub fn give_up(&self, now: UnixTime) -> State {
        match self.name {
            Some(name) => State::Named(name),
            None => State::Unknown(UnixTime::from_nanos(now.nanos().saturating_add(RETRY))),
        }
    }
}
