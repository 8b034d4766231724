//! How exactly this thread wakes up.

use crate::sys;

/// Lets this thread wake up when it wanted to, and not up to 50 us later together with others.
pub fn be_punctual() {
    if let Err(error) = sys::be_punctual() {
        tracing::debug!(%error, "the timers of this thread cannot be made more exact");
    }
}
