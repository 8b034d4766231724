//! Tests whether datagrams without a socket belong to the target's group. Without root, mcast sees
//! no frames, and the counter IgnoredMulti rises for broadcasts, the all-hosts groups and the
//! groups of other programs too. These datagrams continue when the group is left.

use std::time::Duration;

use super::live::Live;
use crate::diagnosis::IgnoredAfterLeave;
use crate::diagnosis::facts::Facts;
use crate::host;
use crate::iface::Interface;
use crate::report::Reporter;
use crate::verdict::{RunError, Stop};

/// How many datagrams of other groups should arrive while the group is left.
const ENOUGH: f64 = 6.0;

/// The longest test.
const MAX_TEST: Duration = Duration::from_secs(2);

/// Leaves the group for a moment, if datagrams without a socket arrived and may be the target's.
///
/// # Errors
/// The operation that the system refused.
pub fn test_ignored(
    facts: &mut Facts,
    live: &mut Live,
    interfaces: &[Interface],
    reporter: &mut Reporter,
) -> Result<Stop, RunError> {
    let rate = facts.ignored_multicast() as f64 / facts.seconds.max(0.1);
    let time = Duration::from_secs_f64((ENOUGH / rate.max(0.1)).max(0.2));
    // If another program stays a member, leaving changes nothing.
    let is_alone =
        facts.interfaces.iter().all(|link| link.members_before.is_none_or(|members| members == 0));
    if facts.frames.is_some()
        || facts.waited
        || facts.heard_here() > 0
        || !is_alone
        || time > MAX_TEST
    {
        return Ok(Stop::Duration);
    }
    live.leave();
    let before = host::counters();
    let stop = live.listen(time, interfaces, reporter)?;
    if stop == Stop::Duration {
        facts.ignored_after_leave =
            before.zip(host::counters()).map(|(before, now)| IgnoredAfterLeave {
                seconds: time.as_secs_f64(),
                ignored: facts.ignored_in(&now.since(&before)),
            });
    }
    Ok(stop)
}
