//! A system whose service manager takes no notifications.

use super::observe::{Observer, ObserverError};
use crate::event::Event;

/// The variables that a child process must not inherit.
pub const HIDDEN: [&str; 0] = [];

/// Notifies the service manager.
pub enum Notifier {}

impl Notifier {
    /// Whether this process runs as a service.
    pub fn is_wanted() -> bool {
        false
    }

    /// A notifier, if this process runs as a service.
    pub fn open() -> Option<Self> {
        None
    }
}

impl Observer for Notifier {
    fn event(&mut self, _event: &Event) -> Result<(), ObserverError> {
        match *self {}
    }
}
