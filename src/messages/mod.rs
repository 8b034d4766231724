//! Every message that a person reads, with sample values, in `tests/messages.txt`. A change of
//! wording is a change of that file:
//!
//! ```text
//! MCAST_WRITE_MESSAGES=1 cargo test --lib messages && git diff tests/messages.txt
//! ```
//!
//! [`source_texts`] finds the texts in the source. A text that no sample shows fails the test.

mod benches;
mod captures;
mod changes;
mod checks;
mod command_line;
mod documents;
mod errors;
mod errors_of_plans;
mod errors_of_system;
mod errors_of_values;
mod findings;
mod findings_elsewhere;
mod findings_of_firewall;
mod findings_of_host;
mod findings_of_path;
mod findings_of_routers;
mod findings_of_windows;
mod findings_of_wire;
mod flows;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod live_others;
#[cfg(feature = "metrics")]
mod metrics;
mod names;
mod notices;
mod page;
mod pairs;
mod pings;
mod playouts;
mod readings;
mod receivers;
mod recordings;
mod replays;
mod reports;
mod results;
mod rtp;
mod samples;
mod scans;
mod services;
mod source_texts;
mod streams;
mod streams_of_market;
mod streams_of_senders;
mod streams_of_transport;
mod tests;

pub use samples::received;
