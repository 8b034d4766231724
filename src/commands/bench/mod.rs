//! `mcast bench`: the methods of RFC 3918 between hosts.
//!
//! [`join`] runs on a receiving host. [`throughput`] and [`groups`] send, and receivers report what
//! arrived: [`asker`] asks them, [`collect`] waits for all of the [`roster`].

mod asker;
mod collect;
mod groups;
mod join;
mod roster;
mod run;
mod throughput;

pub use run::run;
