//! Facts about a replay.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::json::{nanos, some_nanos};
use crate::units::Speed;
use crate::units::words::list;

/// The beginning of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayInfo {
    /// The path of the capture; `-` is standard input.
    pub file: String,
    /// The same in a sentence.
    #[serde(skip)]
    pub name: String,
    /// The factor; `null` means as fast as possible.
    #[serde(serialize_with = "factor")]
    pub speed: Speed,
    /// How often the capture is sent; `null` means without end.
    pub passes: Option<u64>,
    /// The number of datagrams to send in one pass; `null` if it is unknown.
    pub datagrams: Option<u64>,
    /// The time that one pass takes; `null` if it is unknown.
    #[serde(rename = "duration_ns", serialize_with = "some_nanos")]
    pub duration: Option<Duration>,
}

/// Why a datagram of a capture is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotReplayed {
    /// Its destination is no group.
    NotMulticast,
    /// The options choose others.
    NotSelected,
    /// It is a copy.
    Copy,
    /// No interface can carry it.
    NoInterface,
    /// It has more destinations before it than a run can have targets.
    TooManyTargets,
    /// Every host must process it, and there are too many.
    Flood,
}

/// The end of a replay.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayTotals {
    /// How many records of the capture were read, over all passes.
    pub records: u64,
    /// How many whole UDP datagrams they held.
    pub datagrams: u64,
    /// How often the whole capture was read.
    pub passes: u64,
    /// The datagrams that were left out, by reason.
    pub left_out: BTreeMap<NotReplayed, u64>,
    /// The records without a whole UDP datagram, by reason.
    pub omitted: BTreeMap<&'static str, u64>,
    /// The same as sentences.
    #[serde(skip)]
    pub omitted_texts: Vec<String>,
    /// How many gaps were shortened.
    pub gaps_shortened: u64,
    /// The time of the capture that was taken out of them.
    #[serde(rename = "gap_time_removed_ns", serialize_with = "nanos")]
    pub gap_time_removed: Duration,
    /// How many datagrams had an earlier time than the one before.
    pub steps_back: u64,
    /// How many datagrams had no time.
    pub without_time: u64,
    /// How far the replay was postponed because it could not keep up.
    #[serde(rename = "postponed_ns", serialize_with = "nanos")]
    pub postponed: Duration,
}

fn factor<S: Serializer>(speed: &Speed, serializer: S) -> Result<S::Ok, S::Error> {
    match speed {
        Speed::Millionths(millionths) => serializer.serialize_f64(*millionths as f64 / 1e6),
        Speed::Max => serializer.serialize_none(),
    }
}

impl NotReplayed {
    /// Follows a count of datagrams: `3 to unicast addresses`.
    pub fn text(self) -> &'static str {
        match self {
            NotReplayed::NotMulticast => "to unicast or broadcast addresses",
            NotReplayed::NotSelected => "not selected",
            NotReplayed::Copy => "copies",
            NotReplayed::NoInterface => "without an interface",
            NotReplayed::TooManyTargets => "to further groups",
            NotReplayed::Flood => "beyond 1000 a second to every host",
        }
    }
}

impl ReplayTotals {
    /// The parts that were left out, as sentences: first datagrams, then records.
    pub fn parts(&self) -> [Vec<String>; 2] {
        let left_out = self.left_out.iter().map(|(why, count)| format!("{count} {}", why.text()));
        [left_out.collect(), self.omitted_texts.clone()]
    }

    /// Why nothing was sent.
    pub fn why_nothing(&self) -> String {
        let left_out = list(&self.parts()[0]);
        match (self.datagrams, self.records) {
            (0, 0) => "nothing to send: the capture has no records".to_owned(),
            (0, records) => format!(
                "nothing to send: {} no whole UDP datagram",
                match records {
                    1 => "the record of the capture holds".to_owned(),
                    _ => format!("the {records} records of the capture hold"),
                }
            ),
            _ if self.only_unicast() => format!(
                "nothing to send: {left_out}; --only chooses unicast flows, for example --only \
                 10.0.0.5:2368"
            ),
            _ if self.left_out.contains_key(&NotReplayed::NotSelected) => format!(
                "nothing to send: {left_out}; 'mcast recv --read FILE -q' shows the flows and \
                 interfaces of the capture"
            ),
            _ => format!("nothing to send: {left_out}"),
        }
    }

    fn only_unicast(&self) -> bool {
        self.left_out.keys().all(|why| *why == NotReplayed::NotMulticast)
    }
}
