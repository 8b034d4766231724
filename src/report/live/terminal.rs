//! The terminal: it enters the view, and is restored on every way out.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use crate::report::PATIENCE;

/// Enters the alternate screen and hides the cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[2J";

/// Ends any style, shows the cursor and leaves the alternate screen.
pub const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";

/// The time between two attempts to write to a terminal that another thread writes to.
const RETRY: Duration = Duration::from_millis(2);

/// Where the view is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Output,
    Diagnostics,
}

impl Place {
    /// Standard output if it is a terminal, else standard error if it is one.
    pub fn choose() -> Option<Place> {
        if io::stdout().is_terminal() {
            Some(Place::Output)
        } else if io::stderr().is_terminal() {
            Some(Place::Diagnostics)
        } else {
            None
        }
    }

    /// The lines and columns.
    pub fn size(self) -> Option<(u16, u16)> {
        match self {
            Place::Output => console::Term::stdout(),
            Place::Diagnostics => console::Term::stderr(),
        }
        .size_checked()
    }
}

/// What a view does to its terminal.
pub trait Device: Send + Sync {
    /// Enters the view.
    ///
    /// # Errors
    /// The terminal refuses it.
    fn enter(&self) -> io::Result<()>;

    /// Writes bytes, and waits until the terminal takes them.
    ///
    /// # Errors
    /// The terminal is gone.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;

    /// Restores the state before the view, without waiting for a stalled terminal.
    fn leave(&self);
}

impl Device for Place {
    fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        self.write(ENTER)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let write = |out: &mut dyn Write| out.write_all(bytes).and_then(|()| out.flush());
        match self {
            Place::Output => write(&mut io::stdout().lock()),
            Place::Diagnostics => write(&mut io::stderr().lock()),
        }
    }

    fn leave(&self) {
        let _ = disable_raw_mode();
        restore_output(*self);
    }
}

/// The terminal, shared by the thread that draws and the thread that ends the view.
#[derive(Clone)]
pub struct Terminal(Arc<Shared>);

struct Shared {
    device: Box<dyn Device>,
    /// Held while bytes are written.
    writing: Mutex<()>,
    closed: AtomicBool,
}

impl Terminal {
    /// Enters the view.
    ///
    /// # Errors
    /// The terminal refuses it.
    pub fn enter(device: impl Device + 'static) -> io::Result<Self> {
        let shared = Shared {
            device: Box::new(device),
            writing: Mutex::new(()),
            closed: AtomicBool::new(false),
        };
        let terminal = Terminal(Arc::new(shared));
        terminal.0.device.enter().inspect_err(|_| terminal.restore())?;
        Ok(terminal)
    }

    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    /// Writes a frame, unless the view has ended.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        // A panic of the other thread left no bytes half written.
        let _guard = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() { Ok(()) } else { self.0.device.write(bytes) }
    }

    /// Restores the terminal, once. It waits as long for a frame that is being written as for any
    /// final output.
    pub fn restore(&self) {
        if self.0.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        let until = Instant::now() + PATIENCE;
        while matches!(self.0.writing.try_lock(), Err(TryLockError::WouldBlock)) {
            if Instant::now() >= until {
                break;
            }
            thread::sleep(RETRY);
        }
        self.0.device.leave();
    }
}

/// Leaves the view, without waiting for a stalled terminal.
#[cfg(unix)]
fn restore_output(_place: Place) {
    crate::sys::restore_terminal();
}

/// Leaves the view.
#[cfg(not(unix))]
fn restore_output(place: Place) {
    let _ = place.write(LEAVE);
}

#[cfg(test)]
mod tests;
