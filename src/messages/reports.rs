//! The texts of HTML reports. Each sample event is also an event of a report. Of all these pages,
//! this one shows the texts that no other page shows.

use std::cell::RefCell;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::page::Page;
use super::samples::{ip, sending, sent};
use super::source_texts::normal;
use super::streams::{delays, ended, measured};
use super::{benches, pings, receivers, results};
use crate::event::{
    Cause, CheckSummary, Checking, Event, Failure, GroupsName, GroupsSummary, IntervalReport,
    JoinFrom, JoinName, JoinSummary, PingReceiver, PlayoutTotals, Program, ReceiversReport,
    RecvCounters, ReplyInfo, SendInterval, SendSummary, StreamInfo, TargetTotals, ThroughputName,
    ThroughputSummary,
};
use crate::report::observe::RunInfo;
use crate::report::{SamplePages, samples};
use crate::stats::delay::Quantiles;
use crate::target::Zoned;
use crate::verdict::Verdict;

thread_local! {
    /// The texts of all pages so far. One thread writes all samples.
    static TEXTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The pages of a run. Their texts are kept.
pub struct Pages {
    pages: SamplePages,
    has_page: bool,
}

impl Pages {
    pub fn new() -> Self {
        let run = RunInfo { command: "recv", line: String::new() };
        let pages = SamplePages::new(&run, SystemTime::UNIX_EPOCH);
        Pages { pages, has_page: false }
    }

    pub fn event(&mut self, event: &Event) {
        if let Some(page) = self.pages.event(event) {
            self.has_page = true;
            TEXTS.with_borrow_mut(|texts| texts.extend(texts_of(&page)));
        }
    }

    /// A run without an end has failed.
    pub fn end(mut self) {
        if !self.has_page {
            let (error, verdict) = (String::new(), Verdict::default());
            self.event(&Event::Failure(Failure { error, verdict }));
        }
    }
}

/// The texts of a page outside of its style, its JSON and its preformatted parts.
fn texts_of(page: &str) -> Vec<String> {
    const INLINE: [&str; 3] = ["code", "span", "strong"];
    let mut body = page.split_once("<h1>").map_or(page, |(_, body)| body).to_owned();
    for element in ["pre", "script", "text", "time"] {
        while let Some(start) = body.find(&format!("<{element}")) {
            let end = format!("</{element}>");
            let length = body[start..].find(&end).expect("the end of the element") + end.len();
            body.replace_range(start..start + length, "");
        }
    }
    let mut text = String::new();
    for part in body.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag");
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        if !INLINE.contains(&name) {
            text.push('\n');
        }
        text += rest;
    }
    let decode = |line: &str| {
        let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        pairs.iter().fold(line.to_owned(), |line, (escape, plain)| line.replace(escape, plain))
    };
    text.lines().map(|line| decode(&normal(line))).collect()
}

/// The texts that are not in `shown`.
pub fn page(shown: &str) -> Page {
    recv();
    ping();
    send();
    check();
    bench();
    let shown = normal(shown);
    let mut seen = HashSet::new();
    let texts = TEXTS.take().into_iter().filter(|text| {
        let words = text.split(' ').filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()));
        words.count() >= 3 && !shown.contains(text.as_str()) && seen.insert(text.clone())
    });
    Page { title: "HTML reports", samples: vec![texts.collect::<Vec<_>>().join("\n")] }
}

fn events<'a>(events: impl IntoIterator<Item = Event<'a>>) {
    let mut pages = Pages::new();
    events.into_iter().for_each(|event| pages.event(&event));
    pages.end();
}

/// Two streams, with losses in the network, damage and drops, in few and in many intervals.
fn recv() {
    let counters = |drops: u64, slowest: i64| {
        let mut of = measured(delays(2));
        let all = of.measured.iter_mut().map(|of| &mut of.counters);
        all.chain(of.streams.iter_mut().map(|of| &mut of.counters)).for_each(|of| {
            (of.corrupt, of.gap_ns) = (drops, Some(1_000 + slowest));
            of.delay_ns = of.delay_ns.map(|delay| Quantiles {
                p99: delay.p99 + slowest,
                max: delay.max + slowest,
                ..delay
            });
        });
        of.streams.push(samples::stream(2, samples::counters(10, 0, (0, 0))));
        RecvCounters { elapsed: Duration::from_secs(1), kernel_drops: Some(drops), ..of }
    };
    let interval = |second: u64| {
        let counters = counters(second % 4, (second % 3) as i64 * 90_000_000);
        let since = Duration::from_secs(second);
        Event::Interval(IntervalReport { since, counters, flows: None })
    };
    let end = || ended(counters(3, 90_000_000));
    events((0..4).map(interval).chain([end()]));
    events((0..1000).map(interval).chain([end()]));
    let many = || {
        let mut many = counters(0, 0);
        let places = (0..1100_u16).map(|number| number.to_be_bytes());
        many.streams.extend(places.map(|[high, low]| StreamInfo {
            port: high.into(),
            ..samples::stream(low, samples::counters(1, 0, (0, 0)))
        }));
        many
    };
    let first = IntervalReport { since: Duration::ZERO, counters: many(), flows: None };
    events([Event::Interval(first), ended(many())]);
}

