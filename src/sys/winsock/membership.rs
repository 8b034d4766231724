//! Memberships of IPv4 groups by the index of the interface. Wine refuses an index, and takes the
//! address of the interface only.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

use socket2::{InterfaceIndexOrAddress as Interface, SockRef};

/// Joins an IPv4 group.
pub fn join_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    let socket = SockRef::from(socket);
    change(index, address, |interface| socket.join_multicast_v4_n(&group, interface))
}

/// Leaves an IPv4 group with all its sources.
pub fn leave_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    let socket = SockRef::from(socket);
    change(index, address, |interface| socket.leave_multicast_v4_n(&group, interface))
}

fn change(
    index: u32,
    address: Option<Ipv4Addr>,
    change: impl Fn(&Interface) -> io::Result<()>,
) -> io::Result<()> {
    match (change(&Interface::Index(index)), address) {
        (Err(_), Some(address)) => change(&Interface::Address(address)),
        (changed, _) => changed,
    }
}
