//! A message to send.

use std::net::SocketAddr;

/// A datagram to send, or a train of them.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it goes; `None` if the socket is connected to it.
    pub to: Option<SocketAddr>,
    /// What it carries.
    pub bytes: &'a [u8],
    /// It is a train: datagrams of this length, the last of which may be shorter. Only on Linux.
    pub segment: Option<u16>,
}
