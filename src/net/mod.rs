//! The sockets: the only part of mcast that sends, receives or joins.
//!
//! [`Outbox`] sends and [`Inbox`] receives; both follow their interfaces. [`Frames`] captures the
//! frames on the interfaces. [`report_membership()`] tests whether a switch has forgotten a member.
//! Errors hold the failed operation ([`NetError`]).

mod bare_join;
mod channel;
mod datagram;
mod degrade;
mod discard_counters;
mod drops;
pub(crate) mod error;
mod frames;
mod inbox;
mod membership;
mod opening;
mod outbox;
mod packing;
mod queue;
mod receive_buffer;
mod rejoin_report;
mod reply_sockets;
mod self_test;
mod send_result;
mod socket;
mod throwaway_join;
mod timer;
mod wait;
mod wait_policy;
mod watch;
#[allow(missing_docs, reason = "public for the fuzz targets alone")]
pub(crate) mod wire;

pub use bare_join::BareJoin;
pub use datagram::Datagram;
pub use drops::{Discards, KernelDrops};
pub use error::{NetError, Operation, describe};
pub use frames::{Frame, Frames};
pub use inbox::Inbox;
pub use outbox::{Answer, Outbox};
pub use queue::{Queued, SendQueue, Slot};
pub use receive_buffer::Rcvbuf;
pub use rejoin_report::report_membership;
pub use reply_sockets::ReplyFrom;
pub use self_test::SelfTest;
pub use send_result::{Failure, SendResult};
pub use socket::{Marks, SendOptions, may_bind_to_device};
pub use throwaway_join::ThrowawayJoin;
pub use timer::set_timer_slack;
pub use wait::{Wake, wait, wait_for_input};
pub use watch::{InterfaceEvent, InterfaceEvents, InterfaceMonitor};
