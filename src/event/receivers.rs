//! The receivers of a sender's streams, by their reports.

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::LatenessInfo;
use super::json::{nanos, some_nanos};
use super::measured;
use crate::assertion::{Metric, Statistic, Value};
use crate::format::exchange::group_hash;
use crate::stats::receivers::{Receiver, Receivers, ReportedStream, State, Totals};
use crate::target::Zoned;
use crate::units::order::sort_by_key;

/// How many receivers an event during the run lists: those with the most losses.
pub const MOST_LISTED: usize = 100;

/// The receivers so far.
#[derive(Debug, Serialize)]
pub struct ReceiversReport {
    /// The time since the sockets were opened.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The receivers.
    #[serde(flatten)]
    pub receivers: ReceiversInfo,
}

/// All receivers that reported. A counter is that of the receiver with the worst value.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiversInfo {
    /// The time between two reports of a receiver.
    #[serde(rename = "interval_ns", serialize_with = "nanos")]
    pub interval: Duration,
    /// How many receivers reported. One that was restarted counts once.
    pub receivers: usize,
    /// How many of them reported the end.
    pub ended: usize,
    /// How many of them stopped reporting before the end.
    pub silent: usize,
    /// How many receivers began again.
    pub restarts: usize,
    /// The fewest datagrams that a receiver received; `null` without receivers.
    pub received_min: Option<u64>,
    /// The most datagrams that a receiver lost.
    pub lost_max: Option<u64>,
    /// The datagrams that all receivers lost together.
    pub lost_total: u64,
    /// The highest part of lost datagrams.
    pub loss_ratio_max: Option<f64>,
    /// The most datagrams before the first one that a receiver received.
    pub missed_before_max: Option<u64>,
    /// The most duplicates.
    pub duplicates_max: Option<u64>,
    /// The most reordered datagrams.
    pub reordered_max: Option<u64>,
    /// The most corrupt datagrams.
    pub corrupt_max: Option<u64>,
    /// The most drops in a receiver's kernel.
    pub kernel_drops_max: Option<u32>,
    /// The largest jitter.
    pub jitter_max_ns: Option<u32>,
    /// The longest delays; `null` unless all clocks agree.
    pub delay_max_ns: Option<LatenessInfo>,
    /// Reports that arrived after a newer one.
    pub late_reports: u64,
    /// Reports of receivers that were not tracked.
    pub untracked_reports: u64,
    /// Datagrams that are no reports on this run.
    pub foreign_answers: u64,
    /// The receivers, in the order of their first reports.
    pub list: Vec<ReceiverInfo>,
}

/// A receiver.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiverInfo {
    /// Its address.
    pub address: Zoned<IpAddr>,
    /// Its random number, one per run, in hex.
    #[serde(serialize_with = "measured::hex")]
    pub receiver: u64,
    /// `reporting`, `ended`, `silent` or `replaced`.
    pub state: &'static str,
    /// How long it has been silent; `null` if it is not.
    #[serde(rename = "silent_ns", serialize_with = "some_nanos")]
    pub silent: Option<Duration>,
    /// It followed another receiver at the same address.
    pub restarted: bool,
    /// When its first report arrived, from the start of the run.
    #[serde(rename = "first_ns", serialize_with = "nanos")]
    pub first: Duration,
    /// When its last report arrived.
    #[serde(rename = "last_ns", serialize_with = "nanos")]
    pub last: Duration,
    /// How many reports arrived.
    pub reports: u64,
    /// How many reports did not arrive.
    pub reports_lost: u64,
    /// Drops in its kernel, of all its streams.
    pub kernel_drops: Option<u32>,
    /// Its counters: sums, and the largest of the times.
    #[serde(flatten)]
    pub counters: ReportedInfo,
    /// Its counters for each group and port.
    pub streams: Vec<ReportedStreamInfo>,
}

