//! The metrics of `--metrics`, for Prometheus.

mod catalogue;
mod check;
mod encoding;
mod file;
mod flow;
pub mod http;
mod labelled;
mod observer;
mod ping;
mod receiver;
#[cfg(test)]
mod samples;
mod sender;
mod series;
mod server;
mod shared;
mod snapshot;
mod stream;
mod targets;

pub use observer::open;
#[cfg(test)]
pub(crate) use samples::{document, responses};
