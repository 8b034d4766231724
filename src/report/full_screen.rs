//! The full-screen view and the lines of text, which share a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most bytes of diagnostics that wait for the end of the view.
const MOST_HELD: usize = 64 * 1024;

/// Whether the full-screen view has the terminal. All clones share it.
#[derive(Clone, Default)]
pub struct FullScreen(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// The view is on standard output: only the summary follows there, after the view.
    hides_output: AtomicBool,
    held: Mutex<Held>,
    progress: Mutex<Option<RunProgress>>,
}

/// The progress of a run with an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunProgress {
    /// The finished part, from 0 to 1; `None` if it is unknown.
    pub fraction: Option<f64>,
    /// The time left.
    pub left: Option<Duration>,
}

/// The diagnostics that wait for the end of the view.
#[derive(Default)]
struct Held {
    is_on: bool,
    text: Vec<u8>,
    /// The lines that are left out.
    more: u64,
}

impl FullScreen {
    /// The view has the terminal from now on.
    pub fn begin(&self, on_output: bool) {
        lock(&self.0.held).is_on = true;
        self.0.hides_output.store(on_output, Ordering::Relaxed);
    }

    /// The terminal is free again. Returns the diagnostics that waited, and how many lines are left
    /// out.
    pub fn end(&self) -> (Vec<u8>, u64) {
        self.0.hides_output.store(false, Ordering::Relaxed);
        let held = std::mem::take(&mut *lock(&self.0.held));
        (held.text, held.more)
    }

    /// Whether standard output shows the view instead of text.
    pub fn hides_output(&self) -> bool {
        self.0.hides_output.load(Ordering::Relaxed)
    }

    /// Keeps diagnostics for the end of the view. Returns whether there is a view.
    pub fn hold(&self, text: &[u8]) -> bool {
        let mut held = lock(&self.0.held);
        if !held.is_on {
            return false;
        }
        if held.text.len() + text.len() <= MOST_HELD {
            held.text.extend_from_slice(text);
        } else {
            held.more += text.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        true
    }

    /// Whether the view has the terminal.
    pub fn is_on(&self) -> bool {
        lock(&self.0.held).is_on
    }

    /// Shows the progress of the run in the view.
    pub fn set_progress(&self, progress: RunProgress) {
        *lock(&self.0.progress) = Some(progress);
    }

    /// The progress of the run; `None` if it has no end.
    pub fn progress(&self) -> Option<RunProgress> {
        *lock(&self.0.progress)
    }
}

/// A panic in another thread does not break a plain value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
