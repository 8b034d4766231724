//! The terminal: it enters the view, and is restored on every way out.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
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

    fn write(self, bytes: &[u8]) -> io::Result<()> {
        let write = |out: &mut dyn Write| out.write_all(bytes).and_then(|()| out.flush());
        match self {
            Place::Output => write(&mut io::stdout().lock()),
            Place::Diagnostics => write(&mut io::stderr().lock()),
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

/// The terminal, shared by the thread that draws and the thread that ends the view.
#[derive(Clone)]
pub struct Terminal(Arc<Shared>);

struct Shared {
    place: Place,
    /// Held while bytes are written.
    writing: Mutex<()>,
    closed: AtomicBool,
}

impl Terminal {
    /// Enters the view. `save` keeps the state of the terminal for signal handlers.
    ///
    /// # Errors
    /// The terminal refuses it.
    pub fn enter(place: Place, save: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        save()?;
        enable_raw_mode()?;
        let terminal = Terminal(Arc::new(Shared {
            place,
            writing: Mutex::new(()),
            closed: AtomicBool::new(false),
        }));
        if let Err(error) = place.write(ENTER) {
            terminal.restore();
            return Err(error);
        }
        Ok(terminal)
    }

    pub fn place(&self) -> Place {
        self.0.place
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
        let _guard = self.0.writing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if self.is_closed() { Ok(()) } else { self.0.place.write(bytes) }
    }

    /// Restores the terminal, once. A terminal that is stalled is waited for as long as for any
    /// final output.
    pub fn restore(&self) {
        if self.0.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match self.0.writing.try_lock() {
                Ok(_) | Err(TryLockError::Poisoned(_)) => break,
                Err(TryLockError::WouldBlock) if Instant::now() >= until => break,
                Err(TryLockError::WouldBlock) => thread::sleep(RETRY),
            }
        }
        let _ = disable_raw_mode();
        restore_output(self.0.place);
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
