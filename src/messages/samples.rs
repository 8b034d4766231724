//! Sample values: an interface, a target, an error, and a run.

use std::net::IpAddr;
use std::sync::Arc;

use crate::event::{Program, RecvCounters, SendSummary, Sending, Totals};
use crate::iface::{Cast, Via};
use crate::net::{NetError, Operation};
use crate::target::{Endpoint, Filter, Listen};
use crate::verdict::Verdict;

pub fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The interface `name` with the address 10.0.0.101.
pub fn via(name: &str) -> Via {
    Via { name: name.to_owned(), index: 2, address: Some(ip("10.0.0.101")), ..Via::default() }
}

/// `group`, port 5000, on an interface.
pub fn at(group: &str, via: Via) -> Endpoint {
    let group = ip(group);
    let cast = if group.is_multicast() { Cast::Multicast } else { Cast::Unicast };
    Endpoint { group, port: 5000, cast, via: Arc::new(via) }
}

/// `group`, port 5000, on eth0, from any source.
pub fn listen(group: &str) -> Listen {
    Listen { at: at(group, via("eth0")), filter: Arc::new(Filter::Any) }
}

/// A join of 239.1.1.1 that failed with this error number.
pub fn failed_join(number: i32) -> NetError {
    let error = std::io::Error::from_raw_os_error(number);
    Operation::Join(at("239.1.1.1", via("eth0")), None).failed(error)
}

/// Datagrams of 64 bytes that arrived at 1000 a second.
pub fn totals(datagrams: u64) -> Totals {
    Totals {
        datagrams,
        bytes: datagrams * 64,
        rate_pps: (datagrams > 1).then_some(1000.0),
        bitrate_bps: (datagrams > 1).then_some(512_000.0),
        span: Some(std::time::Duration::from_millis(datagrams)),
    }
}

/// A run without measured streams.
pub fn received(datagrams: u64) -> RecvCounters {
    RecvCounters {
        elapsed: std::time::Duration::from_millis(3012),
        meter: totals(datagrams),
        kernel_drops: Some(0),
        kernel_drops_exact: Some(true),
        checksum_errors: Some(0),
        truncated: 0,
        sources: datagrams.min(1) as usize,
        interface_copies: None,
        gap: None,
        corrupt: 0,
        foreign: 0,
        unsupported: 0,
        untracked: 0,
        measured: None,
        streams: Vec::new(),
    }
}

/// The start of a run that sends nothing special, to no targets.
pub fn sending() -> Sending<'static> {
    Sending {
        program: Program::default(),
        targets: Vec::new(),
        ttl: Some(1),
        dscp: None,
        interval: None,
        shape: None,
        impair: None,
        seed: None,
        burst: 1,
        len_bytes: None,
        input: None,
        replay: None,
        playout: None,
        reports: None,
        stream: None,
    }
}

/// The end of a run that sent this number of datagrams without errors.
pub fn sent(datagrams: u64) -> SendSummary {
    SendSummary {
        elapsed: std::time::Duration::from_millis(datagrams),
        meter: totals(datagrams),
        errors: 0,
        targets: Vec::new(),
        skipped: 0,
        waits: 0,
        pace_ns: None,
        cpu: None,
        replay: None,
        playout: None,
        reports: None,
        assertions: Vec::new(),
        verdict: Verdict::default(),
    }
}
