//! `mcast send`: opens the sockets, sends rounds of datagrams, and marks the end of the streams.

mod awake_margin;
mod catch_up;
mod end_markers;
mod late_wake_ups;
mod paced_wait;
mod payload;
mod queue_sender;
mod recovery;
mod run;
mod send_loop;
mod steady_times;

pub use run::run;
