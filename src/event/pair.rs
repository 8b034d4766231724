//! Redundant pairs.

use std::net::IpAddr;

use serde::Serialize;

use super::LatenessInfo;
use super::detail::key;
use crate::assertion::{Metric, PairMetric, Value};
use crate::stats::delay::Quantiles;
use crate::stats::stream::{Paired, Streams};
use crate::target::Target;
use crate::units::UnixTime;

/// A stream on two targets.
#[derive(Debug, Serialize)]
pub struct PairInfo {
    /// The first target.
    pub a: SideInfo,
    /// The second target.
    pub b: SideInfo,
    /// The format; `null` if no numbered stream arrived on either side.
    pub format: Option<&'static str>,
    /// What the numbers count.
    pub unit: Option<&'static str>,
    /// The key of the stream, which is the same on both sides.
    pub key: Option<String>,
    /// The side without the stream; `null` if the stream arrived on both.
    pub missing: Option<Missing>,
    /// The numbers from the time when both sides had started; `null` unless the stream arrived on
    /// both sides.
    pub expected: Option<u64>,
    /// How many of these arrived on neither side.
    pub lost: Option<u64>,
    /// How many of these did not arrive on side A.
    pub lost_a: Option<u64>,
    /// How many of these did not arrive on side B.
    pub lost_b: Option<u64>,
    /// The time between the arrivals on both sides.
    pub skew_ns: Option<LatenessInfo>,
    /// The arrival on B minus that on A.
    pub b_after_a_ns: Option<OffsetInfo>,
}

/// A target of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct SideInfo {
    /// The only accepted source.
    pub source: Option<IpAddr>,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that the target names.
    pub iface: Option<String>,
}

/// The side on which a stream did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The first one.
    A,
    /// The second one.
    B,
    /// Both: no numbered stream arrived at all.
    Both,
    /// Unknown: mcast does not follow all streams of the pair.
    Unknown,
}

/// Quantiles of a signed time, in nanoseconds.
#[derive(Debug, Serialize)]
pub struct OffsetInfo {
    /// The minimum.
    pub min: i64,
    /// The median.
    pub p50: i64,
    /// The maximum.
    pub max: i64,
}

impl From<&Target> for SideInfo {
    fn from(Target { source, group, port, zone }: &Target) -> Self {
        SideInfo { source: *source, group: *group, port: *port, iface: zone.clone() }
    }
}

impl PairInfo {
    fn new((a, b): &(Target, Target)) -> Self {
        PairInfo {
            a: a.into(),
            b: b.into(),
            format: None,
            unit: None,
            key: None,
            missing: Some(Missing::Both),
            expected: None,
            lost: None,
            lost_a: None,
            lost_b: None,
            skew_ns: None,
            b_after_a_ns: None,
        }
    }

    fn of(paired: &Paired, targets: &(Target, Target), streams: &Streams, now: UnixTime) -> Self {
        let [a, b] = paired.positions();
        let stream = a.or(b).and_then(|position| streams.iter().nth(position));
        let info = PairInfo {
            format: stream.map(|stream| stream.format()),
            unit: stream.map(|stream| stream.unit().name()),
            key: stream.and_then(key),
            missing: match (a, b) {
                (Some(_), Some(_)) => None,
                (None, Some(_)) => Some(Missing::A),
                (Some(_), None) => Some(Missing::B),
                (None, None) => Some(Missing::Both),
            },
            ..PairInfo::new(targets)
        };
        if info.missing.is_some() {
            return info;
        }
        let losses = paired.pair.losses(now);
        let offset = |Quantiles { min, p50, max, .. }: Quantiles| OffsetInfo { min, p50, max };
        PairInfo {
            expected: Some(losses.expected),
            lost: Some(losses.lost),
            lost_a: Some(losses.lost_a),
            lost_b: Some(losses.lost_b),
            skew_ns: paired.pair.skew().quantiles().map(LatenessInfo::from),
            b_after_a_ns: paired.pair.b_after_a().quantiles().map(offset),
            ..info
        }
    }
}

/// Describes the pairs, in the order of the command line. `now` is on the clock that timestamps
/// datagrams.
pub fn describe_pairs(streams: &Streams, now: UnixTime) -> Vec<PairInfo> {
    let pairs = &streams.pairs;
    let mut infos = Vec::new();
    for (asked, targets) in pairs.asked().iter().enumerate() {
        let before = infos.len();
        let paired = pairs.paired().iter().filter(|paired| paired.asked == asked);
        infos.extend(paired.map(|paired| PairInfo::of(paired, targets, streams, now)));
        if pairs.has_more(asked) {
            infos.push(PairInfo { missing: Some(Missing::Unknown), ..PairInfo::new(targets) });
        } else if infos.len() == before {
            infos.push(PairInfo::new(targets));
        }
    }
    infos
}

/// The value of a metric of pairs: sums of losses, and the largest skew. `None` for other metrics,
/// and if a stream did not arrive on both sides.
pub fn value_of_pairs(pairs: &[PairInfo], metric: Metric) -> Option<Value> {
    let Metric::Pair(metric) = metric else { return None };
    let skew = |of: fn(&LatenessInfo) -> i64| {
        let skews = pairs.iter().map(|pair| Some(Value::Nanos(of(pair.skew_ns.as_ref()?))));
        skews.collect::<Option<Vec<Value>>>()?.into_iter().reduce(|one, other| match (one, other) {
            (Value::Nanos(one), Value::Nanos(other)) => Value::Nanos(one.max(other)),
            (one, _) => one,
        })
    };
    let sum = |of: fn(&PairInfo) -> Option<u64>| {
        let first = pairs.first()?;
        let sum = pairs[1..].iter().try_fold(of(first)?, |sum, pair| Some(sum + of(pair)?));
        sum.map(Value::Count)
    };
    match metric {
        PairMetric::Lost => sum(|pair| pair.lost),
        PairMetric::LostA => sum(|pair| pair.lost_a),
        PairMetric::LostB => sum(|pair| pair.lost_b),
        PairMetric::SkewP50 => skew(|skew| skew.p50),
        PairMetric::SkewP99 => skew(|skew| skew.p99),
        PairMetric::SkewMax => skew(|skew| skew.max),
    }
}
