//! What differs from system to system. `unsafe` is allowed here and nowhere else.
//!
//! [`Batch`] receives; the functions set what socket2 does not cover. Where a system lacks something, the function does
//! nothing or answers `None`, and the caller goes on without.

#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod linux;
mod portable;
mod sources;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{PollSource, borrow, poll, start_with_open_files, too_many_files};
#[cfg(windows)]
pub use windows::{PollSource, borrow, poll, too_many_files};

pub use sources::change_source;

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

use socket2::Socket;

use super::{Backend, Meta};

/// Buffers for the datagrams of one call, and the way to fill them.
pub enum Batch {
    /// recvmmsg.
    #[cfg(target_os = "linux")]
    Linux(linux::Batch),
    /// recvfrom.
    Portable(portable::Batch),
}

impl Batch {
    pub fn new(backend: Backend) -> Self {
        match backend {
            #[cfg(target_os = "linux")]
            Backend::Native(batching) => Batch::Linux(linux::Batch::new(batching)),
            _ => Batch::Portable(portable::Batch::new()),
        }
    }

    /// Receives what is waiting on `socket`, as much as fits, without blocking. Zero where nothing waits.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        match self {
            #[cfg(target_os = "linux")]
            Batch::Linux(batch) => batch.receive(socket),
            Batch::Portable(batch) => batch.receive(socket),
        }
    }

    /// The datagram in slot `index` of the last call.
    pub fn get(&self, index: usize) -> (&[u8], &Meta) {
        match self {
            #[cfg(target_os = "linux")]
            Batch::Linux(batch) => batch.get(index),
            Batch::Portable(batch) => batch.get(index),
        }
    }
}

/// Writes as much as can be written without waiting, to whatever is open.
///
/// # Errors
/// `WouldBlock` where there is no room; others where the system has no such write.
#[cfg(unix)]
pub fn write_now(open: &impl std::os::fd::AsRawFd, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    return linux::write_now(open, bytes);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (open, bytes);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Asks the kernel to tell the time, destination, interface, TTL, traffic class and drops of each datagram.
pub fn ask_for_metadata(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::ask_for_metadata(socket, ipv4);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Makes the kernel report a datagram that its own queue dropped, as ENOBUFS on the send, instead of losing it in silence.
pub fn report_queue_drops(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::report_queue_drops(socket, ipv4);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Delivers only what this socket joined, where the system would deliver what any program joined.
pub fn hear_only_own_groups(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return if ipv4 { socket.set_multicast_all_v4(false) } else { socket.set_multicast_all_v6(false) };
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Chooses the interface and the source address of IPv4 multicast. By index where the system can: an address may stand on two interfaces.
pub fn send_via_v4(socket: &Socket, index: u32, address: Ipv4Addr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::send_via_v4(socket, index, address);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = index;
        socket.set_multicast_if_v4(&address)
    }
}

/// Chooses the interface of unicast, where the system can by its index; the address that is bound helps elsewhere.
pub fn send_unicast_via(socket: &Socket, ipv4: bool, index: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::send_unicast_via(socket, ipv4, index);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4, index))
}

/// Sets the receive buffer past the system's limit, where this process may.
pub fn force_receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::force_receive_buffer(socket, bytes);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, bytes);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// How many datagrams this socket's queue has dropped since it was opened, the last ones too.
pub fn dropped(socket: &UdpSocket) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return linux::dropped(socket).ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        None
    }
}

/// Whether the clock follows a reference.
pub fn clock_is_synchronised() -> bool {
    #[cfg(target_os = "linux")]
    return linux::clock_is_synchronised();
    #[cfg(not(target_os = "linux"))]
    false
}
