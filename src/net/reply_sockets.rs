//! The sockets from which a receiver answers, and at which it takes unicast requests.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;

use super::outbox::Answer;
use super::socket;
use super::{NetError, Operation};
use crate::iface::Family;
use crate::sys;
use crate::sys::{Backend, Meta};
use crate::target::{Endpoint, Listen};
use crate::units::UnixTime;

/// A socket for each family and VRF, on a port that the system chooses.
pub(super) struct ReplySockets {
    sockets: Vec<ReplySocket>,
}

/// An unconnected socket.
struct ReplySocket {
    socket: UdpSocket,
    port: u16,
    family: Family,
    vrf: Option<String>,
    /// The TTL or hop limit of its answers.
    ttl: Option<u8>,
}

/// The socket that sends an answer.
#[derive(Clone, Debug)]
pub enum ReplyFrom {
    /// The socket for answers at this position, which received the request.
    Socket(usize),
    /// The socket for answers in the family and VRF of this endpoint.
    Interface(Endpoint),
    /// The receiving socket of this unicast endpoint: firewalls expect the answer from there.
    Receiver(Endpoint),
}

impl ReplySockets {
    /// Opens the sockets that answers to requests at `listens` need.
    pub fn open(listens: &[Listen], backend: Backend) -> Result<Self, NetError> {
        let mut sockets: Vec<ReplySocket> = Vec::new();
        for Listen { at, .. } in listens {
            let (family, vrf) = (Family::of(at.group), at.via.vrf());
            let is_open = |open: &ReplySocket| open.family == family && open.vrf.as_deref() == vrf;
            if !sockets.iter().any(is_open) {
                let socket = socket::replier(at, backend)?;
                let ttl = socket::unicast_ttl(&socket, family);
                let port = socket.local_addr().map_or(0, |local| local.port());
                let vrf = vrf.map(str::to_owned);
                sockets.push(ReplySocket { socket, port, family, vrf, ttl });
            }
        }
        Ok(ReplySockets { sockets })
    }

    /// The sockets in their order.
    pub fn iter(&self) -> impl Iterator<Item = &UdpSocket> {
        self.sockets.iter().map(|open| &open.socket)
    }

    /// The number of sockets.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// The ports of the sockets.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.sockets.iter().map(|open| open.port)
    }

    /// The socket that answers requests at an endpoint.
    pub fn position(&self, at: &Endpoint) -> Option<usize> {
        let (family, vrf) = (Family::of(at.group), at.via.vrf());
        self.sockets.iter().position(|open| open.family == family && open.vrf.as_deref() == vrf)
    }

    /// The TTL or hop limit of the answers of a socket.
    pub fn ttl(&self, position: usize) -> Option<u8> {
        self.sockets.get(position)?.ttl
    }

    /// Sends an answer without waiting.
    pub fn send(&self, position: usize, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        let socket = &self.sockets.get(position).ok_or(io::ErrorKind::NotConnected)?.socket;
        socket.send_to(payload, to).map(drop)
    }

    /// Reads one batch of a socket. Returns the number of buffers.
    pub fn receive(&self, batch: &mut sys::Batch, position: usize) -> Result<usize, NetError> {
        let Some(open) = self.sockets.get(position) else { return Ok(0) };
        match batch.receive(&open.socket, false) {
            Err(error) if !super::inbox::is_passing(&error) => {
                Err(Operation::ReceiveAnswers.failed(error))
            }
            received => Ok(received.unwrap_or(0)),
        }
    }

    /// Calls `take` for each of `count` buffers of a batch.
    pub fn hand_over<E: From<NetError>>(
        &self,
        batch: &mut sys::Batch,
        position: usize,
        count: usize,
        take: &mut impl FnMut(usize, u16, Answer) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let port = self.sockets.get(position).map_or(0, |open| open.port);
        batch.forget_previous();
        let (read, mut meta) = (UnixTime::now(), Meta::unknown());
        for slot in 0..count {
            let train = batch.read(slot, &mut meta);
            if !meta.kernel_time {
                meta.time = read;
            }
            for payload in train.datagrams() {
                if take(position, port, Answer { payload, meta: &meta, read })?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
