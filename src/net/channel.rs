//! One receiving socket, with what it has joined.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use tracing::debug;

use super::membership::Membership;
use super::socket::{self, Room};
use super::watch::{Failures, Rejoined, Watch, note_failure, note_joined};
use super::{KernelDrops, NetError, Rcvbuf};
use crate::host::Groups;
use crate::iface::{Cast, Change, Family, Joined, Presence};
use crate::sys;
use crate::sys::{Backend, Batching, Meta};
use crate::target::{Listen, is_link_scoped};

/// A socket that hears one group, to which it is bound, or several of one port, which it tells
/// apart itself.
pub(super) struct Channel {
    pub socket: Rc<UdpSocket>,
    joins: Joins,
    /// The socket is bound to a link that is gone, so it takes another one to join again.
    stale: bool,
    /// What sockets before this one had dropped.
    dropped_before: KernelDrops,
    trains: Trains,
    /// Whether a receive may sleep until something comes; `None` until that was asked.
    sleeps: Option<bool>,
    /// Everything was sent to the one group and arrived on its interface, so that the kernel was
    /// not asked.
    arrives_where_joined: bool,
}

/// Whether a socket takes several datagrams that were sent as one, as one (UDP_GRO).
///
/// It is switched on when such a train was seen. Where the kernel drops a train it counts one, so
/// that from then on its count is only the least that was dropped; until then it cuts the train
/// first and counts each datagram.
#[derive(Clone, Copy, Debug)]
enum Trains {
    /// They are not taken: nobody wants that, or the kernel refused.
    Never,
    /// They come cut. Remembers the kernel's time of the last datagram: those of one train have the
    /// same, to the nanosecond.
    Watched(Option<SystemTime>),
    /// They come whole. Remembers how many were dropped before that, of which the number is exact.
    Taken { exactly: Option<u32> },
}

impl Trains {
    fn new(backend: Backend) -> Self {
        match backend {
            Backend::Native(Batching { offload: true, .. }) if cfg!(target_os = "linux") => {
                Trains::Watched(None)
            }
            _ => Trains::Never,
        }
    }

    /// Whether so many that the kernel has dropped are all that it has dropped.
    fn count_exactly(self, dropped: Option<u32>) -> bool {
        match self {
            Trains::Taken { exactly } => dropped.unwrap_or(0) == exactly.unwrap_or(0),
            Trains::Watched(_) | Trains::Never => true,
        }
    }
}

/// What there is to know when the interfaces have changed.
pub(super) struct InterfaceChanges<'a> {
    /// The changes, and for whom each is.
    pub changes: &'a [(Change, Family)],
    /// The interfaces that lost a protocol.
    pub died: &'a [(u32, Family)],
    /// What the host is a member of, asked twice; where nothing is doubtful it was not asked.
    pub groups: &'a [Groups; 2],
}

/// Joining again, over all sockets: what it needs, and what came of it.
pub(super) struct Rejoining<'a> {
    pub watch: &'a Watch,
    pub room: Room,
    pub backend: Backend,
    /// What is joined already: two interfaces that were followed may have become one.
    pub taken: HashSet<(IpAddr, u16, u32)>,
    /// How many groups were joined, by interface.
    pub joined: Vec<Rejoined>,
    /// What could not be joined: each kind of error once, and how many more were like it.
    pub failed: Failures,
}

enum Joins {
    One(Membership),
    Many { memberships: Vec<Membership>, by_group: HashMap<(IpAddr, u32), usize> },
}

impl Channel {
    /// Opens a socket for the one thing that `listen` says, and joins it.
    pub fn open(listen: &Listen, room: Room, backend: Backend) -> Result<(Self, Rcvbuf), NetError> {
        let (socket, buffer) = socket::receiver(&listen.at, false, room, backend)?;
        let socket = Rc::new(socket);
        let joins = Joins::One(Membership::join(&socket, listen)?);
        Ok((Channel::new(socket, joins, backend), buffer))
    }

    /// Opens a socket for several groups of one port and family, and joins as many of them as the
    /// system lets one socket join; answers how many. At least one, or it is an error.
    pub fn open_shared(
        listens: &[&Listen],
        room: Room,
        backend: Backend,
    ) -> Result<(Self, Rcvbuf, usize), NetError> {
        let (socket, buffer) = socket::receiver(&listens[0].at, true, room, backend)?;
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
        Ok((Channel::new(socket, joins, backend), buffer, joined))
    }

    fn new(socket: Rc<UdpSocket>, joins: Joins, backend: Backend) -> Self {
        let arrives_where_joined = match &joins {
            Joins::One(membership) => {
                backend.is_native()
                    && socket::arrives_where_joined(
                        &socket::options(&socket),
                        &membership.listen().at,
                    )
            }
            Joins::Many { .. } => false,
        };
        Channel {
            socket,
            joins,
            stale: false,
            dropped_before: KernelDrops::default(),
            trains: Trains::new(backend),
            sleeps: None,
            arrives_where_joined,
        }
    }

