//! Watches the interfaces for deletion, creation, state and addresses.
//!
//! Linux sends messages by route netlink (rtnetlink(7)): without a message there is nothing to do.
//! Other systems are polled once per second.

mod changes;
mod event;
mod messages;
mod monitor;
#[cfg_attr(not(target_os = "linux"), path = "no_netlink.rs")]
mod netlink;
mod retry;
mod source;
mod watcher;

pub(super) use changes::Changes;
pub use event::{InterfaceEvent, InterfaceEvents};
pub(super) use event::{Rejoined, note_joined};
pub use monitor::InterfaceMonitor;
pub(super) use retry::{Failures, Retry, note_failure};
pub(super) use watcher::Watch;
