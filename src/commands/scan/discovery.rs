//! Finds groups that the user did not name: in announcements, in membership reports, and in frames
//! on the wire.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::debug;

use super::sessions::{Announced, Sessions};
use crate::iface::{Cast, Family, Interface, Via};
use crate::net::wire::What;
use crate::net::{self, Frame, Inbox, NetError};
use crate::notice::interface::Role;
use crate::report::Reporter;
use crate::sys::Towards;
use crate::target::{Endpoint, Filter, Listen, MOST_TARGETS};
use crate::verdict::RunError;
use crate::{notice, plan};

/// How often frames are read: the buffer of their socket holds more than 20 ms of traffic.
const FRAME_READ_INTERVAL: Duration = Duration::from_millis(20);

/// How often announcements are read, which are few.
const READ_INTERVAL: Duration = Duration::from_millis(100);

/// How long to read frames before datagrams have their turn: in a flood neither ends.
const MAX_TURN: Duration = Duration::from_millis(5);

/// A group that is not announced, and a port. 0 stands for any port.
type Place = (IpAddr, u16, u32);

/// Finds groups that the user did not name.
pub struct Discovery<'a> {
    interfaces: &'a [Interface],
    announcements: Option<Inbox>,
    frames: Option<net::Frames>,
    due: Instant,
    known: HashSet<Place>,
    found: Vec<(Place, Arc<Filter>)>,
    /// The groups whose ports frames must show, with their filters; `None` if every group is of
    /// interest, announced ones too.
    wanted: Option<HashMap<(IpAddr, u32), Arc<Filter>>>,
    sessions: Sessions,
    vias: HashMap<(u32, Family), Arc<Via>>,
}

impl<'a> Discovery<'a> {
    /// Joins the groups of announcements. With `plan.sees_frames`, it captures frames, too.
    pub fn open(plan: &'a plan::Scan, reporter: &mut Reporter) -> Result<Self, RunError> {
        let opened = match plan.announcements.as_slice() {
            [] => None,
            listens => Some(Inbox::open(listens, None, plan.backend)),
        };
        let announcements = match opened.transpose() {
            Ok(inbox) => inbox,
            Err(error) => {
                reporter.warn(&notice::scan::no_announcements(&error))?;
                None
            }
        };
        let frames = plan.wants_frames().then(net::Frames::open).transpose();
        let frames = frames.inspect_err(|error| debug!(%error, "cannot capture frames"));
        Ok(Discovery {
            interfaces: &plan.interfaces,
            announcements,
            frames: frames.ok().flatten(),
            due: Instant::now(),
            known: HashSet::new(),
            found: Vec::new(),
            wanted: plan.discover.is_none().then(|| plan.without_port()),
            sessions: Sessions::default(),
            vias: HashMap::new(),
        })
    }

    /// Whether frames are seen: it is permitted, and the system supports it.
    pub fn sees_frames(&self) -> bool {
        self.frames.is_some()
    }

