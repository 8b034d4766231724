//! The messages of a routing socket (route(4)) and of the lists of sysctl(3), as macOS and FreeBSD
//! write them. Pure functions of bytes: they compile on every system under test.

mod layout;
mod message;
mod request;
mod sockaddr;
#[cfg(test)]
mod tests;

pub use layout::Layout;
pub use message::{Announcement, LinkState, Message, RouteReply, messages};
pub use request::{get, reply_to};
pub use sockaddr::{LinkAddress, SocketAddress};
