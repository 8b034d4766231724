//! `mcast ping`: the receivers of a group, with round-trip times and losses each way.
//!
//! [`requester`] sends the requests, [`ping_loop`] waits for the answers, and [`summary`] describes
//! the receivers. The accounts are in `stats::ping`.

mod ping_loop;
mod requester;
mod run;
mod summary;
mod survey;
mod unicast;

pub use run::run;
