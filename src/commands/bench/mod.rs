//! `mcast bench`: the methods of RFC 3918 between hosts.
//!
//! [`join`] runs on a receiving host. [`throughput`] and [`groups`] send, and receivers report what
//! arrived.

mod join;
mod run;

pub use run::run;
