//! What the messages of the system say of its interfaces.

use crate::iface::Family;

/// What the messages since the last read say.
#[derive(Default)]
pub struct Messages {
    /// The indexes of the interfaces that were deleted.
    pub deleted: Vec<u32>,
    /// The indexes of those that lost a protocol, and its memberships with it.
    pub died: Vec<(u32, Family)>,
    /// Some messages were lost.
    pub lost: bool,
}
