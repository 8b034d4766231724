//! The command line: the commands, their options and their help.

mod addresses;
mod check;
mod command;
mod common;
mod habit;
mod help;
mod ifaces;
mod keys;
pub mod menu;
mod parse;
mod rcvbuf;
mod recv;
mod send;
pub mod values;

pub use check::CheckArgs;
pub use command::{Cli, Command};
pub use common::{CommonArgs, DisplayArgs, Typed};
pub use ifaces::IfacesArgs;
pub use parse::parse;
pub use recv::RecvArgs;
pub use send::SendArgs;
