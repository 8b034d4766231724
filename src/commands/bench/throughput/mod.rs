//! `mcast bench throughput`: aggregated multicast throughput (RFC 2432, 3.2.3; RFC 3918, 4.3).
//!
//! [`search`], [`judge`] and [`results`] are pure. [`trial`] sends a measured stream and collects the
//! reports on it.

mod judge;
mod results;
mod run;
mod search;
mod trial;

pub use run::run;
