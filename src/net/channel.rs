//! One receiving socket, with what it has joined.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;

use tracing::debug;

use super::membership::Membership;
use super::receive_buffer::ReceiveBuffers;
use super::socket::{self, Receiver};
use super::watch::{Failures, Rejoined, Watch, note_failure, note_joined};
use super::{KernelDrops, NetError, Rcvbuf};
use crate::host::Groups;
use crate::iface::{Cast, Change, Family, Joined, Presence};
use crate::sys;
use crate::sys::{Backend, Batching, Meta};
use crate::target::{Endpoint, Listen, is_link_scoped};
use crate::units::UnixTime;

/// A socket bound to one group, or one for several groups of a port, which it separates itself.
pub(super) struct Channel {
    pub socket: Rc<UdpSocket>,
    joins: Joins,
    /// The socket is bound to an interface that is gone: a rejoin needs another socket.
    stale: bool,
    /// The drops of earlier sockets.
    dropped_before: KernelDrops,
    trains: Trains,
    /// Whether a receive may sleep; `None` until the first query.
    sleeps: Option<bool>,
    /// All datagrams were sent to the one group and arrived on its interface: the kernel need not
    /// report it.
    arrives_where_joined: bool,
    /// The socket was read since the last [`Channel::take_dropped`].
    pub was_read: bool,
    /// The drop counter at that time.
    known_drops: u32,
}

/// The state of receiving trains as one buffer (UDP_GRO).
///
/// It is switched on at the first train. From then on the kernel counts a dropped train as one, and
/// its counter is a lower bound. Before, it splits a train first and counts each datagram.
#[derive(Clone, Copy, Debug)]
enum Trains {
    /// Off: not requested, or refused by the kernel.
    Never,
    /// Trains arrive split. Holds the kernel timestamp of the last datagram: all datagrams of a
    /// train have the same one, to the nanosecond.
    Watched(Option<UnixTime>),
    /// Trains arrive whole. Holds the drop counter before the change, which is exact.
    Taken { exactly: Option<u32> },
}

impl Trains {
    fn new(socket: &UdpSocket, backend: Backend) -> Self {
        match backend {
            Backend::Native(Batching { offload: true, .. }) if cfg!(target_os = "linux") => {
                Trains::Watched(None)
            }
            // Windows counts no drops that a change could make inexact.
            Backend::Native(Batching { offload: true, coalesce: true, .. }) if cfg!(windows) => {
                Trains::take(socket)
            }
            _ => Trains::Never,
        }
    }

    /// Requests whole trains.
    fn take(socket: &UdpSocket) -> Self {
        // Read before the change: a later drop may be a train.
        let exactly = sys::dropped(socket);
        match sys::take_trains(socket) {
            Ok(()) => Trains::Taken { exactly },
            Err(error) => {
                debug!(%error, "cannot receive trains; they arrive as single datagrams");
                Trains::Never
            }
        }
    }

    /// Whether the kernel's drop counter is exact.
    fn count_exactly(self, dropped: u32) -> bool {
        match self {
            Trains::Taken { exactly } => dropped == exactly.unwrap_or(0),
            Trains::Watched(_) | Trains::Never => true,
        }
    }
}

/// The change of a socket's drop counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DropsChange {
    /// None, or the socket was not read.
    None,
    /// The socket dropped datagrams.
    Some,
    /// The socket was read, and the system does not count its drops.
    Uncounted,
}

/// The facts after a change of interfaces.
pub(super) struct InterfaceChanges<'a> {
    /// The changes, each with its family.
    pub changes: &'a [(Change, Family)],
    /// The interfaces that lost a protocol.
    pub died: &'a [(u32, Family)],
    /// The memberships of this host, read twice; empty if nothing is doubtful.
    pub groups: &'a [Groups; 2],
}

