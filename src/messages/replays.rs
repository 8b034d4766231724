//! What a replay prints.

use std::collections::BTreeMap;
use std::time::Duration;

use super::results::shown;
use super::samples::{sending, sent};
use crate::event::{Event, NotReplayed, ReplayInfo, ReplayTotals, SendSummary, Sending};

pub fn sample() -> String {
    let info = |speed: &str, passes, known: bool| {
        Event::Sending(Sending {
            ttl: None,
            replay: Some(ReplayInfo {
                file: "x.pcap".to_owned(),
                name: "'x.pcap'".to_owned(),
                speed: speed.parse().expect("a speed"),
                passes,
                datagrams: known.then_some(3000),
                duration: known.then_some(Duration::from_millis(2998)),
            }),
            ..sending()
        })
    };
    let whys = [
        NotReplayed::NotMulticast,
        NotReplayed::NotSelected,
        NotReplayed::Copy,
        NotReplayed::NoInterface,
        NotReplayed::TooManyTargets,
        NotReplayed::Flood,
    ];
    let odd = ReplayTotals {
        records: 3020,
        datagrams: 3012,
        passes: 2,
        left_out: whys.into_iter().zip(1..).collect(),
        omitted: BTreeMap::new(),
        omitted_texts: vec!["8 not UDP".to_owned()],
        gaps_shortened: 2,
        gap_time_removed: Duration::from_millis(35_200),
        steps_back: 3,
        without_time: 1,
        postponed: Duration::from_millis(1200),
    };
    let nothing = |records, datagrams, why: Option<NotReplayed>| {
        let left_out = why.map(|why| (why, datagrams)).into_iter().collect();
        ReplayTotals { records, datagrams, left_out, ..ReplayTotals::default() }
    };
    let reasons = [
        nothing(0, 0, None),
        nothing(1, 0, None),
        nothing(9, 0, None),
        nothing(9, 8, Some(NotReplayed::NotMulticast)),
        nothing(9, 8, Some(NotReplayed::NotSelected)),
    ];
    let reasons = reasons.map(|totals| format!("FAIL {}", totals.why_nothing())).join("\n");
    let summary = |replay: ReplayTotals| {
        let elapsed = Duration::from_millis(2998);
        Event::SendSummary(SendSummary { elapsed, replay: Some(replay), ..sent(3000) })
    };
    let starts = [info("1", Some(1), true), info("0.5", Some(3), false), info("max", None, true)];
    let plain = ReplayTotals { records: 1, datagrams: 1, passes: 1, ..ReplayTotals::default() };
    shown("send --replay", starts)
        + &shown("send --replay", [summary(plain), summary(odd)])
        + "\n"
        + &reasons
}
