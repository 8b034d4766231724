//! `mcast send --replay`: the datagrams of a capture, at its pace.

mod capture_copies;
mod every_host;
mod prepare;
mod reading;
mod routes;
mod selection;
mod source;
mod survey;
#[cfg(test)]
mod tests;
mod time_line;

pub use prepare::prepare;
pub use source::Replay;
