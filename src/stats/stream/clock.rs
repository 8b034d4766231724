//! The agreement of the sender's and the receiver's clock.

use serde::Serialize;

use crate::format::probe::Probe;

/// The properties of this host's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalClock {
    /// The host id, as in a probe; 0 is unknown.
    pub host: u64,
    /// The clock follows a reference.
    pub synchronised: bool,
    /// The user states that the senders' clocks agree with it (`--trust-clock`).
    pub asserted: bool,
}

/// The evidence that the clocks agree, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// None: the difference of two timestamps is meaningless.
    Unknown,
    /// The user states that the clocks agree (`--trust-clock`).
    Asserted,
    /// The sender's media clock follows PTP, and the delays are plausible.
    Ptp,
    /// Both clocks follow a reference (adjtimex(2)).
    Synchronised,
    /// Sender and receiver use the same clock.
    SameHost,
}

impl Clock {
    pub(super) fn of(probe: &Probe, local: LocalClock) -> Self {
        if probe.host != 0 && probe.host == local.host {
            Clock::SameHost
        } else if probe.synchronised && local.synchronised {
            Clock::Synchronised
        } else if local.asserted {
            Clock::Asserted
        } else {
            Clock::Unknown
        }
    }
}
