//! The changes of the interfaces in use.

use crate::iface::{Change, Family};

/// The result of a poll of the interfaces.
pub struct Changes {
    /// The changes, each with its family.
    pub changes: Vec<(Change, Family)>,
    /// The indexes of interfaces that lost a protocol and its memberships.
    pub died: Vec<(u32, Family)>,
    /// Messages were lost: memberships may be gone without a visible change.
    pub doubtful: bool,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        !self.doubtful && self.changes.is_empty() && self.died.is_empty()
    }
}
