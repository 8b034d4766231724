//! The timer precision of this thread.

use crate::sys;

/// Wakes this thread exactly on time. By default Linux delays timers up to 50 us to combine them.
pub fn set_timer_slack() {
    if let Err(error) = sys::set_timer_slack() {
        tracing::debug!(%error, "cannot set the timer slack");
    }
}
