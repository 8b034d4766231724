//! A message to send.

use std::net::SocketAddr;

/// A datagram or a train.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The destination; `None` on a connected socket.
    pub to: Option<SocketAddr>,
    pub bytes: &'a [u8],
    /// The length of the datagrams in a train; the last one may be shorter. Only on Linux and Windows.
    pub segment: Option<u16>,
}
