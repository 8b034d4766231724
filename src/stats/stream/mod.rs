//! Measured streams: the counters of each one, and the table of all.

mod arrival;
mod clock;
mod counters;
mod record;
mod table;

pub use arrival::Arrival;
pub use clock::{Clock, LocalClock};
pub use counters::StreamCounters;
pub use record::{Key, Stream};
pub use table::{MOST_BYTES, StreamCounts, Streams};
