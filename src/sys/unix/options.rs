//! Socket options of every Unix.

use std::io;

use socket2::Socket;

/// Sets the traffic class of outgoing IPv6 datagrams (RFC 3542, 6.5).
pub fn set_traffic_class_v6(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}
