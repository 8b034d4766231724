//! The socket options that socket2 lacks. An option that an old system refuses does not prevent the
//! others.

use std::io;
use std::net::Ipv4Addr;

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET, c_int};
use socket2::Socket;

use crate::iface::Family;
pub use crate::sys::os::set_option as set;

/// The system reports the destination and the arrival interface of each datagram.
pub const REPORTS_ARRIVAL: bool = true;

const ON: c_int = 1;

/// The first error of some options, which were all tried.
fn first_error<const N: usize>(results: [io::Result<()>; N]) -> io::Result<()> {
    results.into_iter().collect()
}

/// Requests the timestamp, TTL and traffic class of each datagram.
pub fn ask_for_metadata(socket: &Socket, family: Family) -> io::Result<()> {
    let (level, ttl, traffic_class) = match family {
        Family::V4 => (IPPROTO_IP, libc::IP_RECVTTL, libc::IP_RECVTOS),
        Family::V6 => (IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, libc::IPV6_RECVTCLASS),
    };
    first_error([
        ask_for_time(socket),
        set(socket, level, ttl, ON),
        set(socket, level, traffic_class, ON),
    ])
}

/// The time of the system's clock in nanoseconds. A system without SO_TS_CLOCK (before FreeBSD 12)
/// reports microseconds.
#[cfg(target_os = "freebsd")]
fn ask_for_time(socket: &Socket) -> io::Result<()> {
    if let Err(error) = set(socket, SOL_SOCKET, libc::SO_TS_CLOCK, libc::SO_TS_REALTIME) {
        tracing::debug!(%error, "kernel timestamps have a resolution of 1 us");
    }
    set(socket, SOL_SOCKET, libc::SO_TIMESTAMP, ON)
}

/// The time of the system's clock in microseconds. SO_TIMESTAMP_CONTINUOUS counts Mach time units
/// since the boot: the system offers no conversion to the clock that senders write into datagrams.
#[cfg(target_os = "macos")]
fn ask_for_time(socket: &Socket) -> io::Result<()> {
    set(socket, SOL_SOCKET, libc::SO_TIMESTAMP, ON)
}

/// Requests the destination and the arrival interface of each datagram.
pub fn ask_for_arrival(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => ask_for_arrival_v4(socket),
        Family::V6 => set(socket, IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, ON),
    }
}

fn ask_for_arrival_v4(socket: &Socket) -> io::Result<()> {
    #[cfg(target_os = "macos")]
    if set(socket, IPPROTO_IP, libc::IP_PKTINFO, ON).is_ok() {
        return Ok(());
    }
    first_error([
        set(socket, IPPROTO_IP, libc::IP_RECVDSTADDR, ON),
        set(socket, IPPROTO_IP, libc::IP_RECVIF, ON),
    ])
}

/// Selects the interface of IPv4 multicast by index, because two interfaces may have the same
/// address. The source is the bound address, or the first one of the interface.
pub fn send_via_v4(socket: &Socket, index: u32, _address: Ipv4Addr) -> io::Result<()> {
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
    };
    set(socket, IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

/// Selects the interface of unicast.
#[cfg(target_os = "macos")]
pub fn send_unicast_via(socket: &Socket, family: Family, index: u32) -> io::Result<()> {
    let index = c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?;
    match family {
        Family::V4 => set(socket, IPPROTO_IP, libc::IP_BOUND_IF, index),
        Family::V6 => set(socket, IPPROTO_IPV6, libc::IPV6_BOUND_IF, index),
    }
}

/// FreeBSD has no such option: the bound address selects the source, and the routes the interface.
#[cfg(target_os = "freebsd")]
pub fn send_unicast_via(_socket: &Socket, _family: Family, _index: u32) -> io::Result<()> {
    Ok(())
}
