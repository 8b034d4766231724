//! The receiving side: the sockets of all endpoints, and the buffers that they are read into.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::sync::Arc;

use tracing::{debug, trace};

use super::channel::{Channel, DropsChange, InterfaceChanges, Rejoining};
use super::discard_counters::DiscardCounters;
use super::opening::{open_all, packs};
use super::receive_buffer::ReceiveBuffers;
use super::reply_sockets::ReplySockets;
use super::wait::Waiter;
use super::wait_policy::{BlockingReceive, Spin};
use super::watch::{
    Changes, Failures, InterfaceEvent, InterfaceEvents, Rejoined, Retry, Watch, note_failure,
};
use super::{Datagram, Discards, KernelDrops, NetError, Operation, Rcvbuf};
use crate::iface::{Family, Presence, Via};
use crate::sys::Backend;
use crate::sys::Meta;
use crate::target::{Endpoint, Listen};
use crate::units::UnixTime;
use crate::{host, sys};

mod answering;
mod waiting;

/// The sockets of a receiver.
pub struct Inbox {
    channels: Vec<Channel>,
    batch: sys::Batch,
    waiter: Option<Waiter>,
    ready: Vec<usize>,
    /// The read that ended the last wait: (socket, datagrams).
    filled: Option<(usize, usize)>,
    spin: Option<Spin>,
    blocking: BlockingReceive,
    watch: Watch,
    /// The memberships that wait for their interface, or could not be rejoined.
    inactive: usize,
    retry: Retry,
    rcvbuf: Rcvbuf,
    buffers: ReceiveBuffers,
    backend: Backend,
    foreign: u64,
    /// `None` if the system has no counters.
    counters: Option<DiscardCounters>,
    /// The drops of the whole host, if the system does not count them by socket.
    known_drops_of_host: u64,
    /// The groups to join on each new interface; their own interface is ignored.
    everywhere: Vec<Listen>,
    previous: Previous,
    /// `None` if the receiver sends no answers.
    replies: Option<ReplySockets>,
    /// The reply sockets that the last wait found ready.
    ready_replies: Vec<usize>,
    /// The read of a reply socket that ended the last wait: (socket, datagrams).
    filled_reply: Option<(usize, usize)>,
}

/// The slot that was read before. Most slots repeat all of it but the time.
struct Previous {
    meta: Meta,
    /// The position of its socket; `None` if the next slot must repeat nothing.
    channel: Option<usize>,
    /// The position of its membership; `None` if it belongs to none.
    membership: Option<usize>,
    origin: NonZeroU64,
}

impl Inbox {
    /// Opens the sockets and joins every group. `rcvbuf` is the receive buffer of each socket in
    /// bytes.
    ///
    /// # Errors
    /// The operation that the system refused. Groups joined before are left.
    pub fn open(
        listens: &[Listen],
        rcvbuf: Option<usize>,
        backend: Backend,
    ) -> Result<Self, NetError> {
        // Read before the first socket, to precede all drops.
        let counters = if backend.is_native() { DiscardCounters::take() } else { None };
        // Watched before the first join, to miss no change.
        let watch = Watch::new(listens.iter().map(|listen| &listen.at), backend)?;
        let packs = packs(listens, 0, backend)?;

        let buffers = ReceiveBuffers::new(rcvbuf, packs.len());
        let mut channels = Vec::with_capacity(packs.len());
        let opened = open_all(&packs, listens, &buffers, backend, &mut channels);
        if opened.is_err() {
            // In reverse order, as when leaving.
            while channels.pop().is_some() {}
        }
        let granted = opened?;
        debug!(targets = listens.len(), sockets = channels.len(), "joined all");
        let waiter =
            Waiter::new(channels.iter().map(|channel| &*channel.socket), watch.source(), backend)?;
        let batch = sys::Batch::new(backend);
        Ok(Inbox {
            channels,
            batch,
            waiter,
            ready: Vec::new(),
            filled: None,
            spin: None,
            blocking: BlockingReceive::default(),
            watch,
            inactive: 0,
            retry: Retry::default(),
            rcvbuf: granted,
            buffers,
            backend,
            foreign: 0,
            counters,
            known_drops_of_host: 0,
            everywhere: Vec::new(),
            previous: Previous {
                meta: Meta::unknown(),
                channel: None,
                membership: None,
                origin: NonZeroU64::MIN,
            },
            replies: None,
            ready_replies: Vec::new(),
            filled_reply: None,
        })
    }

    /// Joins these groups on each interface that appears from now on, as `--iface all` does. Their
    /// own interfaces are ignored.
    pub fn join_everywhere(&mut self, listens: &[Listen]) {
        self.everywhere = listens.to_vec();
    }

    /// The receive buffer of each socket.
    pub fn rcvbuf(&self) -> Rcvbuf {
        self.rcvbuf
    }

