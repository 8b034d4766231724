//! Works on every system: one datagram per call, received with its source. Needs no `unsafe`.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use super::message::Message;
use super::meta::{Meta, UNKNOWN_SOURCE};
use super::train::Train;

/// One datagram per call.
pub struct Batch {
    payload: Box<[u8]>,
    len: usize,
    source: SocketAddr,
    /// The slot that was read before is of the same socket.
    has_previous: bool,
}

impl Batch {
    pub fn new() -> Self {
        Batch {
            payload: vec![0; 65_536].into_boxed_slice(),
            len: 0,
            source: UNKNOWN_SOURCE,
            has_previous: false,
        }
    }

    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let (len, source) = socket.recv_from(&mut self.payload)?;
        (self.len, self.source) = (len, source);
        Ok(1)
    }

    pub fn read(&mut self, meta: &mut Meta) -> Train<'_> {
        let repeated = self.has_previous && meta.source == self.source;
        if !repeated {
            *meta = Meta { source: self.source, ..Meta::unknown() };
        }
        self.has_previous = true;
        Train { payload: &self.payload[..self.len], segment: None, repeated }
    }

    pub fn forget_previous(&mut self) {
        self.has_previous = false;
    }
}

/// Sends the first message.
pub fn send(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    let Some(message) = messages.first() else { return Ok(0) };
    debug_assert!(message.segment.is_none(), "a portable call sends no trains");
    match message.to {
        Some(to) => socket.send_to(message.bytes, to)?,
        None => socket.send(message.bytes)?,
    };
    Ok(1)
}
