//! The structures and the call of source filters on Unix.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

pub use libc::{
    IPPROTO_IP, IPPROTO_IPV6, MCAST_BLOCK_SOURCE, MCAST_JOIN_SOURCE_GROUP,
    group_source_req as Request, sockaddr_storage as Storage,
};

pub fn set(socket: &UdpSocket, level: i32, option: i32, request: &Request) -> io::Result<()> {
    let len = size_of::<Request>() as libc::socklen_t;
    // SAFETY: `request` outlives the call and its exact size is passed; the descriptor is open
    // because `socket` is borrowed.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, std::ptr::from_ref(request).cast(), len)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
