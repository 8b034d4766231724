//! The first event of a command.

use std::time::Duration;

use serde::Serialize;

use super::json::some_nanos;
use super::{TargetInfo, measured};
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
    /// The number of datagrams to each target in a round.
    pub burst: u64,
    /// The length of the payload.
    pub len_bytes: usize,
    /// The stream id of a measured run, in hex.
    #[serde(serialize_with = "measured::some_hex")]
    pub stream: Option<u64>,
}
