//! `mcast check`: why multicast arrives on this host, or does not.
//!
//! [`gather`] collects facts (plain data), [`crate::diagnosis`] derives findings from them without
//! asking the system, and one sentence concludes.

mod cycle;
mod gather;
mod ignored;
mod live;
mod path;
mod pim;
mod run;
mod watch;

pub use run::run;
