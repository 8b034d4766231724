//! The events of `mcast scan`.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::nanos;
use super::{FoundInfo, Program};
use crate::target::{Filter, Listen};
use crate::units::Rate;
use crate::verdict::Verdict;

/// The scan begins.
#[derive(Debug, Serialize)]
pub struct Scanning<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The targets; empty if mcast looks for groups first.
    pub targets: Vec<ScannedTarget<'a>>,
    /// The interfaces.
    pub ifaces: Vec<&'a str>,
    /// How long mcast looks for groups; `null` if there are targets.
    #[serde(rename = "discover_ns", serialize_with = "super::json::some_nanos")]
    pub discover: Option<Duration>,
    /// The time in each group.
    #[serde(rename = "dwell_ns", serialize_with = "nanos")]
    pub dwell: Duration,
    /// The most groups that are joined at a time.
    pub at_once: usize,
    /// The limit of the received rate.
    #[serde(flatten)]
    pub budget: Budget,
    /// Whether mcast captures the frames on the interfaces.
    pub sees_frames: bool,
}

/// A target of a scan.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ScannedTarget<'a> {
    /// The group.
    pub group: IpAddr,
    /// The UDP port; `null` if captured frames must show it.
    pub port: Option<u16>,
    /// The only accepted source; `null` means any.
    pub source: Option<IpAddr>,
    /// The interface's name.
    pub iface: &'a str,
    /// The interface's index.
    pub ifindex: u32,
}

impl<'a> From<&'a Listen> for ScannedTarget<'a> {
    fn from(listen: &'a Listen) -> Self {
        let at = &listen.at;
        let source = match &*listen.filter {
            Filter::Include(sources) => sources.first().copied(),
            Filter::Any | Filter::Exclude(_) => None,
        };
        ScannedTarget {
            group: at.group,
            port: Some(at.port).filter(|port| *port != 0),
            source,
            iface: &at.via.name,
            ifindex: at.via.index,
        }
    }
}

/// The limit of the received rate: one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Budget {
    budget_pps: Option<f64>,
    budget_bps: Option<f64>,
}

impl From<Rate> for Budget {
    fn from(rate: Rate) -> Self {
        match rate {
            Rate::Packets(rate) => Budget { budget_pps: Some(rate), budget_bps: None },
            Rate::Bits(rate) => Budget { budget_pps: None, budget_bps: Some(rate) },
        }
    }
}

impl Budget {
    /// The limit as a rate.
    pub fn rate(self) -> Rate {
        let packets = self.budget_pps.map(Rate::Packets);
        packets.unwrap_or(Rate::Bits(self.budget_bps.unwrap_or(f64::INFINITY)))
    }
}

/// The last event of `mcast scan`.
#[derive(Debug, Serialize)]
pub struct ScanSummary {
    /// The duration of the scan.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// How many groups there were, counted on each interface.
    pub groups: usize,
    /// How many of them were scanned.
    pub scanned: usize,
    /// How many targets could not be joined.
    pub skipped: usize,
    /// How many groups carry data, counted on each interface.
    pub alive: usize,
    /// How often mcast left groups early because the rate exceeded the budget.
    pub over_budget: usize,
    /// How many datagrams the kernel dropped because a receive buffer was full.
    pub kernel_drops: Option<u64>,
    /// Datagrams of flows that were not tracked.
    pub untracked: u64,
    /// What was found, in the order of groups and ports.
    pub found: Vec<FoundInfo>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}
