//! The rows of the table. Names and units are those of JSON, except the seconds of an interval: the
//! axis of a plot.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::event::{
    CountersInfo, IntervalReport, PingCounts, PingSummary, SendInterval, StreamInfo, TargetTotals,
};
use crate::stats::delay::Quantiles;
use crate::units::printable::Printable;

/// Foreign text in a cell. Spreadsheets run a cell as a formula if it begins with one of these
/// signs: an apostrophe before it makes it text.
#[derive(Default)]
struct Cell(String);

impl Cell {
    fn new(text: impl Display) -> Self {
        let text = Printable(&text.to_string()).to_string();
        Cell(if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text })
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Declares a row with the names of its columns.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident { $($column:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default, Serialize)]
        pub struct $name<'a> {
            $($column: $type,)*
        }

        impl $name<'_> {
            /// The names of the columns.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($column),)*];
        }
    };
}

row! {
    /// A stream in an interval of a receiver, or the total of the interval.
    StreamRow {
        row: &'static str,
        time: &'a str,
        since_s: f64,
        elapsed_s: f64,
        group: Cell,
        port: Option<u16>,
        source: Cell,
        iface: Cell,
        format: &'static str,
        key: Cell,
        unit: &'static str,
        datagrams: u64,
        bytes: u64,
        rate_pps: Option<f64>,
        bitrate_bps: Option<f64>,
        expected: Option<u64>,
        received: Option<u64>,
        lost: Option<u64>,
        loss_ratio: Option<f64>,
        duplicates: Option<u64>,
        reordered: Option<u64>,
        jitter_ns: Option<i64>,
        delay_p50_ns: Option<i64>,
        delay_p99_ns: Option<i64>,
        delay_max_ns: Option<i64>,
        pdv_p50_ns: Option<i64>,
        pdv_p99_ns: Option<i64>,
        pdv_max_ns: Option<i64>,
        gap_ns: Option<i64>,
        kernel_drops: Option<u64>,
        checksum_errors: Option<u64>,
        corrupt: Option<u64>,
        untracked: Option<u64>,
    }
}

row! {
    /// A target in an interval of a sender, or the total of the interval.
    TargetRow {
        row: &'static str,
        time: &'a str,
        since_s: f64,
        elapsed_s: f64,
        group: Cell,
        port: Option<u16>,
        iface: Cell,
        datagrams: u64,
        bytes: u64,
        rate_pps: Option<f64>,
        bitrate_bps: Option<f64>,
        errors: u64,
        skipped: Option<u64>,
        waits: Option<u64>,
    }
}

row! {
    /// A receiver of a ping from its start until now, or the total.
    ReceiverRow {
        row: &'static str,
        time: &'a str,
        elapsed_s: f64,
        group: Cell,
        port: Option<u16>,
        address: Cell,
        source_port: Option<u16>,
        iface: Cell,
        expected: u64,
        received: u64,
        replies: u64,
        lost: u64,
        loss_ratio: Option<f64>,
        lost_to: u64,
        loss_to_ratio: Option<f64>,
        lost_back: u64,
        loss_back_ratio: Option<f64>,
        unresolved: u64,
        withheld: u64,
        duplicates: u64,
        rtt_min_ns: Option<i64>,
        rtt_p50_ns: Option<i64>,
        rtt_p99_ns: Option<i64>,
        rtt_max_ns: Option<i64>,
        hops_to: Option<u8>,
        hops_back: Option<u8>,
    }
}

/// The rows of an interval of a receiver: each stream, and the total.
pub fn of_receiver<'a>(report: &IntervalReport, time: &'a str) -> Vec<StreamRow<'a>> {
    let counters = &report.counters;
    let times = |row: StreamRow<'a>| StreamRow {
        time,
        since_s: report.since.as_secs_f64(),
        elapsed_s: counters.elapsed.as_secs_f64(),
        ..row
    };
    let stream = |stream: &StreamInfo| StreamRow {
        row: "stream",
        group: Cell::new(stream.group),
        port: Some(stream.port),
        source: Cell::new(&stream.source),
        iface: stream.iface.as_ref().map(Cell::new).unwrap_or_default(),
        format: stream.format,
        key: stream.key.as_ref().map(Cell::new).unwrap_or_default(),
        unit: stream.unit,
        corrupt: Some(stream.counters.corrupt),
        ..of_counters(&stream.counters)
    };
    let measured = counters.measured.as_ref();
    let total = StreamRow {
        row: "total",
        unit: measured.and_then(|measured| measured.unit).unwrap_or_default(),
        datagrams: counters.meter.datagrams,
        bytes: counters.meter.bytes,
        rate_pps: counters.meter.rate_pps,
        bitrate_bps: counters.meter.bitrate_bps,
        gap_ns: counters.gap.and_then(|gap| i64::try_from(gap.as_nanos()).ok()),
        kernel_drops: counters.kernel_drops,
        checksum_errors: counters.checksum_errors,
        corrupt: Some(counters.corrupt),
        untracked: Some(counters.untracked),
        ..measured.map(|measured| of_counters(&measured.counters)).unwrap_or_default()
    };
    counters.streams.iter().map(stream).chain([total]).map(times).collect()
}

