//! The terminal of a full-screen view: its keys, and its state before the view.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::termios;

use super::terminal::is_foreground;
use crate::sys::InputState;

/// The terminal that keys come from: standard input, or the controlling terminal.
#[derive(Debug)]
pub struct TerminalInput(OwnedFd);

impl TerminalInput {
    /// Opens the terminal.
    ///
    /// # Errors
    /// The process has no terminal.
    pub fn open() -> io::Result<Self> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Ok(TerminalInput(stdin.as_fd().try_clone_to_owned()?));
        }
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        Ok(TerminalInput(terminal.into()))
    }

    /// Whether this process may read from the terminal.
    pub fn is_foreground(&self) -> bool {
        is_foreground(&self.0)
    }

    /// Reads bytes of keys.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(nix::unistd::read(&self.0, bytes)?)
    }

    /// Waits until a key is pressed.
    pub fn wait(&self, timeout: Duration) -> InputState {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        let _ = nix::poll::poll(&mut polled, timeout);
        let events = polled[0].revents().unwrap_or(PollFlags::empty());
        if events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL) {
            InputState::Gone
        } else if events.contains(PollFlags::POLLIN) {
            InputState::Ready
        } else {
            InputState::Idle
        }
    }
}

/// A terminal before a full-screen view changed it.
struct Saved {
    input: OwnedFd,
    mode: libc::termios,
    output: OwnedFd,
    /// The sequences that leave the view.
    leave: &'static [u8],
}

/// The terminal that a signal handler restores; null for none. What it once pointed to is never
/// freed, because a handler may still read it.
static SAVED: AtomicPtr<Saved> = AtomicPtr::new(ptr::null_mut());

/// Saves the state of the terminal for [`restore_terminal`]. `leave` are the sequences that undo
/// what the view writes to `output`.
///
/// # Errors
/// The input is no terminal.
pub fn save_terminal(
    input: &TerminalInput,
    output: BorrowedFd,
    leave: &'static [u8],
) -> io::Result<()> {
    let mode = termios::tcgetattr(&input.0)?.into();
    let (input, output) = (input.0.try_clone()?, output.try_clone_to_owned()?);
    SAVED.store(Box::into_raw(Box::new(Saved { input, mode, output, leave })), Ordering::SeqCst);
    Ok(())
}

/// Restores the saved terminal, once. It takes nothing but system calls that a signal handler may
/// use, and does not wait for a terminal that is stalled.
pub fn restore_terminal() {
    let saved = SAVED.swap(ptr::null_mut(), Ordering::SeqCst);
    // SAFETY: the pointer is null or of a box that is never freed.
    let Some(saved) = (unsafe { saved.as_ref() }) else { return };
    // SAFETY: tcsetattr(3) reads the settings, which live as long as the process.
    unsafe { libc::tcsetattr(saved.input.as_raw_fd(), libc::TCSANOW, &saved.mode) };
    let output = saved.output.as_raw_fd();
    let mut polled = libc::pollfd { fd: output, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll(2) takes the one element of `polled`.
    let is_writable = unsafe { libc::poll(&mut polled, 1, 0) } > 0;
    if is_writable && polled.revents & libc::POLLOUT != 0 {
        // SAFETY: write(2) reads `leave`, which is static.
        unsafe { libc::write(output, saved.leave.as_ptr().cast(), saved.leave.len()) };
    }
}
