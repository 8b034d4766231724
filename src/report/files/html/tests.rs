//! Whole pages: their size, and that nothing in them is markup of others.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::SamplePages;
use crate::assertion::Judgement;
use crate::event::{
    AnswersInfo, CountersInfo, Event, Failure, IntervalReport, RecvCounters, RecvSummary,
    StreamInfo, Totals,
};
use crate::notice::{Id, Level, Notice, Place};
use crate::report::observe::RunInfo;
use crate::report::samples;
use crate::stats::delay::Quantiles;
use crate::target::Zoned;
use crate::verdict::Verdict;

fn run_of(line: &str) -> RunInfo {
    RunInfo { command: "recv", line: line.to_owned() }
}

/// The last page of a run with these events.
fn page_of<'a>(line: &str, events: impl IntoIterator<Item = Event<'a>>) -> String {
    let mut pages = SamplePages::new(&run_of(line), SystemTime::UNIX_EPOCH);
    events.into_iter().filter_map(|event| pages.event(&event)).last().expect("a summary")
}

fn counters(seconds: u64, streams: Vec<StreamInfo>) -> RecvCounters {
    let datagrams = streams.iter().map(|stream| stream.counters.datagrams).sum();
    let lost = streams.iter().map(|stream| stream.counters.lost).sum();
    let all = samples::counters(datagrams, lost, (lost, 1));
    RecvCounters {
        elapsed: Duration::from_secs(seconds),
        meter: Totals {
            datagrams,
            bytes: datagrams * 64,
            rate_pps: Some(1000.0),
            bitrate_bps: Some(512_000.0),
            span: None,
        },
        kernel_drops: Some(0),
        kernel_drops_exact: Some(true),
        checksum_errors: Some(0),
        truncated: 0,
        sources: streams.len(),
        interface_copies: None,
        gap: None,
        corrupt: 0,
        foreign: 0,
        unsupported: 0,
        untracked: 0,
        measured: Some(samples::together(all, streams.len(), 0, 0)),
        streams,
    }
}

fn summary(counters: RecvCounters) -> RecvSummary {
    RecvSummary {
        counters,
        flows: Vec::new(),
        capture: None,
        pairs: Vec::new(),
        recording: None,
        answers: AnswersInfo::default(),
        assertions: Vec::new(),
        verdict: Verdict::default(),
    }
}

fn stream(number: u32, lost: u64) -> StreamInfo {
    let [_, a, b, c] = number.to_be_bytes();
    let spread = Quantiles { min: 1, mean: 2, p50: 3, p90: 4, p99: 5_000, p999: 6_000, max: 7_000 };
    let counters = CountersInfo {
        rate_pps: Some(1000.0),
        bitrate_bps: Some(512_000.0),
        jitter: Some(1234.5),
        delay_ns: Some(spread),
        pdv_ns: Some(spread),
        gap_ns: Some(1_234_567),
        ..samples::counters(1000, lost, (lost, 1))
    };
    StreamInfo {
        source: Zoned::socket(SocketAddr::from(([10, a, b, c], 41_244)), None),
        group: [239, a, b, c].into(),
        ..samples::stream(1, counters)
    }
}

/// A day of 10,000 streams. The intervals differ, which takes the most space in the plots.
#[test]
fn a_day_of_ten_thousand_streams_fits_5_mb() {
    const STREAMS: u32 = 10_000;
    let of_second = |second: u64| {
        // All of them now and then, a few always.
        let all = if second % 6600 == 0 { STREAMS } else { 300 };
        let streams = (0..all).map(|number| stream(number, second % 7 + u64::from(number % 5)));
        Event::Interval(IntervalReport {
            since: Duration::from_secs(second),
            counters: counters(1, streams.collect()),
            flows: None,
        })
    };
    let end = summary(counters(86_400, (0..STREAMS).map(|number| stream(number, 3)).collect()));
    // The series are full and have merged, as after a day of seconds.
    let intervals = (0..1_300).map(|step| of_second(step * 66));
    let page = page_of("mcast recv 239.0.0.0/18:5000", intervals.chain([Event::RecvSummary(end)]));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("9000 more streams") && page.contains("of 10000 in 'streams'"));
    let json: serde_json::Value = serde_json::from_str(json_of(&page)).unwrap();
    assert_eq!(json["datagrams"], 10_000_000);
    assert!(json["streams"].as_array().unwrap().len() >= 500);
}

fn json_of(page: &str) -> &str {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"summary\">").unwrap();
    rest.split_once("</script>").unwrap().0
}

/// The elements and attributes of a page, without text and values: they must not depend on text.
fn skeleton(page: &str) -> String {
    let mut skeleton = String::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let mut quoted = false;
        for (position, letter) in after.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    rest = &after[position..];
                    break;
                }
                letter if !quoted => skeleton.push(letter),
                _ => {}
            }
        }
        skeleton.push('\n');
    }
    skeleton
}

/// A page in which `text` is in each place that takes text of users, senders or the network.
fn page_with(text: &str) -> String {
    let mut stream = stream(1, 1);
    stream.iface = Some(text.to_owned());
    stream.key = Some(text.to_owned());
    stream.stream = None;
    let mut summary = summary(counters(1, vec![stream]));
    summary.assertions =
        vec![Judgement { expr: format!("loss == 0% {text}"), value: None, held: false }];
    summary.verdict = Verdict { status: 1, reasons: vec![format!("reason {text}")] };
    let notice = Notice::new(Level::Warning, Id::NoCarrier, text)
        .why(text)
        .remedy(text)
        .run(Place::Sender, text);
    page_of(text, [Event::Warning(&notice), Event::Finding(&notice), Event::RecvSummary(summary)])
}

fn check_with(text: &str) {
    let page = page_with(text);
    // Without evidence, a finding has no paragraph for it.
    let same = text.is_empty() || skeleton(&page) == skeleton(&page_with("x"));
    assert!(same, "{text:?} {page}");
    let odd = page.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(odd, None, "{text:?}");
    let json: serde_json::Value = serde_json::from_str(json_of(&page)).unwrap();
    assert_eq!(json["verdict"]["reasons"][0], format!("reason {text}"));
    assert_eq!(json["streams"][0]["iface"], text);
    let failure = Failure { error: text.to_owned(), verdict: Verdict::could_not(&text) };
    let page = page_of(text, [Event::Failure(failure)]);
    let json: serde_json::Value = serde_json::from_str(json_of(&page)).unwrap();
    assert_eq!(json["error"], text);
}

#[test]
fn no_text_is_markup() {
    for text in [
        "</script><img src=x onerror=alert(1)>",
        "</style></title></pre></code><script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "' onmouseover='alert(1)",
        "<!-- --!> <![CDATA[ ]]> &lt;script&gt; &#60;",
        "\0\u{1}\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202e}\u{feff}\u{fffe}\u{10ffff}\r\n\t",
        "a\u{300}<\u{300}>",
        "",
    ] {
        check_with(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_arbitrary_text_is_markup(text in "\\PC*|[<>\"'&/=a-z \\x00-\\x1f-]{0,40}|(?s).{0,30}") {
        check_with(&text);
    }
}
