//! The socket options that socket2 lacks, and those of Linux only.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

use libc::{self, c_int, c_void, socklen_t};
use socket2::{InterfaceIndexOrAddress, SockAddr, SockRef, Socket, Type};

use crate::iface::Family;
pub use crate::sys::os::set_option as set;

pub const ON: c_int = 1;

/// Requests the timestamp, TTL and traffic class of each datagram. An option that the system refuses
/// does not prevent the others: emulators of Linux lack some.
pub fn ask_for_metadata(socket: &Socket, family: Family) -> io::Result<()> {
    let (level, ttl, traffic_class) = match family {
        Family::V4 => (libc::IPPROTO_IP, libc::IP_RECVTTL, libc::IP_RECVTOS),
        Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, libc::IPV6_RECVTCLASS),
    };
    let results = [
        set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, ON),
        set(socket, level, ttl, ON),
        set(socket, level, traffic_class, ON),
    ];
    results.into_iter().collect()
}

/// The system reports the destination and the arrival interface of each datagram.
pub const REPORTS_ARRIVAL: bool = true;

/// Requests the destination and the arrival interface of each datagram.
pub fn ask_for_arrival(socket: &Socket, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, ON)
    }
}

/// `UDP_GRO` (udp(7), Linux 5.0): the kernel delivers a train whole, with the length of its
/// datagrams.
pub fn take_trains(socket: &UdpSocket) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, ON)
}

/// Makes a send return ENOBUFS if the kernel's own queue dropped the datagram, instead of success.
pub fn report_queue_drops(socket: &Socket, family: Family) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVERR, ON)
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, ON)
    }
}

/// Joins an IPv4 group on the interface with this index.
pub fn join_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    SockRef::from(socket).join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
}

/// Leaves an IPv4 group with all its sources.
pub fn leave_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    SockRef::from(socket).leave_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
}

/// Selects the interface and the source address of IPv4 multicast. By index, because two interfaces
/// may have the same address.
pub fn send_via_v4(socket: &Socket, index: u32, address: Ipv4Addr) -> io::Result<()> {
    // The address is required, too: on `lo` an index alone sends from 0.0.0.0, which every receiver
    // drops.
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
        imr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

/// Selects the interface of unicast. `IP_UNICAST_IF` and `IPV6_UNICAST_IF` take the index in
/// network byte order (ip(7)).
pub fn send_unicast_via(socket: &Socket, family: Family, index: u32) -> io::Result<()> {
    if family == Family::V4 {
        set(socket, libc::IPPROTO_IP, libc::IP_UNICAST_IF, index.to_be())
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_IF, index.to_be())
    }
}

/// Binds to a device (SO_BINDTODEVICE), which needs no rights since Linux 5.7.
pub fn bind_to_device(socket: &Socket, device: &str) -> io::Result<()> {
    socket.bind_device(Some(device.as_bytes()))
}

/// Sets the receive buffer beyond the system's limit, if permitted.
pub fn force_receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX / 2);
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes)
}

/// The datagrams that the socket's queue has dropped up to now. `SO_MEMINFO`
/// (include/uapi/linux/sock_diag.h) has nine counters; the last is that of the drops.
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

/// Delivers only groups that this socket joined; by default Linux delivers those that any program
/// joined.
pub fn deliver_only_joined(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => socket.set_multicast_all_v4(false),
        Family::V6 => socket.set_multicast_all_v6(false),
    }
}

/// Binds an address that other receivers share (SO_REUSEADDR is set), including programs of the
/// same user with SO_REUSEPORT only, in any order.
///
/// No two sockets may form a group of SO_REUSEPORT, whose members receive datagrams in turn. After
/// an early lookup, Linux lets a member receive what another one has joined, on any interface
/// (`inet_steal_sock` of a `udp_v4_early_demux`). A socket becomes a member if the option is on
/// during the bind, and selects another member only while it is on.
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

/// A UDP socket that is non-blocking from the start: a second call is expensive for ten thousand
/// sockets.
pub fn datagram_type() -> Type {
    Type::DGRAM.nonblocking()
}

/// [`datagram_type`] has set it.
pub fn set_nonblocking(_socket: &Socket) -> io::Result<()> {
    Ok(())
}
