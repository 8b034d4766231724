//! The socket options that socket2 lacks.

use std::ffi::c_void;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::windows::io::AsRawSocket;
use std::{io, ptr};

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{
    IP_MULTICAST_IF, IP_PKTINFO, IP_RECVTOS, IP_RECVTTL, IP_UNICAST_IF, IPPROTO_IP, IPPROTO_IPV6,
    IPPROTO_UDP, IPV6_HOPLIMIT, IPV6_PKTINFO, IPV6_RECVTCLASS, IPV6_UNICAST_IF, SIO_TIMESTAMPING,
    SOCKET, TIMESTAMPING_CONFIG, TIMESTAMPING_FLAG_RX, UDP_RECV_MAX_COALESCED_SIZE, WSAIoctl,
    setsockopt,
};

use super::receive::LONGEST;
use crate::iface::Family;

const ON: u32 = 1;

/// Sets an option to a number.
pub fn set(socket: &impl AsRawSocket, level: i32, name: i32, value: u32) -> io::Result<()> {
    // SAFETY: `value` outlives the call and its exact size is passed; the socket is open because it
    // is borrowed.
    let result = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            level,
            name,
            ptr::from_ref(&value).cast::<u8>(),
            size_of::<u32>() as i32,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Requests the timestamp, TTL and traffic class of each datagram. Older versions refuse some of
/// them: IP_RECVTOS and IPV6_RECVTCLASS before Windows 10, SIO_TIMESTAMPING before build 20348.
pub fn ask_for_metadata(socket: &Socket, family: Family) -> io::Result<()> {
    let (level, ttl, class) = match family {
        Family::V4 => (IPPROTO_IP, IP_RECVTTL, IP_RECVTOS),
        Family::V6 => (IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_RECVTCLASS),
    };
    let ttl = set(socket, level, ttl, ON);
    let class = set(socket, level, class, ON);
    ttl.and(class).and(ask_for_timestamps(socket))
}

/// SIO_TIMESTAMPING. The network adapter or its driver writes the timestamp, if an administrator
/// enabled that.
fn ask_for_timestamps(socket: &Socket) -> io::Result<()> {
    let config = TIMESTAMPING_CONFIG { Flags: TIMESTAMPING_FLAG_RX, TxTimestampsBuffered: 0 };
    let mut written = 0;
    // SAFETY: the system reads `config`, whose size is passed, and writes nothing but `written`;
    // both outlive the call, and the socket is open because it is borrowed.
    let result = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_TIMESTAMPING,
            ptr::from_ref(&config).cast::<c_void>(),
            size_of::<TIMESTAMPING_CONFIG>() as u32,
            ptr::null_mut(),
            0,
            &raw mut written,
            ptr::null_mut(),
            None,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The system reports the destination and the arrival interface of each datagram.
pub const REPORTS_ARRIVAL: bool = true;

/// Requests the destination and the arrival interface of each datagram.
pub fn ask_for_arrival(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, IPPROTO_IP, IP_PKTINFO, ON),
        Family::V6 => set(socket, IPPROTO_IPV6, IPV6_PKTINFO, ON),
    }
}

/// Lets the system combine datagrams of one sender and length (Windows 10, version 2004).
pub fn take_trains(socket: &UdpSocket) -> io::Result<()> {
    set(socket, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, LONGEST)
}

/// Selects the interface of IPv4 multicast by its index, which Windows takes as an address of
/// 0.0.0.0/8. Wine takes addresses only.
pub fn send_via_v4(socket: &Socket, index: u32, address: Ipv4Addr) -> io::Result<()> {
    set(socket, IPPROTO_IP, IP_MULTICAST_IF, index.to_be())
        .or_else(|_| socket.set_multicast_if_v4(&address))
}

/// Selects the interface of unicast. `IP_UNICAST_IF` takes the index in network byte order,
/// `IPV6_UNICAST_IF` in that of the host.
pub fn send_unicast_via(socket: &Socket, family: Family, index: u32) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, IPPROTO_IP, IP_UNICAST_IF, index.to_be()),
        Family::V6 => set(socket, IPPROTO_IPV6, IPV6_UNICAST_IF, index),
    }
}
