//! The sockets: the only part of mcast that sends to, receives from, or joins on a network.
//!
//! [`Outbox`] sends and [`Inbox`] receives; both follow the interfaces that they use. [`Frames`]
//! captures what reaches the interfaces, and [`report_membership()`] tests whether a switch has
//! forgotten a member. Errors carry the operation that failed ([`NetError`]).

mod channel;
mod datagram;
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
mod rejoin_report;
mod self_test;
mod send_result;
mod socket;
mod throwaway_join;
mod timer;
mod wait;
mod wait_policy;
mod watch;
pub(crate) mod wire;

pub use datagram::Datagram;
pub use drops::{Discards, KernelDrops};
pub use error::{NetError, Operation, describe};
pub use frames::{Frame, Frames};
pub use inbox::Inbox;
pub use outbox::Outbox;
pub use queue::SendQueue;
pub use rejoin_report::report_membership;
pub use self_test::SelfTest;
pub use send_result::{Failure, SendResult};
pub use socket::{Rcvbuf, SendOptions, may_bind_to_device};
pub use throwaway_join::ThrowawayJoin;
pub use timer::set_timer_slack;
pub use wait::{Wake, wait};
pub use watch::{InterfaceEvent, InterfaceEvents};
