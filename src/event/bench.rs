//! The events of `mcast bench`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::json::{nanos, some_nanos};
use super::{Program, TargetInfo};
use crate::units::Rate;
use crate::verdict::Verdict;

/// `bench throughput` begins.
#[derive(Debug, Serialize)]
pub struct BenchingThroughput<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The benchmark.
    pub bench: ThroughputName,
    /// The target.
    pub target: TargetInfo<'a>,
    /// The sizes of the frames with header and checksum.
    pub frame_bytes: Vec<u16>,
    /// The length of a trial.
    #[serde(rename = "trial_ns", serialize_with = "nanos")]
    pub trial: Duration,
    /// The loss of a trial that passes.
    pub loss_max_ratio: f64,
    /// The highest rate; one of the two.
    #[serde(flatten)]
    pub max: MaxRate,
    /// The width of the range at which the search ends, as a part of its upper end.
    pub resolution_ratio: f64,
    /// The benchmark ends after this time.
    #[serde(rename = "time_limit_ns", serialize_with = "nanos")]
    pub time_limit: Duration,
}

/// The highest rate: one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MaxRate {
    max_pps: Option<f64>,
    max_bps: Option<f64>,
}

impl From<Rate> for MaxRate {
    fn from(rate: Rate) -> Self {
        match rate {
            Rate::Packets(rate) => MaxRate { max_pps: Some(rate), max_bps: None },
            Rate::Bits(rate) => MaxRate { max_pps: None, max_bps: Some(rate) },
        }
    }
}

impl MaxRate {
    /// The limit as a rate.
    pub fn rate(self) -> Rate {
        let packets = self.max_pps.map(Rate::Packets);
        packets.unwrap_or(Rate::Bits(self.max_bps.unwrap_or(f64::INFINITY)))
    }
}

/// `bench join` begins.
#[derive(Debug, Serialize)]
pub struct BenchingJoin<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The benchmark.
    pub bench: JoinName,
    /// The target.
    pub target: TargetInfo<'a>,
    /// The number of joins and leaves.
    pub cycles: u32,
    /// The longest wait for the first datagram.
    #[serde(rename = "join_wait_ns", serialize_with = "nanos")]
    pub join_wait: Duration,
    /// The longest wait after a leave.
    #[serde(rename = "leave_wait_ns", serialize_with = "nanos")]
    pub leave_wait: Duration,
    /// Whether mcast captures the frames on the interface.
    pub sees_frames: bool,
}

/// `bench groups` begins.
#[derive(Debug, Serialize)]
pub struct BenchingGroups<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The benchmark.
    pub bench: GroupsName,
    /// The first target.
    pub target: TargetInfo<'a>,
    /// The number of targets.
    pub groups: usize,
    /// The rate to all groups together.
    pub rate_pps: f64,
    /// Datagrams to each group in a trial.
    pub datagrams_per_group: u64,
    /// The benchmark ends after this time.
    #[serde(rename = "time_limit_ns", serialize_with = "nanos")]
    pub time_limit: Duration,
}

/// Declares the constant value of the field `bench`.
macro_rules! name {
    ($name:ident, $text:literal) => {
        #[doc = concat!("`", $text, "` in JSON.")]
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }
    };
}

name!(ThroughputName, "throughput");
name!(JoinName, "join");
name!(GroupsName, "groups");

/// A trial of `bench throughput` ended.
#[derive(Clone, Debug, Serialize)]
pub struct TrialInfo {
    /// The size of the frames with header and checksum.
    pub frame_bytes: u16,
    /// The number of the trial for this size, from 1.
    pub trial: u32,
    /// The planned rate.
    pub offered_pps: f64,
    /// Datagrams sent.
    pub sent: u64,
    /// The rate at which they left.
    pub sent_pps: Option<f64>,
    /// The bit rate of their frames.
    pub sent_bps: Option<f64>,
    /// Datagrams that could not be sent.
    pub send_errors: u64,
    /// Whether all receivers lost no more than allowed.
    pub passed: bool,
    /// The cause of a failed trial.
    pub cause: Option<Cause>,
    /// What each receiver reported.
    pub receivers: Vec<TrialReceiver>,
}

