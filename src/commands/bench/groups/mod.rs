//! `mcast bench groups`: multicast group capacity (RFC 2432, 3.5.1; RFC 3918, 7.1).

mod capacity;
mod group_source;
mod run;

pub use run::run;
