//! Socket options of every Unix.

use std::os::fd::AsRawFd;
use std::{io, ptr};

use libc::{c_int, c_void, socklen_t};
use socket2::Socket;

/// Sets an option to a value.
pub fn set_option<T: Copy>(
    socket: &impl AsRawFd,
    level: c_int,
    name: c_int,
    value: T,
) -> io::Result<()> {
    // SAFETY: `value` outlives the call and its exact size is passed; the descriptor is open
    // because `socket` is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            ptr::from_ref(&value).cast::<c_void>(),
            size_of::<T>() as socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sets the traffic class of outgoing IPv6 datagrams (RFC 3542, 6.5).
pub fn set_traffic_class_v6(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}