    /// The interfaces in use, with the state of each.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Via, Family, Presence)> {
        self.watch.interfaces()
    }

    /// Waits without sleeping from now on.
    pub fn spin(&mut self) {
        self.spin = Some(Spin::default());
    }

    /// Whether the last wait found a ready socket.
    pub fn is_ready(&self) -> bool {
        let replies = !self.ready_replies.is_empty() || self.filled_reply.is_some();
        !self.ready.is_empty() || self.filled.is_some() || replies
    }

    /// Whether the interfaces may have changed and [`Inbox::follow`] must run.
    pub fn has_interface_changes(&self) -> bool {
        self.watch.is_pending()
    }

    /// Follows the interfaces and rejoins groups on recreated ones. Returns the events. Without
    /// changes it only checks two flags.
    ///
    /// # Errors
    /// The interfaces cannot be listed.
    pub fn follow(&mut self) -> Result<InterfaceEvents, NetError> {
        let found = self.watch.poll()?;
        let may_appear = self.watch.take_relisted() && !self.everywhere.is_empty();
        if found.is_none() && !may_appear && !self.retry.is_due() {
            return Ok(InterfaceEvents::default());
        }
        self.previous.channel = None;
        let changes = found.map_or_else(Vec::new, |Changes { changes, died, doubtful }| {
            // A list that the kernel writes during changes has gaps. A membership missing in both
            // of two lists does not exist.
            let groups =
                if doubtful { [host::groups(), host::groups()] } else { Default::default() };
            let noted = InterfaceChanges { changes: &changes, died: &died, groups: &groups };
            // In reverse order, as when leaving.
            self.inactive =
                self.channels.iter_mut().rev().map(|channel| channel.note(&noted)).sum();
            changes
        });
        let (joined, mut failed) =
            if self.inactive > 0 { self.rejoin()? } else { Default::default() };
        let mut events = InterfaceEvent::gather(changes, joined);
        events.extend(self.join_where_new(&mut failed)?);
        Ok(InterfaceEvents { events, failed: self.retry.after(failed) })
    }

    /// Joins the groups of `--iface all` on new interfaces. Adds a failure to `failed`, and retries
    /// later.
    fn join_where_new(&mut self, failed: &mut Failures) -> Result<Vec<InterfaceEvent>, NetError> {
        let mut events = Vec::new();
        if self.everywhere.is_empty() {
            return Ok(events);
        }
        for family in [Family::V4, Family::V6] {
            for via in self.watch.unused(family) {
                let on_it = |listen: &Listen| Listen {
                    at: Endpoint { via: Arc::clone(&via), ..listen.at.clone() },
                    filter: Arc::clone(&listen.filter),
                };
                let of_family = |listen: &&Listen| Family::of(listen.at.group) == family;
                let listens: Vec<Listen> =
                    self.everywhere.iter().filter(of_family).map(on_it).collect();
                if listens.is_empty() {
                    continue;
                }
                match self.join_more(&listens) {
                    Ok(()) => {
                        self.watch.follow(&via, family);
                        events.push(InterfaceEvent {
                            via,
                            family,
                            change: None,
                            rejoined: listens.len(),
                            appeared: true,
                        });
                    }
                    Err(error) => note_failure(failed, error),
                }
            }
        }
        Ok(events)
    }

    /// Opens sockets for more targets: for all of them, or for none.
    fn join_more(&mut self, listens: &[Listen]) -> Result<(), NetError> {
        let before = self.channels.len();
        let packs = packs(listens, before, self.backend)?;
        let opened = open_all(&packs, listens, &self.buffers, self.backend, &mut self.channels);
        if let Err(error) = opened {
            self.channels.truncate(before);
            return Err(error);
        }
        for (position, channel) in self.channels.iter().enumerate().skip(before) {
            if let Some(waiter) = &self.waiter {
                waiter.add(position, &channel.socket)?;
            }
        }
        Ok(())
    }

    /// Rejoins inactive memberships. Returns the numbers by interface, and the failures.
    fn rejoin(&mut self) -> Result<(Vec<Rejoined>, Failures), NetError> {
        let mut rejoining = Rejoining {
            watch: &self.watch,
            buffers: &self.buffers,
            backend: self.backend,
            taken: self.channels.iter().flat_map(Channel::active).collect(),
            joined: Vec::new(),
            failed: Vec::new(),
        };
        for (position, channel) in self.channels.iter_mut().enumerate() {
            let replaced = channel.rejoin(&mut rejoining);
            if let (true, Some(waiter)) = (replaced, &self.waiter) {
                waiter.add(position, &channel.socket)?;
            }
        }
        Ok((rejoining.joined, rejoining.failed))
    }

    /// Reads one batch from each ready socket and calls `take` for each datagram. If `take` breaks,
    /// the rest of its batch is dropped, and the value is returned.
    ///
    /// # Errors
    /// The error of the system or of `take`.
    pub fn read<B, E: From<NetError>>(
        &mut self,
        mut take: impl FnMut(Datagram) -> Result<ControlFlow<B>, E>,
    ) -> Result<ControlFlow<B>, E> {
        if let Some((position, count)) = self.filled.take() {
            return self.hand_over(position, count, &mut take);
        }
        for next in 0..self.ready.len() {
            let position = self.ready[next];
            let count = receive(&mut self.batch, &self.channels[position], false)?;
            let flow = self.hand_over(position, count, &mut take)?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Calls `take` for each datagram of one socket.
    fn hand_over<B, E: From<NetError>>(
        &mut self,
        position: usize,
        count: usize,
        take: &mut impl FnMut(Datagram) -> Result<ControlFlow<B>, E>,
    ) -> Result<ControlFlow<B>, E> {
        let channel = &mut self.channels[position];
        let read = UnixTime::now();
        let Previous { meta, channel: socket, membership, origin } = &mut self.previous;
        if socket.replace(position) != Some(position) {
            self.batch.forget_previous();
        }
        channel.was_read |= count > 0;
        let mut trains = false;
        for slot in 0..count {
            let train = self.batch.read(slot, meta);
            if meta.kernel_time {
                trains |= channel.note_time(meta.time);
            } else {
                meta.time = read;
            }
            if !train.repeated {
                channel.complete(meta);
                *membership = channel.position(meta);
                *origin = origin.saturating_add(1);
            }
            let datagrams = train.datagrams();
            let Some(membership) = *membership else {
                self.foreign += datagrams.len() as u64;
                trace!(source = %meta.source, destination = ?meta.destination, ifindex = ?meta.ifindex, "no membership for this datagram");
                continue;
            };
            let (meta, origin, endpoint) = (&*meta, *origin, channel.endpoint(membership));
            let arrived_elsewhere = meta.ifindex.filter(|index| *index != endpoint.via.index);
            let iface = match arrived_elsewhere {
                Some(index) => self.watch.name_of(index),
                None => meta.ifindex.map(|_| endpoint.via.name.as_str()),
            };
            let zone = match scope_of(meta.source) {
                Some(index) if index != endpoint.via.index => self.watch.name_of(index),
                Some(_) => Some(endpoint.via.name.as_str()),
                None => None,
            };
            for payload in datagrams {
                let flow = take(Datagram { payload, meta, endpoint, iface, zone, read, origin })?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        if trains {
            self.batch.expect_trains();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a socket that was read since the last call has dropped more datagrams since then.
    pub fn take_dropped(&mut self) -> bool {
        let changes: Vec<DropsChange> =
            self.channels.iter_mut().map(Channel::take_dropped).collect();
        if !changes.contains(&DropsChange::Uncounted) {
            return changes.contains(&DropsChange::Some);
        }
        let discards = self.counters.as_ref().and_then(DiscardCounters::of_host);
        let Some(known) = discards.map(|discards| discards.unclear) else { return false };
        std::mem::replace(&mut self.known_drops_of_host, known) != known
    }

    /// The kernel's drops up to this call, if the system counts them.
    pub fn discards(&self) -> Option<Discards> {
        let mut dropped = KernelDrops::default();
        let (mut family, mut ports) = (Family::V4, Vec::new());
        for channel in &self.channels {
            let at = &channel.first().at;
            let Some(drops) = channel.dropped() else {
                return self.counters.as_ref()?.of_host();
            };
            dropped = dropped + drops;
            family = family.max(Family::of(at.group));
            if ports.last() != Some(&at.port) {
                ports.push(at.port);
            }
        }
        Some(match &self.counters {
            Some(counters) => counters.separate(dropped, family, &ports),
            None => Discards::of_sockets(dropped),
        })
    }

    /// Whether the system reports the arrival interface of a datagram.
    pub fn reports_interfaces(&self) -> bool {
        sys::REPORTS_ARRIVAL && self.backend.is_native()
    }

    /// The datagrams that reached a socket, but were not sent to a joined group on its interface.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Leaves every group. Returns the groups in the order of their joins.
    pub fn leave(self) -> Vec<Result<Listen, NetError>> {
        // Linux searches the groups of an interface from the newest to the oldest. In this order
        // each search is short. In the other order ten thousand groups take half a second, and
        // sixty thousand half a minute.
        let mut left: Vec<_> = self.channels.into_iter().rev().flat_map(Channel::leave).collect();
        left.reverse();
        left
    }
}

/// Reads one batch of a socket; with `sleeps`, waits for it. Returns the number of buffers.
fn receive(batch: &mut sys::Batch, channel: &Channel, sleeps: bool) -> Result<usize, NetError> {
    match batch.receive(&channel.socket, sleeps) {
        Err(error) if !is_passing(&error) => {
            let at = &channel.first().at;
            Err(Operation::Receive(at.group, at.port).failed(error))
        }
        received => Ok(received.unwrap_or(0)),
    }
}

/// The interface index of a link-local source.
fn scope_of(source: SocketAddr) -> Option<u32> {
    match source {
        SocketAddr::V6(source) => Some(source.scope_id()).filter(|scope| *scope != 0),
        SocketAddr::V4(_) => None,
    }
}

/// Whether a failed receive may be repeated: no datagram, a signal, or an ICMP error for an earlier
/// send (on Windows).
pub(super) fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::WouldBlock | Kind::Interrupted | Kind::ConnectionReset | Kind::ConnectionRefused
    )
}
