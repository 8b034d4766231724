//! The reports of the benchmarks.

use std::time::Duration;

use maud::{Markup, html};

use super::axis::Axis;
use super::charts;
use super::layout::{Page, section};
use super::model::Model;
use super::numbers::{grouped, length, nanos, percent};
use super::plot::{Kind, Layer, Plot};
use super::recv::targets;
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{
    BenchingGroups, BenchingJoin, BenchingThroughput, Cause, CycleInfo, GroupsSummary, JoinFrom,
    JoinSummary, LatencyInfo, StepInfo, ThroughputRow, ThroughputSummary, TrialInfo,
};
use crate::units::words::count;

/// How many trials or cycles are kept.
pub const MOST_TRIALS: usize = 2000;

/// `bench throughput` begins.
pub fn throughput_begins(model: &mut Model, ready: &BenchingThroughput) {
    model.ready = Some(model.now());
    model.fact("Target", targets(std::slice::from_ref(&ready.target)));
    model.fact("Length of a trial", length(ready.trial));
    model.fact("Allowed loss", percent(ready.loss_max_ratio));
    model.fact("Highest rate", format!("{:#}", ready.max.rate()));
}

/// `bench join` begins.
pub fn join_begins(model: &mut Model, ready: &BenchingJoin) {
    model.ready = Some(model.now());
    model.fact("Target", targets(std::slice::from_ref(&ready.target)));
    model.fact("Planned cycles", ready.cycles.to_string());
    let frames = if ready.sees_frames { "captured" } else { "not captured" };
    model.fact("Frames on the interface", frames);
}

/// `bench groups` begins.
pub fn groups_begins(model: &mut Model, ready: &BenchingGroups) {
    model.ready = Some(model.now());
    model.fact("First target", targets(std::slice::from_ref(&ready.target)));
    model.fact("Groups", grouped(ready.groups as u64));
    model.fact("Rate to all groups", Value::Pps(ready.rate_pps).to_string());
    model.fact("Datagrams to each group", grouped(ready.datagrams_per_group));
}

