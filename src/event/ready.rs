//! A command is ready: what it joined or opened.

use std::time::Duration;

use serde::Serialize;

use super::json::some_nanos;
use super::{TargetInfo, measured};
use crate::units::rcvbuf::RcvbufRequest;

/// The `$id` of the schema that all events follow.
pub const SCHEMA: &str = "urn:uuid:34d1eece-0043-5694-aae7-51c36061048f";

/// What wrote the events.
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
    /// What writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// What was joined.
    pub targets: Vec<TargetInfo<'a>>,
    /// The receive buffer of each socket.
    pub rcvbuf_bytes: RcvbufInfo,
}

/// The receive buffer of each socket, in the bytes that `SO_RCVBUF` takes.
#[derive(Debug, Serialize)]
pub struct RcvbufInfo {
    /// What was asked for; `null` is as much as the system grants.
    pub asked: Option<usize>,
    /// What was granted.
    pub granted: Option<usize>,
    /// What it was asked for in words of: for scripts `asked` says it in bytes.
    #[serde(skip)]
    pub request: Option<RcvbufRequest>,
}

/// A sender is ready.
#[derive(Debug, Serialize)]
pub struct Sending<'a> {
    /// What writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// Where it sends to.
    pub targets: Vec<TargetInfo<'a>>,
    /// The TTL or hop limit of its datagrams; of those to the first target, where they differ.
    pub ttl: Option<u8>,
    /// The DSCP of its datagrams, where one was asked for.
    pub dscp: Option<u8>,
    /// The time between rounds; `null` where they follow as fast as they go.
    #[serde(rename = "interval_ns", serialize_with = "some_nanos")]
    pub interval: Option<Duration>,
    /// How many datagrams go to each target in a round.
    pub burst: u64,
    /// The length of their payload.
    pub len_bytes: usize,
    /// The run, in hex, where it is a measured one.
    #[serde(serialize_with = "measured::some_hex")]
    pub stream: Option<u64>,
}
