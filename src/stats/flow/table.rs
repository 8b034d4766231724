//! All flows that mcast did not send: recognised, and handed to their streams.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;

use super::control::Control;
use super::outline::Outline;
use super::reader::read;
use super::reading::Reading;
use super::recogniser::by_magic;
use super::record::{Flow, FlowKey, Measured, OVERHEAD, State, Undecided};
use super::settings::Settings;
use crate::format::kind::{Choice, Format, How};
use crate::format::{names, rtcp, sap};
use crate::stats::rtp::Sessions;
use crate::stats::stream::{Arrival, Budget, Clock, Streams};
use crate::units::UnixTime;

/// After this number of datagrams in a row that do not fit, the format is open again.
const MOST_FAILURES: u8 = 8;

/// The memory limit of all flows, without their streams, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// The minimum of the flow limit; a receiver of more targets has a higher limit.
const FEWEST_FLOWS: usize = 4096;

/// All flows.
#[derive(Clone, Debug)]
pub struct Flows {
    flows: Vec<Flow>,
    positions: HashMap<FlowKey, usize>,
    recent: Option<(FlowKey, Option<NonZeroU64>, usize)>,
    budget: Budget,
    settings: Settings,
    control: Control,
    /// Datagrams of flows beyond the limits.
    pub untracked: u64,
    /// Datagrams that do not fit the format that the user named.
    pub corrupt: u64,
}

/// What mcast read from a datagram of another sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The format, once it is known.
    pub format: Option<Format>,
    /// The number, as the sender counts.
    pub number: Option<u64>,
    /// The delay in ns, if the clocks agree.
    pub delay: Option<i64>,
    /// The datagram does not fit the format that the user named.
    pub corrupt: bool,
}

impl Flows {
    /// An empty table for a receiver of `listens` targets.
    pub fn new(listens: usize, settings: Settings) -> Self {
        let most = FEWEST_FLOWS.max(listens.saturating_mul(4));
        Flows {
            flows: Vec::new(),
            positions: HashMap::new(),
            recent: None,
            budget: Budget::with_bytes(most, MOST_BYTES),
            settings,
            control: Control::default(),
            untracked: 0,
            corrupt: 0,
        }
    }

