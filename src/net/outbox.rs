//! The sending side: the sockets of all endpoints.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::debug;

use super::send_result::{self, is_full, shorter};
use super::socket::{self, Marks, SendOptions};
use super::wait::wait_for;
use super::watch::{
    InterfaceEvent, InterfaceEvents, Rejoined, Retry, Watch, note_failure, note_joined,
};
use super::{Failure, NetError, Operation, SendQueue, SendResult, Wake};
use crate::iface::{Cast, Change, Family, Presence, Via};
use crate::sys;
use crate::sys::{Backend, Batching, PollSource};
use crate::target::Endpoint;

mod answers;
mod sender;

pub use answers::Answer;
use sender::Sender;

/// The sockets of a sender, with their endpoints.
pub struct Outbox {
    routes: Vec<OutRoute>,
    watch: Watch,
    retry: Retry,
    options: SendOptions,
    backend: Backend,
}

/// An endpoint with its socket.
struct OutRoute {
    at: Endpoint,
    source: SocketAddr,
    socket: Rc<Sender>,
    /// The interface or address of the socket is gone.
    stale: bool,
}

impl OutRoute {
    /// Connects the socket if this is its only endpoint. [`Outbox::add`] can give it further ones:
    /// Linux sends to a stated address through a connected socket (udp(7)); BSD refuses that.
    fn connect(&self, backend: Backend, answers: bool) {
        // Only Linux gains by it; other systems may select another interface on connecting. A
        // connected socket receives no answers from other addresses.
        let may_connect = cfg!(target_os = "linux") && backend.is_native() && !answers;
        if may_connect && Rc::strong_count(&self.socket) == 1 {
            self.socket.connect(&self.at, self.source);
        }
    }

    /// Notes the changes of the interfaces.
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

/// The source addresses, by socket and scope: the system's choice of an IPv6 source depends on the
/// scope of the destination (RFC 6724, 5).
#[derive(Default)]
struct SourceAddresses(HashMap<(*const Sender, u8), SocketAddr>);

impl SourceAddresses {
    /// The source address and port of datagrams from `socket` to `at`.
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

/// Opens the sockets of endpoints: one for each family, interface and kind of address, and one for
/// each unicast address.
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
        // An ICMP error must belong to one unicast address.
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
    /// Opens the sockets of all endpoints.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open(
        endpoints: &[Endpoint],
        options: &SendOptions,
        backend: Backend,
    ) -> Result<Self, NetError> {
        // The kernel routes each unicast datagram, unless the user named the interface.
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
        routes.iter().for_each(|route| route.connect(backend, options.answers));
        Ok(Outbox { routes, watch, retry: Retry::default(), options: options.clone(), backend })
    }

