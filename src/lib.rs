//! mcast sends, receives, measures and explains IP multicast.
//!
//! The binary is a thin shell over this library: it hands its arguments to [`run`]. Imports run
//! down this list and never up. `docs/architecture.md` is the map, with the rules and the way
//! of a datagram.
//!
//! ```text
//! commands            send, recv, scan, check, ifaces: the owners of loops
//! plan  cli           what the arguments mean, and what was typed
//! report  event       how events are shown, and what happened as data
//! diagnosis  notice   why multicast does not arrive, and messages to the user
//! verdict  assertion  how a run ends, and what it was to measure
//! impair              faults that a sender injects
//! stats  format       pure counters, and what a datagram says of itself
//! playout             transport streams, prepared for sending
//! capture  input      capture files, and what the user hands over
//! net  host  sys      sockets, kernel state, the operating system
//! target  iface       vocabulary
//! units               values with a unit
//! ```
//!
//! The public modules are those that the tests, the benches and the fuzz targets need.

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod assertion;
pub mod capture;
pub mod census;
pub mod cli;
mod commands;
pub mod diagnosis;
pub mod event;
pub mod format;
mod host;
mod iface;
mod impair;
pub mod input;
#[cfg(all(test, target_os = "linux"))]
mod messages;
mod net;
pub mod notice;
mod plan;
pub mod playout;
mod replies;
pub mod report;
pub mod stats;
mod sys;
pub mod target;
pub mod units;
mod verdict;

pub use commands::run;
pub use host::routing;
pub use net::wire::{Packet, What};
pub use sys::{ControlFormat, Meta};
