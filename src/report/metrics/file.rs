//! The file of the metrics, for the textfile collector of node_exporter.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::encoding::{Format, encode};
use super::snapshot::Snapshot;
use crate::report::observe::ObserverError;
use crate::report::output_file::OutputFile;

/// The shortest time between two writes.
const BETWEEN: Duration = Duration::from_secs(1);

/// The longest wait, which any time to wait is below.
const LONGEST: Duration = Duration::from_secs(3600);

/// The file of the metrics. A thread writes it, because a disk may stall.
pub struct MetricsFile {
    shared: Arc<Shared>,
    /// Removes the file at its end.
    thread: Option<JoinHandle<Result<(), ObserverError>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The values that are not in the file yet.
    next: Option<Arc<Snapshot>>,
    ends: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for values that may be written, from `earliest` on. `None` is the end.
    fn wait(&self, earliest: Instant) -> Option<Arc<Snapshot>> {
        let mut state = self.lock();
        while !state.ends {
            let left = earliest.saturating_duration_since(Instant::now());
            if left.is_zero() && state.next.is_some() {
                return state.next.take();
            }
            let wait = if state.next.is_some() { left } else { LONGEST };
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }
}

impl MetricsFile {
    /// Writes the file for the first time, and starts to keep it up to date.
    ///
    /// # Errors
    /// The file cannot be written, or the system refuses a thread.
    pub fn start(mut file: OutputFile, snapshot: &Arc<Snapshot>) -> Result<Self, ObserverError> {
        write(&mut file, snapshot)?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = Builder::new().name("metrics".to_owned()).spawn(move || {
            let kept = keep(&mut file, &of_thread);
            // node_exporter would show the last values forever.
            kept.and(file.remove())
        });
        let thread = thread.map_err(ObserverError::Thread)?;
        Ok(MetricsFile { shared, thread: Some(thread) })
    }

    /// Writes new values soon.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        let before = self.shared.lock().next.replace(snapshot);
        self.shared.changed.notify_one();
        drop(before);
    }

    /// Removes the file.
    ///
    /// # Errors
    /// A write has failed, or the file cannot be removed.
    pub fn finish(&mut self) -> Result<(), ObserverError> {
        self.shared.lock().ends = true;
        self.shared.changed.notify_one();
        let ended = self.thread.take().map(JoinHandle::join);
        ended.and_then(Result::ok).unwrap_or(Ok(()))
    }
}

impl Drop for MetricsFile {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

/// Writes each snapshot until the end. Returns the first error at the end: after a failed write, the
/// disk may have space again.
fn keep(file: &mut OutputFile, shared: &Shared) -> Result<(), ObserverError> {
    let mut kept = Ok(());
    let mut earliest = Instant::now() + BETWEEN;
    while let Some(snapshot) = shared.wait(earliest) {
        earliest = Instant::now() + BETWEEN;
        kept = kept.and(write(file, &snapshot));
    }
    kept
}

fn write(file: &mut OutputFile, snapshot: &Arc<Snapshot>) -> Result<(), ObserverError> {
    file.replace(encode(snapshot, Format::Text).as_bytes())
}
