//! The messages about interfaces of Windows.

use std::io;

use super::messages::Messages;
use crate::iface::Family;
use crate::sys::{InterfaceNotices, Notices, PollSource};

/// A registration for notices of the system.
pub struct Listener(InterfaceNotices);

impl Listener {
    /// # Errors
    /// The system refuses the registration; Wine 8 does.
    pub fn open() -> io::Result<Option<Self>> {
        InterfaceNotices::open().map(Listener).map(Some)
    }

    pub fn source(&self) -> PollSource<'_> {
        self.0.source()
    }

    /// Reads all waiting notices. A removed protocol takes its memberships with it; the list of
    /// interfaces shows whether the interface is gone.
    pub fn read(&self) -> Messages {
        let Notices { removed, lost } = self.0.read();
        let died = |(index, is_v4)| (index, if is_v4 { Family::V4 } else { Family::V6 });
        Messages { died: removed.into_iter().map(died).collect(), lost, ..Messages::default() }
    }
}
