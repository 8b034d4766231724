//! All metrics: names, labels and help. `docs/metrics.md` lists them, and a test compares both.

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// The whole name.
    pub name: &'static str,
    /// The labels, separated by commas.
    pub labels: &'static str,
    /// The help.
    pub help: &'static str,
}

impl Metric {
    /// Whether the value only rises while the program runs.
    pub fn is_counter(&self) -> bool {
        self.name.ends_with("_total")
    }

    /// Whether the value is always 1, and the labels are the content.
    pub fn is_info(&self) -> bool {
        self.name.ends_with("_info")
    }
}

const fn metric(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, labels, help }
}

/// The labels of a stream.
const STREAM_LABELS: &str = "group,port,source,iface,format,key";
/// The labels of a flow that mcast does not measure.
const FLOW_LABELS: &str = "group,port,source,iface,format";
/// The labels of a target.
const TARGET_LABELS: &str = "group,port,iface";
/// The labels of a receiver that reports to a sender.
const REPORT_LABELS: &str = "receiver,group,port";
/// The labels of a receiver that replies to pings.
const PING_LABELS: &str = "receiver,group,port,iface";

/// The program.
pub static BUILD: [Metric; 1] =
    [metric("mcast_build_info", "version", "The version of mcast, as a label.")];

/// The run.
pub static RUN: [Metric; 2] = [
    metric("mcast_ready", "", "1 after mcast joined its groups or opened its sockets, 0 before."),
    metric("mcast_start_time_seconds", "", "When mcast started, in seconds since the Unix epoch."),
];

/// The warnings.
pub static WARNINGS: [Metric; 1] =
    [metric("mcast_warnings_total", "id", "Warnings, by the id that docs/warnings.md explains.")];

/// A receiver.
pub static RECEIVER: [Metric; 8] = [
    metric("mcast_received_datagrams_total", "", "Datagrams that arrived."),
    metric("mcast_received_bytes_total", "", "Bytes of payload that arrived."),
    metric(
        "mcast_kernel_drops_total",
        "",
        "Datagrams that the kernel of this host dropped, because the receive buffer was full.",
    ),
    metric(
        "mcast_checksum_errors_total",
        "",
        "Datagrams that the kernel dropped for a wrong UDP checksum.",
    ),
    metric(
        "mcast_corrupt_datagrams_total",
        "",
        "Probes with a wrong checksum or length, and datagrams that do not fit the format of \
         --format.",
    ),
    metric(
        "mcast_untracked_datagrams_total",
        "",
        "Datagrams of streams beyond the limit of streams.",
    ),
    metric(
        "mcast_last_datagram_timestamp_seconds",
        "",
        "When the last datagram arrived, in seconds since the Unix epoch.",
    ),
    metric(
        "mcast_streams",
        "",
        "Measured streams that have not ended and carried a datagram in the last 5 minutes.",
    ),
];

/// A joined target.
pub static TARGET: [Metric; 1] = [metric(
    "mcast_target_datagrams_total",
    TARGET_LABELS,
    "Datagrams that arrived for a joined target, from any source. 0 before the first one.",
)];

