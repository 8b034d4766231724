//! The pipe through which signals wake a wait.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::SIGCHLD;
use signal_hook::low_level::pipe;

use super::PollSource;

/// A pipe that becomes readable after a signal.
#[derive(Debug)]
pub struct WakePipe(UnixStream);

impl WakePipe {
    /// Wakes for these signals, and for an ended child process.
    pub fn open(signals: &[i32]) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        for signal in signals.iter().copied().chain([SIGCHLD]) {
            pipe::register(signal, write.try_clone()?)?;
        }
        Ok(WakePipe(read))
    }

    /// The source of a wait.
    pub fn source(&self) -> Option<PollSource<'_>> {
        Some(self.as_fd())
    }

    pub fn drain(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.0).read(&mut bytes), Ok(count) if count == bytes.len()) {}
    }
}

impl AsFd for WakePipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
