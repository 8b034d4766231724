//! Many datagrams out: the sockets that reach the endpoints.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::debug;

use super::send_result::{self, is_full, shorter};
use super::socket::{self, SendOptions};
use super::wait::wait_for;
use super::watch::{
    InterfaceEvent, InterfaceEvents, Rejoined, Retry, Watch, note_failure, note_joined,
};
use super::{Failure, NetError, Operation, SendQueue, SendResult, Wake};
use crate::iface::{Cast, Change, Family, Presence, Via};
use crate::sys;
use crate::sys::{Backend, Batching, LONGEST_TRAIN};
use crate::target::Endpoint;

/// The sockets that send, and the endpoints that they send to.
pub struct Outbox {
    routes: Vec<OutRoute>,
    watch: Watch,
    retry: Retry,
    options: SendOptions,
    backend: Backend,
}

/// An endpoint, with the socket that reaches it.
struct OutRoute {
    at: Endpoint,
    source: SocketAddr,
    socket: Rc<Sender>,
    /// The socket sends from what is no more.
    stale: bool,
}

impl OutRoute {
    /// Connects the socket if it reaches nothing else.
    fn connect(&self, backend: Backend) {
        // Other systems may choose the interface anew when a socket is connected, and it is Linux
        // that gains by it.
        if cfg!(target_os = "linux") && backend.is_native() && Rc::strong_count(&self.socket) == 1 {
            self.socket.connect(&self.at, self.source);
        }
    }

    /// Takes note of what changed.
    fn note(&mut self, changes: &[(Change, Family)]) {
        let concerns = |(change, family): &&(Change, Family)| {
            Arc::ptr_eq(&self.at.via, &change.old) && Family::of(self.at.group) == *family
        };
        if let Some((change, _)) = changes.iter().find(concerns) {
            self.stale |= change.remade
                || change.was != Presence::Ready
                || change.old.address != change.new.address
                || change.old.vrf() != change.new.vrf();
            self.at.via = Arc::clone(&change.new);
        }
    }
}

/// A socket that sends.
struct Sender {
    socket: UdpSocket,
    /// It is connected to the one endpoint that it reaches.
    connected: Cell<bool>,
    /// How many datagrams a train of it has at most; 1 where it takes no trains, `None` until
    /// there is one to send.
    longest: Cell<Option<usize>>,
    /// A queue had no room, but this host's own receivers have their copy (IP_MULTICAST_LOOP comes
    /// first): no second one is made for them.
    muted: Cell<bool>,
    /// A queue had no room once, or may have had none. Of several messages a call the system tells
    /// only the first one's error, and where a later one is refused not whether it has its
    /// copy: from then on there is one a call.
    was_full: Cell<bool>,
    /// There was no room for longer than anybody waits, and nothing has left since.
    stuck: Cell<bool>,
}

impl Sender {
    fn open(
        at: &Endpoint,
        options: &SendOptions,
        sharing: bool,
        backend: Backend,
    ) -> Result<Self, NetError> {
        let socket = socket::sender(at, options, sharing, backend)?;
        let longest = if matches!(backend, Backend::Native(batching) if batching.offload) {
            None
        } else {
            Some(1)
        };
        let [connected, muted, was_full, stuck] = [false; 4].map(Cell::new);
        Ok(Sender { socket, connected, longest: Cell::new(longest), muted, was_full, stuck })
    }

    /// Whether this host's own receivers hear what leaves by an interface.
    fn mute(&self, at: &Endpoint, muted: bool) {
        if self.muted.replace(muted) != muted {
            let options = socket::options(&self.socket);
            let set = if at.group.is_ipv4() {
                options.set_multicast_loop_v4(!muted)
            } else {
                options.set_multicast_loop_v6(!muted)
            };
            if let Err(error) = set {
                debug!(%error, "cannot change what this host's own receivers hear");
            }
        }
    }

    /// How many datagrams a train to `at` has at most.
    fn longest(&self, at: &Endpoint) -> usize {
        self.longest.get().unwrap_or_else(|| {
            let longest =
                if sys::can_send_trains(&self.socket) && !send_result::cuts_trains(&at.via) {
                    LONGEST_TRAIN
                } else {
                    1
                };
            if longest > 1 {
                debug!("datagrams to {at} that are due together leave in trains (UDP_SEGMENT)");
            }
            self.longest.set(Some(longest));
            longest
        })
    }

