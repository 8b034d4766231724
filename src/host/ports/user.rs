//! A socket that holds a UDP port, and the program that has it open.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// A socket that holds a UDP port.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct PortUser {
    /// The address it is bound to; unspecified where it hears what is sent to any.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The only peer it hears, where it is connected to one.
    pub connected: Option<SocketAddr>,
    /// The user whose it is.
    pub uid: u32,
    /// The number by which the system knows it.
    pub inode: u64,
    /// How many datagrams it had no room for, since it was opened.
    pub drops: u64,
    /// How much waits to be read, as the kernel counts memory.
    pub queued_bytes: u64,
    /// The program that has it open, `python3 (pid 1234)`, where the system lets this one see it.
    pub program: Option<String>,
    /// It is this process's.
    pub own: bool,
}
