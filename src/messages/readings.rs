//! What `recv --read` prints.

use std::time::{Duration, SystemTime};

use super::results::{shown, summary};
use super::samples::received;
use std::path::PathBuf;

use crate::capture::{Damage, Foreign, Omitted, ReadError, Reason};
use crate::event::{CaptureInfo, Event, LeftOut, LeftOutRecords, Program, Reading, RecvSummary};
use crate::notice::{Notice, capture, input};
use crate::stats::stream::StreamCounts;
use crate::target::TargetRange;
use crate::verdict::{Evidence, Limits, RunError, Stop, Verdict, of_capture};

pub fn samples() -> Vec<String> {
    vec![starts(), summaries(), reasons(), errors()]
}

fn starts() -> String {
    let reading = |file: &str, targets: &[&str], ifaces: &[String]| {
        let targets: Vec<TargetRange> =
            targets.iter().map(|text| text.parse().expect("a target")).collect();
        let file = file.to_owned();
        let ready = Reading { program: Program::default(), file, targets: &targets, ifaces };
        shown("recv --read", [Event::Reading(ready)])
    };
    let many: Vec<String> = (1..=6).map(|last| format!("239.1.1.{last}:5000")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    [
        reading("capture.pcap", &[], &[]),
        reading("-", &["10.0.0.5@232.1.1.1+2:5000", "[ff15::1]:5000"], &["eth0".to_owned()]),
        reading("a\x1b[31m.pcap", &many, &[]),
    ]
    .concat()
}

fn info(left_out: LeftOut) -> CaptureInfo {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    CaptureInfo {
        file: "capture.pcap".to_owned(),
        bytes: 1_000_000,
        records: 1010,
        datagrams: 1005,
        first_time: Some(time),
        last_time: Some(time + Duration::from_secs(1)),
        cut: false,
        dropped: None,
        interfaces: Vec::new(),
        left_out,
        checksums_checked: 1005,
        checksums_wrong: 0,
        untimed: 0,
        steps_back: 0,
        step_back_max: None,
    }
}

fn summaries() -> String {
    let of = |capture: CaptureInfo| {
        let Event::RecvSummary(summary) = summary(received(1000), Verdict::default()) else {
            unreachable!()
        };
        Event::RecvSummary(RecvSummary { capture: Some(Box::new(capture)), ..summary })
    };
    let left_out = LeftOut {
        other_targets: 1,
        other_sources: 2,
        other_ifaces: 3,
        not_multicast: 4,
        beside: 5,
        records: LeftOutRecords(Omitted::sample(&[
            Reason::NotIp,
            Reason::Cut,
            Reason::LinkType(105),
        ])),
    };
    let untimed = CaptureInfo { first_time: None, dropped: Some(12), ..info(LeftOut::default()) };
    shown("recv --read", [of(info(left_out)), of(untimed)])
}

fn damage() -> ReadError {
    ReadError::Damaged { position: 4096, damage: Damage::Zeroes }
}

fn reasons() -> String {
    let limits = Limits::default();
    let reason = |damage: Option<String>| {
        let streams = StreamCounts::default();
        let evidence = Evidence {
            stop: Stop::InputEnd,
            limits: &limits,
            received: 0,
            streams,
            command: None,
            recording: None,
            judgements: &[],
        };
        of_capture(&evidence, false, damage).reasons.join("\n")
    };
    let damage = format!("cannot read the rest of 'capture.pcap': {}", damage());
    format!("-- reasons of recv --read\n{}\n{}", reason(None), reason(Some(damage)))
}

fn errors() -> String {
    let source = ReadError::Foreign(Foreign::Compressed("gzip", "zcat"));
    let tip = source.tip("mcast recv --read", &PathBuf::from("capture.pcap.gz").into());
    let place = "'capture.pcap.gz'".to_owned();
    format!("-- errors of recv --read\n{}", RunError::Capture { place, source, tip })
}

pub fn notices() -> Vec<Notice> {
    let to = |text: &str| text.parse().expect("an address and port");
    let command = "mcast recv --read capture.pcap";
    let left: Vec<_> = (1..=7).map(|last| (to(&format!("239.1.1.{last}:5000")), last)).collect();
    let v6 = [(to("[ff15::1]:5000"), 1)];
    let interfaces = ["eth0", "eth1"].map(str::to_owned);
    vec![
        input::capture_awaited("standard input"),
        capture::dropped(12),
        capture::steps_back(1, Duration::from_millis(3)),
        capture::steps_back(9, Duration::from_secs(3)),
        capture::untimed(1),
        capture::untimed(9),
        capture::twice("eth0", "eth1"),
        capture::repeated(),
        capture::wrong_checksums(9, 1000),
        capture::no_packets("'x.pcap'"),
        capture::other_sources(9, to("10.0.0.5:4000"), to("239.1.1.1:5000")),
        capture::nothing_selected(&left, command, None, false),
        capture::nothing_selected(&v6, command, None, false),
        capture::nothing_selected(&[], command, None, true),
        capture::nothing_selected(&left, command, Some(&interfaces), false),
        capture::nothing_selected(&left, command, Some(&[]), false),
    ]
}
