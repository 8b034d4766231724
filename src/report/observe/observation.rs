//! The observers that a command line or the environment asks for.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Observer, ObserverError, Observers};
use crate::notice::Notice;
use crate::report::service::Notifier;
use crate::report::{ColorWhen, Notes, files, live, metrics};

/// The time between two intervals if the command line states none.
const INTERVAL: Duration = Duration::from_secs(1);

/// The observers that a command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// A full-screen view.
    pub live: bool,
    /// An HTML report.
    pub report: Option<PathBuf>,
    /// Test cases for a CI system.
    pub junit: Option<PathBuf>,
    /// The intervals as a table.
    pub csv: Option<PathBuf>,
    /// Metrics for Prometheus.
    pub metrics: Option<MetricsPlace>,
    /// The files of other options, which no observer may replace.
    pub others: Vec<(&'static str, PathBuf)>,
}

/// The place of the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsPlace {
    /// An HTTP server at this address.
    Endpoint(SocketAddr),
    /// A file for the textfile collector of node_exporter.
    File(PathBuf),
}

/// A run, as observers describe it.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The command: `recv`, `bench join`.
    pub command: &'static str,
    /// The command line, quoted for a shell.
    pub line: String,
}

impl Observation {
    /// The time between two intervals that the observers need; `None` if they need none.
    pub fn interval(&self) -> Option<Duration> {
        let is_needed = self.live
            || self.report.is_some()
            || self.csv.is_some()
            || self.metrics.is_some()
            || Notifier::is_wanted();
        is_needed.then_some(INTERVAL)
    }

    /// Whether the observers draw the delays of each stream.
    pub fn draws_delays(&self) -> bool {
        self.live
    }

    /// The reason why there cannot be a full-screen view, if one is asked for. `other_use` is the
    /// part of the run that uses the terminal.
    pub fn obstacle(&self, other_use: Option<&'static str>) -> Option<Notice> {
        if self.live { live::obstacle(other_use) } else { None }
    }

    /// Opens the observers: a file that cannot be written fails before the run. A service gets one
    /// more, for its manager. After an error, those that are open take the failure of the run.
    ///
    /// # Errors
    /// Two options name one file, a file cannot be written, a port cannot be bound, or the build has
    /// no such observer.
    pub fn open(
        &self,
        run: &RunInfo,
        color: ColorWhen,
        notes: &Notes,
    ) -> (Observers, Result<(), ObserverError>) {
        let mut opened: Vec<Box<dyn Observer>> = Vec::new();
        let result =
            self.are_distinct().and_then(|()| self.open_each(run, color, notes, &mut opened));
        (Observers::new(opened), result)
    }

    /// Two options must not name one file: each would replace the other's content.
    fn are_distinct(&self) -> Result<(), ObserverError> {
        let metrics = match &self.metrics {
            Some(MetricsPlace::File(path)) => Some(path),
            _ => None,
        };
        let own = [
            ("--report", self.report.as_ref()),
            ("--junit", self.junit.as_ref()),
            ("--csv", self.csv.as_ref()),
            ("--metrics", metrics),
        ];
        let own = own.into_iter().filter_map(|(option, path)| Some((option, path?)));
        let others = self.others.iter().map(|(option, path)| (*option, path));
        let mut known: Vec<(&'static str, PathBuf)> = Vec::new();
        for (option, path) in others.chain(own) {
            let Some(place) = place_of(path) else { continue };
            if let Some((first, _)) = known.iter().find(|(_, known)| *known == place) {
                let file = path.to_string_lossy().into_owned();
                return Err(ObserverError::SameFile { first, second: option, file });
            }
            known.push((option, place));
        }
        Ok(())
    }

    fn open_each(
        &self,
        run: &RunInfo,
        color: ColorWhen,
        notes: &Notes,
        opened: &mut Vec<Box<dyn Observer>>,
    ) -> Result<(), ObserverError> {
        if let Some(notifier) = Notifier::open() {
            opened.push(Box::new(notifier));
        }
        if let Some(path) = &self.junit {
            opened.push(files::junit(path, run)?);
        }
        if let Some(path) = &self.report {
            opened.push(files::html(path, run)?);
        }
        if let Some(path) = &self.csv {
            opened.push(files::csv(path, run)?);
        }
        if let Some(place) = &self.metrics {
            opened.push(metrics::open(place, run)?);
        }
        if self.live {
            opened.push(live::open(run, color, notes)?);
        }
        Ok(())
    }
}

/// The file that a path leads to, with or without a link; `None` for a device or a FIFO, which can
/// take the content of several options.
fn place_of(path: &Path) -> Option<PathBuf> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return None;
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let new = || {
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(new).or_else(|| Some(path.to_owned()))
}
