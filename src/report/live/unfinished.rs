//! Placeholder.

use crate::report::observe::{Observer, ObserverError, RunInfo};

/// Opens the observer.
pub fn open(_run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--live", feature: "live" })
}
