//! Signals: the first asks the program to end, and a second Ctrl-C ends it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::os::{PollSource, WakePipe, end_at_second_interrupt, end_signals};
use super::signal::Signal;

/// The signals that ask the program to end, and the pipe that wakes its loop for them. The end of a
/// child process wakes it too.
#[derive(Debug)]
pub struct Interrupt {
    number: Arc<AtomicUsize>,
    pipe: WakePipe,
}

impl Interrupt {
    /// Takes over SIGINT, SIGTERM and, unless nohup(1) had it ignored, SIGHUP. A second SIGINT ends
    /// the program at once, and COMMAND with it; a second SIGTERM does not, because timeout(1)
    /// sends two within a fraction of a millisecond.
    ///
    /// # Errors
    /// What the system refused.
    pub fn install() -> io::Result<Self> {
        let armed = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        let signals = end_signals();
        for &signal in &signals {
            // In this order: the shutdown looks at the flag before the first signal sets it.
            if signal == SIGINT {
                end_at_second_interrupt(Arc::clone(&armed))?;
            }
            flag::register(signal, Arc::clone(&armed))?;
            flag::register_usize(signal, Arc::clone(&number), signal.unsigned_abs() as usize)?;
        }
        Ok(Interrupt { number, pipe: WakePipe::open(&signals)? })
    }

    /// The signal that came, if one has.
    pub fn signal(&self) -> Option<Signal> {
        Signal::from_number(self.number.load(Ordering::Relaxed))
    }

    /// What a wait for signals waits for, if the system has it.
    pub(crate) fn source(&self) -> Option<PollSource<'_>> {
        self.pipe.source()
    }

    /// Empties the pipe, so that it wakes nobody again for the same signal.
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
