//! Standard input that the user handed over without an option.

use std::io::{self, Read};

use super::{Input, InputError, Place};
use crate::sys;

/// Standard input, as the shell or another program set it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandardInput {
    /// A terminal, a device such as /dev/null, or a socket: programs that start others use these.
    Other,
    /// A pipe, a FIFO or a regular file.
    Piped {
        /// Bytes wait in it.
        has_bytes: bool,
    },
    /// Its bytes up to the end, which were read.
    Message(Vec<u8>),
}

impl StandardInput {
    /// The standard input of this program.
    pub fn here() -> Self {
        match sys::standard_input() {
            Ok(file) if sys::is_piped(&file) => {
                StandardInput::Piped { has_bytes: sys::has_bytes(&file) }
            }
            _ => StandardInput::Other,
        }
    }
}

/// Reads a place to its end, but at most one byte more than `most`. Waits for each byte; a signal
/// has its default effect.
///
/// # Errors
/// The system's error.
pub fn read_whole(place: &Place, most: usize) -> Result<Vec<u8>, InputError> {
    const READ: usize = 16 * 1024;
    let mut input = Input::open(place)?;
    let (mut bytes, mut filled) = (Vec::new(), 0);
    while filled <= most {
        bytes.resize(filled + READ.min(most + 1 - filled), 0);
        match input.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                sys::poll(input.source().as_slice(), None, None, &mut Vec::new())
                    .map_err(|error| input.failed(error))?;
            }
            Err(error) => return Err(input.failed(error)),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
