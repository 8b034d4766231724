//! Shared by all Unix systems.

mod end;
mod file;
#[cfg_attr(not(feature = "live"), path = "no_full_screen.rs")]
mod full_screen;
#[cfg(feature = "report")]
mod host_name;
mod ignored;
mod limits;
mod options;
mod poll;
mod process_group;
pub mod source_filter;
mod terminal;
mod wake;

#[cfg(feature = "live")]
pub use end::request_end;
pub use end::watch_signals;
pub use file::{
    create_file, file_id, file_source, has_bytes, is_piped, is_readable, is_writable, open_to_read,
    open_to_write, standard_input, standard_output,
};
#[cfg(feature = "live")]
pub use full_screen::{TerminalInput, restore_terminal, save_terminal};
#[cfg(feature = "report")]
pub use host_name::host_name;
pub use limits::{start_with_open_files, too_many_files};
pub use options::{set_option, set_traffic_class_v6};
pub use poll::{PollSource, borrow, poll, wait_for_room};
pub use process_group::ProcessGroup;
pub use terminal::{stderr_is_foreground, stderr_is_writable};
pub use wake::WakePipe;