/// Why a trial failed, or what bounds the highest rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Datagrams were lost between the sockets of the sender and a receiver.
    Path,
    /// The kernel of a receiver dropped datagrams: a receive buffer was full.
    ReceiverKernel,
    /// Datagrams were lost on the path or dropped by the kernel of a receiver, which does not count
    /// its drops.
    PathOrKernel,
    /// A receiver sent no report.
    ReceiverSilent,
    /// The sender did not reach the rate.
    Sender,
    /// The highest allowed rate passed.
    MaxRate,
    /// The time limit ended the search.
    TimeLimit,
}

/// A receiver in a trial.
#[derive(Clone, Debug, Serialize)]
pub struct TrialReceiver {
    /// Its address.
    pub address: IpAddr,
    /// Its random number, which changes with each start.
    #[serde(serialize_with = "hex")]
    pub receiver: u64,
    /// Datagrams that arrived, each number once; `null` without a report.
    pub received: Option<u64>,
    /// Datagrams that did not arrive.
    pub lost: Option<u64>,
    /// The lost part of all datagrams.
    pub loss_ratio: Option<f64>,
    /// Datagrams that its kernel dropped during the trial, of all streams.
    pub kernel_drops: Option<u64>,
}

fn hex<S: Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{id:016x}"))
}

/// The highest rate of a frame size.
#[derive(Clone, Debug, Serialize)]
pub struct ThroughputRow {
    /// The size of the frames with header and checksum.
    pub frame_bytes: u16,
    /// The payload of their datagrams.
    pub payload_bytes: u16,
    /// The highest rate that passed; `null` if no trial passed.
    pub throughput_pps: Option<f64>,
    /// The bit rate of its frames.
    pub throughput_bps: Option<f64>,
    /// The lowest rate above it that failed; `null` if none did.
    pub failed_pps: Option<f64>,
    /// What bounds the rate; `null` if the search was interrupted.
    pub bound: Option<Cause>,
    /// The number of trials.
    pub trials: u32,
    /// The highest rate of each receiver, in the trials of the search.
    pub receivers: Vec<ReceiverRow>,
}

/// The rates of one receiver, in the trials of the search.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiverRow {
    /// Its address.
    pub address: IpAddr,
    /// Its random number, which changes with each start.
    #[serde(serialize_with = "hex")]
    pub receiver: u64,
    /// The highest rate at which it lost no more than allowed.
    pub passed_pps: Option<f64>,
    /// The lowest rate above it at which it lost more.
    pub failed_pps: Option<f64>,
}

/// The last event of `bench throughput`.
#[derive(Debug, Serialize)]
pub struct ThroughputSummary {
    /// The benchmark.
    pub bench: ThroughputName,
    /// The duration of the benchmark.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The number of receivers that reported.
    pub receivers: usize,
    /// The length of a trial.
    #[serde(rename = "trial_ns", serialize_with = "nanos")]
    pub trial: Duration,
    /// The loss of a trial that passes.
    pub loss_max_ratio: f64,
    /// The results, one for each frame size.
    pub results: Vec<ThroughputRow>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

/// The beginning of a join latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinFrom {
    /// The first membership report on the wire.
    Report,
    /// The call of the program.
    Call,
}

/// A join and a leave.
#[derive(Clone, Debug, Serialize)]
pub struct CycleInfo {
    /// The number of the cycle, from 1.
    pub cycle: u32,
    /// Whether frames of the group arrived before the join; `null` if mcast captures no frames.
    pub forwarded_before: Option<bool>,
    /// From the join to the first datagram; `null` if none arrived.
    #[serde(rename = "join_ns", serialize_with = "some_nanos")]
    pub join: Option<Duration>,
    /// Where the join latency begins.
    pub join_from: JoinFrom,
    /// From the call of the program to the report on the wire.
    #[serde(rename = "report_delay_ns", serialize_with = "some_nanos")]
    pub report_delay: Option<Duration>,
    /// From the leave on the wire to the last frame.
    #[serde(rename = "leave_ns", serialize_with = "some_nanos")]
    pub leave: Option<Duration>,
    /// Whether the frames stopped within the wait; `null` if mcast captures no frames.
    pub stopped: Option<bool>,
    /// Datagrams that arrived between the join and the leave.
    pub datagrams: u64,
    /// The usual time between two of them (p50).
    #[serde(rename = "gap_ns", serialize_with = "some_nanos")]
    pub gap: Option<Duration>,
}

