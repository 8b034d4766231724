//! What all Unix systems share.

mod limits;
mod options;
mod poll;
pub mod source_filter;
mod terminal;
mod wake;

pub use limits::{start_with_open_files, too_many_files};
pub use options::set_traffic_class_v6;
pub use poll::{PollSource, borrow, poll, wait_for_room};
pub use terminal::{stderr_is_foreground, stderr_is_writable};
pub use wake::WakePipe;
