//! The end of a run, its verdict and its exit status.

pub mod ending;
mod judge;
mod limits;

pub use ending::{Ended, RunError, Stop, conclude};
pub use judge::{COULD_NOT_RUN, Evidence, Verdict, of_list, of_recv, of_scan, of_send};
pub use limits::Limits;
