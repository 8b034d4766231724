//! The language of `--assert`, and the measured values that it compares.

mod expression;
mod limit;
mod metric;
mod operator;
mod pair_metric;
mod ping_metric;
mod refusal;
mod statistic;
mod value;

pub use expression::{Assertion, Judgement};
#[cfg(test)]
pub(crate) use metric::METRICS;
pub use metric::{MarketMetric, Metric, RtpMetric, TsMetric, Vocabulary};
pub use pair_metric::PairMetric;
pub use ping_metric::PingMetric;
pub use statistic::Statistic;
pub use value::Value;
