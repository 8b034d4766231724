//! The options of sockets.

use std::io;
use std::net::Ipv4Addr;

use socket2::{SockAddr, Socket, Type};

use crate::iface::Family;

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
