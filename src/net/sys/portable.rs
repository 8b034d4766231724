//! Every system: one datagram a call; those that are received with their source and the program's own clock. It needs no `unsafe`.

use std::io;
use std::net::UdpSocket;
use std::time::SystemTime;

use crate::net::Meta;
use crate::net::sys::Message;

/// Receives one datagram a call.
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
        (self.len, self.meta.source, self.meta.time) = (len, source, SystemTime::now());
        Ok(1)
    }

    pub fn get(&self, _index: usize) -> (&[u8], &Meta) {
        (&self.payload[..self.len], &self.meta)
    }
}

/// Sends the first message.
pub fn send(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    let Some(message) = messages.first() else { return Ok(0) };
    match message.to {
        Some(to) => socket.send_to(message.bytes, to)?,
        None => socket.send(message.bytes)?,
    };
    Ok(1)
}
