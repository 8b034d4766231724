//! `mcast send`: opens the sockets, sends rounds of datagrams, and marks the end of the streams.

mod awake_margin;
mod catch_up;
mod end_markers;
mod impairment;
mod intervals;
mod late_wake_ups;
mod lines;
mod paced_wait;
mod passes;
mod payload;
mod pieces;
mod queue_sender;
mod recovery;
mod replay;
mod report_collector;
mod run;
#[cfg(test)]
mod scripted;
mod send_loop;
mod source;
mod steady_times;
mod stream_source;

pub use replay::prepare;
pub use run::run;
pub use send_loop::SendLoop;
pub use source::{Length, Source, Supply};