/// A measured stream.
pub static STREAM: [Metric; 14] = [
    metric(
        "mcast_stream_datagrams_total",
        STREAM_LABELS,
        "Datagrams of a stream that arrived, without duplicates.",
    ),
    metric(
        "mcast_stream_bytes_total",
        STREAM_LABELS,
        "Bytes of payload of a stream that arrived, without duplicates.",
    ),
    metric(
        "mcast_stream_expected_total",
        STREAM_LABELS,
        "Numbers that should have arrived: of datagrams, messages or TS packets.",
    ),
    metric(
        "mcast_stream_lost_total",
        STREAM_LABELS,
        "Expected numbers that did not arrive, drops of this host's kernel included.",
    ),
    metric(
        "mcast_stream_duplicates_total",
        STREAM_LABELS,
        "Further copies of datagrams that arrived.",
    ),
    metric(
        "mcast_stream_reordered_total",
        STREAM_LABELS,
        "Datagrams that arrived after a later one.",
    ),
    metric(
        "mcast_stream_ts_cc_errors_total",
        STREAM_LABELS,
        "Errors of the continuity counters of a transport stream.",
    ),
    metric(
        "mcast_stream_last_datagram_timestamp_seconds",
        STREAM_LABELS,
        "When the last datagram of a stream arrived, in seconds since the Unix epoch.",
    ),
    metric(
        "mcast_stream_gap_seconds",
        STREAM_LABELS,
        "The longest time between two datagrams in the last interval, or the time since the \
         last datagram if it is longer.",
    ),
    metric("mcast_stream_jitter_seconds", STREAM_LABELS, "The interarrival jitter of RFC 3550."),
    metric(
        "mcast_stream_delay_p50_seconds",
        STREAM_LABELS,
        "The median one-way delay in the last interval. Absent if the clocks are not known to \
         agree.",
    ),
    metric(
        "mcast_stream_delay_p99_seconds",
        STREAM_LABELS,
        "The 99th percentile of the one-way delay in the last interval.",
    ),
    metric(
        "mcast_stream_ts_pcr_jitter_seconds",
        STREAM_LABELS,
        "The jitter of arrivals against the PCR in the last interval, peak to peak.",
    ),
    metric(
        "mcast_stream_mdi_delay_factor_seconds",
        STREAM_LABELS,
        "The delay factor of the media delivery index (RFC 4445) in the last second.",
    ),
];

/// A flow that mcast does not measure.
pub static FLOW: [Metric; 3] = [
    metric(
        "mcast_flow_datagrams_total",
        FLOW_LABELS,
        "Datagrams of a flow that mcast cannot measure.",
    ),
    metric(
        "mcast_flow_bytes_total",
        FLOW_LABELS,
        "Bytes of payload of a flow that mcast cannot measure.",
    ),
    metric(
        "mcast_flow_last_datagram_timestamp_seconds",
        FLOW_LABELS,
        "When the last datagram of a flow arrived, in seconds since the Unix epoch.",
    ),
];

/// A target of a sender.
pub static SENT: [Metric; 3] = [
    metric("mcast_sent_datagrams_total", TARGET_LABELS, "Datagrams that were sent."),
    metric("mcast_sent_bytes_total", TARGET_LABELS, "Bytes of payload that were sent."),
    metric("mcast_send_errors_total", TARGET_LABELS, "Datagrams that could not be sent."),
];

/// A sender.
pub static SENDER: [Metric; 2] = [
    metric(
        "mcast_send_skipped_rounds_total",
        "",
        "Rounds that were skipped, because the sender could not keep the pace.",
    ),
    metric("mcast_send_waits_total", "", "Waits for space in the system's send queues."),
];

/// The receivers that report to a sender.
pub static RECEIVERS: [Metric; 2] = [
    metric("mcast_receivers", "", "Receivers that report to this sender."),
    metric(
        "mcast_receivers_silent",
        "",
        "Receivers that stopped reporting before the end of the stream.",
    ),
];

/// A receiver that reports to a sender.
pub static REPORTED: [Metric; 6] = [
    metric(
        "mcast_receiver_received_total",
        REPORT_LABELS,
        "Datagrams that arrived at a receiver, as it reports.",
    ),
    metric(
        "mcast_receiver_lost_total",
        REPORT_LABELS,
        "Datagrams that a receiver lost, as it reports.",
    ),
    metric(
        "mcast_receiver_duplicates_total",
        REPORT_LABELS,
        "Duplicates at a receiver, as it reports.",
    ),
    metric(
        "mcast_receiver_reordered_total",
        REPORT_LABELS,
        "Reordered datagrams at a receiver, as it reports.",
    ),
    metric(
        "mcast_receiver_jitter_seconds",
        REPORT_LABELS,
        "The interarrival jitter at a receiver, as it reports.",
    ),
    metric(
        "mcast_receiver_delay_p99_seconds",
        REPORT_LABELS,
        "The 99th percentile of the one-way delay to a receiver. Absent if the clocks are not \
         known to agree.",
    ),
];

