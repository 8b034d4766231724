//! What a scan prints.

use std::io;
use std::time::Duration;

use super::page::{self, Page};
use super::results::shown;
use super::samples::{at, failed_join, ip, listen, totals, via};
use crate::event::{Event, FoundInfo, Program, ScanSummary, ScannedTarget, Scanning};
use crate::net::Operation;
use crate::notice::scan;
use crate::plan::PlanError;
use crate::sys::Signal;
use crate::target::Zoned;
use crate::units::Rate;
use crate::verdict::{Stop, Verdict, of_scan};

pub fn page() -> Page {
    let mut samples = vec![starts(), table(), summaries(), verdicts()];
    samples.extend(notices());
    Page { title: "scans", samples }
}

fn starts() -> String {
    let listens = ["239.1.1.1", "239.1.1.2"].map(listen);
    let start = |discover: Option<u64>, sees_frames| {
        let targets = listens.iter().filter(|_| discover.is_none()).map(ScannedTarget::from);
        shown(
            "scan",
            [Event::Scanning(Scanning {
                program: Program::default(),
                targets: targets.collect(),
                ifaces: vec!["eth0", "eth1"],
                discover: discover.map(Duration::from_secs),
                dwell: Duration::from_secs(2),
                at_once: 64,
                budget: Rate::Bits(1e8).into(),
                sees_frames,
            })],
        )
    };
    [start(None, false), start(Some(10), false), start(Some(10), true)].concat()
}

pub fn found() -> Vec<FoundInfo> {
    let found = |group: &str, title, loss_ratio, name: Option<&str>| FoundInfo {
        group: ip(group),
        port: 5000,
        source: Zoned::socket("10.0.0.5:4000".parse().expect("an address"), None),
        iface: Some("eth0".to_owned()),
        format: title,
        how: title.map(|title| if title == "Dante" { "port" } else { "structure" }),
        meter: totals(2000),
        loss_ratio,
        lost_exact: loss_ratio.map(|ratio| ratio == 0.0),
        unit: loss_ratio.map(|_| "datagrams"),
        name: name.map(str::to_owned),
        title,
    };
    vec![
        found("239.1.1.1", Some("MPEG-TS"), Some(0.0), Some("News")),
        found("239.1.1.2", Some("RTP"), Some(0.012), Some("Studio 1\u{1b}[31m")),
        found("239.1.1.3", Some("Dante"), None, None),
        found("239.1.1.4", None, None, None),
    ]
}

fn table() -> String {
    shown("scan, while it runs", found().iter().map(Event::Found))
}

fn summaries() -> String {
    let summary = |scanned, number: u64, found: Vec<FoundInfo>, verdict| {
        let summary = ScanSummary {
            elapsed: Duration::from_millis(38_012),
            groups: 1024,
            scanned,
            skipped: number as usize,
            alive: found.len(),
            over_budget: number as usize,
            kernel_drops: Some(number),
            untracked: number,
            found,
            verdict,
        };
        shown("scan, the end", [Event::ScanSummary(summary)])
    };
    let nothing = of_scan(1024, 1024, 0, Stop::Complete);
    [
        summary(1024, 0, found(), Verdict::default()),
        summary(1000, 1, found(), Verdict::default()),
        summary(1024, 2, found(), Verdict::default()),
        summary(1024, 0, Vec::new(), nothing),
    ]
    .concat()
}

fn verdicts() -> String {
    let interrupt = Stop::Interrupted(Signal::Interrupt);
    let cases = [(0, 0, interrupt), (64, 1024, interrupt), (0, 0, Stop::Complete)];
    let reasons = cases.map(|(scanned, groups, stop)| of_scan(scanned, groups, 0, stop).reasons);
    format!("-- verdicts of a scan\n{}", reasons.concat().join("\n"))
}

fn notices() -> Vec<String> {
    let port_taken = io::Error::from_raw_os_error(libc::EADDRINUSE);
    let target = at("239.1.1.1", via("eth0"));
    let bound = Operation::Bind(target.socket_addr()).failed(port_taken);
    let no_ports = PlanError::NoPorts {
        range: "239.1.0.0/24".to_owned(),
        reason: crate::plan::NO_CAPABILITY.to_owned(),
        example: "239.1.0.0/24:5000".to_owned(),
    };
    let notices = [
        scan::no_frames(),
        scan::no_announcements(&failed_join(105)),
        scan::skipped(&target, &bound),
    ];
    let mut samples: Vec<String> = notices.iter().map(page::notice).collect();
    samples.push(format!("$ mcast scan 239.1.0.0/24\nerror: {no_ports}"));
    samples
}
