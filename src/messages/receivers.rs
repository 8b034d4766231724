//! What a sender prints about the receivers that report.

use std::time::Duration;

use super::page::Page;
use super::results::shown;
use super::samples;
use crate::assertion::{Assertion, Vocabulary};
use crate::event::{
    Event, LatenessInfo, ReceiverInfo, ReceiversInfo, ReceiversReport, ReportedInfo,
    ReportedStreamInfo, SendSummary, Sending, TargetInfo,
};
use crate::target::Zoned;
use crate::verdict::{Stop, Verdict, of_reports};

pub fn page() -> Page {
    Page { title: "receivers", samples: vec![start(), lines(), summaries()] }
}

fn start() -> String {
    let at = samples::at("239.1.1.1", samples::via("eth0"));
    let source = "10.0.0.101:49432".parse().expect("an address");
    let sending = Sending {
        targets: vec![TargetInfo::to(&at, source, Some(1))],
        interval: Some(Duration::from_millis(1)),
        len_bytes: Some(144),
        reports: Some(Duration::from_secs(1)),
        stream: Some(7),
        ..samples::sending()
    };
    shown("send", [Event::Sending(sending)])
}

fn counters(received: u64, lost: u64) -> ReportedInfo {
    ReportedInfo {
        received,
        lost,
        loss_ratio: (received > 0).then(|| lost as f64 / (received + lost) as f64),
        missed_before: lost,
        duplicates: 0,
        reordered: lost,
        corrupt: 0,
        rate_pps: Some(1000.0),
        jitter_ns: Some(12_300),
        delay_ns: Some(LatenessInfo { p50: 21_800, p99: 56_700, max: 1_940_000 }),
        hops: Some(0),
    }
}

fn receiver(address: &str, state: &'static str, lost: u64) -> ReceiverInfo {
    let group = samples::ip("239.1.1.1");
    let stream = |group| ReportedStreamInfo {
        group,
        port: 5000,
        ended: state == "ended",
        counters: counters(1000 - lost, lost),
    };
    ReceiverInfo {
        address: Zoned::ip(samples::ip(address), Some("eth0".to_owned())),
        receiver: 7,
        state,
        silent: (state == "silent").then(|| Duration::from_millis(4210)),
        restarted: false,
        first: Duration::from_secs(1),
        last: Duration::from_secs(2),
        reports: 3,
        reports_lost: 0,
        kernel_drops: Some(lost as u32),
        counters: counters(1000 - lost, lost),
        streams: vec![stream(Some(group)), stream(None)],
    }
}

pub fn info(list: Vec<ReceiverInfo>) -> ReceiversInfo {
    let lost = list.iter().map(|receiver| receiver.counters.lost).max();
    let silent = list.iter().filter(|receiver| receiver.state == "silent").count();
    let restarts = list.iter().filter(|receiver| receiver.state == "replaced").count();
    ReceiversInfo {
        interval: Duration::from_secs(1),
        receivers: list.len() - restarts,
        ended: list.len() - restarts - silent,
        silent,
        restarts,
        received_min: lost.map(|lost| 1000 - lost),
        lost_max: lost,
        lost_total: list.iter().map(|receiver| receiver.counters.lost).sum(),
        loss_ratio_max: lost.map(|lost| lost as f64 / 1000.0),
        missed_before_max: Some(0),
        duplicates_max: Some(0),
        reordered_max: Some(0),
        corrupt_max: Some(0),
        kernel_drops_max: Some(0),
        jitter_max_ns: lost.map(|_| 12_300),
        delay_max_ns: lost.map(|_| LatenessInfo { p50: 21_800, p99: 56_700, max: 1_940_000 }),
        late_reports: 0,
        untracked_reports: restarts as u64,
        foreign_answers: 0,
        list,
    }
}

pub fn mixed() -> Vec<ReceiverInfo> {
    let restarted = ReceiverInfo { restarted: true, ..receiver("10.0.0.102", "ended", 0) };
    vec![
        receiver("10.0.0.101", "ended", 0),
        receiver("10.0.0.102", "replaced", 12),
        restarted,
        receiver("fe80::1", "silent", 3),
    ]
}

/// Receivers with losses.
pub fn lossy() -> ReceiversInfo {
    info(mixed())
}

fn lines() -> String {
    let lists = [Vec::new(), vec![receiver("10.0.0.101", "reporting", 0)], mixed()];
    let line = |list| {
        let elapsed = Duration::from_secs(2);
        Event::Receivers(ReceiversReport { elapsed, receivers: info(list) })
    };
    shown("receivers, while it runs", lists.map(line))
}

fn summaries() -> String {
    let many = (0..23).map(|host| receiver(&format!("10.0.0.{host}"), "ended", host % 3)).collect();
    let lists = [vec![receiver("10.0.0.101", "ended", 0)], mixed(), many, Vec::new()];
    let summary = |list: Vec<ReceiverInfo>| {
        let info = info(list);
        let assertions = if info.silent > 0 { &["lost == 0", "receivers >= 3"][..] } else { &[] };
        let judged = assertions.iter().map(|text| {
            let assertion = Assertion::read(text, Vocabulary::Reports).expect("an assertion");
            assertion.judge(|metric| info.value(metric).or(Some(crate::assertion::Value::Count(3))))
        });
        let judged: Vec<_> = judged.collect();
        let reported = Some(info.receivers);
        Event::SendSummary(SendSummary {
            verdict: of_reports(Verdict::default(), reported, &judged, Stop::Count),
            reports: Some(info),
            assertions: judged,
            ..samples::sent(1000)
        })
    };
    shown("receivers, at the end", lists.map(summary))
}
