//! The counters of a sender.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::{nanos, some_nanos};
use super::{ImpairedInfo, LatenessInfo, PlayoutTotals, ReceiversInfo, ReplayTotals, Totals};
use crate::assertion::Judgement;
use crate::verdict::Verdict;

/// The last event of `mcast send`.
#[derive(Debug, Serialize)]
pub struct SendSummary {
    /// The time since the sockets were opened.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates of all targets.
    #[serde(flatten)]
    pub meter: Totals,
    /// How many datagrams could not be sent.
    pub errors: u64,
    /// The counters of each target.
    pub targets: Vec<TargetTotals>,
    /// How many rounds were due before the end of `--duration` and were skipped, because the sender
    /// could not keep the pace.
    pub skipped: u64,
    /// How often the sender waited for space in the system's queues.
    pub waits: u64,
    /// The send delay of the rounds.
    pub pace_ns: Option<LatenessInfo>,
    /// The CPU time of the program; `null` if the system does not report it.
    #[serde(rename = "cpu_ns", serialize_with = "some_nanos")]
    pub cpu: Option<Duration>,
    /// The counters of a transport stream; `null` if none was sent.
    #[serde(rename = "transport_stream")]
    pub playout: Option<PlayoutTotals>,
    /// The totals of a replay; `null` without `--replay`.
    pub replay: Option<ReplayTotals>,
    /// The receivers, by their reports; `null` without `--reports`.
    pub reports: Option<ReceiversInfo>,
    /// The results of the assertions.
    pub assertions: Vec<Judgement>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

/// The counters of a sender since the last report.
#[derive(Debug, Serialize)]
pub struct SendInterval {
    /// The start of the interval, from the time when the sockets were opened.
    #[serde(rename = "since_ns", serialize_with = "nanos")]
    pub since: Duration,
    /// The length of the interval.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates of all targets.
    #[serde(flatten)]
    pub meter: Totals,
    /// How many datagrams could not be sent.
    pub errors: u64,
    /// How many rounds were skipped, because the sender could not keep the pace.
    pub skipped: u64,
    /// How often the sender waited for space in the system's queues.
    pub waits: u64,
    /// The counters of each target.
    pub targets: Vec<TargetTotals>,
}

/// The counters of one target.
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
    /// The truth about impaired datagrams; `null` without `--impair`.
    pub impaired: Option<ImpairedInfo>,
}
