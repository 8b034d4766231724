//! What a receiver counted.

use std::time::Duration;

use serde::Serialize;

use super::json::{nanos, some_nanos};
use super::{MeasuredInfo, StreamInfo, Totals};
use crate::assertion::Judgement;
use crate::net::KernelDrops;
use crate::verdict::Verdict;

/// What a receiver got, over all of the run.
#[derive(Debug, Serialize)]
pub struct RecvSummary {
    /// What was counted.
    #[serde(flatten)]
    pub figures: RecvFigures,
    /// What was asserted, and whether it held.
    pub assertions: Vec<Judgement>,
    /// What it proved.
    pub verdict: Verdict,
}

/// What a receiver got since the last report.
#[derive(Debug, Serialize)]
pub struct IntervalReport {
    /// When it began, from the moment when every group was joined.
    #[serde(rename = "since_ns", serialize_with = "nanos")]
    pub since: Duration,
    /// What was counted; the time is the length of the interval.
    #[serde(flatten)]
    pub figures: RecvFigures,
}

/// What a receiver counts.
#[derive(Debug, Serialize)]
pub struct RecvFigures {
    /// From the moment when every group was joined, or of the interval.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates.
    #[serde(flatten)]
    pub meter: Totals,
    /// What this host's kernel dropped because the receive buffer was full.
    pub kernel_drops: Option<u64>,
    /// It did not drop more. Where datagrams arrive that were sent as one, what was dropped as one
    /// counts as one; and if other sockets drop too, full buffers and wrong checksums may not be
    /// separable. `null` where the system does not tell.
    pub kernel_drops_exact: Option<bool>,
    /// What this host's kernel dropped for a wrong UDP checksum, as far as other sockets do not
    /// account for it.
    pub checksum_errors: Option<u64>,
    /// How many datagrams were cut: longer than the buffer, or shorter than they say that they
    /// were sent.
    pub truncated: u64,
    /// How many sources were heard.
    pub sources: usize,
    /// How many datagrams had already arrived on another interface: the same ones, and no
    /// duplicates of the network. `null` where each group is joined on one interface only.
    pub interface_copies: Option<u64>,
    /// The longest time between a datagram and the next, whoever sent them.
    #[serde(rename = "gap_ns", serialize_with = "some_nanos")]
    pub gap: Option<Duration>,
    /// Datagrams that claimed to be measured ones, with a wrong checksum or length.
    pub corrupt: u64,
    /// Datagrams that claimed to be measured ones, of a version or a kind that is not known.
    pub unsupported: u64,
    /// Measured datagrams of streams that were too many to be followed.
    pub untracked: u64,
    /// All measured streams together; `null` where there are none.
    pub measured: Option<MeasuredInfo>,
    /// Each measured stream.
    pub streams: Vec<StreamInfo>,
}

impl RecvFigures {
    /// What this host's kernel dropped.
    pub fn dropped(&self) -> Option<KernelDrops> {
        Some(KernelDrops { count: self.kernel_drops?, exact: self.kernel_drops_exact? })
    }
}
