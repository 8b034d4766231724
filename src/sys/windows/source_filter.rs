//! The structures and the call of source filters on Windows.

use std::io;
use std::net::UdpSocket;
use std::os::windows::io::AsRawSocket;

use windows_sys::Win32::Networking::WinSock;
pub use windows_sys::Win32::Networking::WinSock::{
    GROUP_SOURCE_REQ as Request, IPPROTO_IP, IPPROTO_IPV6, SOCKADDR_STORAGE as Storage,
};
use windows_sys::Win32::Networking::WinSock::{SOCKET, setsockopt};

pub const MCAST_JOIN_SOURCE_GROUP: i32 = WinSock::MCAST_JOIN_SOURCE_GROUP as i32;
pub const MCAST_BLOCK_SOURCE: i32 = WinSock::MCAST_BLOCK_SOURCE as i32;

pub fn set(socket: &UdpSocket, level: i32, option: i32, request: &Request) -> io::Result<()> {
    let len = size_of::<Request>() as i32;
    // SAFETY: `request` outlives the call and its exact size is passed; the socket is open because
    // it is borrowed.
    let result = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            level,
            option,
            std::ptr::from_ref(request).cast(),
            len,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
