//! The commands: each owns its loop, from a plan to a verdict.

mod address_wait;
mod check;
mod dispatch;
mod ifaces;
mod recv;
mod reporting;
mod send;
mod usage;

pub use dispatch::run;
