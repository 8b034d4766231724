//! The end of this process by signals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use super::full_screen::restore_terminal;
use super::ignored::is_ignored;
use super::process_group;
use super::wake::WakePipe;

/// Requests the end of the run, as Ctrl-C does.
#[cfg(feature = "live")]
pub fn request_end() {
    let _ = low_level::raise(SIGINT);
}

/// Stores the number of a signal that requests the end in `number`. A second SIGINT ends this
/// process at once.
pub fn watch_signals(number: &Arc<AtomicUsize>) -> io::Result<WakePipe> {
    let armed = Arc::new(AtomicBool::new(false));
    let signals = end_signals();
    for &signal in &signals {
        // This order matters: the shutdown checks the flag before the first signal sets it.
        if signal == SIGINT {
            end_at_second_interrupt(Arc::clone(&armed))?;
        }
        flag::register(signal, Arc::clone(&armed))?;
        flag::register_usize(signal, Arc::clone(number), signal.unsigned_abs() as usize)?;
    }
    WakePipe::open(&signals)
}

/// The signals that request the end. Without SIGHUP if this process began with it ignored, as
/// nohup(1) does.
fn end_signals() -> Vec<i32> {
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    hangup.into_iter().chain([SIGINT, SIGTERM]).collect()
}

/// A user does not press Ctrl-C twice within this time; timeout(1) sends two signals within a
/// fraction of a millisecond.
const ONE_PRESS: Duration = Duration::from_millis(100);

/// Makes SIGINT end this process and COMMAND at once if `armed`.
fn end_at_second_interrupt(armed: Arc<AtomicBool>) -> io::Result<()> {
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
