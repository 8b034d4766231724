//! What a ping prints.

use std::time::Duration;

use super::page::{self, Page};
use super::results::{shown, shown_whole};
use super::samples::{at, ip, via};
use crate::assertion::{Assertion, Vocabulary};
use crate::event::{
    EstimateInfo, Event, HopsInfo, PingCounts, PingReceiver, PingSummary, PingTarget, Pinging,
    Program, ReplyInfo, TargetInfo, UnicastInfo,
};
use crate::notice::ping;
use crate::stats::delay::Quantiles;
use crate::stats::ping::Figures;
use crate::sys::Signal;
use crate::target::Zoned;
use crate::verdict::{PingEvidence, Stop, Verdict, of_ping};

pub fn page() -> Page {
    let mut samples = vec![starts(), replies()];
    samples.extend(summaries());
    samples.extend([verdicts(), metrics()]);
    samples.extend(notices());
    Page { title: "pings", samples }
}

fn starts() -> String {
    let start = |groups: &[&str]| {
        let to: Vec<_> = groups.iter().map(|group| at(group, via("eth0"))).collect();
        let source = "10.0.0.100:41234".parse().expect("an address");
        let ready = Pinging {
            program: Program::default(),
            targets: to.iter().map(|at| TargetInfo::to(at, source, Some(1))).collect(),
            interval: Duration::from_secs(1),
            count: Some(3),
            wait: Duration::from_secs(1),
            len_bytes: 112,
            unicast: false,
            reply_budget_pps: 1000,
            expected: None,
        };
        shown("ping", [Event::Pinging(ready)])
    };
    [start(&["239.1.1.1"]), start(&["239.1.1.1", "239.1.1.2"])].concat()
}

fn replies() -> String {
    let reply = |number: u64| ReplyInfo {
        source: Zoned::socket("10.0.0.101:52000".parse().expect("an address"), None),
        receiver: 7,
        group: ip("239.1.1.1"),
        port: 5000,
        iface: "eth0",
        unicast: number == 2,
        seq: number,
        len_bytes: 112,
        rtt_ns: 213_000 + number as i64,
        hops_to: Some(2).filter(|_| number != 3),
        hops_back: Some(1).filter(|_| number != 4),
        duplicate: number == 1,
        names_target: number == 5,
    };
    shown("ping, replies", (0..6).map(|number| Event::Reply(reply(number))))
}

fn rtt() -> Quantiles {
    Quantiles {
        min: 189_000,
        mean: 214_000,
        p50: 208_000,
        p90: 250_000,
        p99: 390_000,
        p999: 411_000,
        max: 411_000,
    }
}

fn counts(edit: impl Fn(&mut Figures)) -> PingCounts {
    let mut figures = Figures { expected: 30, received: 30, answered: 30, ..Figures::default() };
    edit(&mut figures);
    let hops = Some(HopsInfo { min: 1, max: 1 });
    let rtt_ns = (figures.answered > 0).then(rtt);
    PingCounts { rtt_ns, hops_to: hops, hops_back: hops, ..(&figures).into() }
}

fn receiver(address: &str, counts: PingCounts, unicast: Option<PingCounts>) -> PingReceiver {
    let last_seen = if counts.unresolved > 0 { 20 } else { 29 };
    PingReceiver {
        address: Zoned::ip(ip(address), None),
        source_port: 52_000,
        receiver: 7,
        restarts: 0,
        group: ip("239.1.1.1"),
        port: 5000,
        iface: "eth0".to_owned(),
        first_seen: Duration::from_micros(213),
        last_seen: Duration::from_secs(last_seen),
        counts,
        unicast: unicast.map(|counts| UnicastInfo {
            errors: 0,
            last_seen: (counts.replies > 0).then_some(Duration::from_secs(29)),
            counts,
        }),
    }
}

/// A ping with one receiver, whose requests were partly lost.
pub fn lossy() -> PingSummary {
    let lossy = || counts(|of| (of.received, of.answered, of.lost_to) = (27, 27, 3));
    state(vec![receiver("10.0.0.101", lossy(), None)], |summary| summary.counts = lossy())
}

/// A ping with receivers that lose requests or replies, or no longer answer.
pub fn several() -> PingSummary {
    let lossy =
        || counts(|of| (of.received, of.answered, of.lost_to, of.lost_back) = (28, 27, 2, 1));
    let silent = || counts(|of| (of.received, of.answered, of.unresolved) = (20, 20, 10));
    let receivers = vec![
        receiver("10.0.0.101", counts(|_| {}), None),
        PingReceiver { receiver: 8, ..receiver("10.0.0.102", lossy(), None) },
        PingReceiver { receiver: 9, ..receiver("10.0.0.103", silent(), Some(counts(|_| {}))) },
    ];
    state(receivers, |summary| {
        summary.counts = lossy();
        summary.missing = Some(vec![ip("10.0.0.104")]);
    })
}

