//! `mcast scan`: which groups carry data.
//!
//! [`schedule`] decides which groups to join next, without a clock. [`scan_loop`] joins them, listens
//! and leaves. [`discovery`] finds groups that the user did not name.

mod batch;
mod counts;
mod discovery;
mod load;
mod run;
mod scan_loop;
mod schedule;
mod sessions;

pub use run::run;
