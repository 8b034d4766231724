//! What a receiver prints of streams from test tools, lighting sources and PTP clocks.

use super::results::shown_whole;
use super::samples::received;
use super::streams::ended;
use crate::event::{
    ArtnetInfo, DetailInfo, GrandmasterInfo, PtpInfo, RecvCounters, SacnInfo, SenderInfo,
    StreamInfo, UniverseSourceInfo,
};
use crate::report::samples::{counters, stream, together};

fn sender(tool: &'static str) -> SenderInfo {
    SenderInfo {
        tool,
        number_bits: None,
        trip_times: None,
        flow: None,
        replies_wanted: None,
        pid: None,
        interval_ns: None,
        sent: None,
    }
}

fn tool(sender: SenderInfo) -> DetailInfo {
    DetailInfo { sender: Some(sender), ..DetailInfo::default() }
}

fn source(sources: u64) -> UniverseSourceInfo {
    UniverseSourceInfo {
        source_name: Some("desk\u{1b}[31m".to_owned()),
        priority: Some(100),
        slots: 512,
        preview: Some(sources > 1),
        terminated: Some(sources > 1),
        sources,
    }
}

fn sacn(content: &'static str, source: Option<UniverseSourceInfo>) -> DetailInfo {
    let cid = "983be8e5-3179-0caa-df8d-60ddb68f97e9".to_owned();
    DetailInfo {
        sacn: Some(SacnInfo { content, universe: 7, cid, source }),
        ..DetailInfo::default()
    }
}

fn ptp(message: &'static str, grandmasters: u64) -> DetailInfo {
    let grandmaster = GrandmasterInfo {
        identity: "e615ec.fffe.e017ec".to_owned(),
        priority1: 128,
        class: 6,
        accuracy_ns: (grandmasters > 1).then_some(100),
        priority2: 127,
        time_source: Some(if grandmasters > 1 { "gnss" } else { "internal_oscillator" }),
        steps: 0,
        utc_offset_s: Some(37),
    };
    let of = PtpInfo {
        message,
        domain: 0,
        port: "e615ec.fffe.e017ec-1".to_owned(),
        interval_ns: Some(250_000_000),
        follow_ups_missing: (message == "Sync").then_some(2),
        grandmaster: Some(grandmaster),
        grandmasters,
        grandmaster_changes: grandmasters - 1,
    };
    DetailInfo { ptp: Some(of), ..DetailInfo::default() }
}

/// The details of streams of each kind.
fn details() -> Vec<(&'static str, DetailInfo)> {
    let artnet = ArtnetInfo {
        universe: 7,
        source: Some(UniverseSourceInfo { source_name: None, priority: None, ..source(1) }),
    };
    let (bits, sent) = (Some(64), Some(3000));
    vec![
        (
            "iperf",
            tool(SenderInfo { number_bits: bits, trip_times: Some(true), sent, ..sender("iperf") }),
        ),
        ("mgen", tool(SenderInfo { flow: Some(1), ..sender("mgen") })),
        ("sockperf", tool(SenderInfo { replies_wanted: Some(true), ..sender("sockperf") })),
        (
            "mcjoin",
            tool(SenderInfo {
                pid: Some(4711),
                interval_ns: Some(100_000_000),
                ..sender("mcjoin")
            }),
        ),
        ("msend", tool(sender("msend"))),
        ("sacn", sacn("levels", Some(source(1)))),
        ("sacn", sacn("levels", Some(source(2)))),
        ("sacn", sacn("synchronization", None)),
        ("artnet", DetailInfo { artnet: Some(artnet), ..DetailInfo::default() }),
        ("ptp", ptp("Sync", 1)),
        ("ptp", ptp("Announce", 2)),
    ]
}

pub fn samples() -> Vec<String> {
    let streams: Vec<StreamInfo> = details()
        .into_iter()
        .map(|(format, detail)| {
            let mut counters = counters(120, 2, (1, 2));
            counters.rate_pps = Some(3.97);
            StreamInfo { format, how: "magic", stream: None, detail, ..stream(1, counters) }
        })
        .collect();
    let together = together(counters(1320, 22, (1, 2)), streams.len(), 0, 0);
    let counters = RecvCounters { measured: Some(together), streams, ..received(1320) };
    vec![shown_whole("test tools, lights and clocks, -v", [ended(counters)])]
}
