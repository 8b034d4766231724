//! The system's messages about its interfaces.

use crate::iface::Family;

/// The content of the messages since the last read.
#[derive(Default)]
pub struct Messages {
    /// The indexes of deleted interfaces.
    pub deleted: Vec<u32>,
    /// The indexes of interfaces that lost a protocol and its memberships.
    pub died: Vec<(u32, Family)>,
    pub lost: bool,
    /// All messages concern something else than interfaces: these need not be listed again.
    pub unrelated: bool,
}
