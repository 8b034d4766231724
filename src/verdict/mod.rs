//! The end of a run, its verdict and its exit status.

mod bench;
pub mod ending;
mod judge;
mod limits;
mod ping;
mod recording;

pub use bench::{
    GroupsEvidence, JoinEvidence, ThroughputEvidence, of_groups, of_join, of_throughput,
};
pub use ending::{Ended, RunError, Stop, conclude};
pub use judge::{
    COULD_NOT_RUN, Evidence, Verdict, of_capture, of_list, of_recv, of_reports, of_scan, of_send,
    of_watch,
};
pub use limits::Limits;
pub use ping::{PingEvidence, of_ping};
pub use recording::RecordingFailure;
