//! Signals that this process ignores.

use std::mem;
use std::ptr;

/// Whether this process ignores a signal.
pub fn is_ignored(signal: i32) -> bool {
    // SAFETY: `sigaction` is a plain C struct, for which all zeroes is a valid value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    // SAFETY: without a new action the call only writes the current one into `action`.
    let result = unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}
