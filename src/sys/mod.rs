//! The differences between operating systems. Only here is `unsafe` allowed.
//!
//! [`Batch`] receives and [`send`] sends; the functions of `imp` set the options that socket2
//! lacks. If a system lacks a feature, the function of `absent` does nothing or returns `None`, and
//! the caller continues without it. `os` is shared by all Unix systems; Windows has its
//! counterpart.

#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
#[allow(dead_code, reason = "each system has some of it")]
mod absent;
#[cfg(any(windows, test))]
mod adapter;
mod backend;
mod batch;
mod captured;
mod control;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(any(target_os = "macos", target_os = "freebsd"), path = "bsd/mod.rs")]
#[cfg_attr(windows, path = "winsock/mod.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)),
    path = "fallback.rs"
)]
mod imp;
#[cfg(all(feature = "live", unix))]
mod input_state;
mod interrupt;
mod message;
mod meta;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod os;
mod portable;
mod ready;
mod signal;
mod sources;
mod train;

#[cfg(windows)]
pub use adapter::Adapter;
pub use backend::{Backend, Batching, LONGEST_TRAIN};
pub use batch::{Batch, LONGEST_SLEEP, send};
pub use captured::{CapturedFrame, IPV4, IPV6, Towards, Vlan};
pub use control::ControlFormat;
#[cfg(unix)]
pub use imp::write_now;
#[cfg(target_os = "linux")]
pub use imp::{Hardware, InterfaceQuery};
pub use imp::{
    MOST_READY, PacketSocket, REPORTS_ARRIVAL, Waiter, ask_for_arrival, ask_for_metadata,
    bind_shared, bind_to_device, can_send_trains, clock_is_synchronised, datagram_type,
    deliver_only_joined, dropped, force_receive_buffer, is_train_refused, join_v4, leave_v4,
    report_queue_drops, send_unicast_via, send_via_v4, set_nonblocking, set_timer_slack,
    take_trains,
};
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
pub use imp::{RoutingSocket, filter_status, link_media, sysctl, sysctl_indexed, sysctl_named};
#[cfg(all(feature = "live", unix))]
pub use input_state::InputState;
pub use interrupt::Interrupt;
pub use message::Message;
pub use meta::Meta;
#[cfg(feature = "report")]
pub use os::host_name;
#[cfg(unix)]
pub use os::start_with_open_files;
#[cfg(windows)]
pub use os::{
    InterfaceNotices, Notices, RegistryValue, adapters, best_route, interface_counters,
    process_time, registry_values, udp_counters,
};
pub use os::{
    PollSource, ProcessGroup, borrow, create_file, file_id, file_source, has_bytes, is_piped,
    is_readable, is_writable, open_to_read, open_to_write, poll, set_traffic_class_v6,
    standard_input, standard_output, stderr_is_foreground, stderr_is_writable, too_many_files,
    wait_for_room,
};
#[cfg(feature = "live")]
pub use os::{TerminalInput, request_end};
#[cfg(all(feature = "live", unix))]
pub use os::{restore_terminal, save_terminal};
pub use signal::Signal;
pub use sources::{SourceChange, change_source};
