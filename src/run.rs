//! How a run of `send` or `recv` comes to its end.

use std::io;

use thiserror::Error;

use crate::interrupt::Signal;
use crate::net::{NetError, describe};

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `--count` datagrams have come or gone.
    Count,
    /// `--duration` is over.
    Duration,
    /// `--timeout` is over, without what was asked.
    Timeout,
    /// `--idle` is over.
    Idle,
    /// COMMAND has ended, and the time after it.
    Command,
    /// A signal.
    Interrupted(Signal),
    /// Nobody reads the output any more.
    ReaderGone,
}

/// Why a run could not go on.
#[derive(Debug, Error)]
pub enum RunError {
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The output.
    #[error("cannot write the output: {}", describe(.0))]
    Output(#[from] io::Error),
    /// COMMAND could not be started.
    #[error("cannot run '{name}': {}", describe(source))]
    Command {
        /// What was to be run.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

impl RunError {
    /// The error, unless it only says that nobody reads the output any more: that ends a run quietly.
    ///
    /// # Errors
    /// The error itself.
    pub fn unless_reader_gone(self) -> Result<Stop, Self> {
        match self {
            RunError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Stop::ReaderGone),
            other => Err(other),
        }
    }
}
