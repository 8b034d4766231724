//! Transport streams that are sent: the start and the summary.

use std::time::Duration;

use super::results::shown;
use super::samples::{at, sending, sent, via};
use crate::event::{
    Event, PlayoutInfo, PlayoutPace, PlayoutProgram, PlayoutTotals, SendSummary, Sending,
    TargetInfo,
};
use crate::format::ts::Kind;

pub fn samples() -> [String; 2] {
    [starts(), summaries()]
}

fn starts() -> String {
    let program = |number, name: Option<&str>| PlayoutProgram {
        number,
        name: name.map(str::to_owned),
        contents: vec![Kind::H264, Kind::MpegAudio],
    };
    let file = PlayoutInfo {
        pace: PlayoutPace::Pcr,
        programs: vec![program(1, Some("Alpine"))],
        pcr_pid: Some(0x100),
        bit_rate: Some(1.5e6),
        duration: Some(Duration::from_secs(3723)),
        packets_per_datagram: 7,
        rtp: false,
        passes: Some(1),
    };
    let many = (1..=12).map(|number| program(number, None)).collect();
    let pipe = PlayoutInfo { programs: many, duration: None, rtp: true, ..file.clone() };
    let repeated = PlayoutInfo { programs: Vec::new(), passes: None, ..file.clone() };
    let by_rate = PlayoutInfo {
        pace: PlayoutPace::Rate,
        programs: Vec::new(),
        pcr_pid: None,
        bit_rate: None,
        duration: None,
        packets_per_datagram: 1,
        rtp: false,
        passes: Some(3),
    };
    shown("send, a transport stream", [file, pipe, repeated, by_rate].map(start))
}

fn start(playout: PlayoutInfo) -> Event<'static> {
    let at = Box::leak(Box::new(at("239.1.1.1", via("eth0"))));
    let source = "10.0.0.101:49432".parse().expect("an address");
    Event::Sending(Sending {
        targets: vec![TargetInfo::to(at, source, Some(1))],
        interval: Some(Duration::from_millis(2)),
        len_bytes: Some(1316),
        playout: Some(playout),
        ..sending()
    })
}

fn summaries() -> String {
    let delayed = Duration::from_millis(112);
    let live = PlayoutTotals { passes: 1, underruns: 2, delayed, ..PlayoutTotals::default() };
    let odd = PlayoutTotals {
        passes: 3,
        underruns: 0,
        delayed,
        pcr_jumps: 1,
        pcr_gaps: 2,
        skipped_bytes: 188,
    };
    shown("send, an irregular transport stream", [live, odd].map(summary))
}

fn summary(playout: PlayoutTotals) -> Event<'static> {
    let elapsed = Duration::from_secs(10);
    Event::SendSummary(SendSummary { elapsed, playout: Some(playout), ..sent(1425) })
}
