//! The state of a host and of this process on Unix.

mod interfaces;
mod open_files;
mod process;

pub use interfaces::interfaces;
#[cfg(target_os = "linux")]
pub use interfaces::set_flags;
pub use open_files::{open_files, restore_limits_for, sockets_for};
pub use process::cpu_time;
