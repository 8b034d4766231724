//! Windows, with the signatures of `unix`.

mod adapters;
mod block;
mod end;
mod file;
#[cfg(feature = "live")]
mod full_screen;
#[cfg(feature = "report")]
mod host_name;
mod interface_counters;
mod limits;
mod notices;
mod options;
mod pair;
mod poll;
mod process_group;
mod process_times;
mod registry;
mod route;
pub mod source_filter;
mod terminal;
mod udp_counters;
mod wake;

pub use adapters::adapters;
#[cfg(feature = "live")]
pub use end::request_end;
pub use end::watch_signals;
pub use file::{
    create_file, file_id, file_source, has_bytes, is_piped, is_readable, is_writable, open_to_read,
    open_to_write, standard_input, standard_output,
};
#[cfg(feature = "live")]
pub use full_screen::TerminalInput;
#[cfg(feature = "report")]
pub use host_name::host_name;
pub use interface_counters::interface_counters;
pub use limits::too_many_files;
pub use notices::{InterfaceNotices, Notices};
pub use options::set_traffic_class_v6;
pub use poll::{PollSource, borrow, poll, wait_for_room};
pub use process_group::ProcessGroup;
pub use process_times::process_time;
pub use registry::{RegistryValue, registry_values};
pub use route::best_route;
pub use terminal::{stderr_is_foreground, stderr_is_writable};
pub use udp_counters::udp_counters;
pub use wake::WakePipe;
