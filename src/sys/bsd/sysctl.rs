//! Reads settings, counters and lists of the kernel (sysctl(3)). Nothing is written.

use std::ffi::CString;
use std::{io, ptr};

use libc::{c_int, c_uint};

/// How often a list may grow between its two calls.
const ATTEMPTS: usize = 8;

/// The bytes of a value by its numbers.
pub fn sysctl(numbers: &[c_int]) -> io::Result<Vec<u8>> {
    let mut numbers = numbers.to_vec();
    let count = numbers.len() as c_uint;
    read(|bytes, length| {
        // SAFETY: `numbers` holds `count` elements; `bytes` is null or valid for `*length` bytes,
        // which `read` guarantees; nothing is written to the kernel.
        unsafe { libc::sysctl(numbers.as_mut_ptr(), count, bytes, length, ptr::null_mut(), 0) }
    })
}

/// The bytes of a value by its name.
pub fn sysctl_named(name: &str) -> io::Result<Vec<u8>> {
    let name = CString::new(name)?;
    read(|bytes, length| {
        // SAFETY: `name` ends with NUL and outlives the call; `bytes` is null or valid for
        // `*length` bytes, which `read` guarantees; nothing is written to the kernel.
        unsafe { libc::sysctlbyname(name.as_ptr(), bytes, length, ptr::null_mut(), 0) }
    })
}

/// The bytes of a value below a name, by a further number.
pub fn sysctl_indexed(name: &str, index: c_int) -> io::Result<Vec<u8>> {
    const MOST: usize = 24;
    let name = CString::new(name)?;
    let mut numbers = [0; MOST];
    let mut count = MOST;
    // SAFETY: `name` ends with NUL; `numbers` has room for `count` elements; both outlive the call.
    let result = unsafe { libc::sysctlnametomib(name.as_ptr(), numbers.as_mut_ptr(), &mut count) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    sysctl(&[&numbers[..count.min(MOST)], &[index]].concat())
}

/// Asks for the length, then for the bytes. A list that grew in between is asked for again.
fn read(
    mut call: impl FnMut(*mut libc::c_void, *mut libc::size_t) -> c_int,
) -> io::Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        let mut length = 0;
        if call(ptr::null_mut(), &mut length) != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut bytes = vec![0_u8; length + length / 8 + 64];
        let mut length = bytes.len();
        if call(bytes.as_mut_ptr().cast(), &mut length) == 0 {
            bytes.truncate(length);
            return Ok(bytes);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::ENOMEM) {
            return Err(error);
        }
    }
    Err(io::ErrorKind::OutOfMemory.into())
}
