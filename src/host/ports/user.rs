//! A socket that holds a UDP port, with its program.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// A socket that holds a UDP port.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct PortUser {
    /// The bound address; may be unspecified.
    pub address: IpAddr,
    pub port: u16,
    /// The only accepted peer of a connected socket.
    pub connected: Option<SocketAddr>,
    /// The user id of its owner.
    pub uid: u32,
    pub inode: u64,
    /// The datagrams dropped since it was opened: the receive buffer was full.
    pub drops: u64,
    /// The memory of the waiting datagrams, as the kernel accounts it.
    pub queued_bytes: u64,
    /// The program, `python3 (pid 1234)`, if the system shows it.
    pub program: Option<String>,
    /// It belongs to this process.
    pub own: bool,
}
