//! `mcast check` as a whole: its first lines, the findings, the conclusion.

use std::time::Duration;

use super::findings::record;
use super::page::Page;
use crate::diagnosis::{CurrentFindings, Facts, FindingChanges, conclusion, findings};
use crate::event::{CheckSummary, Checking, Event, Program, TargetInfo, Watching};
use crate::report::{Lines, Output};
use crate::verdict::Verdict;

/// The command for the sender, on a host with two addresses.
const SEND: &str = "mcast send --probe --count 50 --interval 20ms 239.1.1.1:5000 \
                    224.0.0.254:5000 10.0.0.101:5000";

pub fn page() -> Page {
    let mut samples: Vec<String> =
        ["healthy", "silence-as-nobody", "firewall-input-rule"].map(whole).into();
    samples.push(format!("-- healthy, --quiet\n{}", quiet(&record("healthy"))));
    let first = |ifaces: &[&str], expected| {
        let targets = ifaces.iter().map(|iface| target(iface)).collect();
        checking(targets, expected, Duration::from_secs(3), None)
    };
    samples.push(first(&["lo", "e0", "e1", "e2", "e3", "e4", "e5"], Some("e0")));
    samples.push(first(&["lo", "e0"], None));
    samples.push(first(&[], None));
    let listen = Duration::from_secs(60);
    let targets = vec![target("e0"), target("lo")];
    samples.push(checking(targets, Some("e0"), listen, Some(SEND.to_owned())));
    samples.push(watched());
    Page { title: "check", samples }
}

fn target(iface: &str) -> TargetInfo<'_> {
    TargetInfo {
        group: "239.1.1.1".parse().unwrap(),
        port: 5000,
        source: None,
        excluded: None,
        iface,
        ifindex: 2,
        address: None,
        mac: None,
        vrf: None,
        ttl: None,
        beside: false,
    }
}

/// The first line, and the instructions of `--listen`.
fn checking(
    targets: Vec<TargetInfo>,
    expected: Option<&str>,
    duration: Duration,
    send: Option<String>,
) -> String {
    let program = Program::default();
    let ready = Event::Checking(Checking { program, targets, expected, duration, send });
    printed(&[ready])
}

/// Everything that a check of this record prints.
fn whole(name: &str) -> String {
    let facts = record(name);
    let found = findings(&facts);
    let targets = facts.interfaces.iter().map(|link| target(&link.name)).collect();
    let first = checking(targets, facts.iface.as_deref(), Duration::from_secs(1), None);
    let events = found.iter().map(Event::Finding).chain([summary(&facts)]);
    format!("-- {name}\n{first}{}", printed(&events.collect::<Vec<_>>()))
}

/// The changes from a healthy host to one with a firewall, and the summary.
fn watched() -> String {
    let [healthy, dropping] = ["healthy", "firewall-input-rule"].map(record);
    let [before, after] = [&healthy, &dropping].map(findings);
    let mut current = CurrentFindings::default();
    current.update(&before);
    let FindingChanges { resolved, new } = current.update(&after);
    let summary_of = |facts| match summary(facts) {
        Event::CheckSummary(summary) => summary,
        other => panic!("{other:?}"),
    };
    let first = Some(summary_of(&healthy));
    let watching = Watching { every: Duration::from_secs(30), conclusion: None, first };
    let last = Event::CheckSummary(summary_of(&dropping).after(7));
    let events = before.iter().map(Event::Finding).chain([Event::Watching(watching)]);
    let changes = resolved.iter().map(Event::Resolved).chain(new.iter().map(Event::Finding));
    let events: Vec<Event> = events.chain(changes).chain([last]).collect();
    format!("-- --watch\n{}", printed(&events))
}

fn quiet(facts: &Facts) -> String {
    printed(&[summary(facts)])
}

fn summary(facts: &Facts) -> Event<'static> {
    let found = findings(facts);
    let verdict = Verdict { status: 0, reasons: Vec::new() };
    let conclusion = conclusion(facts, &found);
    Event::CheckSummary(CheckSummary::new(Duration::from_secs(1), &found, conclusion, verdict))
}

fn printed(events: &[Event]) -> String {
    let (mut lines, mut out) = (Lines::new(Output::Text), Vec::new());
    events.iter().for_each(|event| lines.add(event, &mut out).expect("text"));
    String::from_utf8(out).expect("text")
}