    /// Takes note of when the kernel took a datagram of this socket, and has trains come as such
    /// when the first was seen. Answers whether they will from now on.
    pub fn note_time(&mut self, time: SystemTime) -> bool {
        let Trains::Watched(last) = &mut self.trains else { return false };
        if last.replace(time) != Some(time) {
            return false;
        }
        // Asked before: what is dropped in between may be a train.
        let exactly = sys::dropped(&self.socket);
        self.trains = match sys::take_trains(&self.socket) {
            Ok(()) => Trains::Taken { exactly },
            Err(error) => {
                debug!(%error, "no UDP_GRO, datagrams that were sent as one come by themselves");
                Trains::Never
            }
        };
        matches!(self.trains, Trains::Taken { .. })
    }

    /// Whether what the kernel says that it has dropped of this socket is exact.
    pub fn counts_exactly(&self, dropped: Option<u32>) -> bool {
        self.trains.count_exactly(dropped)
    }

    /// The membership that a datagram belongs to. `None` where it is for none. The kernel's filters
    /// let some pass: that of IPv6 knows the group but not the interface; a socket that is not
    /// bound to a group also hears unicast to its port; and a source that is excluded is heard
    /// between the join and its exclusion.
    pub fn membership(&self, meta: &Meta) -> Option<&Membership> {
        let membership = match &self.joins {
            Joins::One(membership) => {
                let at = &membership.listen().at;
                let addressed = at.group.is_unspecified()
                    || meta.destination.is_none_or(|destination| destination == at.group);
                let arrived = !at.minds_interface()
                    || meta.ifindex.is_none_or(|ifindex| ifindex == at.via.index);
                (addressed && arrived).then_some(membership)
            }
            Joins::Many { memberships, by_group } => {
                memberships.get(*by_group.get(&(meta.destination?, meta.ifindex?))?)
            }
        };
        membership.filter(|membership| {
            membership.is_active() && membership.listen().filter.admits(meta.source.ip())
        })
    }

    /// Completes what the kernel told of a datagram by what goes without saying.
    pub fn complete(&self, meta: &mut Meta) {
        if let (true, Joins::One(membership)) = (self.arrives_where_joined, &self.joins) {
            let at = &membership.listen().at;
            (meta.destination, meta.ifindex) = (Some(at.group), Some(at.via.index));
        }
    }

    /// Whether a receive may sleep until something comes, or for [`sys::LONGEST_SLEEP`].
    pub fn may_sleep(&mut self) -> bool {
        *self.sleeps.get_or_insert_with(|| {
            let prepared = self
                .socket
                .set_read_timeout(Some(sys::LONGEST_SLEEP))
                .and_then(|()| self.socket.set_nonblocking(false));
            prepared.inspect_err(|error| debug!(%error, "cannot sleep in a receive")).is_ok()
        })
    }

    /// Any of the memberships, to name the socket by.
    pub fn first(&self) -> &Listen {
        self.memberships()[0].listen()
    }

    /// Takes note of what changed, the last membership first, and gives up what is stale with it.
    /// Answers how many are not active then.
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
                // A socket that is bound to a link stays bound to what is no more, and one of another
                // VRF to that.
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

    /// Joins again what is not active and whose interface is there. Answers whether the socket is
    /// another one now.
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
                    (self.trains, self.sleeps) = (Trains::new(backend), None);
                    // The old socket is closed first, since it may hold the address that the new
                    // one binds.
                    self.socket = Rc::new(socket::unbound(&at)?);
                    membership.set_socket(&self.socket);
                    let (socket, _) =
                        socket::receiver(&at, false, rejoining.room, rejoining.backend)?;
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

    /// What is active here.
    pub fn active(&self) -> impl Iterator<Item = (IpAddr, u16, u32)> {
        let active = self.memberships().iter().filter(|membership| membership.is_active());
        active.map(|membership| &membership.listen().at).map(|at| (at.group, at.port, at.via.index))
    }

    /// How many datagrams the kernel had no room for, where it says; the last ones before this call
    /// too.
    pub fn dropped(&self) -> Option<KernelDrops> {
        Some(self.dropped_before + dropped_by(&self.socket, self.trains)?)
    }

    /// Leaves every group, the last one first.
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

fn dropped_by(socket: &UdpSocket, trains: Trains) -> Option<KernelDrops> {
    let count = sys::dropped(socket)?;
    Some(KernelDrops { count: count.into(), exact: trains.count_exactly(Some(count)) })
}

/// Whether the host says that it is no member of a group that was joined.
fn is_missing(membership: &Membership, groups: &Groups) -> bool {
    let at = &membership.listen().at;
    let is_listed =
        |list: &[Joined]| list.binary_search_by(|joined| joined.group.cmp(&at.group)).is_ok();
    membership.is_active() && groups.of(at.via.index).is_some_and(|list| !is_listed(list))
}

fn by_group(memberships: &[Membership]) -> HashMap<(IpAddr, u32), usize> {
    let key =
        |membership: &Membership| (membership.listen().at.group, membership.listen().at.via.index);
    // Two interfaces that were followed may have become one, and one of the two memberships is
    // active then.
    let active = memberships.iter().enumerate().filter(|(_, membership)| membership.is_active());
    active.map(|(position, membership)| (key(membership), position)).collect()
}
