//! Signals: the first one requests the end, a second Ctrl-C ends the program at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::os::{PollSource, WakePipe, end_at_second_interrupt, end_signals};
use super::signal::Signal;

/// The signals that request the end, and the pipe through which they, and ended child processes,
/// wake the loop.
#[derive(Debug)]
pub struct Interrupt {
    number: Arc<AtomicUsize>,
    pipe: WakePipe,
}

/// Requests the end of the run, as Ctrl-C does.
#[cfg(feature = "live")]
pub fn request_end() {
    let _ = signal_hook::low_level::raise(SIGINT);
}

impl Interrupt {
    /// Takes over SIGINT, SIGTERM and, unless nohup(1) had it ignored, SIGHUP. A second SIGINT ends
    /// the program and COMMAND at once. A second SIGTERM does not: timeout(1) sends two within a
    /// fraction of a millisecond.
    ///
    /// # Errors
    /// The error of the system.
    pub fn install() -> io::Result<Self> {
        let armed = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        let signals = end_signals();
        for &signal in &signals {
            // This order matters: the shutdown checks the flag before the first signal sets it.
            if signal == SIGINT {
                end_at_second_interrupt(Arc::clone(&armed))?;
            }
            flag::register(signal, Arc::clone(&armed))?;
            flag::register_usize(signal, Arc::clone(&number), signal.unsigned_abs() as usize)?;
        }
        Ok(Interrupt { number, pipe: WakePipe::open(&signals)? })
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
