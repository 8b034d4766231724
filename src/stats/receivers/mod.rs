//! All receivers of a measured stream, by their reports.

mod receiver;
mod state;
mod table;
mod totals;

pub use receiver::{Receiver, ReportedStream};
pub use state::State;
pub use table::{Receivers, Taken};
pub use totals::Totals;
