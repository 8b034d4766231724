//! The command line: the commands, their options and their help.

mod addresses;
mod check;
mod command;
mod common;
mod completions;
mod formats;
pub(crate) mod habit;
mod help;
mod ifaces;
mod keys;
mod man;
pub mod menu;
mod parse;
mod rcvbuf;
mod recv;
mod scan;
mod send;
pub mod values;

pub use addresses::ScanTarget;
pub use check::CheckArgs;
pub use command::{Cli, Command, with_help};
pub use common::{CommonArgs, DisplayArgs, Typed};
pub use completions::CompletionsArgs;
pub use ifaces::IfacesArgs;
pub use man::ManArgs;
pub use parse::parse;
pub use recv::RecvArgs;
pub use scan::ScanArgs;
pub use send::SendArgs;
