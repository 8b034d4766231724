//! The labels and values of a stream.

use std::net::{IpAddr, SocketAddr};

use super::catalogue::STREAM;
use super::snapshot::{Labels, Value, labels};
use crate::event::StreamInfo;
use crate::target::Zoned;

/// What the labels of a stream depend on.
#[derive(Debug)]
pub struct StreamIdentity {
    source: Zoned<SocketAddr>,
    group: IpAddr,
    port: u16,
    iface: Option<String>,
    format: &'static str,
    key: Option<String>,
}

impl StreamIdentity {
    /// Whether these are the labels of a stream.
    pub fn is_of(&self, stream: &StreamInfo) -> bool {
        let StreamIdentity { source, group, port, iface, format, key } = self;
        (*source == stream.source && *group == stream.group && *port == stream.port)
            && (*iface == stream.iface && *format == stream.format && *key == stream.key)
    }

    /// The identity of a stream, and its labels.
    pub fn of(stream: &StreamInfo) -> (Self, Labels) {
        let identity = StreamIdentity {
            source: stream.source.clone(),
            group: stream.group,
            port: stream.port,
            iface: stream.iface.clone(),
            format: stream.format,
            key: stream.key.clone(),
        };
        let labels = labels([
            ("group", Some(stream.group.to_string())),
            ("port", Some(stream.port.to_string())),
            ("source", Some(stream.source.to_string())),
            ("iface", stream.iface.clone()),
            ("format", Some(stream.format.to_owned())),
            ("key", stream.key.clone()),
        ]);
        (identity, labels)
    }
}

/// The values of a stream, in the order of [`STREAM`]. `before` are its last ones.
pub fn values(stream: &StreamInfo, before: &[Value]) -> [Value; STREAM.len()] {
    let (so_far, counters, detail) = (&stream.so_far, &stream.counters, &stream.detail);
    let known = |column: usize| match before.get(column) {
        Some(Value::Count(count)) => *count,
        _ => 0,
    };
    let ts = detail.ts.as_ref();
    let cc_errors = ts.map(|ts| known(6) + ts.cc_errors);
    // The last losses of a stream that has ended remain visible. Its other values would look like
    // silence.
    let gauge = |nanos: Option<i64>| {
        if stream.ended { Value::Absent } else { Value::seconds(nanos) }
    };
    [
        Value::Count(so_far.datagrams),
        Value::Count(so_far.bytes),
        Value::Count(so_far.expected),
        // A late datagram is no longer lost. A counter that falls would look like a restart, and
        // all losses would count again.
        Value::Count(so_far.lost.max(known(3))),
        Value::Count(so_far.duplicates),
        Value::Count(so_far.reordered),
        Value::count(cc_errors),
        gauge(Some(so_far.last.nanos())),
        gauge(counters.gap_ns),
        gauge(counters.jitter.map(|jitter| jitter.round() as i64)),
        gauge(counters.delay_ns.as_ref().map(|delay| delay.p50)),
        gauge(counters.delay_ns.as_ref().map(|delay| delay.p99)),
        gauge(ts.and_then(|ts| ts.pcr_jitter_ns).map(|jitter| jitter.max)),
        gauge(detail.mdi.map(|mdi| mdi.df_last_ns)),
    ]
}
