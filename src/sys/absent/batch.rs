//! One datagram per call, with its source alone.

use std::io;
use std::net::UdpSocket;

use crate::sys::backend::Batching;
use crate::sys::meta::Meta;
use crate::sys::portable;
use crate::sys::train::Train;

/// One datagram per call.
pub struct Batch(portable::Batch);

impl Batch {
    pub fn new(_batching: Batching) -> Self {
        Batch(portable::Batch::new())
    }

    pub fn receive(&mut self, socket: &UdpSocket, _sleeps: bool) -> io::Result<usize> {
        self.0.receive(socket)
    }

    pub fn expect_trains(&mut self) {}

    pub fn read(&mut self, _index: usize, meta: &mut Meta) -> Train<'_> {
        self.0.read(meta)
    }

    pub fn forget_previous(&mut self) {
        self.0.forget_previous();
    }
}
