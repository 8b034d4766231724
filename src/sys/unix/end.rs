//! How signals end this process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level;

use super::ignored::is_ignored;
use super::process_group;

/// The signals that ask this process to end. SIGHUP is not one if this process began with it
/// ignored: nohup(1) means that it stays ignored.
pub fn end_signals() -> Vec<i32> {
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    hangup.into_iter().chain([SIGINT, SIGTERM]).collect()
}

/// Makes SIGINT end this process at once if `armed`, and COMMAND with it.
pub fn end_at_second_interrupt(armed: Arc<AtomicBool>) -> io::Result<()> {
    let end = move || {
        if armed.load(Ordering::SeqCst) {
            process_group::kill_at_once();
            low_level::exit(128 + SIGINT);
        }
    };
    // SAFETY: the action reads two atomics, and calls kill(2) and _exit(2). All of them are
    // async-signal-safe.
    unsafe { low_level::register(SIGINT, end) }?;
    Ok(())
}
