//! Standard output and recordings, written without blocking: a stalled reader cannot delay a signal.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use super::progress::ProgressLine;
use crate::sys::Interrupt;

/// The longest wait of the final output for a stalled reader.
const PATIENCE: Duration = Duration::from_secs(1);

/// The size from which the buffer is written out.
const LARGE: usize = 64 * 1024;

/// Whole events for standard output: neither a stalled reader nor a signal cuts an event in two
/// while the rest may still be read.
pub struct OutputBuffer<'a> {
    bytes: Vec<u8>,
    pub out: InterruptibleWriter<'a, Stdout>,
}

impl<'a> OutputBuffer<'a> {
    pub fn new(out: InterruptibleWriter<'a, Stdout>) -> Self {
        OutputBuffer { bytes: Vec::with_capacity(LARGE), out }
    }

    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub fn flush_if_large(&mut self) -> io::Result<()> {
        if self.bytes.len() < LARGE { Ok(()) } else { self.flush() }
    }

    /// Writes the buffer out. Bytes that cannot be written stay in the buffer.
    pub fn flush(&mut self) -> io::Result<()> {
        let (written, result) = write_most(&self.bytes, &mut self.out);
        self.bytes.drain(..written);
        result.and_then(|()| self.out.flush())
    }
}

/// Writes as many of the bytes as possible. Returns their number, and why the rest is missing.
pub fn write_most(bytes: &[u8], out: &mut impl Write) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match out.write(&bytes[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

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

/// Standard output or a file. A write that has to wait after a signal fails with
/// [`io::ErrorKind::TimedOut`].
pub struct InterruptibleWriter<'a, W> {
    inner: W,
    interrupt: &'a Interrupt,
    reader: Reader,
    /// The line to clear first, if both are on a terminal.
    line: Option<ProgressLine>,
    /// The end of each wait in the final output, which signals no longer end.
    until: Option<Instant>,
}

impl<'a> InterruptibleWriter<'a, Stdout> {
    /// Standard output. `line` is cleared before each write to a terminal.
    pub(super) fn standard(interrupt: &'a Interrupt, line: &ProgressLine) -> Self {
        let stdout = io::stdout();
        let line = stdout.is_terminal().then(|| line.clone());
        InterruptibleWriter { line, ..Self::new(stdout, interrupt) }
    }
}

impl<'a, W: Destination> InterruptibleWriter<'a, W> {
    /// A writer that a signal of `interrupt` ends.
    pub fn new(inner: W, interrupt: &'a Interrupt) -> Self {
        let reader = Reader::of(&inner);
        InterruptibleWriter { inner, interrupt, reader, line: None, until: None }
    }

    /// The destination.
    pub fn get(&self) -> &W {
        &self.inner
    }

    /// From now on a write waits for [`PATIENCE`], even after a signal.
    pub fn begin_final_output(&mut self) {
        self.until = Some(Instant::now() + PATIENCE);
    }
}

impl<W: Destination> InterruptibleWriter<'_, W> {
    fn clear_progress(&self) {
        if let Some(line) = &self.line {
            line.clear();
        }
    }

    /// A descriptor that reports a closed output, if the system has one.
    #[cfg(unix)]
    pub fn watched(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        Some(self.inner.as_fd())
    }

    /// A descriptor that reports a closed output, if the system has one.
    #[cfg(windows)]
    pub fn watched(&self) -> Option<std::os::windows::io::BorrowedSocket<'_>> {
        None
    }
}

#[cfg(unix)]
impl<W: Destination> Write for InterruptibleWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A writable pipe takes this many bytes without blocking (PIPE_BUF, pipe(7)).
        const PIECE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };
        self.clear_progress();
        if self.reader.mode == WriteMode::Whole {
            return Ok(nix::unistd::write(&self.inner, bytes)?);
        }
        let written = match self.write_now(bytes) {
            Some(written) => written,
            None => loop {
                self.wait()?;
                match nix::unistd::write(&self.inner, &bytes[..bytes.len().min(PIECE)]) {
                    Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EINTR) => {}
                    // The terminal closed.
                    Err(nix::errno::Errno::EIO) if self.reader.is_terminal => {
                        return Err(io::ErrorKind::BrokenPipe.into());
                    }
                    other => break other?,
                }
            },
        };
        // A slow reader still reads: the wait begins again.
        self.until = self.until.map(|_| Instant::now() + PATIENCE);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
impl<W: Destination> InterruptibleWriter<'_, W> {
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

    /// Waits until the output is writable, a signal arrives, or the final output gives up.
    fn wait(&self) -> io::Result<()> {
        use std::os::fd::AsFd;

        use nix::poll::{PollFd, PollFlags, PollTimeout};
        loop {
            // A signal that another wait has drained does not wake this one.
            let hurry = (self.until.is_none() && self.interrupt.signal().is_some())
                .then_some(Duration::ZERO);
            let left =
                self.until.map(|until| until.saturating_duration_since(Instant::now())).or(hurry);
            let timeout = left.map_or(PollTimeout::NONE, |left| {
                PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO)
            });
            let (stdout, signal) = (self.inner.as_fd(), self.interrupt.as_fd());
            let mut polled =
                [PollFd::new(stdout, PollFlags::POLLOUT), PollFd::new(signal, PollFlags::POLLIN)];
            match nix::poll::poll(&mut polled, timeout) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            if polled[0].any().unwrap_or(false) {
                return Ok(());
            }
            self.interrupt.drain();
            let given_up = left.map_or(self.interrupt.signal().is_some(), |left| left.is_zero());
            if given_up {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
}

#[cfg(not(unix))]
impl<W: Destination> Write for InterruptibleWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = (self.interrupt, self.until, &self.reader);
        self.clear_progress();
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
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
