//! A build without the full-screen view.

use super::observe::{Observer, ObserverError, RunInfo};
use super::{ColorWhen, Notes};
use crate::notice::Notice;

/// Refuses `--live`.
pub fn open(
    _run: &RunInfo,
    _color: ColorWhen,
    _notes: &Notes,
) -> Result<Box<dyn Observer>, ObserverError> {
    Err(ObserverError::Absent { option: "--live", feature: "live" })
}

/// There is no view that something could hinder.
pub fn obstacle(_other_use: Option<&'static str>) -> Option<Notice> {
    None
}
