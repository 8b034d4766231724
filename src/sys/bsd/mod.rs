//! macOS and FreeBSD: one datagram per call with its metadata, and the socket options that socket2
//! lacks.

#[cfg_attr(target_os = "freebsd", path = "freebsd_command.rs")]
#[cfg_attr(target_os = "macos", path = "macos_command.rs")]
mod command;
#[cfg_attr(target_os = "freebsd", path = "freebsd_filter.rs")]
#[cfg_attr(target_os = "macos", path = "macos_filter.rs")]
mod filter;
mod layout;
mod membership;
mod options;
mod query;
mod receive;
mod routing_socket;
mod sysctl;

pub use super::absent::command::{adopt_orphans, descendants, reap_orphans};
pub use super::absent::metadata::dropped;
pub use super::absent::options::{
    bind_shared, bind_to_device, datagram_type, deliver_only_joined, force_receive_buffer,
    report_queue_drops, set_nonblocking,
};
pub use super::absent::packet::PacketSocket;
pub use super::absent::system::{clock_is_synchronised, set_timer_slack, write_now};
pub use super::absent::trains::{can_send_trains, is_train_refused, take_trains};
pub use super::absent::waiter::{MOST_READY, Waiter};
pub use super::portable::send;
pub use command::end_with_this_process;
pub use membership::{join_v4, leave_v4};
pub use options::{
    REPORTS_ARRIVAL, ask_for_arrival, ask_for_metadata, send_unicast_via, send_via_v4,
};
pub use query::{filter_status, link_media};
pub use receive::Batch;
pub use routing_socket::RoutingSocket;
pub use sysctl::{sysctl, sysctl_indexed, sysctl_named};
