//! The events of `mcast ping`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::json::{nanos, some_nanos};
use super::measured::hex;
use super::{HopsInfo, Program, TargetInfo, metric};
use crate::assertion::{Judgement, Metric, PingMetric, Value};
use crate::stats::delay::Quantiles;
use crate::stats::ping::{Figures, Hops};
use crate::target::Zoned;
use crate::verdict::Verdict;

/// The sockets are open: the first request follows.
#[derive(Debug, Serialize)]
pub struct Pinging<'a> {
    /// The program that writes the events.
    #[serde(flatten)]
    pub program: Program,
    /// The targets.
    pub targets: Vec<TargetInfo<'a>>,
    /// The time between two requests to a target.
    #[serde(rename = "interval_ns", serialize_with = "nanos")]
    pub interval: Duration,
    /// The limit of requests to each target.
    pub count: Option<u64>,
    /// The time to wait for answers after the last request.
    #[serde(rename = "wait_ns", serialize_with = "nanos")]
    pub wait: Duration,
    /// The length of each request.
    pub len_bytes: u16,
    /// Receivers that answered get unicast requests, too.
    pub unicast: bool,
    /// The most replies a second.
    pub reply_budget_pps: u64,
    /// How many receivers the user expects; `null` without `--expect`.
    pub expected: Option<usize>,
}

/// A reply arrived.
#[derive(Debug, Serialize)]
pub struct ReplyInfo<'a> {
    /// The address and port that replies.
    pub source: Zoned<SocketAddr, &'a str>,
    /// The random number of the receiver's run, in hex.
    #[serde(serialize_with = "hex")]
    pub receiver: u64,
    /// The group of the request.
    pub group: IpAddr,
    /// Its UDP port.
    pub port: u16,
    /// The interface that it left on.
    pub iface: &'a str,
    /// The request was sent to the receiver's unicast address.
    pub unicast: bool,
    /// The number of the request.
    pub seq: u64,
    /// The length of the reply.
    pub len_bytes: usize,
    /// The round-trip time without the time in the receiver.
    pub rtt_ns: i64,
    /// The routers on the way to the receiver.
    pub hops_to: Option<u8>,
    /// The routers on the way back.
    pub hops_back: Option<u8>,
    /// The reply had arrived before.
    pub duplicate: bool,
    /// The run has several targets, which text then names.
    #[serde(skip)]
    pub names_target: bool,
}

/// The last event of `mcast ping`.
#[derive(Debug, Serialize)]
pub struct PingSummary {
    /// The duration of the run.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// The counts of each target.
    pub targets: Vec<PingTarget>,
    /// The receivers, in the order of targets and addresses.
    pub receivers: Vec<PingReceiver>,
    /// The counts of all receivers together, without unicast.
    #[serde(flatten)]
    pub counts: PingCounts,
    /// Replies of further receivers, which have no counts of their own.
    pub untracked: u64,
    /// Datagrams that arrived and answer none of these requests.
    pub foreign: u64,
    /// The expected receivers that did not answer; `null` without `--expect`.
    pub missing: Option<Vec<IpAddr>>,
    /// The results of `--assert`.
    pub assertions: Vec<Judgement>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

/// The counts of one target.
#[derive(Clone, Debug, Serialize)]
pub struct PingTarget {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The address that sends the requests.
    pub source: IpAddr,
    /// The interface.
    pub iface: String,
    /// How many requests were sent.
    pub requests: u64,
    /// How many could not be sent.
    pub errors: u64,
    /// How many replies arrived, without duplicates.
    pub replies: u64,
    /// The number of receivers, estimated from the replies of a part of them; `null` if all were
    /// asked.
    pub estimate: Option<EstimateInfo>,
    /// The round-trip times of all receivers.
    pub rtt_ns: Option<Quantiles>,
}

/// An estimate of the number of receivers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EstimateInfo {
    /// The most likely number.
    pub receivers: u64,
    /// The number is probably not lower.
    pub low: u64,
    /// The number is probably not higher.
    pub high: u64,
}

/// A receiver at one target.
#[derive(Clone, Debug, Serialize)]
pub struct PingReceiver {
    /// The address that replies.
    pub address: Zoned<IpAddr>,
    /// The port that replies.
    pub source_port: u16,
    /// The random number of its last run, in hex.
    #[serde(serialize_with = "hex")]
    pub receiver: u64,
    /// How often another run replaced the last one at this address.
    pub restarts: u64,
    /// The group.
    pub group: IpAddr,
    /// Its UDP port.
    pub port: u16,
    /// The interface that the requests leave on.
    pub iface: String,
    /// The time from the start of the run to the first reply.
    #[serde(rename = "first_seen_ns", serialize_with = "nanos")]
    pub first_seen: Duration,
    /// The time from the start of the run to the last reply.
    #[serde(rename = "last_seen_ns", serialize_with = "nanos")]
    pub last_seen: Duration,
    /// The counts.
    #[serde(flatten)]
    pub counts: PingCounts,
    /// The counts of unicast requests; `null` without `--unicast`.
    pub unicast: Option<UnicastInfo>,
}

