//! How a run of `send` or `recv` comes to its end.

use std::io;
use std::process::ExitStatus;

use thiserror::Error;

use crate::net::{NetError, describe};
use crate::sys::Signal;
use crate::units::printable::Printable;

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
    /// Every measured stream has ended.
    Once,
    /// A signal.
    Interrupted(Signal),
    /// Nobody reads the output any more.
    ReaderGone,
    /// It could not go on.
    Failed,
}

/// How COMMAND ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With exit status 0.
    Well,
    /// With another status, or by a signal: the sentence that says so.
    Failed(String),
    /// It was still running when the receiver had what it wanted, and was stopped.
    Stopped,
}

impl Ended {
    /// How the program `name` ended.
    pub fn of(name: &str, status: ExitStatus) -> Self {
        let name = Printable(name);
        match status.code() {
            Some(0) => Ended::Well,
            Some(code) => Ended::Failed(format!("'{name}' ended with exit status {code}")),
            None => Ended::Failed(format!("'{name}' was ended by a {status}")),
        }
    }
}

/// Why a run could not go on.
#[derive(Debug, Error)]
pub enum RunError {
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Signals could not be caught.
    #[error("cannot take over signals: {}", describe(.0))]
    Signals(io::Error),
    /// The output.
    #[error("cannot write the output: {}", describe(.0))]
    Output(#[from] io::Error),
    /// What was seen could not be kept.
    #[error("cannot write '{}': {}", Printable(&file.to_string_lossy()), describe(source))]
    Record {
        /// Where.
        file: std::path::PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// COMMAND could not be started.
    #[error("cannot run '{}': {}", Printable(name), describe(source))]
    Command {
        /// What was to be run.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Tells why a run stopped from what kept it from going on. That nobody reads the output any more
/// ends it quietly; a reader who stalls is waited for until `signal` comes. A terminal that goes
/// is no reader, and the hangup says so.
pub fn conclude(
    result: Result<Stop, RunError>,
    signal: Option<Signal>,
) -> (Stop, Option<RunError>) {
    let gone = match signal {
        Some(Signal::Hangup) => Stop::Interrupted(Signal::Hangup),
        _ => Stop::ReaderGone,
    };
    match result {
        Ok(Stop::ReaderGone) => (gone, None),
        Ok(stop) => (stop, None),
        Err(RunError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => (gone, None),
        Err(RunError::Output(error)) if error.kind() == io::ErrorKind::TimedOut => {
            (signal.map_or(Stop::ReaderGone, Stop::Interrupted), None)
        }
        Err(error) => (Stop::Failed, Some(error)),
    }
}
