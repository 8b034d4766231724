//! The file of the metrics, for the textfile collector of node_exporter.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::encoding::{Format, encode};
use super::snapshot::Snapshot;

/// The shortest time between two writes.
const BETWEEN: Duration = Duration::from_secs(1);

/// The file of the metrics. A thread writes it, because a disk may stall.
pub struct MetricsFile {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
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
    failed: Option<io::Error>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MetricsFile {
    /// Writes the file for the first time, and starts to keep it up to date.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn start(path: &Path, snapshot: &Arc<Snapshot>) -> io::Result<Self> {
        replace(path, snapshot)?;
        let shared = Arc::new(Shared::default());
        let (file, state) = (path.to_owned(), Arc::clone(&shared));
        let keep = move || keep(&file, &state);
        let thread = Builder::new().name("metrics".to_owned()).spawn(keep)?;
        Ok(MetricsFile { path: path.to_owned(), shared, thread: Some(thread) })
    }

    /// Writes new values soon.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        let before = self.shared.lock().next.replace(snapshot);
        self.shared.changed.notify_one();
        drop(before);
    }

    /// Removes the file: node_exporter would show the last values forever.
    ///
    /// # Errors
    /// A write has failed, or the file cannot be removed.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stop();
        let removed = match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        self.shared.lock().failed.take().map_or(removed, Err)
    }

    fn stop(&mut self) {
        self.shared.lock().ends = true;
        self.shared.changed.notify_one();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for MetricsFile {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.finish();
        }
    }
}

/// Writes each snapshot until the end. It continues after a failed write: the disk may have space
/// again.
fn keep(path: &Path, shared: &Shared) {
    let mut earliest = Instant::now() + BETWEEN;
    loop {
        let mut state = shared.lock();
        loop {
            let left = earliest.saturating_duration_since(Instant::now());
            if state.ends {
                return;
            }
            if state.next.is_some() && left.is_zero() {
                break;
            }
            let wait = if state.next.is_some() { left } else { Duration::from_secs(3600) };
            let waited = shared.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let Some(snapshot) = state.next.take() else { continue };
        drop(state);
        earliest = Instant::now() + BETWEEN;
        if let Err(error) = replace(path, &snapshot) {
            shared.lock().failed.get_or_insert(error);
        }
    }
}

/// Replaces the file at once: a reader sees the old values or the new ones. node_exporter does not
/// read the temporary file, because its name does not end in `.prom`.
fn replace(path: &Path, snapshot: &Arc<Snapshot>) -> io::Result<()> {
    let text = encode(snapshot, Format::Text);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    // An earlier process with this id may have left it. A link of that name is not followed.
    let _ = fs::remove_file(&temporary);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        drop(file);
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&temporary)))
}
