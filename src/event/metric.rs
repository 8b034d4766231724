//! The measurements of a summary by the names that assertions use.

use super::{CountersInfo, MeasuredInfo, RecvCounters, rtp, ts_metric};
use crate::assertion::{Metric, Statistic, Value};
use crate::net::KernelDrops;
use crate::stats::delay::Quantiles;

mod market;

impl RecvCounters {
    /// The value of a metric; `None` if it was not measured. If some streams were not tracked, the
    /// measurements of all streams are unknown.
    pub fn value(&self, metric: Metric) -> Option<Value> {
        let of_all = || self.measured.as_ref().filter(|_| self.untracked == 0);
        match metric {
            Metric::Datagrams => Some(Value::Count(self.meter.datagrams)),
            Metric::Bytes => Some(Value::Count(self.meter.bytes)),
            Metric::Rate => self.meter.rate_pps.map(Value::Pps),
            Metric::Bitrate => self.meter.bitrate_bps.map(Value::Bps),
            Metric::Sources => Some(Value::Count(self.sources as u64)),
            Metric::Corrupt => Some(Value::Count(self.corrupt)),
            Metric::Truncated => Some(Value::Count(self.truncated)),
            Metric::InterfaceCopies => self.interface_copies.map(Value::Count),
            Metric::KernelDrops => self.dropped().map(|KernelDrops { count, exact }| match exact {
                true => Value::Count(count),
                false => Value::AtLeast(count),
            }),
            Metric::ChecksumErrors => self.checksum_errors.map(Value::Count),
            Metric::Streams => {
                Some(Value::Count(self.streams.len() as u64)).filter(|_| self.untracked == 0)
            }
            Metric::Market(metric) => {
                market::value(&self.streams, metric).filter(|_| self.untracked == 0)
            }
            // Without measured streams, the gap between datagrams of one source.
            Metric::Gap if self.measured.is_none() => {
                self.gap.and_then(|gap| i64::try_from(gap.as_nanos()).ok()).map(Value::Nanos)
            }
            Metric::Ts(metric) => of_all().and_then(|_| ts_metric::worst(&self.streams, metric)),
            Metric::Rtp(metric) => of_all().and_then(|_| {
                let infos = self.streams.iter().filter_map(|stream| stream.detail.rtp.as_ref());
                rtp::worst(infos, metric)
            }),
            Metric::SacnSources
            | Metric::ArtnetSources
            | Metric::PtpGrandmasters
            | Metric::PtpGrandmasterChanges
            | Metric::PtpFollowUpsMissing => {
                let streams = self.streams.iter().filter(|_| self.untracked == 0);
                streams
                    .filter_map(|stream| stream.detail.sender_count(metric))
                    .max()
                    .map(Value::Count)
            }
            _ => of_all().and_then(|measured| of_streams(measured, metric)),
        }
    }
}

fn of_streams(measured: &MeasuredInfo, metric: Metric) -> Option<Value> {
    let CountersInfo {
        expected,
        lost,
        lost_exact,
        loss_ratio,
        loss_runs,
        duplicates,
        reordered,
        ..
    } = &measured.counters;
    let CountersInfo { jitter, delay_ns, pdv_ns, hops, dscp_changed, gap_ns, .. } =
        &measured.counters;
    let count = |count: &u64| Some(Value::Count(*count));
    match metric {
        Metric::Expected => count(expected),
        Metric::Lost if !lost_exact => Some(Value::AtLeast(*lost)),
        Metric::Lost => count(lost),
        Metric::Loss if !lost_exact => loss_ratio.map(Value::AtLeastRatio),
        Metric::Loss => loss_ratio.map(Value::Ratio),
        Metric::LossRunsCount => count(&loss_runs.count),
        Metric::LossRunsLongest => count(&loss_runs.longest),
        Metric::Duplicates => count(duplicates),
        Metric::Reordered => count(reordered),
        Metric::Restarts => count(&measured.restarts),
        Metric::MissedBefore => count(&measured.missed_before),
        Metric::DscpChanged => dscp_changed.map(Value::Count),
        Metric::Jitter => jitter.map(|jitter| Value::Nanos(jitter.round() as i64)),
        Metric::Gap => gap_ns.map(Value::Nanos),
        Metric::Delay(statistic) => delay_ns.map(|delays| Value::Nanos(of(&delays, statistic))),
        Metric::Pdv(statistic) => pdv_ns.map(|delays| Value::Nanos(of(&delays, statistic))),
        Metric::HopsMin => hops.map(|hops| Value::Count(hops.min.into())),
        Metric::HopsMax => hops.map(|hops| Value::Count(hops.max.into())),
        _ => None,
    }
}

pub(super) fn of(delays: &Quantiles, statistic: Statistic) -> i64 {
    match statistic {
        Statistic::Min => delays.min,
        Statistic::Mean => delays.mean,
        Statistic::P50 => delays.p50,
        Statistic::P90 => delays.p90,
        Statistic::P99 => delays.p99,
        Statistic::P999 => delays.p999,
        Statistic::Max => delays.max,
    }
}
