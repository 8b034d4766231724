//! Packet sockets (packet(7)).

use std::convert::Infallible;
use std::io;

use crate::iface::MacAddr;
use crate::sys::captured::CapturedFrame;

/// Uninhabited: only Linux has packet sockets.
pub struct PacketSocket(Infallible);

impl PacketSocket {
    pub fn open() -> io::Result<Box<PacketSocket>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn read(&mut self, _take: &mut dyn FnMut(&CapturedFrame)) -> io::Result<usize> {
        match self.0 {}
    }

    pub fn accept(&self, _ifindex: u32, _mac: MacAddr) -> io::Result<()> {
        match self.0 {}
    }

    pub fn dropped(&self) -> io::Result<u32> {
        match self.0 {}
    }
}
