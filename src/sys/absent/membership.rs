//! Memberships of IPv4 groups: by index on Unix, by the address of the interface on Windows.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

use socket2::{InterfaceIndexOrAddress, SockRef};

pub fn join_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    SockRef::from(socket).join_multicast_v4_n(&group, &interface(index, address))
}

/// Leaves a group with all its sources.
pub fn leave_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    SockRef::from(socket).leave_multicast_v4_n(&group, &interface(index, address))
}

fn interface(index: u32, address: Option<Ipv4Addr>) -> InterfaceIndexOrAddress {
    match address {
        Some(address) if cfg!(windows) => InterfaceIndexOrAddress::Address(address),
        _ => InterfaceIndexOrAddress::Index(index),
    }
}
