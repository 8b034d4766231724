//! Questions to the kernel by ioctl(2). Nothing is changed.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::{io, ptr};

use libc::c_ulong;
use socket2::{Domain, Socket, Type};

use super::filter;

/// IFNAMSIZ of both systems.
const NAME: usize = 16;

/// The name and five numbers of `struct ifmediareq` (net/if.h).
const MEDIA_HEAD: usize = NAME + 5 * 4;

/// A pointer follows them. macOS aligns it to 4 bytes (`#pragma pack(4)`).
const MEDIA: usize = {
    let pointer = size_of::<usize>();
    let at =
        if cfg!(target_os = "macos") { MEDIA_HEAD } else { MEDIA_HEAD.next_multiple_of(pointer) };
    at + pointer
};

/// `struct ifmediareq` of an interface (SIOCGIFMEDIA), as ifconfig(8) reads it. It needs no rights.
///
/// # Errors
/// The error of the system: many virtual interfaces have no media.
pub fn link_media(ifname: &str) -> io::Result<Vec<u8>> {
    let mut request = [0; MEDIA];
    let name = request[..NAME - 1].get_mut(..ifname.len()).ok_or(io::ErrorKind::InvalidInput)?;
    name.copy_from_slice(ifname.as_bytes());
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // SAFETY: the number states the length of `request`, whose list has the length 0.
    unsafe { ask(&socket, read_write(b'i', 56, MEDIA), ptr::from_mut(&mut request).cast())? };
    Ok(request.to_vec())
}

/// The status of pf (DIOCGETSTATUS), as pfctl(8) reads it, in the form of each system.
///
/// # Errors
/// The error of the system. Only root may open `/dev/pf`.
pub fn filter_status() -> io::Result<Vec<u8>> {
    filter::status(&File::open("/dev/pf")?)
}

/// `_IOWR` of both systems (sys/ioccom.h).
pub const fn read_write(group: u8, number: u8, length: usize) -> c_ulong {
    0xc000_0000
        | ((length as c_ulong & 0x1fff) << 16)
        | ((group as c_ulong) << 8)
        | number as c_ulong
}

/// Makes one request.
///
/// # Safety
/// `request` is valid for as many bytes as `number` states, and so are the pointers in it.
pub unsafe fn ask(device: &impl AsRawFd, number: c_ulong, request: *mut u8) -> io::Result<()> {
    // SAFETY: the caller guarantees the request; the descriptor is open because `device` is borrowed.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), number, request) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
