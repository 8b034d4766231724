//! The sockets that hold a UDP port, and the programs that have them open.

mod programs;
mod sockets;
mod user;

pub use sockets::{others_than, users_of};
pub use user::PortUser;
