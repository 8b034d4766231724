//! The limit of open sockets.

use std::io;

use windows_sys::Win32::Networking::WinSock::WSAEMFILE;

/// The error of too many open sockets.
pub fn too_many_files() -> io::Error {
    io::Error::from_raw_os_error(WSAEMFILE)
}
