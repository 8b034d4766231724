//! Memberships of IPv4 groups by interface index: the protocol-independent options of RFC 3678, 5.1.
//! macOS ignores the index of an IP_ADD_MEMBERSHIP, and both systems that of an IP_DROP_MEMBERSHIP:
//! they would follow the routes, or leave the group on any interface.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use libc::{IPPROTO_IP, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, c_int, group_req};
use socket2::SockAddr;

use super::options::set;

pub fn join_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    change(socket, MCAST_JOIN_GROUP, group, index)
}

/// Leaves a group with all its sources.
pub fn leave_v4(
    socket: &UdpSocket,
    group: Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    change(socket, MCAST_LEAVE_GROUP, group, index)
}

fn change(socket: &UdpSocket, option: c_int, group: Ipv4Addr, index: u32) -> io::Result<()> {
    let group = SockAddr::from(SocketAddr::new(group.into(), 0));
    // SAFETY: it points to a whole `sockaddr_storage`, of which `SockAddrStorage` consists.
    let gr_group = unsafe { *group.as_ptr().cast::<libc::sockaddr_storage>() };
    set(socket, IPPROTO_IP, option, group_req { gr_interface: index, gr_group })
}
