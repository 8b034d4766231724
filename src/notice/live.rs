//! Notices about the full-screen view.

use super::{Id, Level, Notice};

/// There is no full-screen view, for this reason; text follows.
pub fn no_view(reason: &str) -> Notice {
    Notice::new(Level::Note, Id::NoLiveView, format!("no full-screen view: {reason}"))
}
