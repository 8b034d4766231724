//! The metadata of received datagrams, and the drops of a socket.

use std::io;
use std::net::UdpSocket;

use socket2::Socket;

use crate::iface::Family;

/// The system does not report the destination and the arrival interface.
pub const REPORTS_ARRIVAL: bool = false;

pub fn ask_for_arrival(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

pub fn ask_for_metadata(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

pub fn dropped(_socket: &UdpSocket) -> Option<u32> {
    None
}
