//! The only part of mcast that touches the network.
//!
//! [`Outbox`] sends and [`Inbox`] receives; [`interfaces`] and [`route_to`] ask the system what the
//! choice of an interface rests on, [`groups`] and [`igmp_version`] what it has joined and how it
//! says so. Errors carry the operation that failed ([`NetError`]).
//!
//! Why something is not heard is told by [`Frames`] (what reaches the interfaces), [`counters()`]
//! (where it was lost), [`users_of`] (who holds the port), and [`rp_filter`] and its like (what is
//! set); [`report_membership()`] tries whether a switch has forgotten a member.

mod channel;
mod datagram;
mod drops;
mod error;
mod frames;
mod inbox;
mod membership;
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
mod watch;
pub(crate) mod wire;

pub use datagram::Datagram;
pub use drops::KernelDrops;
pub use error::{NetError, Operation, describe};
pub use frames::{Frame, Frames};
pub use inbox::Inbox;
pub use outbox::Outbox;
pub use queue::SendQueue;
pub use rejoin_report::report_membership;
pub use self_test::SelfTest;
pub use send_result::{Failure, SendResult};
pub use socket::{Rcvbuf, SendOptions};
pub use throwaway_join::ThrowawayJoin;
pub use timer::set_timer_slack;
pub use wait::{Wake, wait};
pub use watch::{InterfaceEvent, InterfaceEvents};
