//! The report of a sender.

use std::net::SocketAddr;

use maud::{Markup, html};

use super::charts::{self, Places};
use super::layout::{Page, section};
use super::model::Model;
use super::numbers::{grouped, length, nanos, percent};
use super::point::{Faults, Point};
use super::receivers;
use super::recv::targets;
use super::small::{self, MOST_PLOTS, Small};
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{
    ImpairedInfo, PlayoutTotals, ReceiversReport, SendInterval, SendSummary, Sending, TargetTotals,
};
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many targets have a row.
const MOST_ROWS: usize = 1000;

/// A sender is ready.
pub fn sending(model: &mut Model, ready: &Sending) {
    model.ready = Some(model.now());
    model.fact("Targets", targets(&ready.targets));
    if let Some(ttl) = ready.ttl {
        model.fact("TTL", ttl.to_string());
    }
    if let Some(dscp) = ready.dscp {
        model.fact("DSCP", dscp.to_string());
    }
    if let Some(input) = &ready.input {
        model.fact("Input", input.place.to_string());
    }
    if let Some(replay) = &ready.replay {
        model.fact("Capture", replay.file.as_str());
    }
    if let Some(impair) = ready.impair {
        let seed = ready.seed.map(|seed| format!(" (seed {seed})")).unwrap_or_default();
        model.fact("Impairments", format!("{impair}{seed}"));
    }
}

/// An interval ended.
pub fn interval(model: &mut Model, interval: &SendInterval) {
    let SendInterval { since, elapsed, meter, errors, skipped, targets, .. } = interval;
    let mut point = Point::new(*since, *elapsed, meter.datagrams, meter.bytes);
    point.faults = Faults { first: *errors, second: *skipped, third: 0 };
    model.push(point);
    for target in targets {
        let mut point = Point::new(*since, *elapsed, target.datagrams, target.bytes);
        point.faults.first = target.errors;
        model.tracks.push(&key(target), point);
    }
}

fn key(target: &TargetTotals) -> impl std::hash::Hash + '_ {
    (target.group, target.port, target.iface.as_str())
}

/// The receivers reported.
pub fn reported(model: &mut Model, report: &ReceiversReport) {
    let lost = report.receivers.lost_total;
    let since = model.reported.since;
    let elapsed = report.elapsed.saturating_sub(since);
    let mut point = Point::new(since, elapsed, 0, 0);
    point.faults.first = lost.saturating_sub(model.reported.lost);
    (model.reported.since, model.reported.lost) = (report.elapsed, lost);
    model.reports.push(point);
}

/// The columns of the targets.
const COLUMNS: &[Column<TargetTotals>] = &[
    text("Target", |target| Some(SocketAddr::new(target.group, target.port).to_string())),
    text("Interface", |target| Some(target.iface.clone())),
    number("Datagrams", |target| Some(grouped(target.datagrams))),
    number("Bytes", |target| Some(grouped(target.bytes))),
    number("Not sent", |target| Some(grouped(target.errors))),
    rare("Impaired: sent", |target| Some(grouped(target.impaired.as_ref()?.sent))),
    rare("Dropped", |target| impaired(target, |of| of.dropped + of.overflowed)),
    rare("Duplicated", |target| impaired(target, |of| of.duplicated)),
    rare("Corrupted", |target| impaired(target, |of| of.corrupted)),
    rare("Expected at a receiver", |target| Some(grouped(target.impaired.as_ref()?.recv.received))),
    rare("Lost there", |target| Some(grouped(target.impaired.as_ref()?.recv.lost))),
];

fn impaired(target: &TargetTotals, of: fn(&ImpairedInfo) -> u64) -> Option<String> {
    target.impaired.as_ref().map(|impaired| grouped(of(impaired)))
}

const FAULTS: Places = Places {
    title: "Faults of the sender",
    unit: "datagrams and rounds",
    first: ("lost-network", "could not be sent"),
    second: ("lost-damaged", "skipped, because the sender was too slow"),
    third: ("lost-kernel", ""),
};

const LOSSES: Places = Places {
    title: "Losses at all receivers",
    unit: "datagrams, by their reports",
    first: ("lost-network", "lost"),
    second: ("lost-damaged", ""),
    third: ("lost-kernel", ""),
};

/// The page of a sender.
pub fn page(model: &Model, summary: &SendSummary) -> Page {
    let mut page = Page {
        headline: Some(headline(summary)),
        assertions: summary.assertions.clone(),
        elapsed: Some(summary.elapsed),
        ..Page::new(&summary.verdict)
    };
    tiles(&mut page, summary);
    if let Some(reports) = &summary.reports {
        let losses = charts::faults(&model.reports, &LOSSES, None);
        page.sections.push(receivers::section(reports, losses));
    }
    let plots: Vec<Markup> =
        [charts::rate(&model.whole, "Rate"), charts::faults(&model.whole, &FAULTS, None)]
            .into_iter()
            .flatten()
            .collect();
    if !plots.is_empty() {
        page.sections.push(section("time", "Over time", &html! { @for plot in &plots { (plot) } }));
    }
    if !summary.targets.is_empty() {
        page.sections.push(of_targets(&summary.targets));
    }
    page.sections.extend(plots_of_targets(model, &summary.targets));
    page.sections.extend(summary.playout.as_ref().map(playout));
    page
}