fn of_counters(of: &CountersInfo) -> StreamRow<'static> {
    let quantile = |of: Option<Quantiles>, which: fn(Quantiles) -> i64| of.map(which);
    StreamRow {
        datagrams: of.datagrams,
        bytes: of.bytes,
        rate_pps: of.rate_pps,
        bitrate_bps: of.bitrate_bps,
        expected: Some(of.expected),
        received: Some(of.received),
        lost: Some(of.lost),
        loss_ratio: of.loss_ratio,
        duplicates: Some(of.duplicates),
        reordered: Some(of.reordered),
        jitter_ns: of.jitter.map(|jitter| jitter.round() as i64),
        delay_p50_ns: quantile(of.delay_ns, |delay| delay.p50),
        delay_p99_ns: quantile(of.delay_ns, |delay| delay.p99),
        delay_max_ns: quantile(of.delay_ns, |delay| delay.max),
        pdv_p50_ns: quantile(of.pdv_ns, |delay| delay.p50),
        pdv_p99_ns: quantile(of.pdv_ns, |delay| delay.p99),
        pdv_max_ns: quantile(of.pdv_ns, |delay| delay.max),
        gap_ns: of.gap_ns,
        ..StreamRow::default()
    }
}

/// The rows of an interval of a sender: each target, and the total.
pub fn of_sender<'a>(report: &SendInterval, time: &'a str) -> Vec<TargetRow<'a>> {
    let (since_s, elapsed_s) = (report.since.as_secs_f64(), report.elapsed.as_secs_f64());
    let target = |target: &TargetTotals| TargetRow {
        row: "target",
        time,
        since_s,
        elapsed_s,
        group: Cell::new(target.group),
        port: Some(target.port),
        iface: Cell::new(&target.iface),
        datagrams: target.datagrams,
        bytes: target.bytes,
        errors: target.errors,
        ..TargetRow::default()
    };
    let total = TargetRow {
        row: "total",
        time,
        since_s,
        elapsed_s,
        datagrams: report.meter.datagrams,
        bytes: report.meter.bytes,
        rate_pps: report.meter.rate_pps,
        bitrate_bps: report.meter.bitrate_bps,
        errors: report.errors,
        skipped: Some(report.skipped),
        waits: Some(report.waits),
        ..TargetRow::default()
    };
    report.targets.iter().map(target).chain([total]).collect()
}

/// The rows of a ping until now: each receiver, and the total.
pub fn of_ping<'a>(summary: &PingSummary, time: &'a str) -> Vec<ReceiverRow<'a>> {
    let times = |row: ReceiverRow<'a>| ReceiverRow {
        time,
        elapsed_s: summary.elapsed.as_secs_f64(),
        ..row
    };
    let receivers = summary.receivers.iter().map(|receiver| ReceiverRow {
        row: "receiver",
        group: Cell::new(receiver.group),
        port: Some(receiver.port),
        address: Cell::new(&receiver.address),
        source_port: Some(receiver.source_port),
        iface: Cell::new(&receiver.iface),
        ..of_counts(&receiver.counts)
    });
    let total = ReceiverRow { row: "total", ..of_counts(&summary.counts) };
    receivers.chain([total]).map(times).collect()
}

fn of_counts(of: &PingCounts) -> ReceiverRow<'static> {
    ReceiverRow {
        expected: of.expected,
        received: of.received,
        replies: of.replies,
        lost: of.lost,
        loss_ratio: of.loss_ratio,
        lost_to: of.lost_to,
        loss_to_ratio: of.loss_to_ratio,
        lost_back: of.lost_back,
        loss_back_ratio: of.loss_back_ratio,
        unresolved: of.unresolved,
        withheld: of.withheld,
        duplicates: of.duplicates,
        rtt_min_ns: of.rtt_ns.map(|rtt| rtt.min),
        rtt_p50_ns: of.rtt_ns.map(|rtt| rtt.p50),
        rtt_p99_ns: of.rtt_ns.map(|rtt| rtt.p99),
        rtt_max_ns: of.rtt_ns.map(|rtt| rtt.max),
        hops_to: of.hops_to.map(|hops| hops.max),
        hops_back: of.hops_back.map(|hops| hops.max),
        ..ReceiverRow::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("+1", "'+1"),
            ("\t=1", "\\t=1"),
            ("e0", "e0"),
        ] {
            assert_eq!(Cell::new(text).0, cell);
        }
    }
}
