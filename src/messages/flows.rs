//! What a receiver prints of flows that it does not measure.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::results::shown;
use super::samples::received;
use crate::event::{AnswersInfo, Event, FlowInfo, RecvSummary, Totals};
use crate::format::names::{self, Name};
use crate::target::Zoned;
use crate::verdict::Verdict;

fn flow(name: Option<&'static Name>, format: Option<&'static str>, foreign: u64) -> FlowInfo {
    FlowInfo {
        source: Zoned::socket("10.0.0.100:41244".parse().expect("an address"), None),
        group: Ipv4Addr::new(239, 1, 1, 1).into(),
        port: 5000,
        iface: Some("eth0".to_owned()),
        format,
        how: None,
        name,
        foreign,
        meter: Totals {
            datagrams: 100,
            bytes: 6400,
            rate_pps: Some(10.0),
            bitrate_bps: Some(5120.0),
            span: Some(Duration::from_secs(10)),
        },
        len_min_bytes: 64,
        len_max_bytes: if foreign > 0 { 80 } else { 64 },
        first_bytes: [0x47, 0x11, 0, 0xff].into(),
    }
}

pub fn samples() -> Vec<String> {
    let by_port = names::by_port(Ipv4Addr::new(224, 0, 0, 251).into(), 5353);
    let by_content = names::by_content(b"RTPS\x02\x05\x01\x10 and more than twenty bytes");
    let mut flows = vec![flow(None, None, 0), flow(None, Some("rtp"), 40), flow(by_port, None, 0)];
    flows.extend([flow(by_content, None, 0), flow(None, Some("artnet"), 0)]);
    flows.extend((0..9).map(|_| flow(None, None, 0)));
    let (counters, verdict) = (received(1300), Verdict::default());
    let run = RecvSummary {
        counters,
        flows,
        capture: None,
        pairs: Vec::new(),
        recording: None,
        answers: AnswersInfo::default(),
        assertions: Vec::new(),
        verdict,
    };
    vec![shown("flows that are not measured", [Event::RecvSummary(run)])]
}
