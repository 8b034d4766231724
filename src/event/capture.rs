//! A capture that a receiver reads instead of the network.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::json::{some_nanos, some_rfc3339};
use super::ready::Program;
use crate::capture::Omitted;
use crate::target::{Target, TargetRange};
use crate::units::words::count;

/// A receiver begins to read a capture.
#[derive(Debug, Serialize)]
pub struct Reading<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The file; `-` is standard input.
    pub file: String,
    /// The selected targets; empty for every group.
    #[serde(serialize_with = "each_target")]
    pub targets: &'a [TargetRange],
    /// The selected interfaces; empty for every interface.
    pub ifaces: &'a [String],
}

/// A selected target.
#[derive(Serialize)]
struct SelectedInfo {
    group: IpAddr,
    port: u16,
    source: Option<IpAddr>,
}

fn each_target<S: Serializer>(ranges: &[TargetRange], serializer: S) -> Result<S::Ok, S::Error> {
    let targets = ranges.iter().flat_map(TargetRange::targets);
    serializer.collect_seq(targets.map(|Target { group, port, source, .. }| SelectedInfo {
        group,
        port,
        source,
    }))
}

/// What a capture holds, and what a receiver left out of it.
#[derive(Debug, Serialize)]
pub struct CaptureInfo {
    /// The file; `-` is standard input.
    pub file: String,
    /// How many bytes of it were read.
    pub bytes: u64,
    /// How many records they have.
    pub records: u64,
    /// How many whole UDP datagrams it holds.
    pub datagrams: u64,
    /// The time of the first record.
    #[serde(serialize_with = "some_rfc3339")]
    pub first_time: Option<SystemTime>,
    /// The time of the last record.
    #[serde(serialize_with = "some_rfc3339")]
    pub last_time: Option<SystemTime>,
    /// The capture ends within a record.
    pub cut: bool,
    /// How many packets the capturing system dropped; `null` if the capture does not state it.
    pub dropped: Option<u64>,
    /// The interfaces, in the order of the capture.
    pub interfaces: Vec<CaptureInterfaceInfo>,
    /// The datagrams and records that were left out.
    pub left_out: LeftOut,
    /// UDP datagrams whose checksum was verified: only the first ones are.
    pub checksums_checked: u64,
    /// How many of them are wrong.
    pub checksums_wrong: u64,
    /// Datagrams without a time.
    pub untimed: u64,
    /// Datagrams that are older than one before them.
    pub steps_back: u64,
    /// The longest step back.
    #[serde(rename = "step_back_max_ns", serialize_with = "some_nanos")]
    pub step_back_max: Option<Duration>,
}

/// An interface of a capture.
#[derive(Debug, Serialize)]
pub struct CaptureInterfaceInfo {
    /// Its name; `null` if the capture does not state it.
    pub name: Option<String>,
    /// The link type (LINKTYPE_ values).
    pub link_type: u16,
    /// How many packets the capturing system dropped there; `null` if the capture does not state it.
    pub dropped: Option<u64>,
}

/// How many datagrams and records were left out, by reason.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LeftOut {
    /// Datagrams to other targets.
    pub other_targets: u64,
    /// Datagrams from other sources.
    pub other_sources: u64,
    /// Datagrams on other interfaces.
    pub other_ifaces: u64,
    /// Unicast and broadcast datagrams, without TARGET.
    pub not_multicast: u64,
    /// Announcements and RTCP beside the targets, which only describe streams.
    pub beside: u64,
    /// The records without a datagram that mcast reads.
    #[serde(flatten)]
    pub records: LeftOutRecords,
}

/// How many records have no datagram that mcast reads, by reason.
#[derive(Clone, Debug, Default)]
pub struct LeftOutRecords(pub Omitted);

impl Serialize for LeftOutRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let of = |name: &str| -> u64 {
            let reasons = self.0.reasons().filter(|(reason, _)| reason.name() == name);
            reasons.map(|(_, count)| count).sum()
        };
        let mut map = serializer.serialize_map(None)?;
        for name in ["not_ip", "not_udp", "cut", "fragments", "malformed", "link_type"] {
            map.serialize_entry(name, &of(name))?;
        }
        map.end()
    }
}

impl LeftOut {
    /// Each reason that occurred, with its count: `3 unicast or broadcast datagrams`.
    pub fn reasons(&self) -> Vec<String> {
        let datagrams = [
            (self.not_multicast, "unicast or broadcast datagram", ""),
            (self.other_targets, "datagram", " to other targets"),
            (self.other_sources, "datagram", " from other sources"),
            (self.other_ifaces, "datagram", " on other interfaces"),
            (self.beside, "datagram", " of SAP or RTCP"),
        ];
        let datagrams = datagrams
            .into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, thing, rest)| format!("{}{rest}", count(number, thing)));
        let records = self.records.0.reasons();
        let records = records.map(|(reason, number)| format!("{number} {reason}"));
        datagrams.chain(records).collect()
    }
}
