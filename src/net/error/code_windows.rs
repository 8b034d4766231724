//! The error numbers of Windows without an `io::ErrorKind`.

use std::io;

use windows_sys::Win32::Networking::WinSock;

pub const NO_BUFFERS: i32 = WinSock::WSAENOBUFS;
pub const NO_MEMORY: i32 = WinSock::WSA_NOT_ENOUGH_MEMORY;
pub const NO_DEVICE: i32 = WinSock::WSAENETUNREACH;
pub const TOO_MANY_FILES: i32 = WinSock::WSAEMFILE;
pub const TOO_LONG: i32 = WinSock::WSAEMSGSIZE;
pub const IN_USE: i32 = WinSock::WSAEADDRINUSE;
pub const INVALID: i32 = WinSock::WSAEINVAL;
pub const NOT_AVAILABLE: i32 = WinSock::WSAEADDRNOTAVAIL;
pub const NO_OPTION: i32 = WinSock::WSAENOPROTOOPT;
pub const NOT_PERMITTED: i32 = WinSock::WSAEACCES;

/// The system's reason.
pub fn describe(error: &io::Error) -> String {
    error.to_string()
}
