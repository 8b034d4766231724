//! Whether the clocks of sender and receiver agree.

use std::time::SystemTime;

use serde::Serialize;

use crate::format::probe::Probe;

/// The state of this host's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalClock {
    /// The host, as in a probe; 0 is unknown.
    pub host: u64,
    /// It follows a reference.
    pub synchronised: bool,
}

/// How it is known that the clocks of sender and receiver agree, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Unknown: the difference of the times has no meaning.
    Unknown,
    /// Both follow a reference, by their own account (adjtimex(2)).
    Synchronised,
    /// It is one clock.
    SameHost,
}

impl Clock {
    pub(super) fn of(probe: &Probe, local: LocalClock) -> Self {
        if probe.host != 0 && probe.host == local.host {
            Clock::SameHost
        } else if probe.synchronised && local.synchronised {
            Clock::Synchronised
        } else {
            Clock::Unknown
        }
    }
}

pub(super) fn nanos_since_epoch(time: SystemTime) -> i64 {
    nanos_between(SystemTime::UNIX_EPOCH, time)
}

/// The time from the first to the second, in ns; negative if the second is earlier.
pub(super) fn nanos_between(first: SystemTime, second: SystemTime) -> i64 {
    let nanos = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    second.duration_since(first).map_or_else(|error| -nanos(error.duration()), nanos)
}
