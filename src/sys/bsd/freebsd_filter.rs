//! The status of pf on FreeBSD 14 and later. Older versions refuse the request.

use std::ffi::c_void;
use std::fs::File;
use std::{io, ptr};

use super::query::{ask, read_write};

/// Many times the list of FreeBSD 14, which has the names of about 50 counters.
const ROOM: usize = 1 << 16;

/// `struct pfioc_nv` (netpfil/pf/pf_nv.h).
#[repr(C)]
struct Request {
    data: *mut c_void,
    len: usize,
    size: usize,
}

/// A packed nvlist (nv(9)).
pub fn status(device: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0_u8; ROOM];
    let mut request = Request { data: bytes.as_mut_ptr().cast(), len: 0, size: bytes.len() };
    let number = read_write(b'D', 21, size_of::<Request>());
    // SAFETY: the number states the length of `request`; `data` is valid for `size` bytes.
    unsafe { ask(device, number, ptr::from_mut(&mut request).cast())? };
    bytes.truncate(request.len);
    Ok(bytes)
}
