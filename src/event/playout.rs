//! Facts about a transport stream that is sent.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::json::{nanos, some_nanos};
use crate::format::ts::Kind;

/// A transport stream that is sent.
#[derive(Clone, Debug, Serialize)]
pub struct PlayoutInfo {
    /// What paces it.
    pub pace: PlayoutPace,
    /// The programs in the order of the PAT, as far as they are known.
    pub programs: Vec<PlayoutProgram>,
    /// The PID of the PCR that paces the stream; `null` if none is known.
    pub pcr_pid: Option<u16>,
    /// Bits of packets a second at the beginning, by the PCR.
    #[serde(rename = "bitrate_bps")]
    pub bit_rate: Option<f64>,
    /// The estimated time of one pass; `null` if the input is no file.
    #[serde(rename = "duration_ns", serialize_with = "some_nanos")]
    pub duration: Option<Duration>,
    /// The packets of a datagram. The last one may have fewer.
    pub packets_per_datagram: usize,
    /// In RTP.
    pub rtp: bool,
    /// How often the stream is sent; `null` means without end.
    pub passes: Option<u64>,
}

/// What paces a transport stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayoutPace {
    /// Its PCR.
    Pcr,
    /// The options.
    Rate,
}

/// A program of a transport stream that is sent.
#[derive(Clone, Debug, Serialize)]
pub struct PlayoutProgram {
    /// Its number.
    pub number: u16,
    /// Its name, as in the stream.
    pub name: Option<String>,
    /// The contents of its streams.
    #[serde(serialize_with = "names")]
    pub contents: Vec<Kind>,
}

/// The counters of a transport stream that was sent.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PlayoutTotals {
    /// How often the stream was begun.
    pub passes: u64,
    /// How often the input delivered datagrams after their time.
    pub underruns: u64,
    /// How much later the stream ended, because of underruns and of a sender that stood still.
    #[serde(rename = "delayed_ns", serialize_with = "nanos")]
    pub delayed: Duration,
    /// How often the PCR jumped or began a new time base.
    pub pcr_jumps: u64,
    /// How often a second without a PCR passed.
    pub pcr_gaps: u64,
    /// The bytes that belonged to no packet.
    pub skipped_bytes: u64,
}

fn names<S: Serializer>(contents: &[Kind], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(contents.iter().map(|kind| kind.name()))
}
