//! Collects facts while the group is joined: datagrams on the sockets, and frames on the
//! interfaces.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tracing::debug;

use super::path::Paths;
use super::pim::PimRouters;
use crate::diagnosis::facts::{Facts, FlowFacts, FrameFacts, Queries, SenderFacts};
use crate::iface::Interface;
use crate::net::wire::{Flaw, Query, What};
use crate::net::{self, Datagram, Frame, Inbox, ThrowawayJoin};
use crate::notice::interface::Role;
use crate::report::{Goal, Reporter};
use crate::stats::Meter;
use crate::sys::{Towards, Vlan};
use crate::target::Endpoint;
use crate::verdict::{RunError, Stop};

/// How often frames are read: the buffer of their socket holds more than 20 ms of traffic.
const FRAME_READ_INTERVAL: Duration = Duration::from_millis(20);

/// How long to read datagrams before frames have their turn, and the reverse: in a flood neither
/// ends.
const MAX_TURN: Duration = Duration::from_millis(5);

/// How long the unused group stays joined: its report leaves within about 16 ms, and a querier only
/// queries groups that were reported.
const THROWAWAY_JOIN_TIME: Duration = Duration::from_millis(150);

/// How long to listen after a measured stream has ended: end markers are sent over 80 ms, and the
/// addresses of a stream may end apart.
const STREAM_END_GRACE: Duration = Duration::from_millis(300);

/// Listens, and collects facts about the datagrams and frames that arrive.
pub struct Live {
    target: (IpAddr, u16),
    inbox: Option<Inbox>,
    frames: Option<net::Frames>,
    /// The last read left frames in the queue.
    behind: bool,
    throwaway_join: Option<(ThrowawayJoin, Instant)>,
    heard: BTreeMap<(Option<String>, SocketAddr), SenderFacts>,
    flows: BTreeMap<FlowKey, FlowFacts>,
    queries: BTreeMap<(String, IpAddr, u8), Queries>,
    others: BTreeMap<String, u64>,
    pim: PimRouters,
    paths: Option<Paths>,
    /// The datagrams of the target, for the progress.
    meter: Meter,
    listened: Duration,
    shows_progress: bool,
}

/// Identifies a flow: interface, sender, port, VLAN, whether its frames are addressed to another
/// host, and the flaw of their header.
type FlowKey = (String, IpAddr, Option<u16>, Option<Vlan>, bool, Option<Flaw>);

/// The most senders, flows and queriers that are remembered: an attacker can forge any number.
const MAX_ENTRIES: usize = 1000;

impl Live {
    /// Listens with these sockets, and to frames if that is permitted. `beside`: the sender also
    /// sends to addresses beside the group.
    pub fn new(facts: &Facts, inbox: Option<Inbox>, beside: bool, shows_progress: bool) -> Self {
        let frames =
            net::Frames::open().inspect_err(|error| debug!(%error, "cannot capture frames")).ok();
        Live {
            target: (facts.target.group, facts.target.port),
            inbox,
            frames,
            behind: false,
            throwaway_join: None,
            heard: BTreeMap::new(),
            flows: BTreeMap::new(),
            queries: BTreeMap::new(),
            others: BTreeMap::new(),
            pim: PimRouters::default(),
            paths: beside.then(|| Paths::new(facts.target.group)),
            meter: Meter::default(),
            listened: Duration::ZERO,
            shows_progress,
        }
    }

    /// Leaves the group.
    pub fn leave(&mut self) {
        self.inbox = None;
    }

    /// Whether frames are seen: it is permitted, and the system supports it.
    pub fn sees_frames(&self) -> bool {
        self.frames.is_some()
    }

    /// Makes a querier on the network send a query: joins an unused group, to leave it soon.
    pub fn expect_queries(&mut self, at: &Endpoint) {
        match ThrowawayJoin::join(at) {
            Ok(throwaway_join) => {
                self.throwaway_join = Some((throwaway_join, Instant::now() + THROWAWAY_JOIN_TIME))
            }
            Err(error) => debug!(%error, "cannot provoke a query"),
        }
    }

