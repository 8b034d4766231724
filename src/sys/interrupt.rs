//! Signals: the first asks the program to end, and a second Ctrl-C ends it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The signals that ask the program to end, and the pipe that wakes its loop for them. The end of a
/// child process wakes it too.
#[derive(Debug)]
pub struct Interrupt {
    number: Arc<AtomicUsize>,
    #[cfg(unix)]
    pipe: std::os::unix::net::UnixStream,
}

/// Which signal it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit status that a shell gives to a program ended by this signal: 128 and its number.
    pub fn status(self) -> u8 {
        match self {
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }

    /// The signal's name.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }
}

impl Interrupt {
    /// Takes over SIGINT and SIGTERM. A second SIGINT ends the program at once, as if it had not
    /// been taken over; a second SIGTERM does not, because timeout(1) sends two within a
    /// fraction of a millisecond.
    ///
    /// # Errors
    /// What the system refused.
    pub fn install() -> io::Result<Self> {
        let armed = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the shutdown looks at the flag before the first signal sets it.
            if signal == SIGINT {
                flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&armed))?;
            }
            flag::register(signal, Arc::clone(&armed))?;
            flag::register_usize(signal, Arc::clone(&number), signal.unsigned_abs() as usize)?;
        }
        #[cfg(unix)]
        let pipe = {
            let (read, write) = std::os::unix::net::UnixStream::pair()?;
            read.set_nonblocking(true)?;
            for signal in [SIGINT, SIGTERM, signal_hook::consts::SIGCHLD] {
                signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
            }
            read
        };
        Ok(Interrupt {
            number,
            #[cfg(unix)]
            pipe,
        })
    }

    /// The signal that came, if one has.
    pub fn signal(&self) -> Option<Signal> {
        match i32::try_from(self.number.load(Ordering::Relaxed)) {
            Ok(SIGINT) => Some(Signal::Interrupt),
            Ok(SIGTERM) => Some(Signal::Terminate),
            _ => None,
        }
    }

    /// Empties the pipe, so that it wakes nobody again for the same signal.
    pub(crate) fn drain(&self) {
        #[cfg(unix)]
        {
            use std::io::Read;
            let mut bytes = [0; 64];
            while matches!((&self.pipe).read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Interrupt {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
