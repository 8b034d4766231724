//! What comes while the group is joined: datagrams through the sockets, and frames beside them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tracing::debug;

use super::path::Paths;
use crate::diagnosis::facts::{Facts, FlowFacts, FrameFacts, Queries, SenderFacts};
use crate::iface::Interface;
use crate::net::wire::{Query, What};
use crate::net::{self, Datagram, Frame, Inbox, ThrowawayJoin};
use crate::report::{Goal, Reporter};
use crate::stats::Meter;
use crate::sys::{Interrupt, Towards};
use crate::target::Endpoint;
use crate::verdict::{RunError, Stop};

/// How often frames are looked at: their socket's buffer holds more than what comes meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// How long is read of one kind, datagrams or frames, before the other has its turn: in a flood
/// neither ends.
const TURN: Duration = Duration::from_millis(5);

/// How long an unused group stays joined: its report leaves within some 16 ms, and a querier only
/// asks for what was reported.
const DECOY: Duration = Duration::from_millis(150);

/// How long is gone on once every measured stream has ended: ends are sent for 80 ms.
const STRAGGLERS: Duration = Duration::from_millis(300);

/// Who listens.
pub struct Live {
    target: (IpAddr, u16),
    inbox: Option<Inbox>,
    frames: Option<net::Frames>,
    /// More frames wait than there was time for.
    behind: bool,
    decoy: Option<(ThrowawayJoin, Instant)>,
    heard: BTreeMap<(Option<String>, SocketAddr), SenderFacts>,
    flows: BTreeMap<FlowKey, FlowFacts>,
    queries: BTreeMap<(String, IpAddr, u8), Queries>,
    others: BTreeMap<String, u64>,
    paths: Option<Paths>,
    /// What came of the target, for the progress.
    meter: Meter,
    listened: Duration,
}

/// What tells flows apart: interface, sender, port, VLAN, and whether the kernel takes them for
/// somebody else's.
type FlowKey = (String, IpAddr, Option<u16>, Option<u16>, bool);

/// More senders than these are not told apart: somebody scans, or forges.
const MOST: usize = 1000;

impl Live {
    /// Listens with these sockets, and to frames where that is permitted. `beside`: a sender is
    /// waited for, that sends to other addresses too.
    pub fn new(facts: &Facts, inbox: Option<Inbox>, beside: bool) -> Self {
        let frames =
            net::Frames::open().inspect_err(|error| debug!(%error, "frames are not seen")).ok();
        Live {
            target: (facts.target.group, facts.target.port),
            inbox,
            frames,
            behind: false,
            decoy: None,
            heard: BTreeMap::new(),
            flows: BTreeMap::new(),
            queries: BTreeMap::new(),
            others: BTreeMap::new(),
            paths: beside.then(|| Paths::new(facts.target.group)),
            meter: Meter::default(),
            listened: Duration::ZERO,
        }
    }

    /// Whether frames are seen: that is permitted, and the system can do it.
    pub fn sees_frames(&self) -> bool {
        self.frames.is_some()
    }

    /// Makes a querier ask, where there is one: soon a group is left that nobody else uses.
    pub fn expect_queries(&mut self, at: &Endpoint) {
        match ThrowawayJoin::join(at) {
            Ok(decoy) => self.decoy = Some((decoy, Instant::now() + DECOY)),
            Err(error) => debug!(%error, "no querier is made to ask"),
        }
    }