    /// Connects it to the one endpoint that it reaches: then the kernel need not look up the way
    /// there for each datagram. Not where the source address is the kernel's choice, because
    /// that is made again and again only without.
    fn connect(&self, at: &Endpoint, source: SocketAddr) {
        if at.cast != Cast::Multicast || Some(source.ip()) != at.via.address {
            return;
        }
        match self.socket.connect(at.socket_addr()) {
            Ok(()) => self.connected.set(true),
            Err(error) => debug!(%error, "cannot connect to {at}, each datagram is addressed"),
        }
    }
}

/// The source addresses that were asked for: by socket and by scope, because the system's choice of
/// an IPv6 source depends on the scope of where it goes (RFC 6724, 5).
#[derive(Default)]
struct SourceAddresses(HashMap<(*const Sender, u8), SocketAddr>);

impl SourceAddresses {
    /// The address and port that datagrams from `socket` to `at` carry.
    fn of(&mut self, socket: &Rc<Sender>, at: &Endpoint, backend: Backend) -> SocketAddr {
        let scope = match at.group {
            IpAddr::V6(group) => group.octets()[1] & 0x0f,
            IpAddr::V4(_) => 0,
        };
        *self
            .0
            .entry((Rc::as_ptr(socket), scope))
            .or_insert_with(|| socket::source_of(&socket.socket, at, backend))
    }
}

/// Opens the sockets of endpoints: one for each family, interface and way of addressing, and for
/// each unicast address one.
struct Opening<'a> {
    options: &'a SendOptions,
    backend: Backend,
    sockets: HashMap<(*const Via, Family, Option<IpAddr>), Rc<Sender>>,
    sources: SourceAddresses,
    families: [bool; 2],
}

impl Opening<'_> {
    fn route(&mut self, at: Endpoint) -> Result<OutRoute, NetError> {
        let (via, family) = (Arc::as_ptr(&at.via), Family::of(at.group));
        // What comes back from one unicast address must not be taken for another's.
        let alone = (at.cast != Cast::Multicast).then_some(at.group);
        let socket = match self.sockets.get(&(via, family, alone)) {
            Some(socket) => Rc::clone(socket),
            None => {
                let used = &mut self.families[family as usize];
                let socket = Rc::new(Sender::open(&at, self.options, *used, self.backend)?);
                *used = true;
                self.sockets.insert((via, family, alone), Rc::clone(&socket));
                socket
            }
        };
        let source = self.sources.of(&socket, &at, self.backend);
        Ok(OutRoute { at, source, socket, stale: false })
    }
}

