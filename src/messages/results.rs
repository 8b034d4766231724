//! What runs print: their start, the datagrams, the reports, the summary and the verdict.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{io, process};

use super::flows;
use super::page::Page;
use super::readings;
use super::samples::{self, at, ip, listen, received, via};
use super::{
    pairs, playouts, recordings, replays, reports, rtp, streams, streams_of_market,
    streams_of_senders, streams_of_transport,
};
use crate::event::{
    AddressInfo, AnswersInfo, Event, ExpectedInfo, FormInfo, IfacesSummary, ImpairedInfo,
    InputInfo, InterfaceInfo, IntervalReport, LatenessInfo, Listening, Payload, ProbeInfo, Program,
    RcvbufInfo, ReceivedDatagram, RecvCounters, RecvSummary, RunsInfo, SendInterval, SendSummary,
    Sending, SentDatagram, ShapeInfo, TargetInfo, TargetTotals,
};
use crate::iface::{Flag, Joined, Via};
use crate::input::{Input, Place};
use crate::replies::{Reason, Withheld};
use crate::report::{ColorWhen, Lines, Output, Paint, log_filter, output_lost, progress_sample};
use crate::stats::delay::Quantiles;
use crate::sys::Signal;
use crate::target::{Filter, Listen, Zoned};
use crate::units::Rate;
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::{Ended, Evidence, Limits, RunError, Stop, Verdict, of_list, of_recv, of_send};

/// The columns of the terminal.
const COLUMNS: usize = 100;

pub fn page() -> Page {
    let mut samples = vec![starts(), datagrams(), hex_dump(), intervals(), progress()];
    samples.extend([sent(), table()]);
    samples.extend(receptions());
    samples.extend(streams::samples());
    samples.extend(flows::samples());
    samples.extend(streams_of_market::samples());
    samples.extend(streams_of_senders::samples());
    samples.extend(readings::samples());
    samples.extend(pairs::samples());
    samples.extend(rtp::samples());
    samples.extend(streams_of_transport::samples());
    samples.extend(recordings::samples());
    samples.extend(playouts::samples());
    samples.extend([replays::sample(), verdicts(), failures()]);
    Page { title: "results", samples }
}

/// A heading, and what is printed of these events.
pub fn shown<'a>(heading: &str, events: impl IntoIterator<Item = Event<'a>>) -> String {
    format!("-- {heading}\n{}", lines(Lines::fitting(Output::Text, Some(COLUMNS), false), events))
}

/// The same with `-v`.
pub fn shown_whole<'a>(heading: &str, events: impl IntoIterator<Item = Event<'a>>) -> String {
    format!("-- {heading}\n{}", lines(Lines::fitting(Output::Text, Some(COLUMNS), true), events))
}

fn lines<'a>(mut lines: Lines, events: impl IntoIterator<Item = Event<'a>>) -> String {
    let mut out = Vec::new();
    let mut pages = reports::Pages::new();
    for event in events {
        lines.add(&event, &mut out).expect("a buffer");
        pages.event(&event);
    }
    pages.end();
    String::from_utf8(out).expect("text")
}