    /// Listens for a time. Returns the reason to stop.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn listen(
        &mut self,
        time: Duration,
        interfaces: &[Interface],
        reporter: &mut Reporter,
    ) -> Result<Stop, RunError> {
        let start = Instant::now();
        let end = start.checked_add(time);
        let mut ended: Option<Instant> = None;
        let goal = Goal { duration: Some(time), ..Goal::open(start) };
        let mut progress = reporter.progress(Some(goal).filter(|_| self.shows_progress), false);
        let stop = loop {
            let now = Instant::now();
            if let Some(signal) = reporter.signal() {
                break Stop::Interrupted(signal);
            }
            if end.is_some_and(|end| end <= now) {
                break Stop::Duration;
            }
            if self.throwaway_join.as_ref().is_some_and(|(_, until)| *until <= now) {
                self.throwaway_join = None;
            }
            if self.paths.as_ref().is_some_and(Paths::has_ended)
                && *ended.get_or_insert(now) + STREAM_END_GRACE <= now
            {
                break Stop::Once;
            }
            progress.draw(now, None, self.meter.datagrams, &self.meter);
            let read = if self.behind { now } else { now + FRAME_READ_INTERVAL };
            let until = end.map_or(read, |end| end.min(read));
            if self.wait(until, reporter)? {
                break Stop::ReaderGone;
            }
            self.read_datagrams(interfaces, reporter)?;
            self.read_frames(interfaces);
        };
        self.listened += start.elapsed();
        Ok(stop)
    }

    fn wait(&mut self, until: Instant, reporter: &Reporter) -> Result<bool, RunError> {
        let wake = reporter.wake();
        Ok(match &mut self.inbox {
            Some(inbox) => inbox.wait(wake, Instant::now(), Some(until))?,
            None => net::wait(wake, Some(until))?,
        })
    }

    fn read_datagrams(
        &mut self,
        interfaces: &[Interface],
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let Some(inbox) = &mut self.inbox else { return Ok(()) };
        let (target, heard, paths, meter) =
            (self.target, &mut self.heard, &mut self.paths, &mut self.meter);
        let enough = Instant::now() + MAX_TURN;
        loop {
            let mut count = 0;
            let flow = inbox.read(|datagram| {
                count += 1;
                if (datagram.endpoint.group, datagram.endpoint.port) == target {
                    meter.add(datagram.meta.time, datagram.payload.len());
                    note_sender(heard, interfaces, &datagram);
                }
                if let Some(paths) = paths {
                    paths.note(&datagram);
                }
                Ok::<_, RunError>(ControlFlow::<()>::Continue(()))
            })?;
            debug_assert!(flow.is_continue());
            if count == 0 || Instant::now() >= enough {
                break;
            }
            inbox.poll_ready(reporter.wake())?;
        }
        // Like a receiver, rejoin on an interface that comes back, and report the change.
        let events = inbox.follow()?;
        if !events.events.is_empty() || !events.failed.is_empty() {
            reporter.interface_events(events, Role::Receiver)?;
            reporter.flush()?;
        }
        Ok(())
    }

    fn read_frames(&mut self, interfaces: &[Interface]) {
        let Some(frames) = &mut self.frames else { return };
        let (target, flows, queries, others, pim) =
            (self.target.0, &mut self.flows, &mut self.queries, &mut self.others, &mut self.pim);
        let read = frames.read(Instant::now() + MAX_TURN, |frame| {
            let Some(iface) = interfaces.iter().find(|iface| iface.index == frame.ifindex) else {
                return;
            };
            let name = &iface.name;
            match (&frame.packet.what, frame.towards) {
                (_, Towards::Out) => {}
                (What::Query(query), Towards::Us) => {
                    note_query(queries, name, target, frame, query)
                }
                (What::PimHello(hello), Towards::Us)
                    if frame.packet.source.is_ipv4() == target.is_ipv4() =>
                {
                    pim.note(name, frame.packet.source, hello);
                }
                _ if frame.packet.destination == target => note_flow(flows, name, frame),
                // Membership reports are multicast too, but no data.
                (What::Udp { .. }, Towards::Us) => match others.get_mut(name) {
                    Some(count) => *count += 1,
                    None => drop(others.insert(name.clone(), 1)),
                },
                _ => {}
            }
        });
        match read {
            Ok(behind) => self.behind = behind,
            Err(error) => {
                debug!(%error, "cannot read frames any longer");
                (self.frames, self.behind) = (None, false);
            }
        }
    }

    /// Writes the collected facts into `facts`.
    pub fn write_to(&mut self, facts: &mut Facts) {
        facts.seconds = self.listened.as_secs_f64();
        facts.heard = self.heard.values().cloned().collect();
        facts.own_drops =
            self.inbox.as_ref().and_then(Inbox::discards).map(|discards| discards.drops.count);
        facts.frames = self.frames.as_mut().map(|frames| FrameFacts {
            flows: self.flows.values().cloned().collect(),
            queries: self.queries.values().cloned().collect(),
            others: self.others.clone(),
            pim_routers: self.pim.list(),
            missed: frames.dropped(),
        });
        facts.path = self.paths.as_ref().and_then(Paths::summary);
    }
}

