//! Observers of a run: files, endpoints and views that take every event beside the results.

mod observation;
mod observer;
mod observers;

pub use observation::{MetricsPlace, Observation, RunInfo};
pub use observer::{Observer, ObserverError};
pub use observers::Observers;
