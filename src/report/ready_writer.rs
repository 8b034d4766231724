//! Writes to standard output, a pipe or a file, without blocking on a stalled reader.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};

/// How to write without waiting for a stalled reader.
#[cfg(unix)]
#[derive(Clone, Copy, PartialEq, Eq)]
enum WriteMode {
    /// All bytes at once: a file has no reader.
    Whole,
    /// The bytes that fit.
    NonBlocking,
    /// Pieces that always fit once the output is writable, if the system has no non-blocking write.
    Pieces,
}

/// What can be written to: standard output or a file.
#[cfg(unix)]
pub trait Destination: Write + IsTerminal + std::os::fd::AsFd {}

/// What can be written to: standard output or a file.
#[cfg(not(unix))]
pub trait Destination: Write + IsTerminal {}

impl Destination for Stdout {}
impl Destination for File {}

/// The reader of the output.
#[cfg(unix)]
struct Reader {
    mode: WriteMode,
    is_terminal: bool,
}

#[cfg(unix)]
impl Reader {
    fn of(inner: &impl Destination) -> Self {
        let mode = if is_regular(inner) { WriteMode::Whole } else { WriteMode::NonBlocking };
        Reader { mode, is_terminal: inner.is_terminal() }
    }
}

/// Other systems write in one way only.
#[cfg(not(unix))]
struct Reader;

#[cfg(not(unix))]
impl Reader {
    fn of(_inner: &impl Destination) -> Self {
        Reader
    }
}

/// Standard output or a file. The caller decides how long to wait for its reader.
pub struct ReadyWriter<W> {
    inner: W,
    reader: Reader,
}

impl<W: Destination> ReadyWriter<W> {
    /// A writer to this destination.
    pub fn new(inner: W) -> Self {
        let reader = Reader::of(&inner);
        ReadyWriter { inner, reader }
    }

    /// The destination.
    pub fn get(&self) -> &W {
        &self.inner
    }
}

#[cfg(unix)]
impl<W: Destination> ReadyWriter<W> {
    /// Writes some of the bytes, and returns their number. `wait` returns if the destination is
    /// writable.
    ///
    /// # Errors
    /// The system's error, or that of `wait`.
    pub fn write(
        &mut self,
        bytes: &[u8],
        mut wait: impl FnMut(&W) -> io::Result<()>,
    ) -> io::Result<usize> {
        // A writable pipe takes this many bytes without blocking (PIPE_BUF, pipe(7)).
        const PIECE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };
        if self.reader.mode == WriteMode::Whole {
            return Ok(nix::unistd::write(&self.inner, bytes)?);
        }
        if let Some(written) = self.write_now(bytes) {
            return Ok(written);
        }
        loop {
            wait(&self.inner)?;
            match nix::unistd::write(&self.inner, &bytes[..bytes.len().min(PIECE)]) {
                Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EINTR) => {}
                // The terminal closed.
                Err(nix::errno::Errno::EIO) if self.reader.is_terminal => {
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                other => return Ok(other?),
            }
        }
    }

    /// Nothing waits in a buffer.
    ///
    /// # Errors
    /// None.
    pub fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes the bytes that fit. `None` if nothing was written: a write in pieces then reports the
    /// error, if there is one.
    fn write_now(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.reader.mode != WriteMode::NonBlocking {
            return None;
        }
        let written = crate::sys::write_now(&self.inner.as_fd(), bytes);
        if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            self.reader.mode = WriteMode::Pieces;
        }
        written.ok().filter(|written| *written > 0)
    }
}

#[cfg(not(unix))]
impl<W: Destination> ReadyWriter<W> {
    /// Writes some of the bytes, and returns their number. A stalled reader blocks the call.
    ///
    /// # Errors
    /// The system's error.
    pub fn write(
        &mut self,
        bytes: &[u8],
        _wait: impl FnMut(&W) -> io::Result<()>,
    ) -> io::Result<usize> {
        let _ = &self.reader;
        self.inner.write(bytes)
    }

    /// Writes the buffer of the standard library.
    ///
    /// # Errors
    /// The system's error.
    pub fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Whether this is a regular file: poll(2) never waits for it, and each write is complete unless
/// the disk is full.
#[cfg(unix)]
fn is_regular(open: &impl std::os::fd::AsFd) -> bool {
    let metadata =
        open.as_fd().try_clone_to_owned().and_then(|open| std::fs::File::from(open).metadata());
    metadata.is_ok_and(|metadata| metadata.is_file())
}
