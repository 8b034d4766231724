//! Every kind of event.

use std::net::IpAddr;

use serde::Serialize;

use super::{
    BenchingGroups, BenchingJoin, BenchingThroughput, CheckState, CheckSummary, Checking,
    CycleInfo, FoundInfo, GroupsSummary, IfacesSummary, InterfaceChange, InterfaceInfo,
    IntervalReport, JoinSummary, Listening, PingSummary, Pinging, Reading, ReceivedDatagram,
    ReceiversReport, RecvSummary, ReplyInfo, ScanSummary, Scanning, SendInterval, SendSummary,
    Sending, SentDatagram, StepInfo, ThroughputSummary, TrialInfo, Watching, notice,
};
use crate::notice::Notice;
use crate::verdict::Verdict;

/// An event of a run.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// Every group is joined: datagrams that are sent from now on arrive.
    #[serde(rename = "ready")]
    Listening(Listening<'a>),
    /// The capture is open: its first datagram follows.
    #[serde(rename = "ready")]
    Reading(Reading<'a>),
    /// The sockets are open: the first datagram follows.
    #[serde(rename = "ready")]
    Sending(Sending<'a>),
    /// The group is joined, and the check begins.
    #[serde(rename = "ready")]
    Checking(Checking<'a>),
    /// The scan begins.
    #[serde(rename = "ready")]
    Scanning(Scanning<'a>),
    /// The sockets are open: the first request follows.
    #[serde(rename = "ready")]
    Pinging(Pinging<'a>),
    /// A reply arrived.
    Reply(ReplyInfo<'a>),
    /// `bench throughput` begins.
    #[serde(rename = "ready")]
    BenchingThroughput(BenchingThroughput<'a>),
    /// `bench join` begins.
    #[serde(rename = "ready")]
    BenchingJoin(BenchingJoin<'a>),
    /// `bench groups` begins.
    #[serde(rename = "ready")]
    BenchingGroups(BenchingGroups<'a>),
    /// A trial of `bench throughput` ended.
    Trial(&'a TrialInfo),
    /// A cycle of `bench join` ended.
    Cycle(&'a CycleInfo),
    /// A trial of `bench groups` ended.
    Step(&'a StepInfo),
    /// A scan found a group that carries data.
    Found(&'a FoundInfo),
    /// A datagram arrived.
    #[serde(rename = "datagram")]
    Received(ReceivedDatagram<'a>),
    /// A datagram was sent.
    #[serde(rename = "datagram")]
    Sent(SentDatagram<'a>),
    /// A warning, or a note about a recovery.
    #[serde(serialize_with = "notice::warning")]
    Warning(&'a Notice),
    /// A group was left.
    Left(Left<'a>),
    /// The counters of a receiver since the last report.
    Interval(IntervalReport),
    /// The counters of a sender since the last report.
    #[serde(rename = "interval")]
    SendInterval(SendInterval),
    /// The state of a ping. Only observers take it.
    #[serde(skip)]
    PingProgress(&'a PingSummary),
    /// The receivers of a sender's streams so far.
    Receivers(ReceiversReport),
    /// The last event of `mcast recv`.
    #[serde(rename = "summary")]
    RecvSummary(RecvSummary),
    /// The last event of `mcast send`.
    #[serde(rename = "summary")]
    SendSummary(SendSummary),
    /// The last event of `mcast scan`.
    #[serde(rename = "summary")]
    ScanSummary(ScanSummary),
    /// The last event of `mcast ping`.
    #[serde(rename = "summary")]
    PingSummary(Box<PingSummary>),
    /// The last event of `bench throughput`.
    #[serde(rename = "summary")]
    ThroughputSummary(ThroughputSummary),
    /// The last event of `bench join`.
    #[serde(rename = "summary")]
    JoinSummary(JoinSummary),
    /// The last event of `bench groups`.
    #[serde(rename = "summary")]
    GroupsSummary(GroupsSummary),
    /// A finding of `mcast check`.
    #[serde(serialize_with = "notice::finding")]
    Finding(&'a Notice),
    /// A finding of an earlier cycle no longer holds.
    #[serde(serialize_with = "notice::resolved")]
    Resolved(&'a Notice),
    /// The first cycle has ended, and the changes follow.
    Watching(Watching),
    /// The state after a cycle of `mcast check`. Only observers take it.
    #[serde(skip)]
    Checked(CheckState<'a>),
    /// A finding that explains why no datagrams arrive.
    #[serde(rename = "finding", serialize_with = "notice::finding")]
    Explanation(&'a Notice),
    /// The last event of `mcast check`.
    #[serde(rename = "summary")]
    CheckSummary(CheckSummary),
    /// An interface of this host.
    Interface(InterfaceInfo),
    /// An interface of this host changed.
    #[serde(rename = "change")]
    InterfaceChange(InterfaceChange),
    /// The last event of `mcast ifaces`.
    #[serde(rename = "summary")]
    IfacesSummary(IfacesSummary),
    /// The last event of a command that failed before its summary.
    #[serde(rename = "summary")]
    Failure(Failure),
}

impl Event<'_> {
    /// Whether this reports on an interval.
    pub fn is_interval(&self) -> bool {
        matches!(self, Event::Interval(_) | Event::SendInterval(_))
    }

    /// Whether this is the last event.
    pub fn is_summary(&self) -> bool {
        matches!(
            self,
            Event::RecvSummary(_)
                | Event::SendSummary(_)
                | Event::ScanSummary(_)
                | Event::PingSummary(_)
                | Event::ThroughputSummary(_)
                | Event::JoinSummary(_)
                | Event::GroupsSummary(_)
                | Event::CheckSummary(_)
                | Event::IfacesSummary(_)
                | Event::Failure(_)
        )
    }
}

/// The summary of a command that failed before it had one.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// The error.
    pub error: String,
    /// The exit status, with the error as its reason.
    pub verdict: Verdict,
}

/// A group that was left.
#[derive(Debug, Serialize)]
pub struct Left<'a> {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface.
    pub iface: &'a str,
    /// The interface's index.
    pub ifindex: u32,
}
