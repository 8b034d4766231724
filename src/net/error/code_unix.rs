//! The error numbers of Unix without an `io::ErrorKind`, and their names.

use std::io;

use nix::errno::Errno;

pub const NO_BUFFERS: i32 = Errno::ENOBUFS as i32;
pub const NO_DEVICE: i32 = Errno::ENODEV as i32;
pub const NO_MEMORY: i32 = Errno::ENOMEM as i32;
pub const TOO_MANY_FILES: i32 = Errno::EMFILE as i32;
pub const TOO_LONG: i32 = Errno::EMSGSIZE as i32;
pub const IN_USE: i32 = Errno::EADDRINUSE as i32;
pub const INVALID: i32 = Errno::EINVAL as i32;
pub const NOT_AVAILABLE: i32 = Errno::EADDRNOTAVAIL as i32;
pub const NO_OPTION: i32 = Errno::ENOPROTOOPT as i32;
pub const NOT_PERMITTED: i32 = Errno::EPERM as i32;

/// The system's reason with the errno name: `Operation not permitted (EPERM)`.
pub fn describe(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |code| {
            let errno = Errno::from_raw(code);
            format!("{} ({errno:?})", errno.desc())
        },
    )
}
