//! Many datagrams out: the sockets that reach the endpoints.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::socket::{self, SendOptions};
use super::wait::wait_for;
use super::watch::{Moved, Watch};
use super::{Backend, Endpoint, NetError, Operation, Wake};
use crate::iface::{Cast, Change, Presence, Via};

/// The sockets that send, and the endpoints that they send to.
pub struct Outbox {
    routes: Vec<OutRoute>,
    watch: Watch,
    options: SendOptions,
    backend: Backend,
}

/// An endpoint, with the socket that reaches it.
struct OutRoute {
    at: Endpoint,
    source: SocketAddr,
    socket: Rc<UdpSocket>,
}

/// What a datagram came to that was not simply sent.
#[derive(Debug)]
pub enum Sent {
    /// It is on its way.
    Fine,
    /// It is on its way, and an earlier one to a unicast address came back: nobody listens there, or nobody is there.
    Returned(io::Error),
}

/// Opens the sockets of endpoints: one for each family, interface and way of addressing, and for each unicast address one.
struct Opening<'a> {
    options: &'a SendOptions,
    backend: Backend,
    sockets: HashMap<(*const Via, bool, Option<IpAddr>), Rc<UdpSocket>>,
    sources: HashMap<(*const Via, Option<IpAddr>, u8), SocketAddr>,
    families: [bool; 2],
}

impl Opening<'_> {
    fn route(&mut self, at: Endpoint) -> Result<OutRoute, NetError> {
        let (via, ipv4) = (Arc::as_ptr(&at.via), at.group.is_ipv4());
        // What comes back from one unicast address must not be taken for another's.
        let alone = (at.cast != Cast::Multicast).then_some(at.group);
        let socket = match self.sockets.get(&(via, ipv4, alone)) {
            Some(socket) => Rc::clone(socket),
            None => {
                let family = &mut self.families[usize::from(ipv4)];
                let socket = Rc::new(socket::sender(&at, self.options, *family, self.backend)?);
                *family = true;
                self.sockets.insert((via, ipv4, alone), Rc::clone(&socket));
                socket
            }
        };
        // The system's choice of an IPv6 source depends on the scope of where it goes (RFC 6724, 5).
        let scope = match at.group {
            IpAddr::V6(group) => group.octets()[1] & 0x0f,
            IpAddr::V4(_) => 0,
        };
        let backend = self.backend;
        let source = *self.sources.entry((via, alone, scope)).or_insert_with(|| socket::source_of(&socket, &at, backend));
        Ok(OutRoute { at, source, socket })
    }
}

