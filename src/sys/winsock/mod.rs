//! The sockets of Windows: all metadata of a datagram (WSARecvMsg), and trains of datagrams in one
//! buffer (UDP_SEND_MSG_SIZE, UDP_RECV_MAX_COALESCED_SIZE).

mod counter;
mod extension;
mod membership;
mod options;
mod receive;
mod send;

pub use super::absent::command::{adopt_orphans, end_with_this_process, reap_orphans};
pub use super::absent::metadata::dropped;
pub use super::absent::options::{
    bind_shared, bind_to_device, datagram_type, deliver_only_joined, force_receive_buffer,
    report_queue_drops, set_nonblocking,
};
pub use super::absent::packet::PacketSocket;
pub use super::absent::system::{clock_is_synchronised, set_timer_slack};
pub use super::absent::waiter::{MOST_READY, Waiter};
pub use membership::{join_v4, leave_v4};
pub use options::{
    REPORTS_ARRIVAL, ask_for_arrival, ask_for_metadata, send_unicast_via, send_via_v4, set,
    take_trains,
};
pub use receive::Batch;
pub use send::{can_send_trains, is_train_refused, send};
