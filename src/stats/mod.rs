//! Counters. They read no clock: times come with the datagrams.

mod copies;
pub mod delay;
mod meter;
pub mod sequence;
pub mod stream;
mod tally;

pub use copies::Copies;
pub use meter::Meter;
pub use tally::Tally;
