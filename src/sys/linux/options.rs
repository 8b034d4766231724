//! The socket options that socket2 does not have, and those that only Linux has.

use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::{io, ptr};

use libc::{self, c_int, c_void, socklen_t};
use socket2::{SockAddr, Socket, Type};

use crate::iface::Family;

/// Sets one option by value.
pub fn set<T: Copy>(socket: &impl AsRawFd, level: c_int, name: c_int, value: T) -> io::Result<()> {
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

pub const ON: c_int = 1;

/// Asks the kernel for the time, TTL, traffic class and drops of each datagram.
pub fn ask_for_metadata(socket: &Socket, family: Family) -> io::Result<()> {
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

/// Asks the kernel for the destination of each datagram, and the interface it arrived on.
pub fn ask_for_arrival(socket: &Socket, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, ON)
    }
}

/// `UDP_GRO` (udp(7), Linux 5.0): a train of datagrams comes as one, with the length of each beside
/// it.
pub fn take_trains(socket: &UdpSocket) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, ON)
}

/// Makes the kernel report a datagram that its own queue dropped, as ENOBUFS on the send, instead
/// of losing it in silence.
pub fn report_queue_drops(socket: &Socket, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVERR, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, ON)
    }
}

/// Chooses the interface and the source address of IPv4 multicast, by the interface's index: an
/// address may stand on two interfaces.
pub fn send_via_v4(socket: &Socket, index: u32, address: Ipv4Addr) -> io::Result<()> {
    // The address goes with the index: on `lo` an index alone sends from 0.0.0.0, which every
    // receiver drops.
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
        imr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

/// Chooses the interface of unicast. `IP_UNICAST_IF` and `IPV6_UNICAST_IF` take the index in
/// network order (ip(7)).
pub fn send_unicast_via(socket: &Socket, family: Family, index: u32) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_UNICAST_IF, index.to_be())
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_IF, index.to_be())
    }
}

/// Binds to a device (SO_BINDTODEVICE), which takes no rights since Linux 5.7.
pub fn bind_to_device(socket: &Socket, device: &str) -> io::Result<()> {
    socket.bind_device(Some(device.as_bytes()))
}

/// Sets the receive buffer past the system's limit, if this process may.
pub fn force_receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX / 2);
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes)
}

/// How many datagrams this socket's queue has dropped since it was opened, the last ones too.
/// `SO_MEMINFO` (include/uapi/linux/sock_diag.h): nine counters, the last of them the drops.
pub fn dropped(socket: &UdpSocket) -> Option<u32> {
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
        0 if len as usize > SK_MEMINFO_DROPS * size_of::<u32>() => Some(info[SK_MEMINFO_DROPS]),
        _ => None,
    }
}

/// Delivers only the groups that this socket joined, where Linux would deliver the groups that any
/// program joined.
pub fn deliver_only_joined(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => socket.set_multicast_all_v4(false),
        Family::V6 => socket.set_multicast_all_v6(false),
    }
}

/// Whether this IPv4 socket gets nothing but the groups that it joined, on their interfaces.
pub fn delivers_only_joined_v4(socket: &Socket) -> bool {
    socket.multicast_all_v4().is_ok_and(|all| !all)
}

/// Binds an address that is shared with other receivers (SO_REUSEADDR is set), also with programs
/// of the same user that set SO_REUSEPORT alone, whoever comes first.
///
/// No two sockets may become a group of SO_REUSEPORT: its members get a datagram in turns. Linux
/// lets one of them have what another one has joined if that was found early, whatever their
/// interfaces (`inet_steal_sock` of a `udp_v4_early_demux`). A socket becomes a member if the option
/// is on during the bind, and selects another one only while it is on.
pub fn bind_shared(socket: &Socket, address: &SockAddr) -> io::Result<()> {
    match socket.bind(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            socket.set_reuse_port(true)?;
            socket.bind(address).map_err(|_| error)?;
            socket.set_reuse_port(false)
        }
        Ok(()) => socket.set_reuse_port(true),
        refused => refused,
    }
}

/// The type of a UDP socket, non-blocking from the start: two calls a socket are much for ten
/// thousand.
pub fn datagram_type() -> Type {
    Type::DGRAM.nonblocking()
}

/// Nothing to do after [`datagram_type`].
pub fn set_nonblocking(_socket: &Socket) -> io::Result<()> {
    Ok(())
}
