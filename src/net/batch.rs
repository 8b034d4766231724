//! Many datagrams in, many datagrams out: the inbox and the outbox.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Instant;

use tracing::trace;

use super::membership::Membership;
use super::socket::{self, SendOptions};
use super::wait::wait_for;
use super::{Backend, Datagram, Endpoint, Meta, NetError, Operation, Wake, sys};

/// The receive buffer, in the bytes that `SO_RCVBUF` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rcvbuf {
    /// What the user asked for; `None` asks for as much as the system grants.
    pub asked: Option<usize>,
    /// What the system granted, where it says.
    pub granted: Option<usize>,
}

/// The sockets that hear the joined groups, and the buffers that they are read into.
pub struct Inbox {
    channels: Vec<Channel>,
    batch: sys::Batch,
    ready: Vec<usize>,
    rcvbuf: Rcvbuf,
    foreign: u64,
}

/// One socket, with what it joined.
struct Channel {
    socket: Rc<UdpSocket>,
    membership: Membership,
}

impl Channel {
    /// Whether a datagram is one that this socket joined for: the kernel's filter knows the group but, on IPv6, not the interface; and a
    /// socket that could not be bound to the group also hears unicast to its port.
    fn admits(&self, meta: &Meta) -> bool {
        let at = self.membership.at();
        meta.destination.is_none_or(|destination| destination == at.group)
            && meta.ifindex.is_none_or(|ifindex| ifindex == at.via.index)
    }
}

impl Inbox {
    /// Opens a socket for each endpoint and joins its group there. `rcvbuf` is what each socket's receive buffer should be, in bytes.
    ///
    /// # Errors
    /// The operation that the system refused; what was joined before it is left.
    pub fn open(endpoints: &[Endpoint], rcvbuf: Option<usize>, backend: Backend) -> Result<Self, NetError> {
        let mut granted = Rcvbuf { asked: rcvbuf, granted: None };
        let mut channels = Vec::with_capacity(endpoints.len());
        for at in endpoints {
            let (socket, buffer) = socket::receiver(at, rcvbuf, backend)?;
            granted = buffer;
            let socket = Rc::new(socket);
            let membership = Membership::join(&socket, at)?;
            channels.push(Channel { socket, membership });
        }
        Ok(Inbox { channels, batch: sys::Batch::new(backend), ready: Vec::new(), rcvbuf: granted, foreign: 0 })
    }

    /// The receive buffer of each socket.
    pub fn rcvbuf(&self) -> Rcvbuf {
        self.rcvbuf
    }

    /// Waits until datagrams are there, until `until`, or until something of `wake` happens. Answers whether the reader of the
    /// output is gone.
    ///
    /// # Errors
    /// What the system refused.
    pub fn wait(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let sockets: Vec<&UdpSocket> = self.channels.iter().map(|channel| &*channel.socket).collect();
        wait_for(&sockets, wake, until, &mut self.ready)
    }

    /// Whether the last wait found a socket ready.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Reads one batch from each socket that the last wait found ready, and hands each datagram to `take`. Where that breaks off, what is left
    /// of its batch is forgotten, and its reason is the answer.
    ///
    /// # Errors
    /// What the system refused, or what `take` failed with.
    pub fn read<B, E: From<NetError>>(
        &mut self,
        mut take: impl FnMut(Datagram) -> Result<ControlFlow<B>, E>,
    ) -> Result<ControlFlow<B>, E> {
        for &position in &self.ready {
            let channel = &self.channels[position];
            let endpoint = channel.membership.at();
            let count = match self.batch.receive(&channel.socket) {
                Ok(count) => count,
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(Operation::Receive(endpoint.group, endpoint.port).failed(error).into()),
            };
            for slot in 0..count {
                let (payload, meta) = self.batch.get(slot);
                if !channel.admits(meta) {
                    self.foreign += 1;
                    trace!(source = %meta.source, destination = ?meta.destination, ifindex = ?meta.ifindex, "not for a joined group");
                    continue;
                }
                let flow = take(Datagram { payload, meta, endpoint })?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How many datagrams the kernel had no room for in the sockets' buffers, where it says. The last ones before this call are counted too.
    pub fn kernel_drops(&self) -> Option<u64> {
        self.channels.iter().map(|channel| sys::dropped(&channel.socket).map(u64::from)).sum()
    }

    /// How many datagrams reached the sockets without being sent to a joined group on its interface.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Leaves every group, and says which were left.
    pub fn leave(self) -> Vec<Result<Endpoint, NetError>> {
        self.channels.into_iter().map(|channel| channel.membership.leave()).collect()
    }
}

/// Whether a receive that failed may simply be tried again: nothing waits, a signal came, or the answer to an earlier send of somebody else is
/// reported here (Windows does that).
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::WouldBlock | Kind::Interrupted | Kind::ConnectionReset | Kind::ConnectionRefused)
}

/// The sockets that send, and the endpoints that they send to.
pub struct Outbox {
    routes: Vec<OutRoute>,
}

/// An endpoint, with the socket that reaches it.
struct OutRoute {
    at: Endpoint,
    source: SocketAddr,
    socket: Rc<UdpSocket>,
}

impl Outbox {
    /// Opens the sockets that reach the endpoints: one for each family and interface.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open(endpoints: &[Endpoint], options: &SendOptions, backend: Backend) -> Result<Self, NetError> {
        let mut routes: Vec<OutRoute> = Vec::with_capacity(endpoints.len());
        for at in endpoints {
            let shared = routes.iter().find(|route| route.at.via == at.via).map(|route| Rc::clone(&route.socket));
            let sharing = routes.iter().any(|route| route.at.group.is_ipv4() == at.group.is_ipv4());
            let socket = shared.map_or_else(|| socket::sender(at, options, sharing, backend).map(Rc::new), Ok)?;
            let source = socket::source_of(&socket, at, backend);
            routes.push(OutRoute { at: at.clone(), source, socket });
        }
        Ok(Outbox { routes })
    }

    /// The endpoints in the order they were given, each with the source address and port that its datagrams carry.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.routes.iter().map(|route| (&route.at, route.source))
    }

    /// Sends `payload` to the endpoint at `position`.
    ///
    /// # Errors
    /// What the system refused. A datagram that a full queue dropped is such an error (ENOBUFS), where the system tells.
    pub fn send(&self, position: usize, payload: &[u8]) -> Result<(), NetError> {
        let OutRoute { at, socket, .. } = &self.routes[position];
        loop {
            match socket.send_to(payload, at.socket_addr()) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Operation::Send(at.clone()).failed(error)),
            }
        }
    }
}
