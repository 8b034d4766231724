//! Placeholders.

use std::path::Path;

use crate::report::observe::{Observer, ObserverError};

/// Opens the table of the intervals.
pub fn csv(_path: &Path) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--csv", feature: "report" })
}