    /// Waits for announcements until `until`, or until [`Discovery::poll`] is due. Returns whether
    /// the reader of the output is gone.
    pub fn wait(
        &mut self,
        now: Instant,
        until: Option<Instant>,
        reporter: &Reporter,
    ) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.due()).min();
        match &mut self.announcements {
            Some(inbox) => inbox.wait(reporter.wake(), now, until),
            None => net::wait(reporter.wake(), until),
        }
    }

    /// When [`Discovery::poll`] is due again.
    pub fn due(&self) -> Option<Instant> {
        let reads = self.announcements.is_some() || self.frames.is_some();
        reads.then_some(self.due)
    }

    /// Reads the announcements and frames that have arrived, if that is due.
    pub fn poll(&mut self, now: Instant, reporter: &mut Reporter) -> Result<(), RunError> {
        if now < self.due {
            return Ok(());
        }
        if let Some(inbox) = &mut self.announcements {
            inbox.poll_ready(reporter.wake())?;
            let (sessions, known, found) = (&mut self.sessions, &mut self.known, &mut self.found);
            let adds = self.wanted.is_none();
            let flow = inbox.read(|datagram| {
                let ifindex = datagram.endpoint.via.index;
                for Announced { group, port, filter } in sessions.read(datagram.payload) {
                    if adds && known.insert((group, port, ifindex)) {
                        found.push(((group, port, ifindex), filter));
                    }
                }
                Ok::<_, RunError>(ControlFlow::<()>::Continue(()))
            })?;
            debug_assert!(flow.is_continue());
            reporter.interface_events(inbox.follow()?, Role::Receiver)?;
        }
        let behind = self.read_frames();
        let interval = if self.frames.is_some() { FRAME_READ_INTERVAL } else { READ_INTERVAL };
        self.due = if behind { now } else { now + interval };
        Ok(())
    }

    /// Reads frames. Returns whether more are waiting.
    fn read_frames(&mut self) -> bool {
        let Some(frames) = &mut self.frames else { return false };
        let (interfaces, known, found) = (self.interfaces, &mut self.known, &mut self.found);
        let (wanted, any) = (&self.wanted, Arc::new(Filter::Any));
        let read = frames.read(Instant::now() + MAX_TURN, |frame| {
            if !interfaces.iter().any(|iface| iface.index == frame.ifindex) {
                return;
            }
            for place in places(frame) {
                let filter = match wanted {
                    Some(wanted) => wanted.get(&(place.0, place.2)),
                    None => Some(&any),
                };
                let Some(filter) = filter else { continue };
                if (known.len() as u64) < MOST_TARGETS && known.insert(place) {
                    found.push((place, Arc::clone(filter)));
                }
            }
        });
        read.unwrap_or_else(|error| {
            debug!(%error, "cannot read frames any longer");
            self.frames = None;
            false
        })
    }

    /// The targets that were found since the last call.
    pub fn take(&mut self) -> Vec<Listen> {
        let found = std::mem::take(&mut self.found);
        let known = &self.known;
        // The port of a reported group may have been seen meanwhile.
        let is_needed = |place: &Place| {
            let (group, port, ifindex) = *place;
            port != 0 || !known.iter().any(|of| of.0 == group && of.1 != 0 && of.2 == ifindex)
        };
        let found: Vec<_> = found.into_iter().filter(|(place, _)| is_needed(place)).collect();
        found
            .into_iter()
            .filter_map(|((group, port, ifindex), filter)| {
                let via = self.via(group, ifindex)?;
                Some(Listen { at: Endpoint { group, port, cast: Cast::Multicast, via }, filter })
            })
            .collect()
    }

    /// The announced sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn via(&mut self, group: IpAddr, ifindex: u32) -> Option<Arc<Via>> {
        let iface = self.interfaces.iter().find(|iface| iface.index == ifindex)?;
        let new = || Arc::new(Via::of(iface, group, None, false));
        Some(Arc::clone(self.vias.entry((ifindex, Family::of(group))).or_insert_with(new)))
    }
}

/// The groups and ports that a frame shows.
fn places(frame: &Frame) -> Vec<Place> {
    let Frame { ifindex, towards, packet, .. } = frame;
    match &packet.what {
        What::Udp { port, .. } if packet.destination.is_multicast() => {
            vec![(packet.destination, *port, *ifindex)]
        }
        // This host reports the groups that mcast has joined itself.
        What::Report { groups, .. } if *towards != Towards::Out => {
            let reported = groups.iter().filter(|group| may_have_data(**group));
            reported.map(|group| (*group, 0, *ifindex)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a reported group may carry datagrams. Each host reports groups of the link, which network
/// protocols use.
fn may_have_data(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(group) => group.is_multicast() && group.octets()[..3] != [224, 0, 0],
        // Solicited-node groups (RFC 4291, 2.7.1), and scopes up to the link.
        IpAddr::V6(group) => group.is_multicast() && group.segments()[0] & 0xf > 2,
    }
}
