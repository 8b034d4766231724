//! Flows of other senders: which format they have, and the streams that they consist of.

mod control;
mod numbered;
mod outline;
mod reader;
mod reading;
mod recogniser;
mod record;
mod rtp;
mod settings;
mod streak;
mod table;
mod ts;

pub use record::{Flow, FlowKey};
pub use settings::Settings;
pub use table::{Flows, Seen};
