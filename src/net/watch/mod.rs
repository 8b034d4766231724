//! Watches the interfaces for deletion, creation, state and addresses.
//!
//! A system with a listener sends messages about its interfaces: without a message there is nothing
//! to do. Other systems are polled once per second.

mod changes;
mod event;
#[cfg_attr(target_os = "linux", path = "netlink.rs")]
#[cfg_attr(any(target_os = "macos", target_os = "freebsd"), path = "routing_socket.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)),
    path = "no_listener.rs"
)]
mod listener;
mod messages;
mod monitor;
mod retry;
#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
mod routing_messages;
mod source;
mod watcher;

pub(super) use changes::Changes;
pub use event::{InterfaceEvent, InterfaceEvents};
pub(super) use event::{Rejoined, note_joined};
pub use monitor::InterfaceMonitor;
pub(super) use retry::{Failures, Retry, note_failure};
pub(super) use watcher::Watch;