/// The counters of a receiver for one group and port.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedStreamInfo {
    /// The group; `null` if it is none of the sender's.
    pub group: Option<IpAddr>,
    /// The UDP port.
    pub port: u16,
    /// The end of the stream arrived.
    pub ended: bool,
    /// The counters.
    #[serde(flatten)]
    pub counters: ReportedInfo,
}

/// The counters of a report.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedInfo {
    /// Datagrams that arrived, each number once.
    pub received: u64,
    /// Datagrams lost since the first that arrived.
    pub lost: u64,
    /// `lost` divided by the sum of `received` and `lost`; `null` if that is 0.
    pub loss_ratio: Option<f64>,
    /// Datagrams before the first one that arrived.
    pub missed_before: u64,
    /// Duplicates.
    pub duplicates: u64,
    /// Reordered datagrams.
    pub reordered: u64,
    /// Datagrams with a wrong checksum or length.
    pub corrupt: u64,
    /// Received datagrams a second, from the first to the last.
    pub rate_pps: Option<f64>,
    /// The jitter (RFC 3550).
    pub jitter_ns: Option<u32>,
    /// The delay; `null` unless the clocks are known to agree.
    pub delay_ns: Option<LatenessInfo>,
    /// The number of routers on the path; `null` if it is unknown.
    pub hops: Option<u8>,
}

/// A target of the sender, to name the groups of reports.
#[derive(Clone, Copy, Debug)]
pub struct ReportTarget {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The TTL or hop limit of its datagrams.
    pub ttl: Option<u8>,
}

/// Facts about the reports that the table does not hold.
#[derive(Clone, Copy, Debug)]
pub struct ReportFacts {
    /// The time of this description, from the start of the run.
    pub now: Duration,
    /// The time between two reports of a receiver.
    pub interval: Duration,
    /// Datagrams that are no reports on this run.
    pub foreign: u64,
}

impl ReceiversInfo {
    /// Describes all receivers, or at most `most` of them: the worst ones. `zone` names the
    /// interface of a link-local address.
    pub fn new(
        table: &Receivers,
        targets: &[ReportTarget],
        facts: ReportFacts,
        most: usize,
        zone: impl Fn(u32) -> Option<String>,
    ) -> Self {
        let ReportFacts { now, interval, foreign } = facts;
        let totals: Totals = table.totals(now);
        let mut listed: Vec<&Receiver> = table.iter().collect();
        if listed.len() > most {
            sort_by_key(&mut listed, |receiver| {
                (table.state(receiver, now) != State::Silent, Reverse(receiver.lost()))
            });
            listed.truncate(most);
            sort_by_key(&mut listed, |receiver| receiver.first);
        }
        let describe =
            |receiver: &&Receiver| ReceiverInfo::new(table, receiver, targets, now, &zone);
        ReceiversInfo {
            interval,
            receivers: totals.receivers,
            ended: totals.ended,
            silent: totals.silent,
            restarts: totals.replaced,
            received_min: totals.received_min,
            lost_max: totals.lost_max,
            lost_total: totals.lost_total,
            loss_ratio_max: totals.loss_max,
            missed_before_max: totals.missed_before_max,
            duplicates_max: totals.duplicates_max,
            reordered_max: totals.reordered_max,
            corrupt_max: totals.corrupt_max,
            kernel_drops_max: totals.kernel_drops_max,
            jitter_max_ns: totals.jitter_max,
            delay_max_ns: totals.delay_max.map(delay),
            late_reports: table.late,
            untracked_reports: table.untracked,
            foreign_answers: foreign,
            list: listed.iter().map(describe).collect(),
        }
    }

