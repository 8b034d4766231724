//! Records the received datagrams.

mod files;
mod recorder;

pub use recorder::Recorder;
