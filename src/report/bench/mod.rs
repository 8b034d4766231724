//! Benchmarks in text.

mod begin;
mod groups;
mod join;
mod latency;
mod throughput;

pub use begin::{groups as begin_groups, join as begin_join, throughput as begin_throughput};
pub use groups::{Steps, summary as groups};
pub use join::{Cycles, summary as join};
pub use throughput::{Trials, summary as throughput};