/// Notes a query, if it is of the target's family.
fn note_query(
    queries: &mut BTreeMap<(String, IpAddr, u8), Queries>,
    iface: &str,
    target: IpAddr,
    frame: &Frame,
    query: &Query,
) {
    let (querier, version) = (frame.packet.source, query.version);
    if querier.is_ipv4() != target.is_ipv4() {
        return;
    }
    let key = (iface.to_owned(), querier, version);
    if queries.len() >= MAX_ENTRIES && !queries.contains_key(&key) {
        return;
    }
    let fresh = || Queries { iface: iface.to_owned(), querier, version, interval: None, count: 0 };
    let known = queries.entry(key).or_insert_with(fresh);
    known.count += 1;
    known.interval = query.interval.map(|interval| interval.as_secs()).or(known.interval);
}

fn note_sender(
    heard: &mut BTreeMap<(Option<String>, SocketAddr), SenderFacts>,
    interfaces: &[Interface],
    datagram: &Datagram,
) {
    let Datagram { payload, meta, iface, endpoint, .. } = datagram;
    // Facts use the names that interfaces had at the start. Each socket has joined on one
    // interface.
    let known = interfaces
        .iter()
        .find(|known| meta.ifindex == Some(known.index))
        .map(|known| known.name.as_str());
    let iface = known.or(*iface).or(Some(&endpoint.via.name)).map(str::to_owned);
    let key = (iface, meta.source);
    if heard.len() >= MAX_ENTRIES && !heard.contains_key(&key) {
        return;
    }
    let known = heard.entry(key.clone()).or_insert(SenderFacts {
        iface: key.0,
        source: meta.source,
        datagrams: 0,
        ttl: None,
        longest: 0,
    });
    known.datagrams += 1;
    known.ttl = known.ttl.into_iter().chain(meta.ttl).min();
    known.longest = known.longest.max(payload.len());
}

fn note_flow(flows: &mut BTreeMap<FlowKey, FlowFacts>, iface: &str, frame: &Frame) {
    let Frame { vlan, towards, len, packet, .. } = frame;
    let (port, unsummed) = match packet.what {
        What::Udp { port, summed, .. } => (Some(port), !summed),
        What::LaterFragment => (None, false),
        What::Other if packet.flaw.is_some() => (None, false),
        _ => return,
    };
    let others = *towards == Towards::Other;
    let key = (iface.to_owned(), packet.source, port, *vlan, others, packet.flaw);
    if flows.len() >= MAX_ENTRIES && !flows.contains_key(&key) {
        return;
    }
    let flow = flows.entry(key).or_insert_with(|| FlowFacts {
        iface: iface.to_owned(),
        source: packet.source,
        port,
        vlan: vlan.map(|vlan| vlan.id),
        provider_tag: vlan.is_some_and(|vlan| vlan.provider),
        inner_vlan: vlan.and_then(|vlan| vlan.inner),
        others,
        fragments: packet.fragment,
        unsummed,
        flaw: packet.flaw,
        frames: 0,
        ttl: packet.ttl,
        longest: 0,
    });
    flow.frames += 1;
    flow.fragments |= packet.fragment;
    flow.unsummed |= unsummed;
    flow.ttl = flow.ttl.min(packet.ttl);
    flow.longest = flow.longest.max(*len);
}