fn starts() -> String {
    let listening = |listens: &[Listen], granted, request| {
        let targets = listens.iter().flat_map(TargetInfo::of).collect();
        let rcvbuf_bytes = RcvbufInfo { asked: None, granted, request };
        let ready = Listening {
            program: Program::default(),
            targets,
            rcvbuf_bytes,
            recording: None,
            reply_limit: granted.map(|_| 1000),
        };
        shown("recv", [Event::Listening(ready)])
    };
    let filter = |filter| Listen { filter: std::sync::Arc::new(filter), ..listen("232.1.1.1") };
    let (rate, pause) = (Rate::Bits(1e9), Duration::from_millis(20));
    let pause = RcvbufRequest::Pause { rate, pause, payload: 1316 };
    let sending_input = |via: Via, period, shape, burst, stream: Option<u64>, input| {
        let to = [at("239.1.1.1", via.clone()), at("239.1.1.2", via)];
        let source = "10.0.0.101:49432".parse().expect("an address");
        let targets = to[..burst as usize].iter().map(|at| TargetInfo::to(at, source, Some(1)));
        shown(
            "send",
            [Event::Sending(Sending {
                targets: targets.collect(),
                dscp: stream.map(|_| 46),
                interval: period,
                shape,
                impair: stream.filter(|_| burst > 1).map(|_| "loss=1%,delay=20ms"),
                seed: Some(7),
                burst,
                len_bytes: Some(64),
                input,
                stream,
                ..samples::sending()
            })],
        )
    };
    let sending =
        |via, period, shape, burst, stream| sending_input(via, period, shape, burst, stream, None);
    let path = Place::from(PathBuf::from("video.ts"));
    let of_input = |place, form, period| {
        sending_input(via("eth0"), period, None, 1, None, Some(InputInfo { place, form }))
    };
    let any = Via { index: 0, ..via("any") };
    let millisecond = Duration::from_millis(1);
    let ramp = ShapeInfo::Ramp { to: millisecond / 100, over: Duration::from_secs(10) };
    let on_off = ShapeInfo::OnOff { on: 100 * millisecond, off: 900 * millisecond };
    let starts = [
        listening(&[listen("239.1.1.1")], Some(4 << 20), None),
        listening(&["239.1.1.1", "239.1.1.2"].map(listen), Some(212_992), Some(pause)),
        listening(&[filter(Filter::Include(vec![ip("10.0.0.5")]))], None, None),
        listening(&[filter(Filter::Exclude(vec![ip("10.0.0.5")]))], None, None),
        listening(&[Listen { at: at("10.0.0.255", any), ..listen("239.1.1.1") }], None, None),
        listening(
            &[Listen {
                at: at("239.1.1.1", Via { address: None, ..via("eth0") }),
                ..listen("239.1.1.1")
            }],
            None,
            None,
        ),
        sending(via("eth0"), Some(Duration::from_millis(100)), None, 1, None),
        sending(via("eth0"), None, None, 2, Some(7)),
        sending(via("eth0"), Some(millisecond), Some(ShapeInfo::Poisson), 1, Some(7)),
        sending(via("eth0"), Some(millisecond), Some(ramp), 1, Some(7)),
        sending(via("eth0"), Some(millisecond), Some(on_off), 1, Some(7)),
        of_input(&path, FormInfo::Pieces, Some(millisecond)),
        of_input(&Place::Standard, FormInfo::Lines, None),
    ];
    starts.concat()
}

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_795_000_000, 125_391_000)
}

fn datagram<'a>(payload: &'a [u8], probe: Option<ProbeInfo>) -> Event<'a> {
    Event::Received(ReceivedDatagram {
        time: time(),
        source: Zoned::socket("10.0.0.100:49432".parse().expect("an address"), None),
        group: ip("239.1.1.1"),
        port: 5000,
        iface: Some("eth0"),
        ttl: Some(1),
        dscp: Some(46),
        ecn: Some(1),
        len_bytes: payload.len(),
        probe,
        payload: Payload(payload),
    })
}

fn datagrams() -> String {
    let probe = |delay_ns| Some(ProbeInfo::Whole { stream: 7, seq: 41, delay_ns });
    let damaged = Some(ProbeInfo::Damaged { damage: "corrupt" });
    let received = [
        datagram(b"hello world", None),
        datagram(b"caf\xc3\xa9 \x1b[31m\n", None),
        datagram(&[0xff; 60], None),
        datagram(&[b'x'; 300], None),
        datagram(&[0; 64], probe(Some(13_400))),
        datagram(&[0; 64], probe(None)),
        datagram(&[0; 64], damaged),
    ];
    let sent = |payload: &'static [u8], probe| {
        Event::Sent(SentDatagram {
            time: time(),
            group: ip("239.1.1.1"),
            port: 5000,
            iface: "eth0",
            len_bytes: payload.len(),
            probe,
            payload: Payload(payload),
        })
    };
    let with_v =
        lines(Lines::fitting(Output::Text, Some(COLUMNS), true), [datagram(b"hello", None)]);
    let sent = [sent(b"hello", None), sent(&[0; 64], Some(ProbeInfo::Sent { stream: 7, seq: 41 }))];
    shown("datagrams", received) + &with_v + &shown("datagrams of send", sent)
}

