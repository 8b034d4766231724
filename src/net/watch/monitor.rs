//! Waits for changes of any interface.

use std::time::Instant;

use super::source::ChangeSource;
use crate::net::NetError;
use crate::net::wait::{Wake, wait_for};
use crate::sys::Backend;

/// Waits for changes of any interface of this host.
pub struct InterfaceMonitor(ChangeSource);

impl InterfaceMonitor {
    /// Changes from now on end a wait, if the system sends messages about them.
    pub fn open(backend: Backend) -> Self {
        InterfaceMonitor(ChangeSource::new(backend))
    }

    /// Waits until an interface may have changed, or until a time or a signal. Returns whether the
    /// reader of the output is gone.
    ///
    /// # Errors
    /// The error of the system.
    pub fn wait(&mut self, wake: Wake, until: Instant) -> Result<bool, NetError> {
        let woken = wait_for(None, self.0.source(), wake, Some(until), &mut Vec::new())?;
        self.0.read(woken.interfaces);
        Ok(woken.reader_gone)
    }
}
