//! The end of this process by Ctrl-C, Ctrl-Break or the closed window of its console.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::wake::{WakePipe, wake_waits};

/// SIGHUP, which the C runtime lacks.
const HANGUP: i32 = 1;

/// The number of the signal that requests the end.
static NUMBER: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Stores the number of the Unix signal for an event of the console in `number`. A second Ctrl-C or
/// Ctrl-Break ends this process at once.
pub fn watch_signals(number: &Arc<AtomicUsize>) -> io::Result<WakePipe> {
    let pipe = WakePipe::open();
    let _ = NUMBER.set(Arc::clone(number));
    // SAFETY: the handler has the right type and lives as long as the process.
    let done = unsafe { SetConsoleCtrlHandler(Some(on_event), 1) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(pipe) }
}

/// Requests the end of the run, as Ctrl-C does.
#[cfg(feature = "live")]
pub fn request_end() {
    request(SIGINT);
}

/// Called by the system in a thread of its own. Returns whether the event was handled.
unsafe extern "system" fn on_event(kind: u32) -> BOOL {
    match kind {
        CTRL_C_EVENT => request(SIGINT),
        CTRL_BREAK_EVENT => request(SIGTERM),
        CTRL_CLOSE_EVENT => {
            request(HANGUP);
            // When this returns, the process ends. The system waits for a few seconds.
            loop {
                thread::park();
            }
        }
        _ => return 0,
    }
    1
}

fn request(signal: i32) {
    let Some(number) = NUMBER.get() else { return };
    let earlier = number.swap(signal.unsigned_abs() as usize, Ordering::SeqCst);
    if earlier != 0 && signal != HANGUP {
        low_level::exit(128 + signal);
    }
    wake_waits();
}
