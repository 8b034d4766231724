//! The metrics of market data.

use crate::assertion::{MarketMetric, Value};
use crate::event::StreamInfo;

/// The sum of a metric over all streams of market data; `None` without any that has it.
pub fn value(streams: &[StreamInfo], metric: MarketMetric) -> Option<Value> {
    let markets = streams.iter().filter_map(|stream| {
        stream.detail.market.as_ref().map(|market| (market, stream.counters.lost_exact))
    });
    let mut sum = None::<(u64, bool)>;
    for (market, lost_exact) in markets {
        let (number, exact) = match metric {
            MarketMetric::Messages => (Some(market.messages), true),
            MarketMetric::MessagesLost => (market.messages_lost, lost_exact),
            MarketMetric::Heartbeats => (Some(market.heartbeats), true),
        };
        if let Some(number) = number {
            let (before, all_exact) = sum.unwrap_or((0, true));
            sum = Some((before.saturating_add(number), all_exact && exact));
        }
    }
    sum.map(|(count, exact)| if exact { Value::Count(count) } else { Value::AtLeast(count) })
}
