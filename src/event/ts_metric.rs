//! The measurements of transport streams by the names that assertions use.

use super::{StreamInfo, TsInfo};
use crate::assertion::{TsMetric, Value};

/// The worst value of a metric among the streams; `None` if no stream has one.
pub(super) fn worst(streams: &[StreamInfo], metric: TsMetric) -> Option<Value> {
    let infos = || streams.iter().filter_map(|stream| stream.detail.ts.as_ref());
    let indexes = || streams.iter().filter_map(|stream| stream.detail.mdi.as_ref());
    let count = |of: fn(&TsInfo) -> u64| infos().map(of).max().map(Value::Count);
    let max = |of: fn(&TsInfo) -> Option<i64>| infos().filter_map(of).max().map(Value::Nanos);
    match metric {
        TsMetric::CcErrors => count(|ts| ts.cc_errors),
        TsMetric::LostMin => count(|ts| ts.lost_min),
        TsMetric::LostEstimate => infos().filter_map(|ts| ts.lost_estimate).max().map(Value::Count),
        TsMetric::SyncLosses => count(|ts| ts.sync_losses),
        TsMetric::TransportErrors => count(|ts| ts.transport_errors),
        TsMetric::Scrambled => count(|ts| ts.scrambled),
        TsMetric::NullRatio => {
            infos().filter_map(|ts| ts.null_ratio).reduce(f64::max).map(Value::Ratio)
        }
        TsMetric::PatInterval => max(|ts| ts.pat_interval_ns.map(|interval| interval.max)),
        TsMetric::PmtInterval => max(|ts| ts.pmt_interval_ns.map(|interval| interval.max)),
        TsMetric::PcrInterval => max(|ts| ts.pcr_interval_ns.map(|interval| interval.max)),
        TsMetric::PcrJitter => max(|ts| ts.pcr_jitter_ns.map(|jitter| jitter.max)),
        TsMetric::PcrAccuracy => max(|ts| ts.pcr_accuracy_ns.map(|accuracy| accuracy.max)),
        TsMetric::InterArrival => max(|ts| ts.iat_ns.map(|iat| iat.max)),
        TsMetric::DelayFactor => indexes().map(|mdi| mdi.df_ns).max().map(Value::Nanos),
        TsMetric::MediaLossRate => indexes().map(|mdi| mdi.mlr).max().map(Value::Count),
    }
}
