//! COMMAND on macOS, which has no signal for the end of a parent.

pub use crate::sys::absent::command::end_with_this_process;
