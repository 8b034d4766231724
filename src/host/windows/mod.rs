//! The state of a host and of this process on Windows, with the signatures of `unix`.

mod interfaces;
mod process;

pub use interfaces::{has_no_ethernet, indexes, interfaces, kind};
pub use process::{cpu_time, open_files, restore_limits_for, sockets_for};
