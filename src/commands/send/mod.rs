//! `mcast send`: opens the sockets, sends rounds of datagrams, and marks the end of the streams.

mod end_markers;
mod payload;
mod queue_sender;
mod recovery;
mod run;
mod send_loop;
mod steady_times;

pub use run::run;
