//! What `systemctl status` shows of a service.

use std::time::Duration;

use super::page::Page;
use super::pings;
use super::samples::{at, received, totals, via};
use super::streams::{delays, measured};
use crate::event::{
    CountersInfo, Event, Failure, IntervalReport, Listening, PingSummary, Program, RcvbufInfo,
    RecvCounters, SendInterval, TargetInfo,
};
use crate::report::ServiceStatus;
use crate::verdict::Verdict;

pub fn page() -> Page {
    Page { title: "status of a service", samples: vec![receiver(), sender(), others()] }
}

/// The line after each of these events.
fn lines<'a>(heading: &str, events: impl IntoIterator<Item = Event<'a>>) -> String {
    let mut status = ServiceStatus::default();
    let line = |event: Event| {
        assert!(status.take(&event), "{event:?}");
        format!("\n{}", status.text().unwrap_or_default())
    };
    format!("-- {heading}{}", events.into_iter().map(line).collect::<String>())
}

fn listening<'a>(targets: Vec<TargetInfo<'a>>) -> Event<'a> {
    let rcvbuf_bytes = RcvbufInfo { asked: None, granted: None, request: None };
    let program = Program::default();
    Event::Listening(Listening {
        program,
        targets,
        rcvbuf_bytes,
        recording: None,
        reply_limit: None,
    })
}

fn interval(number: u64, counters: RecvCounters) -> Event<'static> {
    let counters = RecvCounters { elapsed: Duration::from_secs(1), ..counters };
    Event::Interval(IntervalReport { since: Duration::from_secs(number), counters })
}

fn receiver() -> String {
    let ends = ["239.1.1.1", "ff15::1"].map(|group| at(group, via("eth0")));
    let source = "10.0.0.100:41234".parse().expect("an address");
    let target = |at| TargetInfo::to(at, source, None);
    let lossy = || measured(CountersInfo { lost: 2, ..delays(0) });
    let damaged = RecvCounters { kernel_drops: Some(12), corrupt: 1, ..lossy() };
    let events = [
        listening(vec![target(&ends[0])]),
        listening(ends.iter().rev().map(target).collect()),
        interval(0, received(0)),
        interval(1, received(1)),
        interval(2, measured(delays(0))),
        interval(3, lossy()),
        interval(4, damaged),
        interval(95, received(0)),
    ];
    lines("recv", events)
}

fn sender() -> String {
    let end = at("239.1.1.1", via("eth0"));
    let source = "10.0.0.100:41234".parse().expect("an address");
    let targets = vec![TargetInfo::to(&end, source, Some(1))];
    let interval = |errors, skipped| {
        Event::SendInterval(SendInterval {
            since: Duration::ZERO,
            elapsed: Duration::from_secs(1),
            meter: totals(1000),
            errors,
            skipped,
            waits: 0,
            targets: Vec::new(),
        })
    };
    let sending = crate::event::Sending { targets, ..super::samples::sending() };
    lines("send", [Event::Sending(sending), interval(0, 0), interval(1, 2)])
}

fn others() -> String {
    let summary: PingSummary = pings::lossy();
    let failure =
        Failure { error: "first line\nsecond line".to_owned(), verdict: Verdict::default() };
    lines("ping, and a failure", [Event::PingProgress(&summary), Event::Failure(failure)])
}
