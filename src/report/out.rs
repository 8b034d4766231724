//! Standard output, written without blocking: a stalled reader cannot delay a signal.

use std::io::{self, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use super::progress::ProgressLine;
use super::ready_writer::ReadyWriter;
use crate::sys::Interrupt;

/// The longest wait of the final output, and of the end of a recording, for a stalled reader.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// The size from which the buffer is written out.
const LARGE: usize = 64 * 1024;

/// Whole events for standard output: neither a stalled reader nor a signal cuts an event in two
/// while the rest may still be read.
pub struct OutputBuffer<'a> {
    bytes: Vec<u8>,
    pub out: InterruptibleWriter<'a>,
}

impl<'a> OutputBuffer<'a> {
    pub fn new(out: InterruptibleWriter<'a>) -> Self {
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
        let (written, result) = write_most(&self.bytes, |rest| self.out.write(rest));
        self.bytes.drain(..written);
        result.and_then(|()| self.out.flush())
    }
}

/// Writes as many of the bytes as possible. Returns their number, and why the rest is missing.
pub fn write_most(
    bytes: &[u8],
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match write(&bytes[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

/// Standard output. A write that has to wait after a signal fails with
/// [`io::ErrorKind::TimedOut`].
pub struct InterruptibleWriter<'a> {
    out: ReadyWriter<Stdout>,
    interrupt: &'a Interrupt,
    /// The line to clear first, if both are on a terminal.
    line: Option<ProgressLine>,
    /// The end of each wait in the final output, which signals no longer end.
    until: Option<Instant>,
}

impl<'a> InterruptibleWriter<'a> {
    /// Standard output, which a signal of `interrupt` ends. `line` is cleared before each write to
    /// a terminal.
    pub fn standard(interrupt: &'a Interrupt, line: &ProgressLine) -> Self {
        let stdout = io::stdout();
        let line = stdout.is_terminal().then(|| line.clone());
        InterruptibleWriter { out: ReadyWriter::new(stdout), interrupt, line, until: None }
    }

    /// From now on a write waits for [`PATIENCE`], even after a signal.
    pub fn begin_final_output(&mut self) {
        self.until = Some(Instant::now() + PATIENCE);
    }

    /// A descriptor that reports a closed output, if the system has one.
    #[cfg(unix)]
    pub fn watched(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        use std::os::fd::AsFd;
        Some(self.out.get().as_fd())
    }

    /// A descriptor that reports a closed output, if the system has one.
    #[cfg(windows)]
    pub fn watched(&self) -> Option<std::os::windows::io::BorrowedSocket<'_>> {
        None
    }
}

impl Write for InterruptibleWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(line) = &self.line {
            line.clear();
        }
        let (interrupt, until) = (self.interrupt, self.until);
        let written = self.out.write(bytes, |stdout| wait(stdout, interrupt, until))?;
        // A slow reader still reads: the wait begins again.
        self.until = self.until.map(|_| Instant::now() + PATIENCE);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Waits until standard output is writable, a signal arrives, or the final output gives up.
#[cfg(unix)]
fn wait(stdout: &Stdout, interrupt: &Interrupt, until: Option<Instant>) -> io::Result<()> {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout};
    loop {
        // A signal that another wait has drained does not wake this one.
        let hurry = (until.is_none() && interrupt.signal().is_some()).then_some(Duration::ZERO);
        let left = until.map(|until| until.saturating_duration_since(Instant::now())).or(hurry);
        let timeout = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO)
        });
        let mut polled = [
            PollFd::new(stdout.as_fd(), PollFlags::POLLOUT),
            PollFd::new(interrupt.as_fd(), PollFlags::POLLIN),
        ];
        match nix::poll::poll(&mut polled, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        if polled[0].any().unwrap_or(false) {
            return Ok(());
        }
        interrupt.drain();
        let given_up = left.map_or(interrupt.signal().is_some(), |left| left.is_zero());
        if given_up {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// Other systems have no writes that wait.
#[cfg(not(unix))]
fn wait(_stdout: &Stdout, _interrupt: &Interrupt, _until: Option<Instant>) -> io::Result<()> {
    Ok(())
}
