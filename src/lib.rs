//! mcast sends, receives, measures and explains IP multicast.
//!
//! The binary is a thin shell over this library. Data flows one way, and every arrow is an import:
//!
//! ```text
//! what was typed        cli/       clap types and value parsers; no sockets, no logic
//!       |
//! what it means         plan       resolved, validated, every default in one place
//!       |
//! send:  payload -> pace -> net::Outbox -> report
//! recv:  net::Inbox -> probe -> stats -> report
//! check: net -> diagnosis::Facts -> diagnosis::findings -> report
//! ifaces: host::interfaces -> report
//!       |
//! what it proved        verdict    limits, assertions and failures -> exit status
//! ```
//!
//! [`target`] and [`iface`] are the vocabulary of all of them: who is spoken to, and where it
//! leaves or arrives. [`notice`] holds all messages to the user beside the results; [`event`] holds
//! the results as data. [`units`] holds figures that a user gives. Only [`net`] touches sockets,
//! and only `sys` holds `unsafe`.

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod assertion;
pub mod cli;
mod commands;
pub mod diagnosis;
pub mod event;
pub mod format;
mod host;
mod iface;
mod net;
pub mod notice;
mod plan;
pub mod report;
pub mod stats;
mod sys;
pub mod target;
pub mod units;
mod verdict;

pub use commands::run;
