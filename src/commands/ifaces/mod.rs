//! `mcast ifaces`: the interfaces of this host and their multicast properties.

mod list;
mod run;
mod watch;

pub use run::run;
