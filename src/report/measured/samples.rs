//! Measurements with sample values.

use crate::event::{CountersInfo, DetailInfo, MeasuredInfo, RunsInfo, StreamInfo, StreamTotals};
use crate::stats::delay::{Delays, Precision};
use crate::stats::stream::Clock;
use crate::target::Zoned;

/// The measurements of a stream of datagrams of 64 bytes; `runs` are the number of runs of losses
/// and the length of the longest.
pub fn counters(received: u64, lost: u64, runs: (u64, u64)) -> CountersInfo {
    CountersInfo {
        datagrams: received,
        received,
        expected: received + lost,
        lost,
        lost_exact: true,
        loss_ratio: Some(lost as f64 / (received + lost) as f64),
        loss_runs: RunsInfo { count: runs.0, longest: runs.1 },
        duplicates: 0,
        reordered: 0,
        reorder_extent_max: 0,
        stale: 0,
        corrupt: 0,
        truncated: 0,
        bytes: received * 64,
        rate_pps: None,
        bitrate_bps: None,
        jitter: None,
        delay_ns: None,
        wakeup_ns: None,
        pdv_ns: None,
        hops: None,
        dscp_changed: Some(0),
        gap_ns: None,
    }
}

/// A stream to 239.1.1.`last` that has ended.
pub fn stream(last: u8, counters: CountersInfo) -> StreamInfo {
    StreamInfo {
        source: Zoned::socket("10.0.0.100:41244".parse().expect("an address"), None),
        source_changes: 0,
        group: [239, 1, 1, last].into(),
        port: 5000,
        iface: Some("eth0".to_owned()),
        format: "mcast",
        how: "magic",
        unit: "datagrams",
        key: None,
        stream: Some(0x9dfb_ac36_a4a7_115f),
        counters,
        missed_before: Some(0),
        clock: Clock::Unknown,
        ended: true,
        restarts: 0,
        detail: DetailInfo::default(),
        spread: None,
        so_far: StreamTotals::default(),
    }
}

/// All streams together.
pub fn together(
    counters: CountersInfo,
    streams: usize,
    ended: usize,
    restarts: u64,
) -> MeasuredInfo {
    MeasuredInfo {
        streams,
        ended,
        restarts,
        source_changes: 0,
        missed_before: 0,
        unit: Some("datagrams"),
        counters,
        spread: Delays::new(Precision::Fine),
    }
}
