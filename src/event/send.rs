//! What a sender did.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::{nanos, some_nanos};
use super::{LatenessInfo, Totals};
use crate::verdict::Verdict;

/// What a sender did.
#[derive(Debug, Serialize)]
pub struct SendSummary {
    /// From the moment when the sockets were open.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates, over all targets.
    #[serde(flatten)]
    pub meter: Totals,
    /// How many datagrams could not be sent.
    pub errors: u64,
    /// The same for each target.
    pub targets: Vec<TargetTotals>,
    /// How many rounds were due in the time that `--duration` gave, and were left out because the
    /// pace could not be kept.
    pub skipped: u64,
    /// How often the sender had to wait for room in the system's queues.
    pub waits: u64,
    /// How late rounds left.
    pub pace_ns: Option<LatenessInfo>,
    /// How much processor time the program took in that time; `null` where the system does not
    /// tell.
    #[serde(rename = "cpu_ns", serialize_with = "some_nanos")]
    pub cpu: Option<Duration>,
    /// What it proved.
    pub verdict: Verdict,
}

/// What went to one target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetTotals {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface.
    pub iface: String,
    /// How many datagrams were sent.
    pub datagrams: u64,
    /// How many bytes of payload.
    pub bytes: u64,
    /// How many datagrams could not be sent.
    pub errors: u64,
}
