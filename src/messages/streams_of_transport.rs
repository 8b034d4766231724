//! What a receiver prints of transport streams.

use super::samples::received;
use super::streams::ended;
use crate::event::{
    ChecksInfo, CountersInfo, DetailInfo, MaxInfo, MdiInfo, MeasuredInfo, PidInfo, ProgramInfo,
    RecvCounters, SpreadInfo, StreamInfo, TsInfo,
};
use crate::report::samples::{counters, stream, together};
use crate::report::{Lines, Output};
use crate::stats::ts::Check;

fn pid(pid: u16, kind: &'static str, label: &'static str, lost: u64) -> PidInfo {
    PidInfo {
        pid,
        kind,
        label,
        program: Some(1),
        packets: 3463,
        bitrate_bps: Some(1_297_976.0),
        cc_errors: lost.min(1),
        lost_min: lost,
        scrambled: 0,
    }
}

fn program(number: u16, pcr_pid: Option<u16>, service: Option<&str>) -> ProgramInfo {
    let service = service.map(str::to_owned);
    let provider = service.as_ref().map(|_| "Provider".to_owned());
    ProgramInfo { number, pmt_pid: 0x1000, pcr_pid, service, provider }
}

/// A stream of constant rate without errors.
fn clean() -> TsInfo {
    let spread = Some(SpreadInfo { mean: 19_500_643, max: 22_058_666 });
    TsInfo {
        packets: 4002,
        bitrate_bps: Some(1_500_000.0),
        constant_rate: true,
        null_ratio: Some(0.0225),
        scrambled: 0,
        pids: vec![pid(0, "pat", "PAT", 0), pid(0x100, "h264", "H.264 video", 0)],
        programs: vec![program(1, Some(0x100), Some("Name\u{1b}[31m"))],
        service: Some("Name\u{1b}[31m".to_owned()),
        cc_errors: 0,
        lost_min: 0,
        lost_estimate: Some(0),
        sync_losses: 0,
        transport_errors: 0,
        pat_interval_ns: spread,
        pmt_interval_ns: spread,
        pcr_interval_ns: spread,
        pcr_jitter_ns: Some(MaxInfo { max: 10_191_883 }),
        pcr_accuracy_ns: Some(MaxInfo { max: 37 }),
        iat_ns: spread,
        tr101290: ChecksInfo(Check::ALL.map(|check| (check, Some(0))).to_vec()),
    }
}

/// A stream with losses, which fails each check.
fn broken() -> TsInfo {
    TsInfo {
        pids: vec![pid(0x100, "h264", "H.264 video", 20), pid(0x64, "unknown", "unknown", 0)],
        programs: vec![program(2, None, None), program(3, Some(0x1fff), None)],
        service: None,
        cc_errors: 5,
        lost_min: 22,
        lost_estimate: Some(86),
        tr101290: ChecksInfo(Check::ALL.map(|check| (check, Some(5))).to_vec()),
        ..clean()
    }
}

fn run(infos: Vec<(TsInfo, Option<MdiInfo>)>) -> RecvCounters {
    let of = |(last, (ts, mdi)): (u8, (TsInfo, Option<MdiInfo>))| StreamInfo {
        format: "ts",
        how: "structure",
        unit: "ts_packets",
        stream: None,
        missed_before: None,
        ended: false,
        counters: CountersInfo {
            datagrams: 616,
            lost_exact: ts.lost_min == 0,
            ..counters(3916, ts.lost_min, (ts.cc_errors, 8))
        },
        detail: DetailInfo { ts: Some(ts), mdi, ..DetailInfo::default() },
        ..stream(last, counters(0, 0, (0, 0)))
    };
    let streams: Vec<StreamInfo> = (1..).zip(infos).map(of).collect();
    let all = together(counters(7832, 22, (5, 8)), streams.len(), 0, 0);
    let measured = MeasuredInfo { unit: Some("ts_packets"), ..all };
    RecvCounters { measured: Some(measured), streams, ..received(1232) }
}

fn shown(heading: &str, whole: bool, infos: Vec<(TsInfo, Option<MdiInfo>)>) -> String {
    let (mut lines, mut out) = (Lines::fitting(Output::Text, Some(120), whole), Vec::new());
    lines.add(&ended(run(infos)), &mut out).expect("a buffer");
    format!("-- {heading}\n{}", String::from_utf8(out).expect("text"))
}

pub fn samples() -> Vec<String> {
    let mdi = MdiInfo { df_ns: 195_645_000, mlr: 17, df_last_ns: 9_967_000, mlr_last: 0 };
    let variable = TsInfo { constant_rate: false, pcr_accuracy_ns: None, ..clean() };
    let without_clock = TsInfo {
        constant_rate: false,
        lost_estimate: None,
        pat_interval_ns: None,
        pmt_interval_ns: None,
        pcr_interval_ns: None,
        pcr_jitter_ns: None,
        pcr_accuracy_ns: None,
        programs: Vec::new(),
        ..clean()
    };
    vec![
        shown("transport streams", false, vec![(clean(), Some(mdi)), (broken(), None)]),
        shown(
            "transport streams, -v",
            true,
            vec![
                (clean(), Some(mdi)),
                (broken(), Some(mdi)),
                (variable, None),
                (without_clock, None),
            ],
        ),
    ]
}
