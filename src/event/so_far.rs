//! Counters of the whole run at an interval, for observers alone. A sum of intervals would count a
//! datagram that arrives late, in the next interval, as lost.

use std::net::{IpAddr, SocketAddr};

use super::flow::format_of;
use crate::stats::flow::{Flow, Flows};
use crate::stats::stream::Stream;
use crate::target::Zoned;
use crate::units::UnixTime;

/// The counters of a stream over the whole run.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamTotals {
    /// The position of the stream in the order of first arrivals, which identifies it.
    pub position: usize,
    /// How many datagrams arrived, without duplicates.
    pub datagrams: u64,
    /// How many datagrams of it arrived that `datagrams` does not count: duplicates, datagrams that
    /// are too late, and damaged ones.
    pub others: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// How many numbers of the unit should have arrived.
    pub expected: u64,
    /// How many of these did not arrive. A late datagram decreases it.
    pub lost: u64,
    /// Further copies.
    pub duplicates: u64,
    /// Datagrams that arrived after a later one.
    pub reordered: u64,
    /// When the last datagram arrived.
    pub last: UnixTime,
    /// The sender is mcast: the datagrams are in no flow.
    pub is_probe: bool,
}

impl StreamTotals {
    /// The counters of the stream at a position.
    pub(super) fn new(position: usize, stream: &Stream) -> Self {
        let counters = stream.counters(false);
        let (expected, lost) = stream.expected_and_lost();
        StreamTotals {
            position,
            datagrams: counters.meter.datagrams,
            others: counters.duplicates + counters.stale + counters.corrupt + counters.truncated,
            bytes: counters.meter.bytes,
            expected,
            lost,
            duplicates: counters.duplicates,
            reordered: counters.reordered,
            last: stream.last_arrival(),
            is_probe: stream.run().is_some(),
        }
    }
}

/// A flow: the datagrams of one source address and port to one target on one interface, except
/// probes.
#[derive(Clone, Debug)]
pub struct FlowTotals {
    /// The sender's address.
    pub source: Zoned<SocketAddr>,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it arrives on.
    pub iface: Option<String>,
    /// The format; `None` if mcast does not recognise it.
    pub format: Option<&'static str>,
    /// How the format is known.
    pub how: Option<&'static str>,
    /// The streams of the flow have its measurements.
    pub is_measured: bool,
    /// How many datagrams arrived.
    pub datagrams: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// The lengths of the shortest and of the longest payload.
    pub sizes: (usize, usize),
    /// The beginning of the first payload.
    pub first_bytes: Box<[u8]>,
    /// When the last datagram arrived.
    pub last: UnixTime,
}

impl From<&Flow> for FlowTotals {
    fn from(flow: &Flow) -> Self {
        let format = format_of(flow);
        FlowTotals {
            source: Zoned::socket(flow.key.source, flow.zone.clone()),
            group: flow.key.group,
            port: flow.key.port,
            iface: flow.iface.clone(),
            format: format.map(|(format, _)| format),
            how: format.map(|(_, how)| how.name()),
            is_measured: flow.is_measured(),
            datagrams: flow.meter.datagrams,
            bytes: flow.meter.bytes,
            sizes: flow.sizes,
            first_bytes: flow.first_bytes.clone(),
            last: flow.meter.last().unwrap_or_default(),
        }
    }
}

/// The counters of all flows, in the order of their first arrivals; `None` if mcast follows none.
pub fn flow_totals(flows: &Flows) -> Option<Vec<FlowTotals>> {
    flows.are_followed().then(|| flows.iter().map(FlowTotals::from).collect())
}
