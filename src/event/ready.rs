//! The first event of a command.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::json::some_nanos;
use super::{PlayoutInfo, ReplayInfo, ShapeInfo, TargetInfo, measured};
use crate::input::Place;
use crate::units::rcvbuf::RcvbufRequest;

/// The `$id` of the schema that all events follow.
pub const SCHEMA: &str = "urn:uuid:34d1eece-0043-5694-aae7-51c36061048f";

/// The program that writes the events.
#[derive(Debug, Serialize)]
pub struct Program {
    /// `mcast`.
    pub tool: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The schema of the events.
    pub schema: &'static str,
}

impl Default for Program {
    fn default() -> Self {
        Program { tool: "mcast", version: env!("CARGO_PKG_VERSION"), schema: SCHEMA }
    }
}

/// A receiver is ready.
#[derive(Debug, Serialize)]
pub struct Listening<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The joined targets.
    pub targets: Vec<TargetInfo<'a>>,
    /// The receive buffer of each socket.
    pub rcvbuf_bytes: RcvbufInfo,
    /// The first file of the recording; `-` is standard output; `null` without `--write`.
    pub recording: Option<String>,
    /// How many answers to requests it sends at most in a second; `null` without `--reply`.
    pub reply_limit: Option<u64>,
}

/// The receive buffer of each socket, in the bytes that `SO_RCVBUF` takes.
#[derive(Debug, Serialize)]
pub struct RcvbufInfo {
    /// The request; `null` means as much as the system grants.
    pub asked: Option<usize>,
    /// The granted size.
    pub granted: Option<usize>,
    /// The request as the user typed it.
    #[serde(skip)]
    pub request: Option<RcvbufRequest>,
}

/// A sender is ready.
#[derive(Debug, Serialize)]
pub struct Sending<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The targets.
    pub targets: Vec<TargetInfo<'a>>,
    /// The TTL or hop limit; if targets differ, that of the first one.
    pub ttl: Option<u8>,
    /// The requested DSCP.
    pub dscp: Option<u8>,
    /// The time between rounds; `null` if they follow each other as fast as possible.
    #[serde(rename = "interval_ns", serialize_with = "some_nanos")]
    pub interval: Option<Duration>,
    /// How the rounds are distributed over time; `null` if evenly.
    pub shape: Option<ShapeInfo>,
    /// The impairments; `null` without.
    pub impair: Option<&'a str>,
    /// The seed of random choices; `null` if there are none.
    pub seed: Option<u64>,
    /// The number of datagrams to each target in a round.
    pub burst: u64,
    /// The length of each payload; `null` if they differ.
    pub len_bytes: Option<usize>,
    /// The input; `null` if the datagrams repeat or are measured.
    pub input: Option<InputInfo<'a>>,
    /// The transport stream that is sent; `null` if the input is none.
    #[serde(rename = "transport_stream")]
    pub playout: Option<PlayoutInfo>,
    /// The replayed capture; `null` without `--replay`.
    pub replay: Option<ReplayInfo>,
    /// The time between two reports of a receiver; `null` without `--reports`.
    #[serde(rename = "reports_ns", serialize_with = "some_nanos")]
    pub reports: Option<Duration>,
    /// The stream id of a measured run, in hex.
    #[serde(serialize_with = "measured::some_hex")]
    pub stream: Option<u64>,
}

/// The input of a sender.
#[derive(Debug, Serialize)]
pub struct InputInfo<'a> {
    /// `-` for standard input, or the path.
    #[serde(serialize_with = "as_text")]
    pub place: &'a Place,
    /// How mcast makes datagrams of it.
    pub form: FormInfo,
}

/// How mcast makes datagrams of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormInfo {
    /// Pieces of one size.
    Pieces,
    /// A datagram for each line.
    Lines,
}

fn as_text<S: Serializer>(place: &&Place, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(place)
}
