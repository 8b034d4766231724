//! `mcast bench join`: group join delay and group leave delay (RFC 2432, 3.4; RFC 3918, 6).
//!
//! [`wire`] reads the reports and the group's frames on the interface. [`cycle`] joins and leaves
//! once. [`arrivals`] and [`latencies`] are pure.

mod arrivals;
mod cycle;
mod latencies;
mod run;
mod wire;

pub use run::run;
