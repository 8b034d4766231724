//! Redundant pairs.

use super::results::shown;
use super::samples::{ip, received};
use crate::event::{
    AnswersInfo, Event, LatenessInfo, Missing, OffsetInfo, PairInfo, RecvSummary, SideInfo,
};
use crate::verdict::Verdict;

fn pair(missing: Option<Missing>) -> PairInfo {
    let measured = missing.is_none();
    PairInfo {
        a: SideInfo { source: None, group: ip("239.1.1.1"), port: 5000, iface: None },
        b: SideInfo {
            source: Some(ip("10.0.1.5")),
            group: ip("239.2.1.1"),
            port: 5000,
            iface: None,
        },
        format: Some("rtp"),
        unit: Some("datagrams"),
        key: Some("0x1234abcd".to_owned()),
        missing,
        expected: measured.then_some(1000),
        lost: measured.then_some(1),
        lost_a: measured.then_some(4),
        lost_b: measured.then_some(3),
        skew_ns: measured.then_some(LatenessInfo { p50: 120_000, p99: 340_000, max: 1_200_000 }),
        b_after_a_ns: measured.then_some(OffsetInfo {
            min: -340_000,
            p50: 120_000,
            max: 1_200_000,
        }),
    }
}

pub fn samples() -> Vec<String> {
    let messages = |missing| PairInfo {
        format: Some("moldudp64"),
        unit: Some("messages"),
        key: Some("20261128AA".to_owned()),
        lost: Some(0),
        b_after_a_ns: Some(OffsetInfo { min: -340_000, p50: -120_000, max: -5_000 }),
        ..pair(missing)
    };
    let no_stream =
        |missing| PairInfo { format: None, unit: None, key: None, ..pair(Some(missing)) };
    let none = no_stream(Missing::Both);
    let more = no_stream(Missing::Unknown);
    let pairs = vec![
        pair(None),
        messages(None),
        pair(Some(Missing::A)),
        pair(Some(Missing::B)),
        messages(Some(Missing::A)),
        messages(Some(Missing::B)),
        none,
        more,
    ];
    vec![shown(
        "redundant pairs",
        [Event::RecvSummary(RecvSummary {
            counters: received(3000),
            flows: Vec::new(),
            capture: None,
            pairs,
            recording: None,
            answers: AnswersInfo::default(),
            assertions: Vec::new(),
            verdict: Verdict::default(),
        })],
    )]
}
