//! The screens of the full-screen view.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::page::{self, Page};
use super::samples::{at, listen, received, via};
use crate::event::{
    Event, FlowTotals, IntervalReport, Listening, Program, RcvbufInfo, RecvCounters, StreamInfo,
    StreamTotals, TargetInfo,
};
use crate::notice::live::no_view;
use crate::notice::receive;
use crate::report::live::{Facts, Key, Rig, reason};
use crate::report::observe::ObserverError;
use crate::report::samples;
use crate::stats::delay::{Delays, Precision};
use crate::stats::stream::Clock;
use crate::target::Zoned;
use crate::units::UnixTime;

pub fn page() -> Page {
    let lost = ObserverError::View { source: io::ErrorKind::BrokenPipe.into() };
    let mut samples = vec![obstacles(), format!("error: {lost}")];
    samples.extend(receiver());
    samples.extend(super::live_others::screens());
    Page { title: "full-screen view", samples }
}

fn obstacles() -> String {
    let usual = Facts::usual();
    let cases = [
        Facts { place: None, ..usual.clone() },
        Facts { other_use: Some("COMMAND"), ..usual.clone() },
        Facts { term: None, ..usual.clone() },
        Facts { term: Some("dumb".to_owned()), ..usual.clone() },
        Facts { has_keys: false, ..usual.clone() },
        Facts { is_foreground: false, ..usual.clone() },
        Facts { size: Some((5, 20)), ..usual.clone() },
        Facts { size: None, ..usual },
    ];
    let reasons = cases.iter().filter_map(reason);
    reasons.map(|reason| page::notice(&no_view(&reason)) + "\n").collect()
}

/// A screen with a line above.
fn screen(title: &str, rig: &mut Rig) -> String {
    format!("-- {title}\n{}", rig.screen(80, 24))
}

fn listening(rig: &mut Rig) {
    let listens = ["239.1.1.1", "239.1.1.2"].map(listen);
    rig.event(&Event::Listening(Listening {
        program: Program::default(),
        targets: listens.iter().flat_map(TargetInfo::of).collect(),
        rcvbuf_bytes: RcvbufInfo { asked: None, granted: None, request: None },
        recording: None,
        reply_limit: None,
    }));
}

fn so_far(position: usize, datagrams: u64, lost: u64, last: UnixTime) -> StreamTotals {
    let (bytes, expected) = (datagrams * 64, datagrams + lost);
    StreamTotals { position, datagrams, bytes, expected, lost, last, ..StreamTotals::default() }
}

/// A stream in an interval; its delays are around 50 us.
fn stream(last: u8, number: u64, lost: u64, so_far: StreamTotals) -> StreamInfo {
    let mut delays = Delays::new(Precision::Coarse);
    (0..number).for_each(|at| delays.record(40_000 + (at as i64 * 7919) % 60_000));
    let mut counters = samples::counters(number, lost, (lost.min(1), lost));
    counters.delay_ns = delays.quantiles();
    counters.gap_ns = Some(12_000_000);
    counters.jitter = Some(3_100.0);
    StreamInfo {
        clock: Clock::SameHost,
        ended: false,
        key: Some("9dfbac36a4a7115f".to_owned()),
        so_far,
        spread: Some(Arc::new(delays)),
        ..samples::stream(last, counters)
    }
}

fn flow(last: UnixTime, datagrams: u64) -> FlowTotals {
    FlowTotals {
        source: Zoned::socket("10.0.0.7:9000".parse().expect("an address"), None),
        group: [239, 1, 1, 7].into(),
        port: 5000,
        iface: Some("eth0".to_owned()),
        format: None,
        how: None,
        is_measured: false,
        datagrams,
        bytes: datagrams * 64,
        sizes: (64, 80),
        first_bytes: b"price\x1b[2J 12".as_slice().into(),
        last,
    }
}

fn interval(rig: &mut Rig, second: u64, streams: Vec<StreamInfo>, flows: Vec<FlowTotals>) {
    rig.pass(1000);
    let datagrams = streams.iter().map(|stream| stream.counters.datagrams).sum::<u64>();
    let counters = RecvCounters { elapsed: Duration::from_secs(1), streams, ..received(datagrams) };
    let since = Duration::from_secs(second);
    rig.event(&Event::Interval(IntervalReport { since, counters, flows: Some(flows) }));
}

fn receiver() -> Vec<String> {
    let mut rig = Rig::new("recv", "mcast recv 239.1.1.1+2:5000 --live");
    listening(&mut rig);
    let mut screens = vec![screen("recv --live, waiting", &mut rig)];
    for second in 0..12 {
        let now = UnixTime::from(rig.now() + Duration::from_secs(1));
        let lost = if second == 7 { 12 } else { 0 };
        let losses = if second >= 7 { 12 } else { 0 };
        let mut streams = vec![stream(1, 1000, lost, so_far(1, 1000 * (second + 1), losses, now))];
        if second < 8 {
            let number = 400 + second * 20;
            streams.push(stream(2, number, 0, so_far(2, 430 * (second + 1), 0, now)));
        }
        interval(&mut rig, second, streams, vec![flow(now, 10 * (second + 1))]);
    }
    rig.event(&Event::Warning(&receive::any_source_in_ssm_range(&[ssm()]).expect("a warning")));
    rig.progress(0.4, Duration::from_secs(18));
    screens.push(screen("recv --live, with losses and a silent stream", &mut rig));
    rig.press([Key::Down, Key::Down, Key::Letter('s')]);
    screens.push(screen("recv --live, a flow that mcast does not measure", &mut rig));
    rig.press([Key::Letter('/')]);
    rig.type_text("10.9");
    screens.push(screen("recv --live, while a filter is typed", &mut rig));
    rig.press([Key::Escape, Key::Letter('w')]);
    screens.push(screen("recv --live, the warnings", &mut rig));
    rig.press([Key::Letter('?')]);
    screens.push(screen("recv --live, the keys", &mut rig));
    rig.press([Key::Escape]);
    screens
        .push(format!("-- recv --live, a terminal that became too small\n{}", rig.screen(30, 6)));
    screens
}

fn ssm() -> crate::target::Listen {
    let any = listen("239.1.1.1");
    crate::target::Listen { at: at("232.1.1.1", via("eth0")), ..any }
}
