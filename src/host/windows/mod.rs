//! What Windows tells of a host and of this process, with the signatures of `unix`.

mod interfaces;
mod process;

pub use interfaces::interfaces;
pub use process::{open_files, processor_time, restore_limits_for, sockets_for};
