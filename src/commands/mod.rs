//! The commands: each owns its loop, from a plan to a verdict.

pub mod check;
pub mod ifaces;
pub mod recv;
pub mod send;
