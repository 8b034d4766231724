//! What `systemctl status` shows of a service.

use std::time::Duration;

use super::page::Page;
use super::pings;
use super::samples::{at, ip, received, totals, via};
use super::streams::{delays, measured};
use crate::event::{
    CheckState, Event, Failure, IntervalReport, Listening, Program, RcvbufInfo, RecvCounters,
    SendInterval, TargetInfo,
};
use crate::notice::{Id, Level, Notice};
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
    Event::Interval(IntervalReport { since: Duration::from_secs(number), counters, flows: None })
}

fn receiver() -> String {
    let ends = ["239.1.1.1", "ff15::1"].map(|group| at(group, via("eth0")));
    let source = "10.0.0.100:41234".parse().expect("an address");
    let target = |at| TargetInfo::to(at, source, None);
    let lossy = |lost| {
        let mut counters = measured(delays(0));
        counters.streams[0].so_far.lost = lost;
        counters
    };
    let damaged = RecvCounters { kernel_drops: Some(12), corrupt: 1, ..lossy(54) };
    let events = [
        listening(vec![target(&ends[0])]),
        listening(ends.iter().rev().map(target).collect()),
        interval(0, received(0)),
        interval(1, received(1)),
        interval(2, lossy(0)),
        interval(3, lossy(51)),
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
    let summary = pings::lossy();
    let found = [
        Notice::new(Level::Fault, Id::RpFilter, "what"),
        Notice::new(Level::Warning, Id::Firewall, "what"),
        Notice::new(Level::Warning, Id::Querier, "what"),
        Notice::new(Level::Pass, Id::Membership, "what"),
    ];
    let checked = |findings| {
        Event::Checked(CheckState {
            cycle: 1,
            time: std::time::SystemTime::UNIX_EPOCH,
            elapsed: Duration::from_secs(5),
            group: ip("239.1.1.1"),
            port: 5000,
            iface: None,
            findings,
        })
    };
    let failure =
        Failure { error: "first line\nsecond line".to_owned(), verdict: Verdict::default() };
    let events =
        [Event::PingProgress(&summary), checked(&found), checked(&[]), Event::Failure(failure)];
    lines("ping, check and a failure", events)
}
