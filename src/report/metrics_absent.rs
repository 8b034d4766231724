//! A build without the feature `metrics`.

use super::observe::{MetricsPlace, Observer, ObserverError, RunInfo};

/// Opens the observer.
pub fn open(_place: &MetricsPlace, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--metrics", feature: "metrics" })
}