    /// The flows, in the order of their first arrivals.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Flow> {
        self.flows.iter()
    }

    /// Whether mcast follows flows: the user may want no formats.
    pub fn are_followed(&self) -> bool {
        self.settings.choice != Choice::None
    }

    /// The positions of the streams whose flows have too many datagrams of other formats.
    pub fn unmeasured_streams(&self) -> HashSet<usize> {
        let unfit = self.flows.iter().filter(|flow| !flow.is_measured());
        unfit.flat_map(Flow::streams).collect()
    }

    /// Datagrams of measured flows that are in no stream: they do not fit the format, or arrived long
    /// before it was recognised.
    pub fn foreign(&self) -> u64 {
        let measured = self.flows.iter().filter(|flow| flow.is_measured());
        measured.map(|flow| flow.foreign + flow.unmeasured).sum()
    }

    /// The memory in bytes, without that of the streams.
    pub fn bytes(&self) -> usize {
        self.budget.bytes()
    }

    /// Adds a datagram that is no probe.
    pub fn take(&mut self, payload: &[u8], arrival: &Arrival, streams: &mut Streams) -> Seen {
        if !self.are_followed() {
            return Seen::default();
        }
        let Some(position) = self.position(payload, arrival) else {
            self.untracked += 1;
            return Seen::default();
        };
        self.flows[position].note(arrival);
        self.describe(payload, arrival, streams);
        let flow = &mut self.flows[position];
        let seen = match &flow.state {
            State::Measured(_) => self.measure(position, payload, arrival, streams),
            State::Named(_) => Seen::default(),
            State::Unknown(again) if arrival.time < *again => {
                flow.unmeasured += 1;
                Seen::default()
            }
            State::Unknown(_) => {
                flow.state = State::Undecided(Box::default());
                self.decide(position, payload, arrival, streams)
            }
            State::Undecided(_) => self.decide(position, payload, arrival, streams),
        };
        self.charge(position);
        seen
    }

    /// Adds a datagram that may describe streams: RTCP, or an announcement of sessions.
    #[inline]
    pub fn describe(&mut self, payload: &[u8], arrival: &Arrival, streams: &mut Streams) {
        if let Some(rtcp) = rtcp::read(payload) {
            self.control.report(rtcp, arrival, &self.flows, streams);
        } else if arrival.port == sap::PORT {
            self.control.announce(payload, arrival.time, &self.flows, streams);
        }
    }

    /// The announced sessions.
    pub fn sessions(&self) -> &Sessions {
        self.control.sessions()
    }

    /// Brings the streams up to date before a report on them: the labels, and the losses that
    /// senders have reported.
    pub fn settle(&mut self, now: UnixTime, streams: &mut Streams) {
        self.control.relabel(now, &self.flows, streams);
        streams.settle_reports(now);
    }

    /// Notes that an interface was recreated: its flows continue with the new index and name.
    pub fn moved(&mut self, before: u32, (now, name): (u32, &str)) {
        self.recent = None;
        for (position, flow) in self.flows.iter_mut().enumerate() {
            if flow.key.ifindex != before {
                continue;
            }
            let key = FlowKey { ifindex: now, ..flow.key };
            if self.positions.contains_key(&key) {
                continue;
            }
            self.positions.remove(&flow.key);
            self.positions.insert(key, position);
            (flow.key, flow.iface) = (key, Some(name.to_owned()));
            flow.zone = flow.zone.take().map(|_| name.to_owned());
        }
        self.control.rebuild(&self.flows);
    }

    /// The position of the flow of a datagram, which is created if the limits allow it.
    fn position(&mut self, payload: &[u8], arrival: &Arrival) -> Option<usize> {
        match self.recent {
            Some((_, origin @ Some(_), position)) if origin == arrival.origin => {
                return Some(position);
            }
            _ => {}
        }
        let key = FlowKey::new(arrival);
        let known = self.recent.filter(|(recent, ..)| *recent == key).map(|(.., of)| of);
        let position = match known.or_else(|| self.positions.get(&key).copied()) {
            Some(position) => position,
            None => self.add(key, payload, arrival)?,
        };
        self.recent = Some((key, arrival.origin, position));
        Some(position)
    }

    fn add(&mut self, key: FlowKey, payload: &[u8], arrival: &Arrival) -> Option<usize> {
        if !self.budget.add(key.source.ip(), OVERHEAD) {
            return None;
        }
        let state = match self.settings.choice.only() {
            Some(format) => {
                let clock = self.clock(arrival);
                State::Measured(Box::new(Measured::new(format, How::Asked, clock)))
            }
            None => State::Undecided(Box::default()),
        };
        let position = self.flows.len();
        self.flows.push(Flow::new(payload, arrival, state));
        self.positions.insert(key, position);
        Some(position)
    }

    /// Charges the current memory of a flow.
    fn charge(&mut self, position: usize) {
        let flow = &mut self.flows[position];
        // The state of a measured flow changes only with a new stream.
        let bytes = flow.bytes();
        if bytes != flow.charged {
            self.budget.charge(flow.key.source.ip(), flow.charged, bytes);
            flow.charged = bytes;
        }
    }

    /// Adds a datagram of a flow without a decision.
    fn decide(
        &mut self,
        position: usize,
        payload: &[u8],
        arrival: &Arrival,
        streams: &mut Streams,
    ) -> Seen {
        let has_room = self.budget.has_room();
        let clock = self.clock(arrival);
        let flow = &mut self.flows[position];
        let State::Undecided(undecided) = &mut flow.state else { return Seen::default() };
        let Undecided { recogniser, outlines, name, before } = &mut **undecided;
        let Some((format, how)) = recogniser.add(payload, arrival.time) else {
            let (group, port) = (arrival.group, arrival.port);
            *name = name.or_else(|| names::by_content_at(payload, group, port));
            if undecided.keep(payload, arrival, has_room) {
                flow.unmeasured += undecided.outlines.len() as u64;
                flow.state = undecided.give_up(arrival.time);
            }
            return Seen::default();
        };
        let outlines: Vec<Outline> = std::mem::take(outlines);
        let measured = match before.take() {
            Some(before) if before.format == format => before,
            _ => Box::new(Measured::new(format, how, clock)),
        };
        flow.state = State::Measured(measured);
        for outline in &outlines {
            self.measure(position, &outline.bytes, &outline.arrival(arrival), streams);
        }
        self.measure(position, payload, arrival, streams)
    }

    /// Adds a datagram of a recognised flow.
    fn measure(
        &mut self,
        position: usize,
        payload: &[u8],
        arrival: &Arrival,
        streams: &mut Streams,
    ) -> Seen {
        let flow = &mut self.flows[position];
        let State::Measured(measured) = &mut flow.state else { return Seen::default() };
        let (format, how) = (measured.format, measured.how);
        let known = measured.streams.len();
        let reading = read(measured, payload, arrival, &self.settings, streams);
        let is_new = format == Format::Rtp && measured.streams.len() > known;
        if let Some((ssrc, _)) = measured.recent.filter(|_| is_new) {
            self.control.add(position, &self.flows[position], ssrc, streams);
        }
        let flow = &mut self.flows[position];
        let State::Measured(measured) = &mut flow.state else { return Seen::default() };
        match reading {
            Reading::Fits { number, delay } => {
                measured.failures = 0;
                Seen { format: Some(format), number, delay, corrupt: false }
            }
            Reading::Untracked => {
                self.untracked += 1;
                Seen { format: Some(format), ..Seen::default() }
            }
            Reading::Fails if how == How::Asked => {
                self.corrupt += 1;
                Seen { format: Some(format), corrupt: true, ..Seen::default() }
            }
            Reading::Fails => {
                flow.foreign += 1;
                measured.failures += 1;
                if measured.failures >= MOST_FAILURES || by_magic(payload).is_some() {
                    measured.failures = 0;
                    flow.reopen();
                    flow.foreign -= 1;
                    return self.decide(position, payload, arrival, streams);
                }
                Seen::default()
            }
        }
    }

    /// The evidence that the sender's clock agrees with this host's.
    fn clock(&self, arrival: &Arrival) -> Clock {
        if self.settings.local.contains(&arrival.source.ip()) {
            Clock::SameHost
        } else if self.settings.trust_clock {
            Clock::Asserted
        } else {
            Clock::Unknown
        }
    }
}

#[cfg(test)]
mod tests;
