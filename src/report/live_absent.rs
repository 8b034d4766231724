//! A build without the feature `live`.

use super::observe::{Observer, ObserverError, RunInfo};

/// Opens the observer.
pub fn open(_run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--live", feature: "live" })
}