/// A target of a ping.
pub static PING: [Metric; 3] = [
    metric("mcast_ping_requests_total", TARGET_LABELS, "Requests that were sent."),
    metric("mcast_ping_send_errors_total", TARGET_LABELS, "Requests that could not be sent."),
    metric(
        "mcast_ping_receivers",
        TARGET_LABELS,
        "Receivers that replied. An estimate if only a part of them was asked.",
    ),
];

/// A receiver that replies to pings.
pub static PINGED: [Metric; 7] = [
    metric(
        "mcast_ping_expected_total",
        PING_LABELS,
        "Requests that were sent since the receiver began to listen.",
    ),
    metric("mcast_ping_replies_total", PING_LABELS, "Requests to which a reply arrived."),
    metric("mcast_ping_duplicates_total", PING_LABELS, "Replies that arrived again."),
    metric(
        "mcast_ping_rtt_seconds_total",
        PING_LABELS,
        "The sum of the round-trip times of all replies. Divide its rate by that of \
         mcast_ping_replies_total.",
    ),
    metric(
        "mcast_ping_unresolved",
        PING_LABELS,
        "Requests after the newest answer: lost, or their replies were, or they are on the way.",
    ),
    metric(
        "mcast_ping_rtt_p50_seconds",
        PING_LABELS,
        "The median round-trip time since the start.",
    ),
    metric(
        "mcast_ping_rtt_p99_seconds",
        PING_LABELS,
        "The 99th percentile of the round-trip times since the start.",
    ),
];

/// The losses of a ping, by direction.
pub static PING_LOST: [Metric; 1] = [metric(
    "mcast_ping_lost_total",
    "receiver,group,port,iface,direction",
    "Losses on the way to the receiver (to) and of its replies (back).",
)];

/// The cycles of a check.
pub static CHECK: [Metric; 2] = [
    metric("mcast_check_runs_total", "", "Checks that are complete."),
    metric(
        "mcast_check_last_run_timestamp_seconds",
        "",
        "When the last check was complete, in seconds since the Unix epoch.",
    ),
];

/// The findings of the last check.
pub static FINDINGS: [Metric; 1] = [metric(
    "mcast_check_finding",
    "id,level,group,port,iface",
    "1 for each finding of the last check, by the id that docs/findings.md explains.",
)];

/// The metrics of every table.
#[cfg(test)]
pub fn all() -> [&'static [Metric]; 16] {
    [
        &BUILD, &RUN, &WARNINGS, &RECEIVER, &TARGET, &STREAM, &FLOW, &SENT, &SENDER, &RECEIVERS,
        &REPORTED, &PING, &PINGED, &PING_LOST, &CHECK, &FINDINGS,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_page_lists_each_metric_with_its_help() {
        let page = include_str!("../../../docs/metrics.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `mcast_")).collect();
        let expected: Vec<String> = all()
            .iter()
            .flat_map(|of| *of)
            .map(|of| format!("| `{}` | {} |", of.name, of.help))
            .collect();
        assert_eq!(rows, expected);
        for metric in all().into_iter().flatten().filter(|metric| !metric.labels.is_empty()) {
            let labels = metric.labels.split(',').map(|label| format!("`{label}`"));
            let labels = labels.collect::<Vec<_>>().join(", ");
            assert!(page.contains(&labels), "{}: {labels}", metric.name);
        }
    }

    #[test]
    fn names_follow_the_conventions() {
        let mut names = BTreeSet::new();
        for metric in all().into_iter().flatten() {
            assert!(names.insert(metric.name), "{} is there twice", metric.name);
            let letters =
                |letter: char| letter.is_ascii_lowercase() || "_0123456789".contains(letter);
            assert!(metric.name.starts_with("mcast_") && metric.name.chars().all(letters));
            assert!(metric.help.ends_with('.') && !metric.help.contains(['\\', '\n', '"', '|']));
            for unit in ["_ns", "_ms", "_us", "_bits", "_percent"] {
                assert!(!metric.name.contains(unit), "{} is not in a base unit", metric.name);
            }
        }
    }
}