fn hex_dump() -> String {
    let hex = Lines::fitting(Output::Hex, Some(COLUMNS), false);
    format!("-- hex\n{}", lines(hex, [datagram(b"hello world\x1b[31m\xff", None)]))
}

fn intervals() -> String {
    let report = |counters| {
        let (since, flows) = (Duration::from_secs(7), None);
        Event::Interval(IntervalReport { since, counters, flows })
    };
    let odd = RecvCounters {
        kernel_drops: Some(12),
        checksum_errors: Some(2),
        corrupt: 1,
        unsupported: 2,
        untracked: 3,
        ..received(880)
    };
    let measured = streams::measured(streams::delays(2));
    shown("--stats", [report(received(0)), report(received(1000)), report(odd), report(measured)])
}

fn progress() -> String {
    format!("-- progress\n{}", progress_sample(COLUMNS).join("\n"))
}

fn sent() -> String {
    let summary = |datagrams: u64, edit: fn(&mut SendSummary)| {
        let mut summary = SendSummary {
            elapsed: Duration::from_millis(datagrams.max(200)),
            cpu: Some(Duration::from_micros(12_600)),
            ..samples::sent(datagrams)
        };
        edit(&mut summary);
        Event::SendSummary(summary)
    };
    let paced =
        summary(3000, |of| of.pace_ns = Some(LatenessInfo { p50: 90, p99: 226_000, max: 226_000 }));
    let held_up = summary(2500, |of| (of.skipped, of.waits) = (500, 1));
    let impaired = summary(988, |of| of.targets = vec![impaired_target(); 4]);
    let failed = summary(997, |of| of.verdict = of_send(1000, None, 3, Stop::Duration));
    let stopped = summary(2, |of| {
        of.verdict = of_send(2, Some(10), 0, Stop::Interrupted(Signal::Interrupt));
    });
    let interval = |datagrams, errors, skipped| {
        Event::SendInterval(SendInterval {
            since: Duration::from_secs(1),
            elapsed: Duration::from_secs(1),
            meter: samples::sent(datagrams).meter,
            errors,
            skipped,
            waits: 0,
            targets: Vec::new(),
        })
    };
    let intervals = [interval(0, 0, 0), interval(1000, 0, 0), interval(990, 3, 7)];
    let intervals = shown("send --stats", intervals);
    let summaries =
        shown("send", [summary(1, |of| of.cpu = None), paced, held_up, impaired, failed, stopped]);
    format!("{intervals}\n{summaries}")
}

pub fn impaired_target() -> TargetTotals {
    let held = Quantiles {
        min: 15_000_000,
        mean: 20_000_000,
        p50: 20_000_000,
        p90: 24_000_000,
        p99: 25_000_000,
        p999: 25_000_000,
        max: 25_000_000,
    };
    let recv = ExpectedInfo {
        received: 980,
        expected: 994,
        lost: 14,
        loss_runs: RunsInfo { count: 11, longest: 3 },
        missed_before: 6,
        duplicates: 5,
        reordered: 7,
        reorder_extent_max: 3,
        stale: 0,
        corrupt: 3,
    };
    let impaired = ImpairedInfo {
        sent: 1000,
        dropped: 12,
        overflowed: 5,
        left: 988,
        duplicated: 5,
        corrupted: 3,
        held_ns: Some(held),
        recv,
    };
    TargetTotals {
        group: ip("239.1.1.1"),
        port: 5000,
        iface: "eth0".to_owned(),
        datagrams: 988,
        bytes: 63_232,
        errors: 0,
        impaired: Some(impaired),
    }
}

