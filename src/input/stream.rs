//! An open input.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::time::Instant;

use super::Place;
use crate::net::{self, NetError, Wake, describe};
use crate::sys::{self, PollSource};
use crate::units::printable::Printable;

/// An open input. A read never waits: without bytes it fails with `WouldBlock`, and
/// [`Input::wait`] waits for more.
#[derive(Debug)]
pub struct Input {
    place: Place,
    file: File,
    /// A regular file, whose bytes never have to be waited for, and its length.
    len: Option<u64>,
    position: u64,
}

/// The input cannot be opened or read, or its content cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {}{tip}", place.quoted(), describe(source))]
pub struct InputError {
    /// The operation that failed, in front of the place: `read`.
    pub operation: String,
    /// The place of the input.
    pub place: Place,
    /// The system's error, or the reason.
    pub source: io::Error,
    /// The tip on its own line, or nothing.
    pub tip: &'static str,
}

impl InputError {
    fn read(place: &Place, source: io::Error) -> Self {
        InputError { operation: "read".to_owned(), place: place.clone(), source, tip: "" }
    }
}

impl Place {
    /// The place in a sentence: `standard input`, or the path in quotes.
    pub fn quoted(&self) -> String {
        match self {
            Place::Standard => "standard input".to_owned(),
            Place::Path(path) => format!("'{}'", Printable(&path.to_string_lossy())),
        }
    }
}

impl Input {
    /// Opens a place. A FIFO opens at once, before it has a writer.
    ///
    /// # Errors
    /// The system's error, or the place is a folder.
    pub fn open(place: &Place) -> Result<Self, InputError> {
        let opened = match place {
            Place::Standard => sys::standard_input(),
            Place::Path(path) => sys::open_to_read(path),
        };
        let measured = opened.and_then(|file| {
            let found = file.metadata()?;
            if found.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok((found.is_file().then_some(found.len()), file))
        });
        match measured {
            Ok((len, file)) => Ok(Input { place: place.clone(), file, len, position: 0 }),
            Err(source) => Err(InputError::read(place, source)),
        }
    }

    /// Where it comes from.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The length in bytes of a regular file.
    pub fn size(&self) -> Option<u64> {
        self.len
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The source of a wait for more bytes; `None` if no wait is necessary or possible.
    pub fn source(&self) -> Option<PollSource<'_>> {
        if self.len.is_some() { None } else { sys::file_source(&self.file) }
    }

    /// Waits for bytes or for the end of the input, until `until`, or for an event of `wake`.
    /// Returns whether the reader of the output is gone.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait(&self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        net::wait_for_input(self.source(), wake, until)
    }

    /// Returns to the first byte.
    ///
    /// # Errors
    /// The input is a pipe or a terminal.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.position = 0;
        self.file.rewind()
    }

    /// The error of a read, with the place.
    pub fn failed(&self, source: io::Error) -> InputError {
        InputError::read(&self.place, source)
    }

    /// The error of a line, by its number from 1, that exceeds the payload of a datagram in bytes.
    pub fn line_too_long(&self, line: u64, most: usize) -> InputError {
        InputError {
            operation: format!("send line {line} of"),
            place: self.place.clone(),
            source: io::Error::other(format!(
                "it exceeds {most} bytes, the maximum payload of a datagram"
            )),
            tip: "\n  tip: to send the input in pieces without regard to lines, use --file \
                  without --lines",
        }
    }
}

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.len.is_none() && !sys::is_readable(&self.file)? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.file.read(bytes)?;
        self.position += count as u64;
        Ok(count)
    }
}
