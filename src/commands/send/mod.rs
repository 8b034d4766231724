//! `mcast send`: opens, sends round after round, marks the end of the stream, closes.

mod end_markers;
mod payload;
mod queue_sender;
mod recovery;
mod run;
mod send_loop;
mod steady_times;

pub use run::run;
