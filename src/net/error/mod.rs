//! Errors of the network: the failed operation, its object, the system's reason, and a tip.

mod address_tip;
#[cfg_attr(unix, path = "code_unix.rs")]
#[cfg_attr(windows, path = "code_windows.rs")]
pub(crate) mod code;
mod join_tip;
mod net_error;
mod operation;
mod queue_tip;
mod send_tip;
mod tip;

/// A full queue, for which the standard library has no kind.
pub(super) use code::NO_BUFFERS;
pub use code::describe;
pub use net_error::NetError;
pub use operation::Operation;
#[cfg(all(test, target_os = "linux"))]
pub(crate) use {
    address_tip::duplicate_tip,
    join_tip::{join_tip, limit_tip},
    queue_tip::no_buffers_tip,
    send_tip::{firewall_tip, local_network_tip, unreachable_tip},
    tip::{port_taken_tip, too_few_files_tip},
};

#[cfg(all(test, unix))]
mod tests;
