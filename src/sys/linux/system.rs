//! Other calls of Linux: writes without waiting, the state of the clock, exact timers.

use std::os::fd::AsRawFd;
use std::{io, mem};

use libc::{self, c_void};

/// Writes without waiting: pwritev2(2) with `RWF_NOWAIT`. O_NONBLOCK would affect all processes
/// with the same pipe. Pipes support it since Linux 6.4; otherwise the call fails.
pub fn write_now(open: &impl AsRawFd, bytes: &[u8]) -> io::Result<usize> {
    const WHERE_IT_IS: libc::off_t = -1;
    let part =
        libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast::<c_void>(), iov_len: bytes.len() };
    // SAFETY: the kernel reads the one part, whose bytes outlive the call, and writes to neither;
    // the descriptor is open because `open` is borrowed.
    let written =
        unsafe { libc::pwritev2(open.as_raw_fd(), &part, 1, WHERE_IT_IS, libc::RWF_NOWAIT) };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

/// Whether the clock follows a reference: adjtimex(2) without a mode only reads, and needs no
/// rights.
pub fn clock_is_synchronised() -> bool {
    // SAFETY: `timex` is a plain C struct of integers, for which all zeroes is a valid value.
    let mut clock: libc::timex = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes into `clock`, which outlives the call.
    let state = unsafe { libc::adjtimex(&mut clock) };
    state >= 0 && state != libc::TIME_ERROR && clock.status & libc::STA_UNSYNC == 0
}

/// Ends timers of this thread exactly when they are due, not up to 50 us later (PR_SET_TIMERSLACK,
/// prctl(2)).
pub fn set_timer_slack() -> io::Result<()> {
    // SAFETY: this option takes one number, and touches no memory.
    let result =
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_usize, 0_usize, 0_usize, 0_usize) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
