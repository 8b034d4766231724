//! Systems other than Linux, with the signature of `linux`: no raw sockets.

use std::io;
use std::net::IpAddr;

pub fn report(_group: IpAddr, _ifindex: u32, _source: IpAddr, _version: u8) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