impl Outbox {
    /// Opens the sockets that reach the endpoints.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open(endpoints: &[Endpoint], options: &SendOptions, backend: Backend) -> Result<Self, NetError> {
        let watch = Watch::new(endpoints.iter(), backend)?;
        let mut opening = Opening { options, backend, sockets: HashMap::new(), sources: HashMap::new(), families: [false; 2] };
        let routes = endpoints.iter().map(|at| opening.route(at.clone())).collect::<Result<_, _>>()?;
        Ok(Outbox { routes, watch, options: options.clone(), backend })
    }

    /// The endpoints in the order they were given, each with the source address and port that its datagrams carry.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.routes.iter().map(|route| (&route.at, route.source))
    }

    /// The endpoint at `position`; its interface is what it is called by now.
    pub fn endpoint(&self, position: usize) -> &Endpoint {
        &self.routes[position].at
    }

    /// The TTL or hop limit that datagrams to the endpoint at `position` carry, where the system tells.
    pub fn ttl(&self, position: usize) -> Option<u8> {
        let OutRoute { at, socket, .. } = &self.routes[position];
        socket::ttl_of(socket, at)
    }

    /// Waits until `until`, or until something of `wake` or of the interfaces happens. Answers whether the reader of the output is gone.
    ///
    /// # Errors
    /// What the system refused.
    pub fn wait(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.watch.due()).min();
        let woken = wait_for([], self.watch.source(), wake, until, &mut Vec::new())?;
        self.watch.stirred(woken.interfaces);
        Ok(woken.reader_gone)
    }

    /// Follows the interfaces: what sent from one that was made anew, or has another address, sends from what it is now.
    ///
    /// # Errors
    /// The interfaces cannot be listed.
    pub fn follow(&mut self) -> Result<Vec<Moved>, NetError> {
        let mut moves = Vec::new();
        for (change, ipv4) in self.watch.look()? {
            let void = change.remade || change.was != Presence::Ready || change.old.address != change.new.address;
            let reopen = void && change.now == Presence::Ready;
            let (rejoined, errors) = self.follow_one(&change, ipv4, reopen);
            moves.push(Moved { change, ipv4, rejoined, errors });
        }
        Ok(moves)
    }

    /// Takes note of what an interface is now, and opens its sockets anew where that is due; they keep their source port. Answers how many
    /// endpoints they reach, and what could not be opened.
    fn follow_one(&mut self, change: &Change, ipv4: bool, reopen: bool) -> (usize, Vec<NetError>) {
        let (mut count, mut errors) = (0, Vec::new());
        let mut opened: HashMap<*const UdpSocket, Rc<UdpSocket>> = HashMap::new();
        // The old sockets are kept until the end, so that their addresses in memory are not used again.
        let mut old = Vec::new();
        let concerned = |route: &&mut OutRoute| Arc::ptr_eq(&route.at.via, &change.old) && route.at.group.is_ipv4() == ipv4;
        for route in self.routes.iter_mut().filter(concerned) {
            route.at.via = Arc::clone(&change.new);
            if !reopen {
                continue;
            }
            let socket = match opened.get(&Rc::as_ptr(&route.socket)) {
                Some(socket) => Rc::clone(socket),
                None => {
                    let options = SendOptions { source_port: Some(route.source.port()), ..self.options.clone() };
                    // The port is held by the old socket, which lets in who also asks to share it.
                    let _ = socket::options(&route.socket).set_reuse_address(true);
                    match socket::sender(&route.at, &options, true, self.backend) {
                        Ok(socket) => Rc::new(socket),
                        Err(error) => {
                            errors.push(error);
                            continue;
                        }
                    }
                }
            };
            opened.insert(Rc::as_ptr(&route.socket), Rc::clone(&socket));
            route.source = socket::source_of(&socket, &route.at, self.backend);
            old.push(std::mem::replace(&mut route.socket, socket));
            count += 1;
        }
        (count, errors)
    }

    /// Sends `payload` to the endpoint at `position`.
    ///
    /// # Errors
    /// What the system refused. A datagram that a full queue dropped is such an error (ENOBUFS), where the system tells.
    pub fn send(&self, position: usize, payload: &[u8]) -> Result<Sent, NetError> {
        let OutRoute { at, socket, .. } = &self.routes[position];
        let mut sent = Sent::Fine;
        loop {
            match socket.send_to(payload, at.socket_addr()) {
                Ok(_) => return Ok(sent),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What ICMP said of an earlier datagram is told at the next send, which it keeps from going.
                Err(error) if matches!(sent, Sent::Fine) && is_of_an_earlier_one(&error, at) => sent = Sent::Returned(error),
                Err(error) => return Err(Operation::Send(at.clone()).failed(error)),
            }
        }
    }
}

/// Whether an error may be the answer to an earlier datagram. Nothing ever answers multicast (RFC 1122, 3.2.2).
fn is_of_an_earlier_one(error: &io::Error, at: &Endpoint) -> bool {
    use io::ErrorKind as Kind;
    let by_icmp = [Kind::ConnectionRefused, Kind::ConnectionReset, Kind::HostUnreachable, Kind::NetworkUnreachable];
    at.cast == Cast::Unicast && by_icmp.contains(&error.kind())
}
