//! The meaning of the command line on this host: resolved and validated, with all defaults.

mod bench;
mod bench_error;
mod beside;
mod check;
mod choose;
mod error;
mod flood_guard;
mod host;
mod iface_error;
mod measuring;
mod pacing;
mod payload;
mod read;
mod recording;
mod recv;
mod replay;
mod reports;
mod scan;
mod selection;
mod send;
mod shape;
mod sources;
mod stream;

pub use bench::{Bench, FrameSize, Groups, Join, Throughput};
pub use bench_error::BenchError;
pub use check::{Check, FLOODED};
pub use choose::{Purpose, candidates, choose};
pub use error::PlanError;
pub use host::Host;
pub use iface_error::{Choices, IfaceError};
pub use measuring::Measuring;
pub use payload::standard_input;
pub use read::Read;
pub use recording::{Recording, Unsuitable};
pub use recv::{COMMAND_GRACE, Recv};
pub use replay::{Found, Replay};
pub use reports::Reports;
#[cfg(test)]
pub(crate) use scan::NO_CAPABILITY;
pub use scan::Scan;
pub use selection::{CaptureInterface, Selection, Unselected};
pub use send::{Content, InputContent, InputForm, Send, SpinLimit};
pub use sources::Sources;
pub use stream::StreamPlan;
