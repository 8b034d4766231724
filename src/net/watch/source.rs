//! The source of changes: messages of the system, or a timer.

use std::time::{Duration, Instant};

use super::listener::Listener;
use super::messages::Messages;
use crate::sys::{Backend, PollSource};

/// The time between two lists of the interfaces, if the system sends no messages.
const PERIOD: Duration = Duration::from_secs(1);

/// The source of interface changes.
pub enum ChangeSource {
    Listener(Listener),
    Timer(Instant),
}

impl ChangeSource {
    pub fn new(backend: Backend) -> Self {
        if backend.is_native() {
            match Listener::open() {
                Ok(Some(listener)) => return ChangeSource::Listener(listener),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "no messages about interfaces; listing them once per second")
                }
            }
        }
        ChangeSource::Timer(Instant::now() + PERIOD)
    }

    /// The source to wait for, if the system sends messages.
    pub fn source(&self) -> Option<PollSource<'_>> {
        match self {
            ChangeSource::Listener(listener) => Some(listener.source()),
            ChangeSource::Timer(_) => None,
        }
    }

    /// The time of the next poll, if the system sends no messages.
    pub fn due(&self) -> Option<Instant> {
        match self {
            ChangeSource::Listener(_) => None,
            ChangeSource::Timer(next) => Some(*next),
        }
    }

    /// Reads the messages if `pending`. `None` if the interfaces need not be listed.
    pub fn read(&mut self, pending: bool) -> Option<Messages> {
        match self {
            ChangeSource::Listener(listener) => {
                pending.then(|| listener.read()).filter(|messages| !messages.unrelated)
            }
            ChangeSource::Timer(next) => {
                let now = Instant::now();
                if *next > now {
                    return None;
                }
                *next = now + PERIOD;
                Some(Messages::default())
            }
        }
    }
}
