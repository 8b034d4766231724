//! Counters. Nothing here reads a clock: datagrams bring their times.

mod copies;
pub mod delay;
pub mod extension;
pub mod flow;
pub mod lighting;
pub mod market;
mod meter;
pub mod pair;
pub mod peers;
pub mod ping;
pub mod ptp;
pub mod receivers;
pub mod rtp;
pub mod sequence;
pub mod stream;
mod tally;
pub mod ts;

pub use copies::Copies;
pub use meter::Meter;
pub use tally::Tally;
