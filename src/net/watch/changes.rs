//! The changes of the interfaces in use.

use crate::iface::{Change, Family};

/// What a poll of the interfaces found.
pub struct Changes {
    /// What changed, for whom.
    pub changes: Vec<(Change, Family)>,
    /// The indexes of interfaces that lost a protocol, and its memberships with it.
    pub died: Vec<(u32, Family)>,
    /// Messages were lost, so memberships may have gone without a change that can be seen.
    pub doubtful: bool,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        !self.doubtful && self.changes.is_empty() && self.died.is_empty()
    }
}
