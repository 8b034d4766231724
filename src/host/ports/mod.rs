//! The sockets that hold a UDP port, and the programs that have them open.

mod programs;
mod socket_drops;
mod sockets;
mod user;

pub use socket_drops::{SocketDrops, socket_drops};
pub use sockets::{others_than, users_of};
pub use user::PortUser;
