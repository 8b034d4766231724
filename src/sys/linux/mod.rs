//! Linux: many datagrams a call, with every ancillary item, and the socket options that socket2
//! does not have.

mod control;
mod packet;
mod receive;
mod send;
mod wait;

use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::{io, mem, ptr};

use libc::{self, c_int, c_void, socklen_t};
pub use packet::Tap;
pub use receive::Batch;
pub use send::{can_send_trains, send, set_timer_slack};
pub use wait::{MOST as MOST_READY, Waiter};

use crate::iface::Family;

/// Sets one option by value.
fn set<T: Copy>(socket: &impl AsRawFd, level: c_int, name: c_int, value: T) -> io::Result<()> {
    // SAFETY: `value` outlives the call and its exact size is passed; the descriptor is open
    // because `socket` is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            ptr::from_ref(&value).cast::<c_void>(),
            size_of::<T>() as socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

const ON: c_int = 1;

pub fn ask_for_metadata(socket: &impl AsRawFd, family: Family) -> io::Result<()> {
    set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, ON)?;
    set(socket, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, ON)?;
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, ON)?;
        set(socket, libc::IPPROTO_IP, libc::IP_RECVTOS, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, ON)?;
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS, ON)
    }
}

pub fn ask_for_arrival(socket: &impl AsRawFd, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, ON)
    }
}

/// `UDP_GRO` (udp(7), Linux 5.0): a train of datagrams comes as one, with the length of each beside
/// it.
pub fn take_trains(socket: &impl AsRawFd) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, ON)
}

pub fn report_queue_drops(socket: &impl AsRawFd, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVERR, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, ON)
    }
}

pub fn send_via_v4(socket: &impl AsRawFd, index: u32, address: Ipv4Addr) -> io::Result<()> {
    // The address goes with the index: on `lo` an index alone sends from 0.0.0.0, which every
    // receiver drops.
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
        imr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

/// `IP_UNICAST_IF` and `IPV6_UNICAST_IF` take the index in network order (ip(7)).
pub fn send_unicast_via(socket: &impl AsRawFd, family: Family, index: u32) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_UNICAST_IF, index.to_be())
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_IF, index.to_be())
    }
}

pub fn force_receive_buffer(socket: &impl AsRawFd, bytes: usize) -> io::Result<()> {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX / 2);
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes)
}

/// `SO_MEMINFO` (include/uapi/linux/sock_diag.h): nine counters, the last of them the drops.
pub fn dropped(socket: &UdpSocket) -> io::Result<u32> {
    const SO_MEMINFO: c_int = 55;
    const SK_MEMINFO_DROPS: usize = 8;
    let mut info = [0_u32; 16];
    let mut len = size_of_val(&info) as socklen_t;
    // SAFETY: `info` has room for the `len` bytes that the kernel may write, and both outlive the
    // call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_MEMINFO,
            info.as_mut_ptr().cast::<c_void>(),
            &mut len,
        )
    };
    match result {
        0 if len as usize > SK_MEMINFO_DROPS * size_of::<u32>() => Ok(info[SK_MEMINFO_DROPS]),
        0 => Err(io::ErrorKind::Unsupported.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Writes what can be written without waiting: pwritev2(2) with `RWF_NOWAIT`. O_NONBLOCK would do
/// it too, and to everybody who has the same pipe open. Pipes know it since Linux 6.4; what does
/// not says so.
pub fn write_now(open: &impl AsRawFd, bytes: &[u8]) -> io::Result<usize> {
    const WHERE_IT_IS: libc::off_t = -1;
    let part =
        libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast::<c_void>(), iov_len: bytes.len() };
    // SAFETY: the kernel reads the one part, whose bytes outlive the call, and writes to neither;
    // the descriptor is open because `open` is borrowed.
    let written =
        unsafe { libc::pwritev2(open.as_raw_fd(), &part, 1, WHERE_IT_IS, libc::RWF_NOWAIT) };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

/// adjtimex(2), which only reads where no mode is set, and needs no right for that.
pub fn clock_is_synchronised() -> bool {
    // SAFETY: `timex` is a plain C struct of integers, for which all zeroes is a valid value.
    let mut clock: libc::timex = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes into `clock`, which outlives the call.
    let state = unsafe { libc::adjtimex(&mut clock) };
    state >= 0 && state != libc::TIME_ERROR && clock.status & libc::STA_UNSYNC == 0
}