/// The unicast requests to a receiver.
#[derive(Clone, Debug, Serialize)]
pub struct UnicastInfo {
    /// How many could not be sent, or came back as unreachable.
    pub errors: u64,
    /// The time from the start of the run to the last reply; `null` without a reply.
    #[serde(rename = "last_seen_ns", serialize_with = "some_nanos")]
    pub last_seen: Option<Duration>,
    /// The counts.
    #[serde(flatten)]
    pub counts: PingCounts,
}

/// The counts of requests and replies.
#[derive(Clone, Debug, Serialize)]
pub struct PingCounts {
    /// The requests that were sent since the receiver began to listen.
    pub expected: u64,
    /// Those that it received, as far as it reported.
    pub received: u64,
    /// Those to which a reply arrived.
    pub replies: u64,
    /// The requests without a reply, except those that the receiver did not answer on purpose.
    pub lost: u64,
    /// Their part; `null` if no reply was due.
    pub loss_ratio: Option<f64>,
    /// The requests that did not reach the receiver.
    pub lost_to: u64,
    /// Their part of the requests of which that is known.
    pub loss_to_ratio: Option<f64>,
    /// The replies that did not arrive.
    pub lost_back: u64,
    /// Their part of all replies.
    pub loss_back_ratio: Option<f64>,
    /// The requests after the newest answer: unknown whether they or their replies were lost.
    pub unresolved: u64,
    /// The requests that the receiver did not answer on purpose: because of its limits, or because
    /// only a part of the receivers was asked.
    pub withheld: u64,
    /// The replies that arrived again.
    pub duplicates: u64,
    /// The requests that reached the receiver again.
    pub request_duplicates: u64,
    /// The round-trip time without the time in the receiver.
    pub rtt_ns: Option<Quantiles>,
    /// The routers on the way to the receiver.
    pub hops_to: Option<HopsInfo>,
    /// The routers on the way back.
    pub hops_back: Option<HopsInfo>,
}

impl From<&Figures> for PingCounts {
    fn from(figures: &Figures) -> Self {
        let hops = |hops: Option<Hops>| hops.map(|Hops { min, max }| HopsInfo { min, max });
        PingCounts {
            expected: figures.expected,
            received: figures.received,
            replies: figures.answered,
            lost: figures.lost(),
            loss_ratio: figures.loss(),
            lost_to: figures.lost_to,
            loss_to_ratio: figures.loss_to(),
            lost_back: figures.lost_back,
            loss_back_ratio: figures.loss_back(),
            unresolved: figures.unresolved,
            withheld: figures.withheld,
            duplicates: figures.duplicates,
            request_duplicates: figures.request_duplicates,
            rtt_ns: figures.rtt.quantiles(),
            hops_to: hops(figures.hops_to),
            hops_back: hops(figures.hops_back),
        }
    }
}

impl PingSummary {
    /// The number of receivers that answered: each at each target. Estimated if only a part of them
    /// was asked.
    pub fn receivers(&self) -> u64 {
        let at = |target: &PingTarget| match target.estimate {
            Some(estimate) => estimate.receivers,
            None => {
                let is_at = |of: &&PingReceiver| of.counts.replies > 0 && of.is_at(target);
                self.receivers.iter().filter(is_at).count() as u64
            }
        };
        self.targets.iter().map(at).sum()
    }

    /// The value of a metric; `None` if it was not measured.
    pub fn value(&self, metric: Metric) -> Option<Value> {
        let counts = &self.counts;
        match metric {
            Metric::Receivers => Some(Value::Count(self.receivers())),
            Metric::Loss => counts.loss_ratio.map(Value::Ratio),
            Metric::Lost => Some(Value::Count(counts.lost)),
            Metric::Duplicates => Some(Value::Count(counts.duplicates)),
            Metric::Restarts => {
                Some(Value::Count(self.receivers.iter().map(|of| of.restarts).sum()))
            }
            Metric::Ping(metric) => match metric {
                PingMetric::LossTo => counts.loss_to_ratio.map(Value::Ratio),
                PingMetric::LostTo => Some(Value::Count(counts.lost_to)),
                PingMetric::LossBack => counts.loss_back_ratio.map(Value::Ratio),
                PingMetric::LostBack => Some(Value::Count(counts.lost_back)),
                PingMetric::Unresolved => Some(Value::Count(counts.unresolved)),
                PingMetric::Rtt(statistic) => {
                    counts.rtt_ns.map(|rtt| Value::Nanos(metric::of(&rtt, statistic)))
                }
            },
            _ => None,
        }
    }
}

impl PingReceiver {
    /// Whether it is a receiver of this target.
    pub fn is_at(&self, target: &PingTarget) -> bool {
        (self.group, self.port, &self.iface) == (target.group, target.port, &target.iface)
    }

    /// Whether it answers unicast requests, but not the last multicast requests.
    pub fn answers_only_unicast(&self) -> bool {
        let unicast = self.unicast.as_ref().filter(|unicast| unicast.counts.replies > 0);
        unicast.is_some_and(|unicast| {
            self.counts.unresolved > 0
                && unicast.counts.unresolved == 0
                && unicast.last_seen > Some(self.last_seen)
        })
    }

    /// Whether it answers multicast requests, but no unicast request.
    pub fn answers_only_multicast(&self) -> bool {
        let unicast = self.unicast.as_ref();
        unicast.is_some_and(|unicast| unicast.counts.expected > 0 && unicast.counts.replies == 0)
    }
}
