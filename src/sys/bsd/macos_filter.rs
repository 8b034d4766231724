//! The status of pf on macOS.

use std::fs::File;
use std::io;

use super::query::{ask, read_write};

/// The sizes of `struct pf_status` (bsd/net/pfvar.h): since macOS 12, and of macOS 11, which counts
/// one reason less.
const SIZES: [usize; 2] = [440, 432];

/// `struct pf_status`.
pub fn status(device: &File) -> io::Result<Vec<u8>> {
    let mut result = Err(io::ErrorKind::Unsupported.into());
    for size in SIZES {
        let mut bytes = vec![0; size];
        // SAFETY: the number states the length of `bytes`; the structure has no pointers.
        let asked = unsafe { ask(device, read_write(b'D', 21, size), bytes.as_mut_ptr()) };
        result = asked.map(|()| bytes);
        if result.is_ok() {
            break;
        }
    }
    result
}
