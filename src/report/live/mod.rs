//! The full-screen view of `--live`.
//!
//! An observer turns events into a [`snapshot`] of what is shown, and hands it to a thread, which
//! draws and reads keys. The thread never makes the loop of the run wait.

mod cell;
#[cfg(unix)]
mod decode;
mod detail;
mod draw;
mod fact;
mod follow;
mod followers;
mod glyphs;
#[cfg_attr(unix, path = "input_unix.rs")]
#[cfg_attr(not(unix), path = "input_windows.rs")]
mod input;
mod keys;
mod model;
mod obstacle;
mod open;
mod panics;
mod ping;
mod recv;
#[cfg(test)]
mod rig;
mod scan;
mod send;
mod snapshot;
mod table_state;
mod terminal;
mod theme;
mod view;

#[cfg(test)]
pub use keys::Key;
pub use obstacle::obstacle;
#[cfg(test)]
pub use obstacle::{Facts, reason};
pub use open::open;
#[cfg(test)]
pub use rig::Rig;
