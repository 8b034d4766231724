//! The sockets that hold a UDP port, and their programs.

mod programs;
mod socket_drops;
mod sockets;
mod user;

pub use socket_drops::socket_drops;
pub use sockets::{SocketTables, others_than, users_of};
pub use user::PortUser;
