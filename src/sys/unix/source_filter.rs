//! The structures and the call of source filters on Unix.

use std::io;
use std::net::UdpSocket;

pub use libc::{
    IPPROTO_IP, IPPROTO_IPV6, MCAST_BLOCK_SOURCE, MCAST_JOIN_SOURCE_GROUP,
    group_source_req as Request, sockaddr_storage as Storage,
};

use super::options::set_option;

pub fn set(socket: &UdpSocket, level: i32, option: i32, request: &Request) -> io::Result<()> {
    set_option(socket, level, option, *request)
}
