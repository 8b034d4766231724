//! Measured streams: the counters of each one, and the table of all.

mod arrival;
mod budget;
mod clock;
mod counters;
mod detail;
mod foreign;
mod link;
mod pairs;
mod record;
mod rtp;
mod sample;
mod sender;
mod table;
mod taking;

pub use arrival::Arrival;
pub use budget::{Budget, MOST_BYTES};
pub use clock::{Clock, LocalClock};
pub use counters::StreamCounters;
pub use detail::Detail;
pub use foreign::{Foreign, Identity};
pub use pairs::{Paired, Pairs};
pub use record::{Key, Stream};
pub use sample::Sample;
pub use sender::{PtpPort, SacnSource, SenderDetail, Tool, ToolKind};
pub use table::{StreamCounts, Streams};
pub use taking::Taken;
