//! Systems other than Linux, with the signatures of `linux`: one datagram per call, and no
//! ancillary data.

use std::convert::Infallible;
use std::io;
use std::iter::Empty;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use socket2::{SockAddr, Socket, Type};

use super::backend::Batching;
use super::captured::CapturedFrame;
use super::meta::Meta;
use super::os::PollSource;
use super::portable;
pub use super::portable::send;
use super::ready::Ready;
use super::train::Train;
use crate::iface::{Family, MacAddr};

/// A wait reports all ready sources.
pub const MOST_READY: usize = usize::MAX;

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

/// Uninhabited: without epoll, each wait lists its sources.
pub struct Waiter(Infallible);

impl Waiter {
    pub fn new() -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub fn add(&self, _number: u64, _source: PollSource) -> io::Result<()> {
        match self.0 {}
    }

    pub fn add_output(&self, _number: u64, _output: PollSource) -> io::Result<bool> {
        match self.0 {}
    }

    pub fn wait(&mut self, _time: Option<Duration>) -> io::Result<Empty<Ready>> {
        match self.0 {}
    }
}

/// Not supported: COMMAND may outlive this process.
pub fn end_with_this_process(_command: &mut Command) {}

pub fn adopt_orphans() {}

/// Nothing is adopted.
pub fn reap_orphans(_but: u32) {}

#[cfg_attr(windows, allow(dead_code, reason = "a process group of Windows is its program"))]
pub fn descendants() -> io::Result<Vec<i32>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn can_send_trains(_socket: &UdpSocket) -> bool {
    false
}

pub fn is_train_refused(_error: &io::Error) -> bool {
    false
}

pub fn take_trains(_socket: &UdpSocket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn ask_for_arrival(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

pub fn ask_for_metadata(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

pub fn report_queue_drops(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

pub fn deliver_only_joined(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}
/// Selects the interface of IPv4 multicast by its address.
pub fn send_via_v4(socket: &Socket, _index: u32, address: Ipv4Addr) -> io::Result<()> {
    socket.set_multicast_if_v4(&address)
}

/// The bound address selects the interface.
pub fn send_unicast_via(_socket: &Socket, _family: Family, _index: u32) -> io::Result<()> {
    Ok(())
}

pub fn bind_to_device(_socket: &Socket, _device: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn force_receive_buffer(_socket: &Socket, _bytes: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Binds an address that other receivers share (SO_REUSEADDR is set): BSD and macOS also require
/// SO_REUSEPORT.
#[cfg(unix)]
pub fn bind_shared(socket: &Socket, address: &SockAddr) -> io::Result<()> {
    socket.set_reuse_port(true)?;
    socket.bind(address)
}

/// Windows has no SO_REUSEPORT.
#[cfg(not(unix))]
pub fn bind_shared(socket: &Socket, address: &SockAddr) -> io::Result<()> {
    socket.bind(address)
}

pub fn datagram_type() -> Type {
    Type::DGRAM
}

pub fn set_nonblocking(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)
}

pub fn dropped(_socket: &UdpSocket) -> Option<u32> {
    None
}

pub fn set_timer_slack() -> io::Result<()> {
    Ok(())
}

pub fn clock_is_synchronised() -> bool {
    false
}

#[cfg(unix)]
pub fn write_now(_open: &impl std::os::fd::AsRawFd, _bytes: &[u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