impl Outbox {
    /// Opens the sockets that reach the endpoints.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open(
        endpoints: &[Endpoint],
        options: &SendOptions,
        backend: Backend,
    ) -> Result<Self, NetError> {
        // Where unicast leaves is the kernel's choice, again and again, unless the user named the
        // interface.
        let watch = Watch::new(
            endpoints.iter().filter(|at| at.cast == Cast::Multicast || at.via.named),
            backend,
        )?;
        let sources = SourceAddresses::default();
        let mut opening =
            Opening { options, backend, sockets: HashMap::new(), sources, families: [false; 2] };
        let routes: Vec<OutRoute> =
            endpoints.iter().map(|at| opening.route(at.clone())).collect::<Result<_, _>>()?;
        drop(opening);
        routes.iter().for_each(|route| route.connect(backend));
        Ok(Outbox { routes, watch, retry: Retry::default(), options: options.clone(), backend })
    }

    /// The endpoints in the order they were given, each with the source address and port that its
    /// datagrams carry.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.routes.iter().map(|route| (&route.at, route.source))
    }

    /// The endpoint at `position`; its interface is what it is called by now.
    pub fn endpoint(&self, position: usize) -> &Endpoint {
        &self.routes[position].at
    }

    /// The TTL or hop limit that datagrams to the endpoint at `position` carry, where the system
    /// tells.
    pub fn ttl(&self, position: usize) -> Option<u8> {
        let OutRoute { at, socket, .. } = &self.routes[position];
        socket::ttl_of(&socket.socket, at)
    }

    /// Waits until `until`, or until something of `wake` or of the interfaces happens. Answers
    /// whether the reader of the output is gone.
    ///
    /// # Errors
    /// What the system refused.
    pub fn wait(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.watch.due()).chain(self.retry.due()).min();
        let woken = wait_for([], self.watch.source(), wake, until, &mut Vec::new())?;
        self.watch.note_pending(woken.interfaces);
        Ok(woken.reader_gone)
    }

    /// Follows the interfaces: what sent from one that was made anew, or has another address, sends
    /// from what it is now.
    ///
    /// # Errors
    /// The interfaces cannot be listed.
    pub fn follow(&mut self) -> Result<InterfaceEvents, NetError> {
        let found = self.watch.poll()?;
        if found.is_none() && !self.retry.is_due() {
            return Ok(InterfaceEvents::default());
        }
        let changes = found.map_or_else(Vec::new, |found| found.changes);
        self.routes.iter_mut().for_each(|route| route.note(&changes));
        let (joined, failed) = self.reopen();
        Ok(InterfaceEvents {
            events: InterfaceEvent::gather(changes, joined),
            failed: self.retry.after(failed),
        })
    }

    /// Opens the sockets anew that are stale and whose interface is ready; they keep their source
    /// port. Answers how many endpoints they reach, by interface, and what failed.
    fn reopen(&mut self) -> (Vec<Rejoined>, Vec<(NetError, usize)>) {
        let (mut joined, mut failed) = (Vec::new(), Vec::new());
        let mut sources = SourceAddresses::default();
        let mut opened: HashMap<*const Sender, Option<Rc<Sender>>> = HashMap::new();
        // The old sockets are kept until the end, so that their addresses in memory are not used
        // again.
        let mut old = Vec::new();
        for route in self.routes.iter_mut().filter(|route| route.stale) {
            let family = Family::of(route.at.group);
            if self.watch.presence(&route.at.via, family) != Presence::Ready {
                continue;
            }
            let socket = opened.entry(Rc::as_ptr(&route.socket)).or_insert_with(|| {
                let options =
                    SendOptions { source_port: Some(route.source.port()), ..self.options.clone() };
                // The port is held by the old socket, which lets in who also asks to share it.
                let _ = socket::options(&route.socket.socket).set_reuse_address(true);
                let socket = Sender::open(&route.at, &options, true, self.backend);
                socket.map_err(|error| note_failure(&mut failed, error)).ok().map(Rc::new)
            });
            if let Some(socket) = socket {
                route.source = sources.of(socket, &route.at, self.backend);
                old.push(std::mem::replace(&mut route.socket, Rc::clone(socket)));
                route.stale = false;
                note_joined(&mut joined, &route.at.via, family);
            }
        }
        drop(opened);
        self.routes
            .iter()
            .filter(|route| !route.stale && !route.socket.connected.get())
            .for_each(|route| route.connect(self.backend));
        (joined, failed)
    }

    /// Sends what waits in `queue` from the datagram at `first` on, as far as one call goes.
    /// Nothing is lost: what the answer does not speak of was not sent yet, and is to be sent
    /// by the next call.
    pub fn send(&self, queue: &SendQueue, first: usize) -> SendResult {
        let (mut result, queued) = (SendResult::default(), queue.items());
        loop {
            let Some(piece) = queued.get(first) else { return result };
            let OutRoute { at, socket, .. } = &self.routes[piece.position];
            let (messages, ends) = self.messages(queue, first, socket);
            let error = match sys::send(&socket.socket, &messages, self.backend) {
                Ok(sent) => {
                    let makes_copies = at.cast == Cast::Multicast && self.options.loopback;
                    socket
                        .was_full
                        .set(socket.was_full.get() || (makes_copies && sent < messages.len()));
                    socket.mute(at, false);
                    socket.stuck.set(false);
                    result.datagrams = ends[..sent].last().map_or(0, |end| end - first);
                    return result;
                }
                Err(error) => error,
            };
            let datagrams = ends[0] - first;
            if error.kind() == io::ErrorKind::Interrupted {
                continue;
            }
            if datagrams > 1 && sys::is_train_refused(&error) {
                let longest = shorter(datagrams);
                let then = if longest > 1 { "shorter ones" } else { "none" };
                debug!(%error, "{datagrams} datagrams to {at} cannot leave as one train, from now on {then}");
                socket.longest.set(Some(longest));
                continue;
            }
            // What ICMP said of an earlier datagram is told at the next send, which it keeps from
            // going.
            if result.returned.is_none() && is_of_an_earlier_one(&error, at) {
                result.returned = Some(error);
                continue;
            }
            let full = is_full(&error);
            // Where the socket's own buffer is full nothing was even begun.
            if error.kind() != io::ErrorKind::WouldBlock {
                let is_copied = full && at.cast == Cast::Multicast && self.options.loopback;
                socket.mute(at, is_copied);
                socket.was_full.set(socket.was_full.get() || is_copied);
            }
            result.failure =
                Some(Failure { datagrams, full, error: Operation::Send(at.clone()).failed(error) });
            return result;
        }
    }

    /// Whether all datagrams leave through one socket, so that none has to wait for another one's
    /// room.
    pub fn is_one(&self) -> bool {
        self.routes.iter().all(|route| Rc::ptr_eq(&route.socket, &self.routes[0].socket))
    }

    /// Whether it makes sense to wait for room for datagrams to the endpoint at `position`: not
    /// where that took too long, and nothing has left since.
    pub fn may_wait(&self, position: usize) -> bool {
        !self.routes[position].socket.stuck.get()
    }

    /// Waits no longer for room for datagrams to the endpoint at `position`.
    pub fn give_up(&self, position: usize) {
        let OutRoute { at, socket, .. } = &self.routes[position];
        socket.stuck.set(true);
        socket.mute(at, false);
    }

    /// Sends no more trains where those to the endpoint at `position` go: room for one datagram may
    /// be where there is none for many.
    pub fn give_up_trains(&self, position: usize) {
        let OutRoute { at, socket, .. } = &self.routes[position];
        debug!("there is no room for trains to {at}, datagrams leave one by one");
        socket.longest.set(Some(1));
        socket.mute(at, false);
    }

    /// Waits for room after a datagram to the endpoint at `position` was refused with `error` for
    /// want of it, at most until `until`, or until a signal of `wake` comes.
    ///
    /// # Errors
    /// What the system refused.
    pub fn wait_for_room(
        &self,
        position: usize,
        error: &NetError,
        wake: Wake,
        until: Instant,
    ) -> io::Result<()> {
        // The socket's own buffer says when there is room again, the queue of an interface does
        // not.
        const NAP: Duration = Duration::from_micros(100);
        let socket = (error.source.kind() == io::ErrorKind::WouldBlock)
            .then(|| sys::borrow(&self.routes[position].socket.socket));
        let until = if socket.is_some() { until } else { until.min(Instant::now() + NAP) };
        sys::wait_for_room(socket, wake.interrupt.source(), until)
    }

    /// What goes through one socket, from the datagram at `first` on; and where each message ends.
    fn messages<'a>(
        &self,
        queue: &'a SendQueue,
        first: usize,
        socket: &Rc<Sender>,
    ) -> (Vec<sys::Message<'a>>, Vec<usize>) {
        let queued = queue.items();
        let at = &self.routes[queued[first].position].at;
        // Who sends no two to one target need not know of trains.
        let is_train =
            queued.get(first + 1).is_some_and(|next| next.position == queued[first].position);
        let longest =
            if is_train || socket.longest.get().is_some() { socket.longest(at) } else { 1 };
        let most = if socket.was_full.get() { 1 } else { Batching::MOST };
        let (mut messages, mut ends, mut next) = (Vec::new(), Vec::new(), first);
        while messages.len() < most && next < queued.len() {
            let OutRoute { at, socket: other, .. } = &self.routes[queued[next].position];
            if !Rc::ptr_eq(other, socket) {
                break;
            }
            let range =
                send_result::message(queued, next, longest, Family::of(at.group).max_payload());
            let to = if socket.connected.get() { None } else { Some(at.socket_addr()) };
            let segment = if range.len() > 1 { u16::try_from(queued[next].len).ok() } else { None };
            next = range.end;
            messages.push(sys::Message { to, bytes: queue.bytes(range), segment });
            ends.push(next);
        }
        (messages, ends)
    }
}

/// Whether an error may be the answer to an earlier datagram. Nothing ever answers multicast (RFC
/// 1122, 3.2.2).
fn is_of_an_earlier_one(error: &io::Error, at: &Endpoint) -> bool {
    use io::ErrorKind as Kind;
    let by_icmp = [
        Kind::ConnectionRefused,
        Kind::ConnectionReset,
        Kind::HostUnreachable,
        Kind::NetworkUnreachable,
    ];
    at.cast == Cast::Unicast && by_icmp.contains(&error.kind())
}
