//! The command line: the commands, their options and their help.

mod addresses;
mod check;
mod command;
mod common;
mod completions;
pub(crate) mod habit;
mod help;
mod ifaces;
mod keys;
mod man;
pub mod menu;
mod parse;
mod rcvbuf;
mod recv;
mod send;
pub mod values;

pub use check::CheckArgs;
pub use command::{Cli, Command, with_help};
pub use common::{CommonArgs, DisplayArgs, Typed};
pub use completions::CompletionsArgs;
pub use ifaces::IfacesArgs;
pub use man::ManArgs;
pub use parse::parse;
pub use recv::RecvArgs;
pub use send::SendArgs;
