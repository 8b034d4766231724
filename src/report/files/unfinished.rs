//! Placeholders.

use std::path::Path;

use crate::report::observe::{Observer, ObserverError, RunInfo};

/// Opens the table of the intervals.
pub fn csv(_path: &Path) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--csv", feature: "report" })
}

/// Opens the test cases.
pub fn junit(_path: &Path, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--junit", feature: "report" })
}
