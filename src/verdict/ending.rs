//! The end of a run of `send` or `recv`.

use std::io;
use std::process::ExitStatus;

use thiserror::Error;

use crate::capture::ReadError;
use crate::input::InputError;
use crate::net::{NetError, describe};
use crate::sys::Signal;
use crate::units::printable::Printable;

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `--count` datagrams were received or sent.
    Count,
    /// `--duration` is over.
    Duration,
    /// `--timeout` is over, and the run still waits.
    Timeout,
    /// `--idle` is over.
    Idle,
    /// COMMAND has ended, and the time after it.
    Command,
    /// Every measured stream has ended.
    Once,
    /// Everything was scanned.
    Complete,
    /// The input has ended.
    InputEnd,
    /// A signal.
    Interrupted(Signal),
    /// The reader closed the output.
    ReaderGone,
    /// An error.
    Failed,
}

/// How COMMAND ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With exit status 0.
    Well,
    /// With another status, or by a signal, as this sentence states.
    Failed(String),
    /// The receiver ended first and stopped it.
    Stopped,
}

impl Ended {
    /// How the program `name` ended.
    pub fn of(name: &str, status: ExitStatus) -> Self {
        let name = Printable(name);
        match status.code() {
            Some(0) => Ended::Well,
            Some(code) => Ended::Failed(format!("'{name}' exited with status {code}")),
            None => Ended::Failed(format!("'{name}' ended by {status}")),
        }
    }
}

/// An error that ends a run.
#[derive(Debug, Error)]
pub enum RunError {
    /// A network operation failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Signals could not be caught.
    #[error("cannot handle signals: {}", describe(.0))]
    Signals(io::Error),
    /// The output could not be written.
    #[error("cannot write the output: {}", describe(.0))]
    Output(#[from] io::Error),
    /// The recorded facts could not be written.
    #[error("cannot write '{}': {}", Printable(&file.to_string_lossy()), describe(source))]
    Record {
        /// The path.
        file: std::path::PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The input could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The input is no capture that mcast reads.
    #[error(
        "cannot read {place}: {source}{}",
        .tip.as_ref().map(|tip| format!("\n  tip: {tip}")).unwrap_or_default()
    )]
    Capture {
        /// The file, in quotes, or standard input.
        place: String,
        /// The reason.
        source: ReadError,
        /// How to read it after all.
        tip: Option<String>,
    },
    /// COMMAND could not be started.
    #[error("cannot run '{}': {}", Printable(name), describe(source))]
    Command {
        /// The program.
        name: String,
        /// The system's error.
        source: io::Error,
    },
}

/// Separates the reason to stop from an error. A closed output ends the run without an error. A
/// stalled one does if a `signal` arrives. If the terminal closed, the hangup is the reason.
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