/// Latencies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyInfo {
    /// The number of measurements.
    pub count: usize,
    /// The lowest.
    #[serde(rename = "min_ns", serialize_with = "nanos")]
    pub min: Duration,
    /// The mean.
    #[serde(rename = "mean_ns", serialize_with = "nanos")]
    pub mean: Duration,
    /// Half of the measurements are at most this.
    #[serde(rename = "p50_ns", serialize_with = "nanos")]
    pub p50: Duration,
    /// 99 % of the measurements are at most this.
    #[serde(rename = "p99_ns", serialize_with = "nanos")]
    pub p99: Duration,
    /// The highest.
    #[serde(rename = "max_ns", serialize_with = "nanos")]
    pub max: Duration,
    /// The distribution, without empty ends.
    pub histogram: Vec<Bin>,
}

/// A part of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bin {
    /// Its beginning, which belongs to it.
    #[serde(rename = "from_ns", serialize_with = "nanos")]
    pub from: Duration,
    /// Its end.
    #[serde(rename = "to_ns", serialize_with = "nanos")]
    pub to: Duration,
    /// The measurements in it.
    pub count: usize,
}

/// The last event of `bench join`.
#[derive(Debug, Serialize)]
pub struct JoinSummary {
    /// The benchmark.
    pub bench: JoinName,
    /// The duration of the benchmark.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The number of complete cycles.
    pub cycles: u32,
    /// Cycles in which no datagram arrived.
    pub missed: u32,
    /// Cycles whose group was forwarded before the join.
    pub forwarded_before: Option<u32>,
    /// Cycles in which the frames did not stop within the wait.
    pub not_stopped: Option<u32>,
    /// Where the join latency begins.
    pub join_from: JoinFrom,
    /// The join latency; `null` if no datagrams arrived.
    pub join: Option<LatencyInfo>,
    /// The time from the call of the program to the report on the wire.
    pub report_delay: Option<LatencyInfo>,
    /// The leave latency; `null` if mcast captures no frames.
    pub leave: Option<LatencyInfo>,
    /// The usual time between two datagrams: no latency is more exact.
    #[serde(rename = "gap_ns", serialize_with = "some_nanos")]
    pub gap: Option<Duration>,
    /// The longest time between two datagrams.
    #[serde(rename = "gap_max_ns", serialize_with = "some_nanos")]
    pub gap_max: Option<Duration>,
    /// The senders.
    pub sources: Vec<SocketAddr>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

/// A trial of `bench groups` ended.
#[derive(Clone, Debug, Serialize)]
pub struct StepInfo {
    /// The number of groups that mcast sent to.
    pub groups: usize,
    /// Whether all of them arrived at all receivers.
    pub passed: bool,
    /// The groups that arrived at the receiver with the fewest; `null` without a report.
    pub fewest: Option<u64>,
    /// What each receiver reported.
    pub receivers: Vec<StepReceiver>,
}

/// A receiver in a trial of `bench groups`.
#[derive(Clone, Debug, Serialize)]
pub struct StepReceiver {
    /// Its address.
    pub address: IpAddr,
    /// Its random number, which changes with each start.
    #[serde(serialize_with = "hex")]
    pub receiver: u64,
    /// The groups that arrived; `null` without a report.
    pub groups: Option<u64>,
}

/// The last event of `bench groups`.
#[derive(Debug, Serialize)]
pub struct GroupsSummary {
    /// The benchmark.
    pub bench: GroupsName,
    /// The duration of the benchmark.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The number of receivers that reported.
    pub receivers: usize,
    /// The most groups of which all arrived; `null` if no trial passed.
    pub capacity: Option<usize>,
    /// The fewest groups above it of which not all arrived; `null` if no trial failed.
    pub failed: Option<usize>,
    /// The trials, in their order.
    pub steps: Vec<StepInfo>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}
