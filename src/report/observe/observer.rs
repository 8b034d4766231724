//! The interface of an observer.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use thiserror::Error;

use crate::event::Event;
use crate::net::describe;
use crate::units::printable::Printable;

/// Takes every event of a run beside the results, also those that `-q` hides.
pub trait Observer {
    /// Takes an event. The loop of the run waits for it: an observer only copies what it needs.
    ///
    /// # Errors
    /// The observer cannot continue. The run continues without it and fails at its end.
    fn event(&mut self, event: &Event) -> Result<(), ObserverError>;

    /// Dates the events that follow by the clock of a capture, which has reached `time`; `None`
    /// before its first datagram.
    fn date(&mut self, _time: Option<SystemTime>) {}

    /// Completes its file or closes its endpoint, after the last event.
    ///
    /// # Errors
    /// The file cannot be completed.
    fn finish(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// The error of an observer.
#[derive(Debug, Error)]
pub enum ObserverError {
    /// A file cannot be written.
    #[error("cannot write '{}': {}", Printable(file), describe(source))]
    File {
        /// The path.
        file: String,
        /// The system's error.
        source: io::Error,
    },
    /// The full-screen view cannot continue.
    #[error("cannot show the full-screen view: {}", describe(source))]
    View {
        /// The system's error.
        source: io::Error,
    },
    /// Two options name one file.
    #[error(
        "{first} and {second} name the same file, '{}'\n  tip: name another file for one of them",
        Printable(file)
    )]
    SameFile {
        /// The first option.
        first: &'static str,
        /// The second option.
        second: &'static str,
        /// The path.
        file: String,
    },
    /// An address cannot be bound.
    #[error("cannot serve metrics at {address}: {}{}", describe(source), tip(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The system refuses a thread.
    #[error("cannot start a thread: {}", describe(.0))]
    Thread(io::Error),
    /// This build has no such observer.
    #[error(
        "{option} is not part of this build\n  tip: build mcast with the feature '{feature}': \
         cargo install mcast --features {feature}"
    )]
    Absent {
        /// The option.
        option: &'static str,
        /// The feature of the crate.
        feature: &'static str,
    },
}

/// The tip for an address that cannot be bound.
fn tip(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "\n  tip: another program listens there, maybe another mcast: use another port"
        }
        io::ErrorKind::AddrNotAvailable => {
            "\n  tip: this host does not have this address: use one that 'mcast ifaces' lists"
        }
        io::ErrorKind::PermissionDenied => {
            "\n  tip: ports below 1024 need CAP_NET_BIND_SERVICE: use a higher one, for example 9464"
        }
        _ => "",
    }
}

impl ObserverError {
    /// The file at `path` cannot be written.
    pub fn file(path: &Path, source: io::Error) -> Self {
        ObserverError::File { file: path.to_string_lossy().into_owned(), source }
    }
}
