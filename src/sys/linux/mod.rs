//! Linux: many datagrams per call with all metadata, and the socket options that socket2 lacks.

mod children;
mod control;
mod descendants;
mod interface;
mod options;
mod packet;
mod receive;
mod send;
mod system;
mod wait;

pub use children::{adopt_orphans, end_with_this_process, reap_orphans};
pub use control::{read as read_control, source as read_source};
pub use descendants::descendants;
pub use interface::{Hardware, InterfaceQuery};
pub use options::{
    REPORTS_ARRIVAL, ask_for_arrival, ask_for_metadata, bind_shared, bind_to_device, datagram_type,
    deliver_only_joined, dropped, force_receive_buffer, join_v4, leave_v4, report_queue_drops,
    send_unicast_via, send_via_v4, set_nonblocking, take_trains,
};
pub use packet::PacketSocket;
pub use receive::Batch;
pub use send::{can_send_trains, is_train_refused, send};
pub use system::{clock_is_synchronised, set_timer_slack, write_now};
pub use wait::{MOST as MOST_READY, Waiter};
