//! The commands: each owns its loop, from a plan to a verdict, or prints a document.

mod address_wait;
mod bench;
mod check;
mod completions;
mod dispatch;
pub mod document;
mod ifaces;
mod input_silence;
pub mod manual;
mod ping;
mod recv;
mod reporting;
mod scan;
mod send;
mod send_warnings;
mod usage;

pub use dispatch::run;
