//! The answers of a receiver, and the requests that arrive at the sockets that send them.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Inbox;
use crate::iface::{Cast, Family, Via};
use crate::net::reply_sockets::{ReplyFrom, ReplySockets};
use crate::net::{Answer, NetError, socket};
use crate::target::{Endpoint, Listen};

impl Inbox {
    /// Opens the sockets for answers to requests at `listens`. Waits watch them from now on.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open_replies(&mut self, listens: &[Listen]) -> Result<(), NetError> {
        let replies = ReplySockets::open(listens, self.backend)?;
        if let Some(waiter) = &self.waiter {
            replies
                .iter()
                .enumerate()
                .try_for_each(|(position, socket)| waiter.add_reply(position, socket))?;
        }
        self.replies = Some(replies);
        Ok(())
    }

    /// The ports of the sockets for answers.
    pub fn reply_ports(&self) -> impl Iterator<Item = u16> {
        self.replies.iter().flat_map(ReplySockets::ports)
    }

    /// Reads one batch from each ready socket for answers, and calls `take` for each datagram with
    /// the position and the port of its socket.
    ///
    /// # Errors
    /// The error of the system or of `take`.
    pub fn read_requests<E: From<NetError>>(
        &mut self,
        mut take: impl FnMut(usize, u16, Answer) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let Some(replies) = &self.replies else { return Ok(()) };
        // Its buffers differ from those of the sockets that receive groups.
        self.previous.channel = None;
        if let Some((position, count)) = self.filled_reply.take() {
            return replies.hand_over(&mut self.batch, position, count, &mut take);
        }
        for position in self.ready_replies.iter().copied() {
            let count = replies.receive(&mut self.batch, position)?;
            replies.hand_over(&mut self.batch, position, count, &mut take)?;
        }
        Ok(())
    }

    /// The TTL or hop limit of an answer.
    pub fn reply_ttl(&self, from: &ReplyFrom) -> Option<u8> {
        match (self.receiving_socket(from), self.reply_position(from)) {
            (Some(socket), _) => socket::unicast_ttl(socket, from.family()?),
            (None, Some(position)) => self.replies.as_ref()?.ttl(position),
            (None, None) => None,
        }
    }

    /// Sends an answer without waiting.
    ///
    /// # Errors
    /// The error of the system.
    pub fn reply(&self, from: &ReplyFrom, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        if let Some(socket) = self.receiving_socket(from) {
            return socket.send_to(payload, to).map(drop);
        }
        match (&self.replies, self.reply_position(from)) {
            (Some(replies), Some(position)) => replies.send(position, payload, to),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The receiving socket that sends an answer.
    fn receiving_socket(&self, from: &ReplyFrom) -> Option<&UdpSocket> {
        let ReplyFrom::Receiver(at) = from else { return None };
        if at.cast != Cast::Unicast {
            return None;
        }
        let is_it = |listen: &Listen| {
            let other = &listen.at;
            (other.group, other.port, other.via.index) == (at.group, at.port, at.via.index)
        };
        let channel = self.channels.iter().find(|channel| is_it(channel.first()))?;
        Some(&channel.socket)
    }

    /// The socket that answers requests at a group and port on an interface.
    pub fn reply_from(&self, group: IpAddr, port: u16, ifindex: u32) -> ReplyFrom {
        let unicast = self
            .channels
            .iter()
            .map(|channel| &channel.first().at)
            .find(|at| at.cast == Cast::Unicast && (at.group, at.port) == (group, port));
        if let Some(at) = unicast {
            return ReplyFrom::Receiver(at.clone());
        }
        let via = self.watch.interfaces().map(|(via, ..)| via).find(|via| via.index == ifindex);
        let via = Arc::new(via.cloned().unwrap_or_else(Via::any));
        ReplyFrom::Interface(Endpoint { group, port, cast: Cast::Multicast, via })
    }

    fn reply_position(&self, from: &ReplyFrom) -> Option<usize> {
        match from {
            ReplyFrom::Socket(position) => Some(*position),
            ReplyFrom::Receiver(at) | ReplyFrom::Interface(at) => {
                self.replies.as_ref()?.position(at)
            }
        }
    }
}

impl ReplyFrom {
    fn family(&self) -> Option<Family> {
        match self {
            ReplyFrom::Socket(_) => None,
            ReplyFrom::Receiver(at) | ReplyFrom::Interface(at) => Some(Family::of(at.group)),
        }
    }
}