fn headline(summary: &SendSummary) -> String {
    let sent = count_of(summary.meter.datagrams);
    match &summary.reports {
        Some(reports) if reports.receivers == 0 => format!("{sent}, no receiver reported"),
        Some(reports) => {
            let receivers = count(reports.receivers as u64, "receiver");
            match (reports.lost_max, reports.loss_ratio_max) {
                (Some(0), _) => format!("{sent}, none lost at {receivers}"),
                (Some(lost), Some(ratio)) => {
                    let (lost, ratio) = (grouped(lost), percent(ratio));
                    format!("{sent}, up to {lost} lost ({ratio}) at one of {receivers}")
                }
                _ => format!("{sent}, {receivers} reported"),
            }
        }
        None if summary.errors > 0 => format!("{sent}, {} could not be sent", summary.errors),
        None => sent,
    }
}

fn count_of(datagrams: u64) -> String {
    if datagrams == 1 {
        "1 datagram sent".to_owned()
    } else {
        format!("{} datagrams sent", grouped(datagrams))
    }
}

fn tiles(page: &mut Page, summary: &SendSummary) {
    let SendSummary { meter, errors, skipped, pace_ns, cpu, elapsed, .. } = summary;
    let targets = count(summary.targets.len() as u64, "target").to_string();
    page.tile("Datagrams", grouped(meter.datagrams), Some(format!("to {targets}")));
    page.judged("Not sent", grouped(*errors), None, *errors > 0);
    if *skipped > 0 {
        page.judged("Skipped rounds", grouped(*skipped), Some("sender too slow".to_owned()), true);
    }
    if let Some(rate) = meter.rate_pps {
        let bits = meter.bitrate_bps.map(|rate| Value::Bps(rate).to_string());
        page.tile("Mean rate", Value::Pps(rate).to_string(), bits);
    }
    if let Some(pace) = pace_ns {
        let note = format!("p50 {}, max {}", nanos(pace.p50), nanos(pace.max));
        page.tile("Send delay p99", nanos(pace.p99), Some(note));
    }
    if let Some(reports) = &summary.reports {
        let silent = (reports.silent > 0).then(|| format!("{} silent", reports.silent));
        let is_bad = reports.silent > 0 || reports.receivers == 0;
        page.judged("Receivers", grouped(reports.receivers as u64), silent, is_bad);
    }
    if let Some(cpu) = cpu {
        let core = cpu.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
        page.tile("CPU time", length(*cpu), Some(format!("{} of a core", percent(core))));
    }
    page.tile("Duration", length(*elapsed), None);
}

fn of_targets(targets: &[TargetTotals]) -> Markup {
    let rows: Vec<&TargetTotals> = targets.iter().take(MOST_ROWS).collect();
    let content = html! {
        (table("Targets", COLUMNS, &rows, |target| target.errors > 0))
        @if rows.len() < targets.len() {
            p.note { (count((targets.len() - rows.len()) as u64, "more target")) }
        }
    };
    section("targets", "Targets", &content)
}

fn plots_of_targets(model: &Model, targets: &[TargetTotals]) -> Option<Markup> {
    if targets.len() < 2 {
        return None;
    }
    let plots = targets.iter().filter_map(|target| {
        Some(Small {
            name: SocketAddr::new(target.group, target.port).to_string(),
            note: html! { (Printable(&target.iface)) ": " (count_of(target.datagrams)) },
            series: model.tracks.get(&key(target))?,
        })
    });
    let plots: Vec<Small> = plots.take(MOST_PLOTS).collect();
    let is_part = plots.len() < targets.len();
    let note = is_part.then(|| format!("{} of {} targets.", plots.len(), targets.len()));
    small::section("Each target over time", &plots, note)
}

fn playout(totals: &PlayoutTotals) -> Markup {
    let PlayoutTotals { passes, underruns, delayed, pcr_jumps, pcr_gaps, skipped_bytes } = totals;
    let delayed = i64::try_from(delayed.as_nanos()).unwrap_or(i64::MAX);
    let rows = [
        ("Passes", grouped(*passes)),
        ("Late deliveries of the input", grouped(*underruns)),
        ("Delay of the end", nanos(delayed)),
        ("PCR jumps", grouped(*pcr_jumps)),
        ("Seconds without a PCR", grouped(*pcr_gaps)),
        ("Bytes outside of packets", grouped(*skipped_bytes)),
    ];
    let content = html! {
        dl.facts { @for (name, value) in rows { dt { (name) } dd { (value) } } }
    };
    section("playout", "Transport stream", &content)
}
