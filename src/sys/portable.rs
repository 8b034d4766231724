//! Works on every system: one datagram per call, received with its source. Needs no `unsafe`.

use std::io;
use std::net::UdpSocket;

use super::message::Message;
use super::meta::Meta;
use super::train::Train;

/// One datagram per call.
pub struct Batch {
    payload: Box<[u8]>,
    len: usize,
    meta: Meta,
}

impl Batch {
    pub fn new() -> Self {
        Batch { payload: vec![0; 65_536].into_boxed_slice(), len: 0, meta: Meta::unknown() }
    }

    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let (len, source) = socket.recv_from(&mut self.payload)?;
        (self.len, self.meta.source) = (len, source);
        Ok(1)
    }

    pub fn get(&self, _index: usize) -> Train<'_> {
        Train { payload: &self.payload[..self.len], segment: None, meta: self.meta }
    }
}

/// Sends the first message.
pub fn send(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    let Some(message) = messages.first() else { return Ok(0) };
    debug_assert!(message.segment.is_none(), "trains are Linux's");
    match message.to {
        Some(to) => socket.send_to(message.bytes, to)?,
        None => socket.send(message.bytes)?,
    };
    Ok(1)
}
