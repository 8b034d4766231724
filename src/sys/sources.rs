//! Source filters by interface index, in both families: the protocol-independent options of RFC
//! 3678, 5.1. socket2 has none of them.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::SockAddr;

#[cfg(unix)]
mod os {
    pub use libc::{
        IPPROTO_IP, IPPROTO_IPV6, MCAST_BLOCK_SOURCE, MCAST_JOIN_SOURCE_GROUP,
        group_source_req as Request, sockaddr_storage as Storage,
    };
}

#[cfg(windows)]
mod os {
    use windows_sys::Win32::Networking::WinSock;
    pub use windows_sys::Win32::Networking::WinSock::{
        GROUP_SOURCE_REQ as Request, IPPROTO_IP, IPPROTO_IPV6, SOCKADDR_STORAGE as Storage,
    };
    pub const MCAST_JOIN_SOURCE_GROUP: i32 = WinSock::MCAST_JOIN_SOURCE_GROUP as i32;
    pub const MCAST_BLOCK_SOURCE: i32 = WinSock::MCAST_BLOCK_SOURCE as i32;
}

/// Adds a source to the filter of a group on the interface with this index.
pub fn change_source(
    socket: &UdpSocket,
    change: SourceChange,
    group: IpAddr,
    source: IpAddr,
    index: u32,
) -> io::Result<()> {
    let option = match change {
        SourceChange::Include => os::MCAST_JOIN_SOURCE_GROUP,
        SourceChange::Exclude => os::MCAST_BLOCK_SOURCE,
    };
    let level = if group.is_ipv4() { os::IPPROTO_IP } else { os::IPPROTO_IPV6 };
    let request = os::Request {
        gsr_interface: index,
        gsr_group: storage(group),
        gsr_source: storage(source),
    };
    set(socket, level, option, &request)
}

fn storage(address: IpAddr) -> os::Storage {
    let address = SockAddr::from(SocketAddr::new(address, 0));
    // SAFETY: `Storage` is a plain C struct of integers, for which all zeroes is a valid value.
    let mut storage: os::Storage = unsafe { std::mem::zeroed() };
    let len = (address.len() as usize).min(size_of::<os::Storage>());
    // SAFETY: `address` is a socket address of `address.len()` bytes, `storage` has room for `len`
    // of them, and the two do not overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(
            address.as_ptr().cast::<u8>(),
            std::ptr::from_mut(&mut storage).cast::<u8>(),
            len,
        );
    }
    storage
}

#[cfg(unix)]
fn set(socket: &UdpSocket, level: i32, option: i32, request: &os::Request) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let len = size_of::<os::Request>() as libc::socklen_t;
    // SAFETY: `request` outlives the call and its exact size is passed; the descriptor is open
    // because `socket` is borrowed.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, std::ptr::from_ref(request).cast(), len)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(windows)]
fn set(socket: &UdpSocket, level: i32, option: i32, request: &os::Request) -> io::Result<()> {
    use std::os::windows::io::AsRawSocket;

    use windows_sys::Win32::Networking::WinSock::{SOCKET, setsockopt};
    let len = size_of::<os::Request>() as i32;
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

/// A change of a group's source filter (RFC 3678, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// Joins the group from one more source (MCAST_JOIN_SOURCE_GROUP).
    Include,
    /// Takes one more source away from a group that is joined from any (MCAST_BLOCK_SOURCE).
    Exclude,
}