    /// Listens for a time. Answers why it stopped.
    ///
    /// # Errors
    /// What the system refused.
    pub fn listen(
        &mut self,
        time: Duration,
        interfaces: &[Interface],
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Stop, RunError> {
        let start = Instant::now();
        let end = start.checked_add(time);
        let mut ended: Option<Instant> = None;
        let mut progress =
            reporter.progress(Some(Goal { duration: Some(time), ..Goal::open(start) }), false);
        let stop = loop {
            let now = Instant::now();
            if let Some(signal) = interrupt.signal() {
                break Stop::Interrupted(signal);
            }
            if end.is_some_and(|end| end <= now) {
                break Stop::Duration;
            }
            if self.decoy.as_ref().is_some_and(|(_, until)| *until <= now) {
                self.decoy = None;
            }
            if self.paths.as_ref().is_some_and(Paths::has_ended)
                && *ended.get_or_insert(now) + STRAGGLERS <= now
            {
                break Stop::Once;
            }
            progress.draw(now, None, self.meter.datagrams, &self.meter);
            let look = if self.behind { now } else { now + LOOK };
            let until = end.map_or(look, |end| end.min(look));
            if self.wait(until, reporter, interrupt)? {
                break Stop::ReaderGone;
            }
            self.read_datagrams(interfaces, reporter, interrupt)?;
            self.read_frames(interfaces);
        };
        self.listened += start.elapsed();
        Ok(stop)
    }

    fn wait(
        &mut self,
        until: Instant,
        reporter: &Reporter,
        interrupt: &Interrupt,
    ) -> Result<bool, RunError> {
        let wake = reporter.wake(interrupt);
        Ok(match &mut self.inbox {
            Some(inbox) => inbox.wait(wake, Some(until))?,
            None => net::wait(wake, Some(until))?,
        })
    }

    fn read_datagrams(
        &mut self,
        interfaces: &[Interface],
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<(), RunError> {
        let Some(inbox) = &mut self.inbox else { return Ok(()) };
        let (target, heard, paths, meter) =
            (self.target, &mut self.heard, &mut self.paths, &mut self.meter);
        let enough = Instant::now() + TURN;
        loop {
            let mut count = 0;
            let flow = inbox.read(|datagram| {
                count += 1;
                if (datagram.endpoint.group, datagram.endpoint.port) == target {
                    meter.add(datagram.meta.time, datagram.payload.len());
                    note_heard(heard, interfaces, &datagram);
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
            inbox.poll_ready(reporter.wake(interrupt))?;
        }
        // An interface that comes back is joined again, as a receiver would; that it went is worth
        // knowing.
        let events = inbox.follow()?;
        if !events.events.is_empty() || !events.failed.is_empty() {
            reporter.interface_events(events)?;
            reporter.flush()?;
        }
        Ok(())
    }

    fn read_frames(&mut self, interfaces: &[Interface]) {
        let Some(frames) = &mut self.frames else { return };
        let (target, flows, queries, others) =
            (self.target.0, &mut self.flows, &mut self.queries, &mut self.others);
        let read = frames.read(Instant::now() + TURN, |frame| {
            let Some(iface) = interfaces.iter().find(|iface| iface.index == frame.ifindex) else {
                return;
            };
            let name = &iface.name;
            match (&frame.packet.what, frame.towards) {
                (_, Towards::Out) => {}
                (What::Query(query), Towards::Us) => {
                    note_query(queries, name, target, frame, query)
                }
                _ if frame.packet.destination == target => note_flow(flows, name, frame),
                // Reports of membership are multicast as well, and no data.
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
                debug!(%error, "frames are seen no longer");
                (self.frames, self.behind) = (None, false);
            }
        }
    }

    /// Writes what came into `facts`.
    pub fn write_to(&mut self, facts: &mut Facts) {
        facts.seconds = self.listened.as_secs_f64();
        facts.heard = self.heard.values().cloned().collect();
        facts.own_drops =
            self.inbox.as_ref().and_then(Inbox::kernel_drops).map(|drops| drops.count);
        facts.frames = self.frames.as_mut().map(|frames| FrameFacts {
            flows: self.flows.values().cloned().collect(),
            queries: self.queries.values().cloned().collect(),
            others: self.others.clone(),
            missed: frames.dropped(),
        });
        facts.path = self.paths.as_ref().and_then(Paths::summary);
    }
}

/// Takes note of a query, if it is one for members of groups of the target's family.
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
    if queries.len() >= MOST && !queries.contains_key(&key) {
        return;
    }
    let fresh = || Queries { iface: iface.to_owned(), querier, version, interval: None, count: 0 };
    let known = queries.entry(key).or_insert_with(fresh);
    known.count += 1;
    known.interval = query.interval.map(|interval| interval.as_secs()).or(known.interval);
}

fn note_heard(
    heard: &mut BTreeMap<(Option<String>, SocketAddr), SenderFacts>,
    interfaces: &[Interface],
    datagram: &Datagram,
) {
    let Datagram { payload, meta, iface, endpoint, .. } = datagram;
    // An interface keeps the name that it had in the beginning; and each socket has joined on one.
    let known = interfaces
        .iter()
        .find(|known| meta.ifindex == Some(known.index))
        .map(|known| known.name.as_str());
    let iface = known.or(*iface).or(Some(&endpoint.via.name)).map(str::to_owned);
    let key = (iface, meta.source);
    if heard.len() >= MOST && !heard.contains_key(&key) {
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
        _ => return,
    };
    let others = *towards == Towards::Other;
    let key = (iface.to_owned(), packet.source, port, *vlan, others);
    if flows.len() >= MOST && !flows.contains_key(&key) {
        return;
    }
    let flow = flows.entry(key).or_insert_with(|| FlowFacts {
        iface: iface.to_owned(),
        source: packet.source,
        port,
        vlan: *vlan,
        others,
        fragments: packet.fragment,
        unsummed,
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
