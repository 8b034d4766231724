//! The report of a scan.

use std::net::SocketAddr;

use maud::{Markup, html};

use super::layout::{Page, section};
use super::model::Model;
use super::numbers::{grouped, length, percent};
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{FoundInfo, ScanSummary, Scanning};
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many flows have a row.
const MOST_ROWS: usize = 3000;

/// A scan begins.
pub fn scanning(model: &mut Model, ready: &Scanning) {
    model.ready = Some(model.now());
    if !ready.targets.is_empty() {
        model.fact("Targets", count(ready.targets.len() as u64, "target").to_string());
    }
    model.fact("Interfaces", ready.ifaces.join(", "));
    model.fact("Time in each group", length(ready.dwell));
    model.fact("Groups at a time", ready.at_once.to_string());
    model.fact("Limit of the rate", format!("{:#}", ready.budget.rate()));
}

const COLUMNS: &[Column<FoundInfo>] = &[
    text("Group", |found| Some(SocketAddr::new(found.group, found.port).to_string())),
    text("Name", |found| found.name.as_ref().map(|name| Printable(name).to_string())),
    text("Source", |found| Some(found.source.to_string())),
    text("Interface", |found| found.iface.as_ref().map(|iface| Printable(iface).to_string())),
    text("Format", |found| {
        let doubt = if found.how == Some("port") { " (by its port)" } else { "" };
        found.title.map(|title| format!("{title}{doubt}"))
    }),
    number("Datagrams", |found| Some(grouped(found.meter.datagrams))),
    number("Rate", |found| found.meter.rate_pps.map(|rate| Value::Pps(rate).to_string())),
    number("Bit rate", |found| found.meter.bitrate_bps.map(|rate| Value::Bps(rate).to_string())),
    rare("Loss", |found| {
        let least = if found.lost_exact == Some(false) { "\u{2265} " } else { "" };
        found.loss_ratio.map(|ratio| format!("{least}{}", percent(ratio)))
    }),
];

/// The page of a scan.
pub fn page(summary: &ScanSummary) -> Page {
    let ScanSummary { groups, scanned, alive, found, .. } = summary;
    let groups_of = count(*alive as u64, "group");
    let headline = match found.len() {
        0 => "no group carries data".to_owned(),
        flows => format!("{} in {groups_of}", count(flows as u64, "flow")),
    };
    let mut page = Page {
        headline: Some(headline),
        elapsed: Some(summary.elapsed),
        ..Page::new(&summary.verdict)
    };
    page.judged("Groups with data", grouped(*alive as u64), None, *alive == 0);
    let part = (scanned < groups).then(|| format!("of {}", grouped(*groups as u64)));
    page.tile("Groups scanned", grouped(*scanned as u64), part);
    let rates = found.iter().filter_map(|found| found.meter.bitrate_bps);
    page.tile("Bit rate of all flows", Value::Bps(rates.sum()).to_string(), None);
    let remarks = [
        ("Not joined", summary.skipped as u64),
        ("Kernel drops", summary.kernel_drops.unwrap_or(0)),
        ("Over the limit", summary.over_budget as u64),
        ("Not tracked", summary.untracked),
    ];
    for (name, number) in remarks.into_iter().filter(|(_, number)| *number > 0) {
        page.judged(name, grouped(number), None, true);
    }
    page.tile("Duration", length(summary.elapsed), None);
    if !found.is_empty() {
        page.sections.push(flows(found));
    }
    page
}

fn flows(found: &[FoundInfo]) -> Markup {
    let rows: Vec<&FoundInfo> = found.iter().take(MOST_ROWS).collect();
    let content = html! {
        (table("Flows", COLUMNS, &rows, |found| found.loss_ratio > Some(0.0)))
        @if rows.len() < found.len() {
            p.note { (count((found.len() - rows.len()) as u64, "more flow")) }
        }
    };
    section("flows", "Flows", &content)
}
