//! The sockets that hold a UDP port, and their programs.

mod programs;
mod socket_drops;
mod sockets;
mod user;

pub use socket_drops::{SocketDrops, socket_drops};
pub use sockets::{others_than, users_of};
pub use user::PortUser;
