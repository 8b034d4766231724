//! The end of this process by signals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level;

use super::full_screen::restore_terminal;
use super::ignored::is_ignored;
use super::process_group;

/// The signals that request the end. Without SIGHUP if this process began with it ignored, as
/// nohup(1) does.
pub fn end_signals() -> Vec<i32> {
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    hangup.into_iter().chain([SIGINT, SIGTERM]).collect()
}

/// A user does not press Ctrl-C twice within this time; timeout(1) sends two signals within a
/// fraction of a millisecond.
const ONE_PRESS: Duration = Duration::from_millis(100);

/// Makes SIGINT end this process and COMMAND at once if `armed`.
pub fn end_at_second_interrupt(armed: Arc<AtomicBool>) -> io::Result<()> {
    let begin = Instant::now();
    let first = AtomicU64::new(0);
    let millis = move || u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let end = move || {
        if !armed.load(Ordering::SeqCst) {
            first.store(millis(), Ordering::SeqCst);
        } else if u128::from(millis() - first.load(Ordering::SeqCst)) >= ONE_PRESS.as_millis() {
            process_group::kill_at_once();
            restore_terminal();
            low_level::exit(128 + SIGINT);
        }
    };
    // SAFETY: the action uses atomics, and calls clock_gettime(2), kill(2), tcsetattr(3), poll(2),
    // write(2) and _exit(2). All of them are async-signal-safe.
    unsafe { low_level::register(SIGINT, end) }?;
    Ok(())
}