/// The input and the results of a rejoin over all sockets.
pub(super) struct Rejoining<'a> {
    pub watch: &'a Watch,
    pub buffers: &'a ReceiveBuffers,
    pub backend: Backend,
    /// The active endpoints: two followed interfaces may have become one.
    pub taken: HashSet<(IpAddr, u16, u32)>,
    /// The number of joined groups, by interface.
    pub joined: Vec<Rejoined>,
    /// The failed joins: each kind of error once, with the number of similar ones.
    pub failed: Failures,
}

enum Joins {
    One(Membership),
    Many { memberships: Vec<Membership>, by_group: HashMap<(IpAddr, u32), usize> },
}

impl Channel {
    /// Opens a socket for one endpoint and joins it.
    pub fn open(
        listen: &Listen,
        buffers: &ReceiveBuffers,
        backend: Backend,
    ) -> Result<(Self, Rcvbuf), NetError> {
        let Receiver { socket, arrives_where_joined, rcvbuf } =
            socket::receiver(&listen.at, false, buffers, backend)?;
        let socket = Rc::new(socket);
        let joins = Joins::One(Membership::join(&socket, listen)?);
        Ok((Channel::new(socket, joins, arrives_where_joined, backend), rcvbuf))
    }

    /// Opens a socket for several groups of one port and family. Joins as many as the system allows
    /// and returns their number, which is at least one.
    pub fn open_shared(
        listens: &[&Listen],
        buffers: &ReceiveBuffers,
        backend: Backend,
    ) -> Result<(Self, Rcvbuf, usize), NetError> {
        let Receiver { socket, rcvbuf, .. } =
            socket::receiver(&listens[0].at, true, buffers, backend)?;
        let socket = Rc::new(socket);
        let mut memberships = Vec::with_capacity(listens.len());
        for listen in listens {
            match Membership::join(&socket, listen) {
                Ok(membership) => memberships.push(membership),
                Err(error) if error.is_full() && !memberships.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let joined = memberships.len();
        let joins = Joins::Many { by_group: by_group(&memberships), memberships };
        Ok((Channel::new(socket, joins, false, backend), rcvbuf, joined))
    }

    fn new(
        socket: Rc<UdpSocket>,
        joins: Joins,
        arrives_where_joined: bool,
        backend: Backend,
    ) -> Self {
        Channel {
            trains: Trains::new(&socket, backend),
            socket,
            joins,
            stale: false,
            dropped_before: KernelDrops::default(),
            sleeps: None,
            arrives_where_joined,
            was_read: false,
            known_drops: 0,
        }
    }

    /// Notes the kernel timestamp of a datagram, and requests whole trains after the first train.
    /// Returns whether trains arrive whole from now on.
    pub fn note_time(&mut self, time: UnixTime) -> bool {
        let Trains::Watched(last) = &mut self.trains else { return false };
        if last.replace(time) != Some(time) {
            return false;
        }
        self.trains = Trains::take(&self.socket);
        matches!(self.trains, Trains::Taken { .. })
    }

    /// The position of a datagram's membership; `None` if it belongs to none. Datagrams can pass
    /// the kernel's filters: the IPv6 filter ignores the interface, a socket not bound to a group
    /// also receives unicast to its port, and an excluded source passes between the join and its
    /// exclusion.
    pub fn position(&self, meta: &Meta) -> Option<usize> {
        let position = match &self.joins {
            Joins::One(membership) => {
                let at = &membership.listen().at;
                let addressed = at.group.is_unspecified()
                    || meta.destination.is_none_or(|destination| destination == at.group);
                let arrived = !at.minds_interface()
                    || meta.ifindex.is_none_or(|ifindex| is_reported_for(ifindex, at.via.index));
                (addressed && arrived).then_some(0)
            }
            Joins::Many { by_group, .. } => {
                by_group.get(&(meta.destination?, meta.ifindex?)).copied()
            }
        }?;
        let membership = self.memberships().get(position)?;
        (membership.is_active() && membership.listen().filter.admits(meta.source.ip()))
            .then_some(position)
    }

    /// The endpoint of the membership at `position`.
    pub fn endpoint(&self, position: usize) -> &Endpoint {
        &self.memberships()[position].listen().at
    }

    /// Fills in the destination and interface implied by the binding.
    pub fn complete(&self, meta: &mut Meta) {
        if let (true, Joins::One(membership)) = (self.arrives_where_joined, &self.joins) {
            let at = &membership.listen().at;
            (meta.destination, meta.ifindex) = (Some(at.group), Some(at.via.index));
        }
    }

    /// Whether a receive may sleep until a datagram arrives, at most [`sys::LONGEST_SLEEP`].
    pub fn may_sleep(&mut self) -> bool {
        *self.sleeps.get_or_insert_with(|| {
            let prepared = self
                .socket
                .set_read_timeout(Some(sys::LONGEST_SLEEP))
                .and_then(|()| self.socket.set_nonblocking(false));
            prepared.inspect_err(|error| debug!(%error, "cannot enable blocking receives")).is_ok()
        })
    }

    /// One of the memberships, as the name of the socket.
    pub fn first(&self) -> &Listen {
        self.memberships()[0].listen()
    }

    /// Notes the changes in reverse order and drops stale memberships. Returns the number of
    /// inactive ones.
    pub fn note(&mut self, changes: &InterfaceChanges) -> usize {
        let mut inactive = 0;
        // Only a socket of one group is bound to it.
        let is_bound = matches!(self.joins, Joins::One(_));
        let memberships = match &mut self.joins {
            Joins::One(membership) => std::slice::from_mut(membership),
            Joins::Many { memberships, .. } => memberships.as_mut_slice(),
        };
        for membership in memberships.iter_mut().rev() {
            let at = &membership.listen().at;
            let concerns = |(change, family): &&(Change, Family)| {
                Arc::ptr_eq(&at.via, &change.old) && Family::of(at.group) == *family
            };
            let change = changes.changes.iter().find(concerns).map(|(change, _)| change);
            if let Some(change) = change {
                // A socket stays bound to a deleted interface, or to another VRF.
                let moved = change.old.vrf() != change.new.vrf();
                if is_bound && moved {
                    self.stale = true;
                    membership.invalidate();
                }
                let at = &membership.listen().at;
                let is_bound = is_bound && is_link_scoped(at.group);
                if (at.minds_interface() || is_bound)
                    && (change.remade || change.now == Presence::Gone)
                {
                    self.stale |= is_bound;
                    membership.invalidate();
                }
                membership.set_via(&change.new);
            }
            let at = &membership.listen().at;
            let died = changes.died.contains(&(at.via.index, Family::of(at.group)));
            if at.cast == Cast::Multicast
                && (died || changes.groups.iter().all(|groups| is_missing(membership, groups)))
            {
                membership.invalidate();
            }
            inactive += usize::from(!membership.is_active());
        }
        self.map_groups();
        inactive
    }

    /// Rejoins inactive memberships whose interface is ready. Returns whether the socket is a new
    /// one.
    pub fn rejoin(&mut self, rejoining: &mut Rejoining) -> bool {
        let mut replaced = false;
        let memberships = match &mut self.joins {
            Joins::One(membership) => std::slice::from_mut(membership),
            Joins::Many { memberships, .. } => memberships.as_mut_slice(),
        };
        for membership in memberships.iter_mut().filter(|membership| !membership.is_active()) {
            let at = membership.listen().at.clone();
            let family = Family::of(at.group);
            let twin = (at.group, at.port, at.via.index);
            if rejoining.watch.presence(&at.via, family) == Presence::Gone
                || rejoining.taken.contains(&twin)
            {
                continue;
            }
            let (trains, backend) = (self.trains, rejoining.backend);
            let joined = (|| {
                if self.stale {
                    self.dropped_before =
                        self.dropped_before + dropped_by(&self.socket, trains).unwrap_or_default();
                    (self.trains, self.sleeps) = (Trains::Never, None);
                    // Close the old socket first: it may hold the address that the new one binds.
                    self.socket = Rc::new(socket::unbound(&at)?);
                    membership.set_socket(&self.socket);
                    let Receiver { socket, arrives_where_joined, .. } =
                        socket::receiver(&at, false, rejoining.buffers, rejoining.backend)?;
                    self.arrives_where_joined = arrives_where_joined;
                    self.trains = Trains::new(&socket, backend);
                    (self.socket, self.stale, replaced) = (Rc::new(socket), false, true);
                    membership.set_socket(&self.socket);
                }
                membership.rejoin()
            })();
            match joined {
                Ok(()) => {
                    rejoining.taken.insert(twin);
                    note_joined(&mut rejoining.joined, &at.via, family);
                }
                Err(error) => note_failure(&mut rejoining.failed, error),
            }
        }
        self.map_groups();
        replaced
    }

    fn map_groups(&mut self) {
        if let Joins::Many { memberships, by_group: known } = &mut self.joins {
            *known = by_group(memberships);
        }
    }

    /// The active endpoints.
    pub fn active(&self) -> impl Iterator<Item = (IpAddr, u16, u32)> {
        let active = self.memberships().iter().filter(|membership| membership.is_active());
        active.map(|membership| &membership.listen().at).map(|at| (at.group, at.port, at.via.index))
    }

    /// The drops of the receive buffer up to this call, if the system reports them.
    pub fn dropped(&self) -> Option<KernelDrops> {
        Some(self.dropped_before + dropped_by(&self.socket, self.trains)?)
    }

    /// The change of the drop counter since the last call.
    pub fn take_dropped(&mut self) -> DropsChange {
        if !std::mem::take(&mut self.was_read) {
            return DropsChange::None;
        }
        match sys::dropped(&self.socket) {
            None => DropsChange::Uncounted,
            Some(dropped) if std::mem::replace(&mut self.known_drops, dropped) == dropped => {
                DropsChange::None
            }
            Some(_) => DropsChange::Some,
        }
    }

    /// Leaves all groups in reverse order.
    pub fn leave(self) -> Vec<Result<Listen, NetError>> {
        match self.joins {
            Joins::One(membership) => membership.leave().into_iter().collect(),
            Joins::Many { memberships, .. } => {
                memberships.into_iter().rev().filter_map(Membership::leave).collect()
            }
        }
    }

    fn memberships(&self) -> &[Membership] {
        match &self.joins {
            Joins::One(membership) => std::slice::from_ref(membership),
            Joins::Many { memberships, .. } => memberships,
        }
    }
}

/// Whether a datagram with this reported interface can have arrived on the interface of the
/// membership. It is not known whether Windows reports the interface or its loopback interface,
/// whose index is 1, for copies of datagrams that this host sends.
fn is_reported_for(reported: u32, joined: u32) -> bool {
    const LOOPBACK: u32 = 1;
    reported == joined || (cfg!(windows) && reported == LOOPBACK)
}

fn dropped_by(socket: &UdpSocket, trains: Trains) -> Option<KernelDrops> {
    let count = sys::dropped(socket)?;
    Some(KernelDrops { count: count.into(), exact: trains.count_exactly(count) })
}

/// Whether the host is not a member of a group that was joined.
fn is_missing(membership: &Membership, groups: &Groups) -> bool {
    let at = &membership.listen().at;
    let is_listed =
        |list: &[Joined]| list.binary_search_by(|joined| joined.group.cmp(&at.group)).is_ok();
    membership.is_active() && groups.of(at.via.index).is_some_and(|list| !is_listed(list))
}

fn by_group(memberships: &[Membership]) -> HashMap<(IpAddr, u32), usize> {
    let key =
        |membership: &Membership| (membership.listen().at.group, membership.listen().at.via.index);
    // Two followed interfaces may have become one. Then only one of the two memberships is active.
    let active = memberships.iter().enumerate().filter(|(_, membership)| membership.is_active());
    active.map(|(position, membership)| (key(membership), position)).collect()
}
