//! A build without the feature `report`.

use std::path::Path;

use super::observe::{Observer, ObserverError, RunInfo};

fn absent(option: &'static str) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option, feature: "report" })
}

/// Opens the table of the intervals.
pub fn csv(_path: &Path, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    absent("--csv")
}

/// Opens the test cases.
pub fn junit(_path: &Path, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    absent("--junit")
}

/// Opens the HTML report.
pub fn html(_path: &Path, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    absent("--report")
}