fn summary(receivers: Vec<PingReceiver>, edit: impl Fn(&mut PingSummary)) -> Event<'static> {
    Event::PingSummary(Box::new(state(receivers, edit)))
}

fn state(receivers: Vec<PingReceiver>, edit: impl Fn(&mut PingSummary)) -> PingSummary {
    let target = PingTarget {
        group: ip("239.1.1.1"),
        port: 5000,
        source: ip("10.0.0.100"),
        iface: "eth0".to_owned(),
        requests: 30,
        errors: 0,
        replies: receivers.iter().map(|receiver| receiver.counts.replies).sum(),
        estimate: None,
        rtt_ns: Some(rtt()),
    };
    let mut summary = PingSummary {
        elapsed: Duration::from_millis(30_012),
        targets: vec![target],
        receivers,
        counts: counts(|_| {}),
        untracked: 0,
        foreign: 0,
        missing: None,
        assertions: Vec::new(),
        verdict: Verdict::default(),
    };
    edit(&mut summary);
    summary
}

fn summaries() -> Vec<String> {
    let good = || receiver("10.0.0.101", counts(|_| {}), None);
    let lossy = |of: &mut Figures| {
        (of.received, of.answered, of.lost_to, of.lost_back) = (28, 27, 2, 1);
    };
    let cut_off = |of: &mut Figures| (of.received, of.answered, of.unresolved) = (20, 20, 10);
    let odd = |of: &mut Figures| {
        (of.answered, of.withheld, of.duplicates, of.request_duplicates) = (25, 5, 1, 2);
    };
    let silent = |of: &mut Figures| (of.received, of.answered, of.unresolved) = (0, 0, 30);
    let restarted = PingReceiver { restarts: 1, ..receiver("10.0.0.103", counts(odd), None) };
    let compared = vec![
        receiver("10.0.0.101", counts(|_| {}), Some(counts(|_| {}))),
        receiver("10.0.0.102", counts(cut_off), Some(counts(|_| {}))),
        receiver("10.0.0.103", counts(|_| {}), Some(counts(silent))),
    ];
    let judged = ["receivers >= 2", "rtt.p99 < 5ms"]
        .map(|text| Assertion::read(text, Vocabulary::Ping).expect("an assertion"));
    let nobody = |of: &mut PingSummary| {
        of.missing = Some(vec![ip("10.0.0.101"), ip("10.0.0.102")]);
        of.verdict = judge(Stop::Count, false, &["10.0.0.101", "10.0.0.102"]);
    };
    let estimate = EstimateInfo { receivers: 98_712, low: 95_104, high: 102_511 };
    let large = |of: &mut PingSummary| {
        of.targets[0].estimate = Some(estimate);
        of.untracked = 20_000;
    };
    let shown = |heading: &str, event| shown(heading, [event]);
    vec![
        shown(
            "ping, the end",
            summary(vec![good(), receiver("10.0.0.102", counts(lossy), None), restarted], |of| {
                of.assertions =
                    judged.iter().map(|of_| of_.judge(|metric| of.value(metric))).collect();
            }),
        ),
        shown("ping --unicast", summary(compared, |_| {})),
        shown("ping, no receiver answered", summary(Vec::new(), nobody)),
        shown("ping, a large group", summary(vec![good()], large)),
        shown(
            "ping, requests not sent",
            summary(vec![good()], |of| (of.targets[0].errors, of.targets[0].requests) = (2, 28)),
        ),
        shown("ping, many receivers", summary(vec![good(); 1001], |_| {}))
            .lines()
            .filter(|line| !line.starts_with("10.0.0.101"))
            .collect::<Vec<_>>()
            .join("\n"),
        shown_whole("ping -v", [summary(vec![good()], |_| {})]),
    ]
}

fn judge(stop: Stop, is_answered: bool, missing: &[&str]) -> Verdict {
    let missing: Vec<_> = missing.iter().map(|text| ip(text)).collect();
    of_ping(&PingEvidence {
        stop,
        count: Some(10),
        rounds: 3,
        requests: 3,
        errors: u64::from(is_answered),
        is_answered,
        missing: &missing,
        judgements: &[],
    })
}

fn verdicts() -> String {
    let many = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
    let cases = [
        judge(Stop::Interrupted(Signal::Interrupt), true, &["10.0.0.1"]),
        judge(Stop::Interrupted(Signal::Hangup), false, &many),
    ];
    let reasons: Vec<String> = cases.into_iter().flat_map(|verdict| verdict.reasons).collect();
    format!("-- verdicts of a ping\n{}", reasons.join("\n"))
}

fn metrics() -> String {
    format!("-- metrics of a ping\n{}", Vocabulary::Ping.list())
}

fn notices() -> Vec<String> {
    let group = at("239.1.1.1", via("eth0"));
    let notices = [
        ping::no_answer(&group, Some(1)),
        ping::no_answer(&group, Some(16)),
        ping::no_answer(&at("10.0.0.101", via("eth0")), Some(64)),
    ];
    notices.iter().map(page::notice).collect()
}
