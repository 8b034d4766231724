//! The metrics of `--metrics`, for Prometheus.

mod unfinished;

pub use unfinished::open;