pub fn summary(counters: RecvCounters, verdict: Verdict) -> Event<'static> {
    Event::RecvSummary(RecvSummary {
        counters,
        flows: Vec::new(),
        capture: None,
        pairs: Vec::new(),
        recording: None,
        answers: AnswersInfo::default(),
        assertions: Vec::new(),
        verdict,
    })
}

/// Answers that were withheld for each reason.
fn answered() -> Event<'static> {
    let Event::RecvSummary(summary) = summary(received(1), Verdict::default()) else {
        unreachable!("a summary")
    };
    let mut withheld = Withheld::default();
    for reason in Reason::ALL {
        withheld.add(reason, 1);
    }
    Event::RecvSummary(RecvSummary { answers: AnswersInfo::new(2, 3, &withheld), ..summary })
}

fn receptions() -> Vec<String> {
    let limits = Limits { timeout: Some(Duration::from_secs(5)), ..Limits::default() };
    let nothing = judged(Stop::Timeout, limits, 0);
    let odd = RecvCounters {
        kernel_drops: Some(824),
        kernel_drops_exact: Some(false),
        checksum_errors: Some(25),
        truncated: 2,
        interface_copies: Some(500),
        ..received(1000)
    };
    [
        ("recv, answers", answered()),
        ("recv", summary(received(1), Verdict::default())),
        ("recv, nothing arrived", summary(received(0), nothing)),
        ("recv, anomalies", summary(odd, Verdict::default())),
    ]
    .map(|(heading, event)| shown(heading, [event]))
    .to_vec()
}

fn judged(stop: Stop, limits: Limits, received: u64) -> Verdict {
    of_recv(&Evidence {
        stop,
        limits: &limits,
        received,
        streams: crate::stats::stream::StreamCounts::default(),
        command: None,
        recording: None,
        judgements: &[],
    })
}

fn verdicts() -> String {
    use crate::stats::stream::StreamCounts;
    let second = Some(Duration::from_millis(1500));
    let limits = Limits { duration: second, timeout: second, idle: second, ..Limits::default() };
    let (count, once) = (Limits { count: Some(10), ..limits }, Limits { once: true, ..limits });
    let streams = |streams, open| StreamCounts { streams, open, ..StreamCounts::default() };
    let interrupted = Stop::Interrupted(Signal::Interrupt);
    let cases = [
        (Stop::Timeout, limits, 0, streams(0, 0)),
        (Stop::Duration, count, 3, streams(0, 0)),
        (Stop::Timeout, count, 1, streams(0, 0)),
        (Stop::Idle, count, 3, streams(0, 0)),
        (Stop::Command, count, 3, streams(0, 0)),
        (Stop::InputEnd, count, 3, streams(0, 0)),
        (interrupted, count, 3, streams(0, 0)),
        (Stop::Interrupted(Signal::Hangup), limits, 3, streams(0, 0)),
        (Stop::Timeout, once, 0, streams(0, 0)),
        (Stop::Timeout, once, 1, streams(0, 0)),
        (Stop::Command, once, 9, streams(0, 0)),
        (Stop::Duration, once, 9, streams(1, 1)),
        (Stop::Duration, once, 9, streams(2, 1)),
        (Stop::Once, once, 9, StreamCounts { empty: 1, ..streams(1, 0) }),
        (Stop::Once, once, 9, StreamCounts { empty: 1, ..streams(2, 0) }),
        (Stop::Once, once, 9, StreamCounts { more: true, ..streams(4096, 0) }),
        (interrupted, once, 0, streams(0, 0)),
        (interrupted, once, 9, streams(2, 1)),
    ];
    let mut reasons: Vec<String> = Vec::new();
    for (stop, limits, received, streams) in &cases {
        let (stop, received, streams) = (*stop, *received, *streams);
        let evidence = Evidence {
            stop,
            limits,
            received,
            streams,
            command: None,
            recording: None,
            judgements: &[],
        };
        reasons.extend(of_recv(&evidence).reasons);
    }
    for raw in [3 << 8, 9] {
        use std::os::unix::process::ExitStatusExt;
        let status = process::ExitStatus::from_raw(raw);
        if let Ended::Failed(how) = Ended::of("./test", status) {
            reasons.push(how);
        }
    }
    reasons.extend(of_list(interrupted).reasons);
    reasons.extend(of_send(0, None, 0, Stop::InputEnd).reasons);
    format!("-- reasons\n{}", reasons.join("\n"))
}

