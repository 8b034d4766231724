//! The bytes of IP, IGMP, MLD and PIM: read and built, without a socket.

// Only Linux has raw sockets to send reports with.
#[cfg(any(target_os = "linux", test))]
pub mod build;
pub mod checksum;
mod membership;
mod packet;
mod pim;
mod query;

pub use packet::{Flaw, Packet};
pub use query::{PimHello, Query, What};
