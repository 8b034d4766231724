//! A system without a module of its own: one datagram per call, and no ancillary data.

pub use super::absent::batch::Batch;
pub use super::absent::command::{adopt_orphans, descendants, end_with_this_process, reap_orphans};
pub use super::absent::membership::{join_v4, leave_v4};
pub use super::absent::metadata::{REPORTS_ARRIVAL, ask_for_arrival, ask_for_metadata, dropped};
pub use super::absent::options::{
    bind_shared, bind_to_device, datagram_type, deliver_only_joined, force_receive_buffer,
    report_queue_drops, send_unicast_via, send_via_v4, set_nonblocking,
};
pub use super::absent::packet::PacketSocket;
#[cfg(unix)]
pub use super::absent::system::write_now;
pub use super::absent::system::{clock_is_synchronised, set_timer_slack};
pub use super::absent::trains::{can_send_trains, is_train_refused, take_trains};
pub use super::absent::waiter::{MOST_READY, Waiter};
pub use super::portable::send;