    /// The value of a metric; `None` if it was not measured. If some receivers were not tracked,
    /// the worst one is unknown.
    pub fn value(&self, metric: Metric) -> Option<Value> {
        let count = |value: Option<u64>| value.map(Value::Count);
        let size = |value: usize| Some(Value::Count(value as u64));
        if self.untracked_reports > 0 {
            let is_count = matches!(metric, Metric::Receivers);
            return is_count.then_some(Value::AtLeast(self.receivers as u64));
        }
        match metric {
            Metric::Receivers => size(self.receivers),
            Metric::Silent => size(self.silent),
            Metric::Restarts => size(self.restarts),
            Metric::Received => count(self.received_min),
            Metric::Loss => self.loss_ratio_max.map(Value::Ratio),
            Metric::Lost => count(self.lost_max),
            Metric::MissedBefore => count(self.missed_before_max),
            Metric::Duplicates => count(self.duplicates_max),
            Metric::Reordered => count(self.reordered_max),
            Metric::Corrupt => count(self.corrupt_max),
            Metric::KernelDrops => count(self.kernel_drops_max.map(u64::from)),
            Metric::Jitter => self.jitter_max_ns.map(|nanos| Value::Nanos(nanos.into())),
            Metric::Delay(statistic) => {
                let delay = self.delay_max_ns.as_ref()?;
                Some(Value::Nanos(match statistic {
                    Statistic::P50 => delay.p50,
                    Statistic::P99 => delay.p99,
                    Statistic::Max => delay.max,
                    _ => return None,
                }))
            }
            _ => None,
        }
    }
}

impl ReceiverInfo {
    fn new(
        table: &Receivers,
        receiver: &Receiver,
        targets: &[ReportTarget],
        now: Duration,
        zone: impl Fn(u32) -> Option<String>,
    ) -> Self {
        let scope = match receiver.address {
            SocketAddr::V6(address) => zone(address.scope_id()),
            SocketAddr::V4(_) => None,
        };
        let streams: Vec<ReportedStreamInfo> = receiver
            .streams
            .iter()
            .map(|stream| ReportedStreamInfo::new(stream, targets))
            .collect();
        let counters = ReportedInfo {
            received: receiver.received(),
            lost: receiver.lost(),
            loss_ratio: receiver.loss_ratio(),
            missed_before: receiver.missed_before(),
            duplicates: receiver.duplicates(),
            reordered: receiver.reordered(),
            corrupt: receiver.corrupt(),
            rate_pps: receiver.rate_pps(),
            jitter_ns: receiver.jitter(),
            delay_ns: receiver.delay().map(delay),
            hops: streams.iter().filter_map(|stream| stream.counters.hops).max(),
        };
        ReceiverInfo {
            address: Zoned::ip(receiver.address.ip(), scope),
            receiver: receiver.id,
            state: table.state(receiver, now).name(),
            silent: table.silent_for(receiver, now),
            restarted: table.is_restarted(receiver, now),
            first: receiver.first,
            last: receiver.last,
            reports: receiver.streams.iter().map(|stream| stream.reports).sum(),
            reports_lost: receiver.streams.iter().map(ReportedStream::reports_lost).sum(),
            kernel_drops: receiver.kernel_drops(),
            counters,
            streams,
        }
    }
}

impl ReportedStreamInfo {
    fn new(stream: &ReportedStream, targets: &[ReportTarget]) -> Self {
        let report = &stream.report;
        let is_of = |target: &&ReportTarget| {
            target.port == report.port && group_hash(target.group) == report.group
        };
        let target = targets.iter().find(is_of);
        ReportedStreamInfo {
            group: target.map(|target| target.group),
            port: report.port,
            ended: report.ended,
            counters: ReportedInfo {
                received: report.received,
                lost: report.lost,
                loss_ratio: stream.loss_ratio(),
                missed_before: stream.missed_before(),
                duplicates: report.duplicates.into(),
                reordered: report.reordered.into(),
                corrupt: report.corrupt.into(),
                rate_pps: stream.rate_pps(),
                jitter_ns: report.jitter,
                delay_ns: stream.delay().map(delay),
                hops: stream.hops(target.and_then(|target| target.ttl)),
            },
        }
    }
}

fn delay([p50, p99, max]: [i64; 3]) -> LatenessInfo {
    LatenessInfo { p50, p99, max }
}