fn failures() -> String {
    let error = |number| io::Error::from_raw_os_error(number);
    let mut text = format!("-- errors of a run\n{}\n", RunError::Output(error(libc::ENOSPC)));
    let empty = Input::open(&Place::from(PathBuf::from("/dev/null"))).expect("a device");
    for failed in [
        RunError::Record { file: "facts.json".into(), source: error(libc::EACCES) },
        RunError::Command { name: "./test".to_owned(), source: error(libc::ENOENT) },
        RunError::Signals(error(libc::EMFILE)),
        Input::open(&Place::from(PathBuf::from("missing/file"))).expect_err("no file").into(),
        Input::open(&Place::from(PathBuf::from("/"))).expect_err("a folder").into(),
        empty.line_too_long(3, 65_507).into(),
    ] {
        text += &format!("{failed}\n");
    }
    text += &format!("{}\n", log_filter(0, Some("mcast=loud")).expect_err("no level"));
    let mut lost = Vec::new();
    output_lost(12_345, Paint::new(ColorWhen::Never, &io::stdout()), &mut lost).expect("a buffer");
    text + &String::from_utf8(lost).expect("text")
}

fn table() -> String {
    let group = |text: String, users| Joined { group: ip(&text), users: Some(users) };
    let many = (1..=12).map(|last| group(format!("239.1.1.{last}"), last));
    let usual = ["224.0.0.1", "ff02::1"].map(|text| group(text.to_owned(), 1));
    let eth0 = InterfaceInfo {
        addresses: vec![
            AddressInfo { address: ip("10.0.0.101"), prefix: Some(24) },
            AddressInfo { address: ip("fe80::1"), prefix: Some(64) },
        ],
        groups: Some(many.chain(usual).collect()),
        igmp_version: Some(2),
        ..InterfaceInfo::sample("eth0", 2)
    };
    let lo = InterfaceInfo {
        loopback: true,
        multicast: false,
        mac: None,
        ..InterfaceInfo::sample("lo", 1)
    };
    let down = InterfaceInfo {
        up: false,
        carrier: None,
        groups: None,
        master: Some("br0".to_owned()),
        ..InterfaceInfo::sample("eth1", 3)
    };
    let unplugged = InterfaceInfo {
        carrier: Some(false),
        multicast: false,
        point_to_point: true,
        flags: vec![Flag::AllMulticast, Flag::Promiscuous],
        ..InterfaceInfo::sample("tun0", 4)
    };
    let vrf = Some("blue".to_owned());
    let member = InterfaceInfo { master: vrf.clone(), vrf, ..InterfaceInfo::sample("eth2", 5) };
    let summary = || {
        let verdict = Verdict::default();
        Event::IfacesSummary(IfacesSummary { interfaces: 5, changes: None, verdict })
    };
    let rows = [lo, eth0, down, unplugged, member].map(Event::Interface);
    shown("ifaces", rows.into_iter().chain([summary()])) + &shown("ifaces -q", [summary()])
}
