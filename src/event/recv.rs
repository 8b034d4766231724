//! The counters of a receiver.

use std::time::Duration;

use serde::Serialize;

use super::json::{nanos, some_nanos};
use super::{
    AnswersInfo, CaptureInfo, FlowInfo, FlowTotals, MeasuredInfo, PairInfo, RecordingInfo,
    StreamInfo, Totals,
};
use crate::assertion::Judgement;
use crate::net::KernelDrops;
use crate::verdict::Verdict;

/// The last event of `mcast recv`.
#[derive(Debug, Serialize)]
pub struct RecvSummary {
    /// The counters of the whole run.
    #[serde(flatten)]
    pub counters: RecvCounters,
    /// The flows whose datagrams mcast does not measure.
    pub flows: Vec<FlowInfo>,
    /// The capture; `null` if the datagrams came from the network.
    pub capture: Option<Box<CaptureInfo>>,
    /// The redundant pairs.
    pub pairs: Vec<PairInfo>,
    /// The recording; `null` without `--write`.
    pub recording: Option<Box<RecordingInfo>>,
    /// The answers to senders.
    #[serde(flatten)]
    pub answers: AnswersInfo,
    /// The results of the assertions.
    pub assertions: Vec<Judgement>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

/// The counters of a receiver since the last report.
#[derive(Debug, Serialize)]
pub struct IntervalReport {
    /// The start of the interval, from the time when every group was joined.
    #[serde(rename = "since_ns", serialize_with = "nanos")]
    pub since: Duration,
    /// The counters of the interval.
    #[serde(flatten)]
    pub counters: RecvCounters,
    /// The flows of all datagrams except probes, over the whole run; `None` without observers, and
    /// without formats.
    #[serde(skip)]
    pub flows: Option<Vec<FlowTotals>>,
}

/// The counters of a receiver.
#[derive(Debug, Serialize)]
pub struct RecvCounters {
    /// The time since every group was joined, or the length of the interval.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates.
    #[serde(flatten)]
    pub meter: Totals,
    /// How many datagrams the kernel dropped because the receive buffer was full.
    pub kernel_drops: Option<u64>,
    /// Whether the kernel dropped no more. A train of datagrams that it drops counts as one. If
    /// other sockets drop too, full buffers and wrong checksums may not be separable. `null` if the
    /// system has no counter.
    pub kernel_drops_exact: Option<bool>,
    /// How many datagrams the kernel dropped for a wrong UDP checksum, without those of other
    /// sockets.
    pub checksum_errors: Option<u64>,
    /// How many datagrams were truncated: longer than the buffer, or shorter than their header
    /// states.
    pub truncated: u64,
    /// The number of sources.
    pub sources: usize,
    /// How many datagrams had already arrived on another interface. `null` if each group is joined
    /// on one interface only.
    pub interface_copies: Option<u64>,
    /// The longest time between two datagrams, of any sources.
    #[serde(rename = "gap_ns", serialize_with = "some_nanos")]
    pub gap: Option<Duration>,
    /// Probes with a wrong checksum or length, and datagrams that do not fit the named format.
    pub corrupt: u64,
    /// Datagrams of measured flows that are in no stream: they do not fit the format, or arrived long
    /// before it was recognised.
    pub foreign: u64,
    /// Probes of an unknown version or kind.
    pub unsupported: u64,
    /// Datagrams of streams that were not tracked.
    pub untracked: u64,
    /// All measured streams together; `null` if there are none.
    pub measured: Option<MeasuredInfo>,
    /// Each measured stream.
    pub streams: Vec<StreamInfo>,
}

impl RecvCounters {
    /// The kernel drops, with their exactness.
    pub fn dropped(&self) -> Option<KernelDrops> {
        Some(KernelDrops { count: self.kernel_drops?, exact: self.kernel_drops_exact? })
    }
}
