//! What differs from system to system. `unsafe` is allowed here and nowhere else.
//!
//! [`Batch`] receives; the functions set what socket2 does not cover. Where a system lacks
//! something, the function does nothing or answers `None`, and the caller goes on without.

#![allow(unsafe_code)]

mod backend;
mod interrupt;
#[cfg(target_os = "linux")]
mod linux;
mod meta;
mod portable;
mod sources;
mod tap;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

pub use backend::{Backend, Batching, LONGEST_TRAIN};
pub use interrupt::{Interrupt, Signal};
#[cfg(target_os = "linux")]
pub use linux::{MOST_READY, Tap, Waiter};
pub use meta::{Meta, UNKNOWN_SOURCE};
#[cfg(not(target_os = "linux"))]
pub use portable::Tap;
use socket2::Socket;
pub use sources::{SourceChange, change_source};
pub use tap::{Caught, IPV4, IPV6, Towards};
#[cfg(unix)]
pub use unix::{
    PollSource, borrow, poll, start_with_open_files, stderr_is_foreground, stderr_is_writable,
    too_many_files, wait_for_room,
};
#[cfg(windows)]
pub use windows::{
    PollSource, borrow, poll, stderr_is_foreground, stderr_is_writable, too_many_files,
    wait_for_room,
};

/// How many of those that are ready a wait tells; what is beyond is told by the next one.
#[cfg(not(target_os = "linux"))]
pub const MOST_READY: usize = usize::MAX;

/// The longest sleep in a receive.
pub const NAP: Duration = Duration::from_millis(10);

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

    /// Receives what is waiting on `socket`, as much as fits. Zero where nothing waits; only with
    /// `sleeps`, which the socket must allow, it waits for something, for [`NAP`] at most.
    pub fn receive(&mut self, socket: &UdpSocket, sleeps: bool) -> io::Result<usize> {
        // Only Linux has a receive that sleeps.
        let _ = sleeps;
        match self {
            #[cfg(target_os = "linux")]
            Batch::Linux(batch) => batch.receive(socket, sleeps),
            Batch::Portable(batch) => batch.receive(socket),
        }
    }

    /// Takes note that trains will come, which [`take_trains`] brings.
    pub fn expect_trains(&mut self) {
        match self {
            #[cfg(target_os = "linux")]
            Batch::Linux(batch) => batch.expect_trains(),
            Batch::Portable(_) => {}
        }
    }

    /// What is in slot `index` since the last call. It is read out of the kernel's own words each
    /// time.
    pub fn get(&self, index: usize) -> Train<'_> {
        match self {
            #[cfg(target_os = "linux")]
            Batch::Linux(batch) => batch.get(index),
            Batch::Portable(batch) => batch.get(index),
        }
    }
}

/// Something to send.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it goes; `None` where the socket is connected to it.
    pub to: Option<SocketAddr>,
    /// What it carries.
    pub bytes: &'a [u8],
    /// It is a train: datagrams of this length, the last of which may be shorter. Only on Linux.
    pub segment: Option<u16>,
}

/// Sends messages, without blocking, until one is refused. Answers how many left; the error is that
/// of the first one.
pub fn send(socket: &UdpSocket, messages: &[Message], backend: Backend) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    if backend.is_native() {
        return linux::send(socket, messages);
    }
    let _ = backend;
    portable::send(socket, messages)
}

/// Whether trains of datagrams may be sent: a kernel that does not know them would send one large
/// datagram instead.
pub fn can_send_trains(socket: &UdpSocket) -> bool {
    #[cfg(target_os = "linux")]
    return linux::can_send_trains(socket);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        false
    }
}

/// Lets timers end when they are due, where the system would let them end together with others.
pub fn be_punctual() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::be_punctual();
    #[cfg(not(target_os = "linux"))]
    Ok(())
}

/// What came at once: a datagram, or several of one length that were sent as one.
pub struct Train<'a> {
    /// The payloads, one behind the other.
    pub payload: &'a [u8],
    /// The length of each but the last, which may be shorter; `None` where it is one datagram.
    pub segment: Option<usize>,
    /// What is true of each of them. The time is set only where the kernel told it.
    pub meta: Meta,
}

impl<'a> Train<'a> {
    /// The datagrams, as they were sent.
    pub fn datagrams(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let payload = self.payload;
        let len = self.segment.filter(|len| *len > 0).unwrap_or(payload.len()).max(1);
        // A datagram without a byte is one as well.
        let count = payload.len().div_ceil(len).max(1);
        (0..count)
            .map(move |datagram| &payload[datagram * len..payload.len().min((datagram + 1) * len)])
    }
}

/// Has trains of datagrams come as such, where the system can.
pub fn take_trains(socket: &UdpSocket) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::take_trains(socket);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        Err(io::ErrorKind::Unsupported.into())
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

/// Asks the kernel to tell the destination of each datagram, and the interface it arrived on.
pub fn ask_for_arrival(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::ask_for_arrival(socket, ipv4);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Asks the kernel to tell the time, TTL, traffic class and drops of each datagram.
pub fn ask_for_metadata(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::ask_for_metadata(socket, ipv4);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Makes the kernel report a datagram that its own queue dropped, as ENOBUFS on the send, instead
/// of losing it in silence.
pub fn report_queue_drops(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::report_queue_drops(socket, ipv4);
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Delivers only what this socket joined, where the system would deliver what any program joined.
pub fn hear_only_own_groups(socket: &Socket, ipv4: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return if ipv4 {
        socket.set_multicast_all_v4(false)
    } else {
        socket.set_multicast_all_v6(false)
    };
    #[cfg(not(target_os = "linux"))]
    Ok(_ = (socket, ipv4))
}

/// Chooses the interface and the source address of IPv4 multicast. By index where the system can:
/// an address may stand on two interfaces.
pub fn send_via_v4(socket: &Socket, index: u32, address: Ipv4Addr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::send_via_v4(socket, index, address);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = index;
        socket.set_multicast_if_v4(&address)
    }
}

/// Chooses the interface of unicast, where the system can by its index; the address that is bound
/// helps elsewhere.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(len: usize, segment: Option<usize>) -> Vec<usize> {
        let payload = vec![0; len];
        Train { payload: &payload, segment, meta: Meta::unknown() }
            .datagrams()
            .map(<[u8]>::len)
            .collect()
    }

    #[test]
    fn a_train_is_cut_where_its_datagrams_were_joined() {
        assert_eq!(lengths(1050, Some(500)), [500, 500, 50]);
        assert_eq!(lengths(1000, Some(500)), [500, 500]);
        assert_eq!(lengths(0, None), [0], "a datagram without payload is one");
        for alone in [None, Some(0), Some(70), Some(71)] {
            assert_eq!(lengths(70, alone), [70]);
        }
    }

    proptest! {
        #[test]
        fn the_datagrams_of_a_train_are_all_of_it_in_order(payload in proptest::collection::vec(any::<u8>(), 0..3000), segment in 0_usize..1600) {
            let train = Train { payload: &payload, segment: Some(segment), meta: Meta::unknown() };
            let datagrams: Vec<&[u8]> = train.datagrams().collect();
            prop_assert_eq!(datagrams.concat(), payload.clone());
            let (last, whole) = datagrams.split_last().unwrap();
            prop_assert!(whole.iter().all(|datagram| datagram.len() == segment));
            prop_assert!(segment == 0 || last.len() <= segment);
            prop_assert!(!last.is_empty() || payload.is_empty());
        }
    }
}