fn time(time: Duration) -> String {
    nanos(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

fn pps(rate: Option<f64>) -> Option<String> {
    rate.map(|rate| Value::Pps(rate).to_string())
}

fn bps(rate: Option<f64>) -> Option<String> {
    rate.map(|rate| Value::Bps(rate).to_string())
}

const RESULTS: &[Column<ThroughputRow>] = &[
    text("Frame", |row| Some(count(row.frame_bytes.into(), "byte").to_string())),
    number("Payload", |row| Some(count(row.payload_bytes.into(), "byte").to_string())),
    number("Throughput", |row| pps(row.throughput_pps)),
    number("Bit rate", |row| bps(row.throughput_bps)),
    number("Failed at", |row| pps(row.failed_pps)),
    number("Trials", |row| Some(row.trials.to_string())),
    text("Bounded by", |row| Some(bound(row.bound).to_owned())),
];

fn bound(cause: Option<Cause>) -> &'static str {
    match cause {
        Some(Cause::Path) => "path",
        Some(Cause::PathOrKernel) => "path or kernel of a receiver",
        Some(Cause::ReceiverKernel) => "kernel of a receiver",
        Some(Cause::ReceiverSilent) => "silent receiver",
        Some(Cause::Sender) => "sender",
        Some(Cause::MaxRate) => "--max-rate",
        Some(Cause::TimeLimit) => "time limit",
        None => "interruption",
    }
}

const TRIALS: &[Column<TrialInfo>] = &[
    text("Frame", |trial| Some(count(trial.frame_bytes.into(), "byte").to_string())),
    number("Trial", |trial| Some(trial.trial.to_string())),
    number("Offered", |trial| pps(Some(trial.offered_pps))),
    number("Sent", |trial| pps(trial.sent_pps)),
    number("Bit rate", |trial| bps(trial.sent_bps)),
    number("Receivers", |trial| Some(trial.receivers.len().to_string())),
    number("Worst loss", |trial| {
        trial.receivers.iter().filter_map(|of| of.loss_ratio).reduce(f64::max).map(percent)
    }),
    text("Result", |trial| {
        Some(if trial.passed {
            "passed".to_owned()
        } else {
            trial
                .cause
                .map_or("not judged".to_owned(), |cause| format!("failed: {}", bound(Some(cause))))
        })
    }),
];

/// The page of `bench throughput`.
pub fn throughput(model: &Model, summary: &ThroughputSummary) -> Page {
    let best = summary.results.iter().filter_map(|row| row.throughput_bps);
    let best = best.reduce(f64::max);
    let receivers = count(summary.receivers as u64, "receiver").to_string();
    let headline = match best {
        Some(best) => format!("up to {} to {receivers}", Value::Bps(best)),
        None => format!("no rate passed, {receivers}"),
    };
    let mut page = Page {
        headline: Some(headline),
        elapsed: Some(summary.elapsed),
        ..Page::new(&summary.verdict)
    };
    for row in &summary.results {
        let note = Some(format!("{}-byte frames", row.frame_bytes));
        let value = pps(row.throughput_pps).unwrap_or_else(|| "none".to_owned());
        page.judged("Throughput", value, note, row.throughput_pps.is_none());
    }
    if !summary.results.is_empty() {
        let rows: Vec<&ThroughputRow> = summary.results.iter().collect();
        let name = "Throughput by frame size (RFC 3918, 4.3)";
        let is_bad = |row: &ThroughputRow| row.throughput_pps.is_none();
        page.sections.push(section("results", name, &table(name, RESULTS, &rows, is_bad)));
    }
    if !model.trials.is_empty() {
        let rows: Vec<&TrialInfo> = model.trials.iter().collect();
        let content = html! {
            (search(&rows))
            (table("Trials", TRIALS, &rows, |trial| !trial.passed))
        };
        page.sections.push(section("trials", "Trials", &content));
    }
    page
}

/// The rates of all trials in their order, those that failed in another row of colour and shape.
fn search(trials: &[&TrialInfo]) -> Markup {
    let bar = |wanted: bool| {
        let numbered = trials.iter().enumerate().filter(move |(_, trial)| trial.passed == wanted);
        numbered
            .map(|(number, trial)| {
                let at = number as f64;
                (at + 0.1, at + 0.9, 0.0, trial.sent_pps.unwrap_or(trial.offered_pps))
            })
            .collect::<Vec<_>>()
    };
    let peak = trials.iter().filter_map(|trial| trial.sent_pps).fold(0.0, f64::max);
    let failed = trials.iter().filter(|trial| !trial.passed).count();
    let trials_of = count(trials.len() as u64, "trial");
    let plot = Plot {
        id: "search".to_owned(),
        title: "Rates of the trials",
        description: format!("{trials_of} in their order, of which {failed} failed."),
        x: Axis::between(0.0, trials.len() as f64).without_labels(),
        x_label: super::plot::time,
        y: Axis::linear(0.0, peak),
        y_label: &charts::pps,
        layers: vec![
            Layer { class: "passed", kind: Kind::Bars, parts: bar(true), name: Some("passed") },
            Layer { class: "failed", kind: Kind::Bars, parts: bar(false), name: Some("failed") },
        ],
        height: 130,
    };
    plot.figure()
}

/// A row of the table of latencies: its name and the values.
struct Latency<'a>(&'static str, &'a LatencyInfo);

const CYCLES: &[Column<CycleInfo>] = &[
    number("Cycle", |cycle| Some(cycle.cycle.to_string())),
    number("Join", |cycle| cycle.join.map(time)),
    rare("Report delay", |cycle| cycle.report_delay.map(time)),
    rare("Leave", |cycle| cycle.leave.map(time)),
    number("Datagrams", |cycle| Some(grouped(cycle.datagrams))),
    number("Gap p50", |cycle| cycle.gap.map(time)),
    text("Remark", |cycle| {
        let remarks = [
            (cycle.forwarded_before == Some(true), "arrived before the join"),
            (cycle.stopped == Some(false), "did not stop after the leave"),
            (cycle.datagrams == 0, "no datagrams"),
        ];
        let remarks: Vec<&str> =
            remarks.into_iter().filter(|(applies, _)| *applies).map(|(_, remark)| remark).collect();
        (!remarks.is_empty()).then(|| remarks.join(", "))
    }),
];

/// The page of `bench join`.
pub fn join(model: &Model, summary: &JoinSummary) -> Page {
    let JoinSummary { join, leave, report_delay, cycles, missed, elapsed, .. } = summary;
    let headline = match join {
        Some(join) => format!("datagrams arrive {} after a join (median)", time(join.p50)),
        None => "no join latency measured".to_owned(),
    };
    let mut page =
        Page { headline: Some(headline), elapsed: Some(*elapsed), ..Page::new(&summary.verdict) };
    let missed = (*missed > 0).then(|| format!("{missed} without datagrams"));
    page.judged("Cycles", cycles.to_string(), missed.clone(), missed.is_some());
    for (name, info) in [("Join p99", join), ("Leave p99", leave)] {
        if let Some(info) = info {
            let note = format!("p50 {}, max {}", time(info.p50), time(info.max));
            page.tile(name, time(info.p99), Some(note));
        }
    }
    page.tile("Duration", length(*elapsed), None);
    let rows = [("Join", join), ("Leave", leave), ("Report delay", report_delay)];
    let rows: Vec<Latency> =
        rows.into_iter().filter_map(|(name, info)| Some(Latency(name, info.as_ref()?))).collect();
    if !rows.is_empty() {
        page.sections.push(section("latencies", "Latencies", &latencies(&rows, summary)));
    }
    if !model.cycles.is_empty() {
        let rows: Vec<&CycleInfo> = model.cycles.iter().collect();
        let is_bad = |cycle: &CycleInfo| cycle.join.is_none();
        let content = table("Cycles", CYCLES, &rows, is_bad);
        page.sections.push(section("cycles", "Cycles", &content));
    }
    page
}

fn latencies(rows: &[Latency], summary: &JoinSummary) -> Markup {
    let from = match summary.join_from {
        JoinFrom::Report => "the membership report on the wire",
        JoinFrom::Call => "the call of mcast",
    };
    html! {
        div.scroll role="group" tabindex="0" aria-label="Latencies" {
            table {
                thead {
                    tr {
                        th scope="col" { "Latency" }
                        @for title in ["Count", "Min", "Mean", "p50", "p99", "Max"] {
                            th.n scope="col" { (title) }
                        }
                    }
                }
                tbody {
                    @for Latency(name, info) in rows {
                        tr {
                            th scope="row" { (name) }
                            td.n { (info.count) }
                            @for value in [info.min, info.mean, info.p50, info.p99, info.max] {
                                td.n { (time(value)) }
                            }
                        }
                    }
                }
            }
        }
        p.note {
            "The join latency begins at " (from) " and ends at the first datagram. "
            "The leave latency ends at the last frame."
            @if let (Some(gap), Some(most)) = (summary.gap, summary.gap_max) {
                " No latency is more exact than the time between two datagrams: p50 " (time(gap))
                ", max " (time(most)) "."
            }
        }
        @for (position, Latency(name, info)) in rows.iter().enumerate() {
            @if info.count > 1 { (distribution(position, name, info)) }
        }
    }
}

fn distribution(position: usize, name: &'static str, info: &LatencyInfo) -> Markup {
    let nanos = |time: Duration| time.as_nanos() as f64;
    let bars: Vec<_> = info
        .histogram
        .iter()
        .map(|bin| (nanos(bin.from), nanos(bin.to), 0.0, bin.count as f64))
        .collect();
    let (from, to) = match (bars.first(), bars.last()) {
        (Some(first), Some(last)) => (first.0, last.1),
        _ => (0.0, 1.0),
    };
    let highest = bars.iter().map(|bar| bar.3).fold(0.0, f64::max);
    let plot = Plot {
        id: format!("latency-{position}"),
        title: name,
        description: format!("{} measurements, at most {}.", info.count, time(info.max)),
        x: Axis::between(from, to),
        x_label: charts::duration,
        y: Axis::linear(0.0, highest),
        y_label: &|count| grouped(count as u64),
        layers: vec![Layer { class: "bar", kind: Kind::Bars, parts: bars, name: None }],
        height: 110,
    };
    plot.figure()
}

const STEPS: &[Column<StepInfo>] = &[
    number("Groups", |step| Some(grouped(step.groups as u64))),
    number("Receivers", |step| Some(step.receivers.len().to_string())),
    number("Arrived at the worst", |step| step.fewest.map(grouped)),
    text("Result", |step| {
        Some(
            match (step.passed, step.fewest) {
                (true, _) => "passed",
                (false, Some(_)) => "failed: not all arrived",
                (false, None) => "failed: no report",
            }
            .to_owned(),
        )
    }),
];

/// The page of `bench groups`.
pub fn groups(summary: &GroupsSummary) -> Page {
    let headline = match summary.capacity {
        Some(capacity) => {
            format!("{} forwarded to every receiver", count(capacity as u64, "group"))
        }
        None => "no number of groups arrived completely".to_owned(),
    };
    let mut page = Page {
        headline: Some(headline),
        elapsed: Some(summary.elapsed),
        ..Page::new(&summary.verdict)
    };
    let capacity =
        summary.capacity.map_or_else(|| "none".to_owned(), |capacity| grouped(capacity as u64));
    let failed = summary.failed.map(|failed| format!("failed at {}", grouped(failed as u64)));
    page.judged("Groups", capacity, failed, summary.capacity.is_none());
    page.tile("Receivers", grouped(summary.receivers as u64), None);
    page.tile("Duration", length(summary.elapsed), None);
    if !summary.steps.is_empty() {
        let rows: Vec<&StepInfo> = summary.steps.iter().take(MOST_TRIALS).collect();
        let name = "Trials (RFC 3918, 7.1)";
        let content = table(name, STEPS, &rows, |step| !step.passed);
        page.sections.push(section("trials", name, &content));
    }
    page
}