/// Two receivers of 30, each with losses in one direction.
fn ping() {
    let reply = |address: [u8; 4], rtt_ns| {
        Event::Reply(ReplyInfo {
            source: Zoned::socket(SocketAddr::from((address, 52_000)), None),
            receiver: 7,
            group: ip("239.1.1.1"),
            port: 5000,
            iface: "eth0",
            unicast: false,
            seq: 0,
            len_bytes: 64,
            rtt_ns,
            hops_to: None,
            hops_back: None,
            duplicate: false,
            names_target: false,
        })
    };
    let mut summary = pings::lossy();
    let of = summary.receivers[0].clone();
    summary.receivers = (1..31)
        .map(|host| PingReceiver {
            address: Zoned::ip([10, 0, 0, host].into(), None),
            ..of.clone()
        })
        .collect();
    (summary.counts.lost_back, summary.missing) = (2, Some(vec![ip("10.0.0.99")]));
    let replies = (1..31).map(|host| reply([10, 0, 0, host], 200_000 + i64::from(host)));
    events(replies.chain([Event::PingSummary(Box::new(summary))]));
}

/// Two targets with faults, a transport stream, and receivers that report.
fn send() {
    let target = |last: u8| TargetTotals {
        group: [239, 1, 1, last].into(),
        port: 5000,
        iface: "eth0".to_owned(),
        datagrams: 10,
        bytes: 640,
        errors: 1,
        impaired: results::impaired_target().impaired,
    };
    let targets: Vec<TargetTotals> = (0..30).map(target).collect();
    let interval = SendInterval {
        since: Duration::ZERO,
        elapsed: Duration::from_secs(1),
        meter: sent(20).meter,
        errors: 2,
        skipped: 1,
        waits: 0,
        targets: targets.clone(),
    };
    let elapsed = Duration::from_secs(1);
    let reports = ReceiversReport { elapsed, receivers: receivers::lossy() };
    let playout = Some(PlayoutTotals::default());
    events([
        Event::Sending(sending()),
        Event::SendInterval(interval),
        Event::Receivers(reports),
        Event::SendSummary(SendSummary {
            errors: 2,
            targets,
            playout,
            reports: Some(receivers::lossy()),
            ..sent(20)
        }),
    ]);
}

/// Trials that failed, and a join that was not measured.
fn bench() {
    let (elapsed, verdict) = (Duration::from_secs(1), Verdict::default);
    let trial = benches::trial(1, Some(Cause::Path), [Some(0.0), Some(0.021)]);
    let throughput = ThroughputSummary {
        bench: ThroughputName,
        elapsed,
        receivers: 2,
        trial: elapsed,
        loss_max_ratio: 0.0,
        results: Vec::new(),
        verdict: verdict(),
    };
    events([Event::Trial(&trial), Event::ThroughputSummary(throughput)]);
    events([Event::GroupsSummary(GroupsSummary {
        bench: GroupsName,
        elapsed,
        receivers: 2,
        capacity: None,
        failed: Some(128),
        steps: vec![benches::step(128, [Some(128), Some(100)])],
        verdict: verdict(),
    })]);
    events([Event::JoinSummary(JoinSummary {
        bench: JoinName,
        elapsed,
        cycles: 1,
        missed: 1,
        forwarded_before: None,
        not_stopped: None,
        join_from: JoinFrom::Call,
        join: None,
        report_delay: None,
        leave: None,
        gap: None,
        gap_max: None,
        sources: Vec::new(),
        verdict: verdict(),
    })]);
}

fn check() {
    let verdict = Verdict::default();
    let conclusion = "the group arrives".to_owned();
    let (program, second) = (Program::default(), Duration::from_secs(1));
    let send = Some("mcast send".to_owned());
    let (targets, expected) = (Vec::new(), Some("eth0"));
    events([
        Event::Checking(Checking { program, targets, expected, duration: second, send }),
        Event::CheckSummary(CheckSummary::new(second, &[], conclusion, verdict)),
    ]);
}