    /// Adds an endpoint, and opens a socket for it unless another endpoint has one that serves.
    /// Returns its position.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn add(&mut self, mut at: Endpoint) -> Result<usize, NetError> {
        let family = Family::of(at.group);
        let known = self.routes.iter().find(|route| *route.at.via == *at.via);
        known.into_iter().for_each(|route| at.via = Arc::clone(&route.at.via));
        let serves = |route: &&OutRoute| {
            at.cast == Cast::Multicast
                && route.at.cast == at.cast
                && !route.stale
                && Arc::ptr_eq(&route.at.via, &at.via)
                && Family::of(route.at.group) == family
        };
        let socket = match self.routes.iter().find(serves) {
            Some(route) => Rc::clone(&route.socket),
            None => {
                let is_used = |route: &OutRoute| Family::of(route.at.group) == family;
                let sharing = self.routes.iter().any(is_used);
                Rc::new(Sender::open(&at, &self.options, sharing, self.backend)?)
            }
        };
        // Each datagram now has its address: the socket has several endpoints.
        socket.connected.set(false);
        let is_watched =
            self.watch.interfaces().any(|(via, of, _)| *via == *at.via && of == family);
        if (at.cast == Cast::Multicast || at.via.named) && !is_watched {
            self.watch.follow(&at.via, family);
        }
        let source = SourceAddresses::default().of(&socket, &at, self.backend);
        self.routes.push(OutRoute { at, source, socket, stale: false });
        Ok(self.routes.len() - 1)
    }

    /// Sets the marks of the datagrams that are sent from now on through the socket of the endpoint
    /// at `position`.
    pub fn mark(&self, position: usize, marks: Marks) {
        let OutRoute { at, socket, .. } = &self.routes[position];
        if socket.marks.replace(marks) != marks {
            socket::set_marks(&socket.socket, at, marks);
        }
    }

    /// The endpoints in their order, each with its source address and port.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.routes.iter().map(|route| (&route.at, route.source))
    }

    /// The endpoint at `position`, with the current name of its interface.
    pub fn endpoint(&self, position: usize) -> &Endpoint {
        &self.routes[position].at
    }

    /// The TTL or hop limit of datagrams to the endpoint at `position`, if the system reports it.
    pub fn ttl(&self, position: usize) -> Option<u8> {
        let OutRoute { at, socket, .. } = &self.routes[position];
        socket::ttl_of(&socket.socket, at)
    }

    /// Waits until `until`, or for an event of `wake` or of the interfaces, or until `input` is
    /// readable, or until an answer arrived. Returns whether the reader of the output is gone.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait(
        &mut self,
        input: Option<PollSource>,
        wake: Wake,
        until: Option<Instant>,
    ) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.watch.due()).chain(self.retry.due()).min();
        let answers = self.answering().map(|sender| sys::borrow(&sender.socket));
        let sources = answers.chain(input);
        let woken = wait_for(sources, self.watch.source(), wake, until, &mut Vec::new())?;
        self.watch.note_pending(woken.interfaces);
        Ok(woken.reader_gone)
    }

    /// Follows the interfaces. Reopens the sockets of a recreated interface or a changed address.
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

    /// Reopens stale sockets whose interface is ready, with their source port. Returns the numbers
    /// of their endpoints by interface, and the failures.
    fn reopen(&mut self) -> (Vec<Rejoined>, Vec<(NetError, usize)>) {
        let (mut joined, mut failed) = (Vec::new(), Vec::new());
        let mut sources = SourceAddresses::default();
        let mut opened: HashMap<*const Sender, Option<Rc<Sender>>> = HashMap::new();
        // Keeps the old sockets until the end: their addresses in memory must stay unique.
        let mut old = Vec::new();
        for route in self.routes.iter_mut().filter(|route| route.stale) {
            let family = Family::of(route.at.group);
            if self.watch.presence(&route.at.via, family) != Presence::Ready {
                continue;
            }
            let socket = opened.entry(Rc::as_ptr(&route.socket)).or_insert_with(|| {
                let options =
                    SendOptions { source_port: Some(route.source.port()), ..self.options.clone() };
                // The old socket holds the port, and shares it with a socket that asks for it.
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
            .for_each(|route| route.connect(self.backend, self.options.answers));
        (joined, failed)
    }

    /// Sends the datagrams of `queue` from `first` on, as far as one call goes. The next call must
    /// continue after those of the result.
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
                let then = if longest > 1 { "shorter trains" } else { "single datagrams" };
                debug!(%error, "{datagrams} datagrams to {at} cannot leave as one train; sending {then}");
                socket.longest.set(Some(longest));
                continue;
            }
            // The kernel reports an ICMP error for an earlier datagram on the next send, and does
            // not send that one.
            if result.returned.is_none() && is_of_an_earlier_one(&error, at) {
                result.returned = Some(error);
                continue;
            }
            let full = is_full(&error);
            // With a full socket buffer the kernel has made no copy.
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

    /// Whether all datagrams leave through one socket, and none waits for the buffer of another.
    pub fn is_one(&self) -> bool {
        self.routes.iter().all(|route| Rc::ptr_eq(&route.socket, &self.routes[0].socket))
    }

    /// Whether waiting for queue space for the endpoint at `position` is useful: not after a
    /// timeout without progress.
    pub fn may_wait(&self, position: usize) -> bool {
        !self.routes[position].socket.stuck.get()
    }

    /// Stops waiting for queue space for the endpoint at `position`.
    pub fn give_up(&self, position: usize) {
        let OutRoute { at, socket, .. } = &self.routes[position];
        socket.stuck.set(true);
        socket.mute(at, false);
    }

    /// Stops sending trains on the socket of the endpoint at `position`: a single datagram may fit
    /// a queue that is full for a train.
    pub fn give_up_trains(&self, position: usize) {
        let OutRoute { at, socket, .. } = &self.routes[position];
        debug!("the queue is full for trains to {at}; sending single datagrams");
        socket.longest.set(Some(1));
        socket.mute(at, false);
    }

    /// Waits for queue space after `error` for a datagram to the endpoint at `position`, until
    /// `until` or a signal of `wake`.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait_for_room(
        &self,
        position: usize,
        error: &NetError,
        wake: Wake,
        until: Instant,
    ) -> io::Result<()> {
        // The system reports space in the socket's buffer, but not in the queue of an interface.
        const RETRY_INTERVAL: Duration = Duration::from_micros(100);
        let socket = (error.source.kind() == io::ErrorKind::WouldBlock)
            .then(|| sys::borrow(&self.routes[position].socket.socket));
        let until =
            if socket.is_some() { until } else { until.min(Instant::now() + RETRY_INTERVAL) };
        sys::wait_for_room(socket, wake.interrupt.source(), until)
    }

    /// The messages for one socket from the datagram at `first` on, and the end of each.
    fn messages<'a>(
        &self,
        queue: &'a SendQueue,
        first: usize,
        socket: &Rc<Sender>,
    ) -> (Vec<sys::Message<'a>>, Vec<usize>) {
        let queued = queue.items();
        let at = &self.routes[queued[first].position].at;
        // A sender without repeated targets needs no trains.
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

/// Whether an error may belong to an earlier datagram. No ICMP error ever answers multicast (RFC
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
