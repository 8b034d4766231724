//! What a receiver prints of market data.

use super::results::shown_whole;
use super::samples::received;
use super::streams::ended;
use crate::event::{DetailInfo, MarketInfo, MeasuredInfo, RecvCounters, StreamInfo};
use crate::format::market::presets;
use crate::report::samples::{counters, stream, together};

/// A stream of 50 datagrams, which lost 2 of 120 messages.
fn of(format: &'static str, session: Option<&str>, asides: u64, lost: Option<u64>) -> StreamInfo {
    let market = MarketInfo {
        session: session.map(str::to_owned),
        messages: 120,
        messages_lost: lost,
        heartbeats: asides,
        asides,
    };
    let mut detail = DetailInfo::default();
    detail.market.replace(market);
    let mut counters = counters(120, 2, (1, 2));
    counters.datagrams = 50;
    StreamInfo {
        format,
        how: "structure",
        unit: "messages",
        key: session.map(str::to_owned),
        stream: None,
        missed_before: Some(0),
        detail,
        ..stream(1, counters)
    }
}

pub fn samples() -> Vec<String> {
    let streams = vec![
        of("moldudp64", Some("DAY1"), 1, Some(2)),
        of("xdp", None, 2, Some(2)),
        of("mdp3", None, 0, None),
        of("described", Some("7/2"), 0, Some(0)),
    ];
    let measured =
        MeasuredInfo { unit: Some("messages"), ..together(counters(120, 2, (1, 2)), 4, 0, 0) };
    let counters = RecvCounters { measured: Some(measured), streams, ..received(200) };
    let titles: String = presets().iter().map(|of| format!("{} {}\n", of.name, of.title)).collect();
    vec![
        shown_whole("market data, -v", [ended(counters)]),
        format!("-- titles of market data\n{titles}"),
    ]
}
