//! How exactly this thread wakes up.

use crate::sys;

/// Lets this thread wake up when it wanted to, and not up to 50 us later together with others.
pub fn set_timer_slack() {
    if let Err(error) = sys::set_timer_slack() {
        tracing::debug!(%error, "the timers of this thread cannot be made more exact");
    }
}
