//! Signals: the first one requests the end, a second Ctrl-C ends the program at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::os::{PollSource, WakePipe, watch_signals};
use super::signal::Signal;

/// The signals that request the end, and the pipe through which they, and ended child processes,
/// wake the loop.
#[derive(Debug)]
pub struct Interrupt {
    number: Arc<AtomicUsize>,
    pipe: WakePipe,
}

impl Interrupt {
    /// Takes over SIGINT, SIGTERM and, unless nohup(1) had it ignored, SIGHUP. A second SIGINT ends
    /// the program and COMMAND at once. A second SIGTERM does not: timeout(1) sends two within a
    /// fraction of a millisecond.
    ///
    /// # Errors
    /// The error of the system.
    pub fn install() -> io::Result<Self> {
        let number = Arc::new(AtomicUsize::new(0));
        let pipe = watch_signals(&number)?;
        Ok(Interrupt { number, pipe })
    }

    /// The received signal, if any.
    pub fn signal(&self) -> Option<Signal> {
        Signal::from_number(self.number.load(Ordering::Relaxed))
    }

    /// The source of a wait, if the system has it.
    pub(crate) fn source(&self) -> Option<PollSource<'_>> {
        self.pipe.source()
    }

    /// Empties the pipe, which must not wake the loop again for the same signal.
    pub(crate) fn drain(&self) {
        self.pipe.drain();
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Interrupt {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
