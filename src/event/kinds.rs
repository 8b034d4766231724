//! Every kind of event.

use std::net::IpAddr;

use serde::Serialize;

use super::{
    CheckSummary, Checking, IfacesSummary, InterfaceInfo, IntervalReport, Listening,
    ReceivedDatagram, RecvSummary, SendSummary, Sending, SentDatagram, notice,
};
use crate::notice::Notice;
use crate::verdict::Verdict;

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// Every group is joined: what is sent from now on is heard.
    #[serde(rename = "ready")]
    Listening(Listening<'a>),
    /// The sockets are open: the first datagram follows.
    #[serde(rename = "ready")]
    Sending(Sending<'a>),
    /// The group is joined, and looked into.
    #[serde(rename = "ready")]
    Checking(Checking<'a>),
    /// A datagram came.
    #[serde(rename = "datagram")]
    Received(ReceivedDatagram<'a>),
    /// A datagram went.
    #[serde(rename = "datagram")]
    Sent(SentDatagram<'a>),
    /// Something the user should know.
    #[serde(serialize_with = "notice::warning")]
    Warning(&'a Notice),
    /// A group was left.
    Left(Left<'a>),
    /// What a receiver got since the last report.
    Interval(IntervalReport),
    /// What a receiver got; always the last.
    #[serde(rename = "summary")]
    RecvSummary(RecvSummary),
    /// What a sender did; always the last.
    #[serde(rename = "summary")]
    SendSummary(SendSummary),
    /// Something that was found.
    #[serde(serialize_with = "notice::finding")]
    Finding(&'a Notice),
    /// Something that explains why a receiver hears nothing.
    #[serde(rename = "finding", serialize_with = "notice::finding")]
    Explanation(&'a Notice),
    /// What was found, in one sentence; always the last.
    #[serde(rename = "summary")]
    CheckSummary(CheckSummary),
    /// An interface of this host.
    Interface(InterfaceInfo),
    /// How many interfaces there are; always the last.
    #[serde(rename = "summary")]
    IfacesSummary(IfacesSummary),
    /// Why a command has no other summary; always the last.
    #[serde(rename = "summary")]
    Failure(Failure),
}

impl Event<'_> {
    /// Whether this is the last event.
    pub fn is_summary(&self) -> bool {
        matches!(
            self,
            Event::RecvSummary(_)
                | Event::SendSummary(_)
                | Event::CheckSummary(_)
                | Event::IfacesSummary(_)
                | Event::Failure(_)
        )
    }
}

/// The summary of a command that could not run, or that has nothing to sum up.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// Why.
    pub error: String,
    /// The same as a verdict.
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
