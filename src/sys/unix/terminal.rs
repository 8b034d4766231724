//! The terminal on standard error.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags};

/// Whether this process is in the foreground of the terminal on standard error. A terminal without
/// a controlled process has no foreground: any process may write.
pub fn stderr_is_foreground() -> bool {
    is_foreground(&io::stderr())
}

pub(super) fn is_foreground(terminal: &impl AsFd) -> bool {
    nix::unistd::tcgetpgrp(terminal).map_or(true, |group| group == nix::unistd::getpgrp())
}

/// Whether a write to standard error would not block.
pub fn stderr_is_writable() -> bool {
    let stderr = io::stderr();
    let mut polled = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    let _ = nix::poll::poll(&mut polled, nix::poll::PollTimeout::ZERO);
    polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLOUT))
}
