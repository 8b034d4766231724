//! Records the received datagrams.

mod block_writer;
mod files;
mod limit;
mod output;
mod recorder;
mod writing_thread;

pub use recorder::Recorder;
