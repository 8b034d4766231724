//! The bytes of IP, IGMP and MLD: read and built, without a socket.

pub mod build;
mod membership;
mod packet;
mod query;

pub use packet::Packet;
pub use query::{Query, What};
