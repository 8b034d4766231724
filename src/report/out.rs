//! Standard output, written so that a reader who stalls cannot hold up a signal.

use std::io::{self, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use super::progress::Line;
use crate::interrupt::Interrupt;

/// How long the last words wait for a reader who takes nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is held back at most before it is written out.
const ENOUGH: usize = 64 * 1024;

/// What is to be written, held back as a whole: a reader who stalls, or a signal, never cuts an event in two while the rest may still be read.
pub struct Held<'a> {
    bytes: Vec<u8>,
    /// Where it goes.
    pub out: Out<'a>,
}

impl<'a> Held<'a> {
    pub fn new(out: Out<'a>) -> Self {
        Held { bytes: Vec::with_capacity(ENOUGH), out }
    }

    /// What is held back, to be added to.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Writes it out where there is much of it.
    pub fn ease(&mut self) -> io::Result<()> {
        if self.bytes.len() < ENOUGH { Ok(()) } else { self.flush() }
    }

    /// Writes it out. What could not be written is kept.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let mut result = Ok(());
        while written < self.bytes.len() && result.is_ok() {
            match self.out.write(&self.bytes[written..]) {
                Ok(0) => result = Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => result = Err(error),
            }
        }
        self.bytes.drain(..written);
        result.and_then(|()| self.out.flush())
    }
}

/// Standard output. A write that a signal came before fails with [`io::ErrorKind::TimedOut`].
pub struct Out<'a> {
    stdout: Stdout,
    interrupt: &'a Interrupt,
    /// The line that is in the way on a terminal.
    line: Option<Line>,
    /// From the last words on, signals are no longer news; then it is time that ends a wait.
    until: Option<Instant>,
}

impl<'a> Out<'a> {
    pub fn new(interrupt: &'a Interrupt, line: &Line) -> Self {
        let stdout = io::stdout();
        let line = stdout.is_terminal().then(|| line.clone());
        Out { stdout, interrupt, line, until: None }
    }

    /// From now on a write waits for a moment, whatever signal came.
    pub fn last_words(&mut self) {
        self.until = Some(Instant::now() + PATIENCE);
    }
}

impl Out<'_> {
    /// Makes way on a terminal for what comes.
    fn make_way(&self) {
        if let Some(line) = &self.line {
            line.clear();
        }
    }

    /// What tells that the reader has gone, where the system has such a thing.
    #[cfg(unix)]
    pub fn watched(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        Some(std::os::fd::AsFd::as_fd(&self.stdout))
    }

    /// What tells that the reader has gone, where the system has such a thing.
    #[cfg(windows)]
    pub fn watched(&self) -> Option<std::os::windows::io::BorrowedSocket<'_>> {
        None
    }
}

#[cfg(unix)]
impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As much as a pipe that can be written at all takes without blocking (PIPE_BUF of poll(2) and pipe(7)).
        const PIECE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };
        self.make_way();
        loop {
            self.wait()?;
            match nix::unistd::write(&self.stdout, &bytes[..bytes.len().min(PIECE)]) {
                Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EINTR) => {}
                other => {
                    let written = other?;
                    // Who reads slowly still reads.
                    self.until = self.until.map(|_| Instant::now() + PATIENCE);
                    return Ok(written);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
impl Out<'_> {
    /// Waits until something can be written, or until there is no more sense in waiting.
    fn wait(&self) -> io::Result<()> {
        use nix::poll::{PollFd, PollFlags, PollTimeout};
        use std::os::fd::AsFd;
        loop {
            // A signal that another wait has drained wakes this one no more.
            let hurry = (self.until.is_none() && self.interrupt.signal().is_some()).then_some(Duration::ZERO);
            let left = self.until.map(|until| until.saturating_duration_since(Instant::now())).or(hurry);
            let timeout = left.map_or(PollTimeout::NONE, |left| PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO));
            let (stdout, signal) = (self.stdout.as_fd(), self.interrupt.as_fd());
            let mut polled = [PollFd::new(stdout, PollFlags::POLLOUT), PollFd::new(signal, PollFlags::POLLIN)];
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
impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = (self.interrupt, self.until);
        self.make_way();
        self.stdout.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
