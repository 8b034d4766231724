//! The meaning of the command line on this host: resolved and validated, with all defaults.

mod beside;
mod check;
mod choose;
mod error;
mod flood_guard;
mod host;
mod iface_error;
mod recv;
mod scan;
mod send;
mod sources;

pub use check::{Check, FLOODED};
pub use choose::{Purpose, candidates, choose};
pub use error::PlanError;
pub use host::Host;
pub use iface_error::{Choices, IfaceError};
pub use recv::{COMMAND_GRACE, Recv};
#[cfg(test)]
pub(crate) use scan::NO_CAPABILITY;
pub use scan::Scan;
pub use send::{Content, Send, SpinLimit};
pub use sources::Sources;
