//! The report of a ping.

use std::collections::HashMap;
use std::net::SocketAddr;

use maud::{Markup, html};

use super::charts::{self, Places};
use super::layout::{Page, section};
use super::model::Model;
use super::numbers::{grouped, length, nanos, percent, positive};
use super::point::{Faults, Point, Spread};
use super::recv::targets;
use super::small::{self, MOST_PLOTS, Small};
use super::table::{Column, number, rare, table, text};
use crate::event::{
    EstimateInfo, HopsInfo, PingCounts, PingReceiver, PingSummary, PingTarget, Pinging, ReplyInfo,
};
use crate::stats::delay::{Delays, Precision, Quantiles};
use crate::units::order::sort_by_key;
use crate::units::words::count;

/// How many receivers have a row.
const MOST_ROWS: usize = 1000;

/// How many receivers are followed over time.
const MOST_RECEIVERS: usize = 10_000;

/// How many replies of one step are kept for its quantiles.
const MOST_REPLIES: usize = 10_000;

/// A ping is ready.
pub fn pinging(model: &mut Model, ready: &Pinging) {
    model.ready = Some(model.now());
    model.fact("Targets", targets(&ready.targets));
    model.fact("Requests", format!("every {}, {} bytes", length(ready.interval), ready.len_bytes));
}

/// A reply arrived.
pub fn reply(model: &mut Model, reply: &ReplyInfo) {
    if reply.unicast || reply.duplicate {
        return;
    }
    model.replies.all.record(reply.rtt_ns);
    if model.replies.step.len() < MOST_REPLIES {
        let source = reply.source.host().address();
        let key = model.replies.key(source, reply.group, reply.port, reply.iface);
        model.replies.step.push((key, reply.rtt_ns));
    }
}

/// The counters until now: a step ends.
pub fn progress(model: &mut Model, summary: &PingSummary) {
    let since = model.replies.since;
    let elapsed = summary.elapsed.saturating_sub(since);
    if elapsed.is_zero() {
        return;
    }
    let step = std::mem::take(&mut model.replies.step);
    let mut point = Point::new(since, elapsed, step.len() as u64, 0);
    point.spread = spread(step.iter().map(|(_, rtt)| *rtt));
    let lost = (summary.counts.lost_to, summary.counts.lost_back);
    point.faults = risen(model.replies.lost, lost);
    (model.replies.since, model.replies.lost) = (summary.elapsed, lost);
    model.push(point);
    let mut times: HashMap<u64, Vec<i64>> = HashMap::new();
    step.into_iter().for_each(|(key, rtt)| times.entry(key).or_default().push(rtt));
    for receiver in summary.receivers.iter().take(MOST_RECEIVERS) {
        let key = model.replies.key_of(receiver);
        let lost = (receiver.counts.lost_to, receiver.counts.lost_back);
        let before = model.replies.lost_of.insert(key, lost).unwrap_or_default();
        let times = times.remove(&key).unwrap_or_default();
        let mut point = Point::new(since, elapsed, times.len() as u64, 0);
        point.faults = risen(before, lost);
        point.spread = spread(times.into_iter());
        model.tracks.push(&key, point);
    }
}

fn risen(before: (u64, u64), now: (u64, u64)) -> Faults {
    Faults {
        first: now.0.saturating_sub(before.0),
        second: 0,
        third: now.1.saturating_sub(before.1),
    }
}

fn spread(times: impl Iterator<Item = i64>) -> Option<Spread> {
    let mut all = Delays::new(Precision::Coarse);
    times.for_each(|time| all.record(time));
    all.quantiles().map(Spread::from)
}

const LOSSES: Places = Places {
    title: "Losses by direction",
    unit: "requests and replies",
    first: ("lost-network", "requests lost on the way to a receiver"),
    second: ("lost-damaged", ""),
    third: ("lost-kernel", "replies lost on the way back"),
};

const COLUMNS: &[Column<PingReceiver>] = &[
    text("Receiver", |of| Some(of.address.to_string())),
    text("Target", |of| Some(SocketAddr::new(of.group, of.port).to_string())),
    text("Interface", |of| Some(of.iface.clone())),
    number("Replies", |of| Some(answered(&of.counts))),
    number("Loss to", |of| of.counts.loss_to_ratio.map(percent)),
    number("Loss back", |of| of.counts.loss_back_ratio.map(percent)),
    rare("No answer", |of| positive(of.counts.unresolved)),
    rare("Withheld", |of| positive(of.counts.withheld)),
    number("RTT min", |of| time(&of.counts, |rtt| rtt.min)),
    number("Mean", |of| time(&of.counts, |rtt| rtt.mean)),
    number("p50", |of| time(&of.counts, |rtt| rtt.p50)),
    number("p99", |of| time(&of.counts, |rtt| rtt.p99)),
    number("Max", |of| time(&of.counts, |rtt| rtt.max)),
    rare("Unicast", |of| of.unicast.as_ref().map(|of| answered(&of.counts))),
    rare("Unicast p50", |of| time(&of.unicast.as_ref()?.counts, |rtt| rtt.p50)),
    rare("Hops to", |of| of.counts.hops_to.map(hops)),
    rare("Hops back", |of| of.counts.hops_back.map(hops)),
    rare("Duplicates", |of| positive(of.counts.duplicates)),
    rare("Duplicates to", |of| positive(of.counts.request_duplicates)),
    rare("Restarts", |of| positive(of.restarts)),
    rare("First reply", |of| Some(length(of.first_seen))),
];

/// The replies of the expected ones.
fn answered(counts: &PingCounts) -> String {
    format!("{} of {}", grouped(counts.replies), grouped(counts.expected))
}

fn time(counts: &PingCounts, of: fn(&Quantiles) -> i64) -> Option<String> {
    counts.rtt_ns.map(|rtt| nanos(of(&rtt)))
}

fn hops(HopsInfo { min, max }: HopsInfo) -> String {
    if min == max { min.to_string() } else { format!("{min} to {max}") }
}

/// The columns of the targets.
const TARGETS: &[Column<PingTarget>] = &[
    text("Target", |of| Some(SocketAddr::new(of.group, of.port).to_string())),
    text("Interface", |of| Some(of.iface.clone())),
    text("Source", |of| Some(of.source.to_string())),
    number("Requests", |of| Some(grouped(of.requests))),
    rare("Not sent", |of| positive(of.errors)),
    number("Replies", |of| Some(grouped(of.replies))),
    rare("Estimated receivers", |of| of.estimate.map(estimated)),
    number("RTT p50", |of| of.rtt_ns.map(|rtt| nanos(rtt.p50))),
    number("p99", |of| of.rtt_ns.map(|rtt| nanos(rtt.p99))),
    number("Max", |of| of.rtt_ns.map(|rtt| nanos(rtt.max))),
];

fn estimated(EstimateInfo { receivers, low, high }: EstimateInfo) -> String {
    format!("{} ({} to {})", grouped(receivers), grouped(low), grouped(high))
}

/// The page of a ping.
pub fn page(model: &Model, summary: &PingSummary) -> Page {
    let mut page = Page {
        headline: Some(headline(summary)),
        assertions: summary.assertions.clone(),
        elapsed: Some(summary.elapsed),
        ..Page::new(&summary.verdict)
    };
    tiles(&mut page, summary);
    page.sections.extend(of_receivers(summary));
    let histogram = summary.counts.rtt_ns.and_then(|spread| {
        charts::histogram(&model.replies.all, &spread, "Distribution of the round-trip time")
    });
    let plots = [
        charts::spread(&model.whole, "Round-trip time"),
        charts::faults(&model.whole, &LOSSES, None),
        histogram,
    ];
    let plots: Vec<Markup> = plots.into_iter().flatten().collect();
    if !plots.is_empty() {
        page.sections.push(section("time", "Over time", &html! { @for plot in &plots { (plot) } }));
    }
    page.sections.extend(plots_of_receivers(model, summary));
    page.sections.push(section("targets", "Targets", &{
        let rows: Vec<&PingTarget> = summary.targets.iter().take(MOST_ROWS).collect();
        table("Targets", TARGETS, &rows, |target| target.errors > 0)
    }));
    page
}

fn headline(summary: &PingSummary) -> String {
    let receivers = summary.receivers();
    let is_estimate = summary.targets.iter().any(|target| target.estimate.is_some());
    let about = if is_estimate { "about " } else { "" };
    let answered = match receivers {
        0 => return "no receiver answered".to_owned(),
        1 => "1 receiver answered".to_owned(),
        many => format!("{about}{} receivers answered", grouped(many)),
    };
    match (summary.counts.lost, summary.counts.loss_ratio) {
        (0, _) => format!("{answered}, nothing lost"),
        (lost, Some(ratio)) => {
            format!("{answered}, {} replies missing ({})", grouped(lost), percent(ratio))
        }
        (lost, None) => format!("{answered}, {} replies missing", grouped(lost)),
    }
}

fn tiles(page: &mut Page, summary: &PingSummary) {
    let counts = &summary.counts;
    let receivers = summary.receivers();
    let missing = summary.missing.as_ref().map_or(0, Vec::len);
    let note = (missing > 0).then(|| format!("{missing} missing"));
    page.judged("Receivers", grouped(receivers), note, receivers == 0 || missing > 0);
    let requests: u64 = summary.targets.iter().map(|target| target.requests).sum();
    page.tile("Replies", grouped(counts.replies), Some(format!("{} requests", grouped(requests))));
    let directions = [
        ("Lost to receivers", counts.lost_to, counts.loss_to_ratio),
        ("Lost on the way back", counts.lost_back, counts.loss_back_ratio),
    ];
    for (name, lost, ratio) in directions {
        page.judged(name, grouped(lost), ratio.map(percent), lost > 0);
    }
    if counts.unresolved > 0 {
        let note = "direction unknown".to_owned();
        page.judged("No answer", grouped(counts.unresolved), Some(note), true);
    }
    if let Some(rtt) = counts.rtt_ns {
        let note = format!("p50 {}, max {}", nanos(rtt.p50), nanos(rtt.max));
        page.tile("RTT p99", nanos(rtt.p99), Some(note));
    }
    page.tile("Duration", length(summary.elapsed), None);
}

/// The receivers, those with the most losses first.
fn sorted(summary: &PingSummary) -> Vec<&PingReceiver> {
    let mut receivers: Vec<&PingReceiver> = summary.receivers.iter().collect();
    sort_by_key(&mut receivers, |receiver| std::cmp::Reverse(receiver.counts.lost));
    receivers
}

fn of_receivers(summary: &PingSummary) -> Option<Markup> {
    let missing = summary.missing.as_deref().unwrap_or_default();
    if summary.receivers.is_empty() && missing.is_empty() {
        return None;
    }
    let mut rows = sorted(summary);
    let more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let is_bad =
        |receiver: &PingReceiver| receiver.counts.lost > 0 || receiver.answers_only_multicast();
    let content = html! {
        @if !missing.is_empty() {
            p.loss { "Expected receivers that did not answer:" }
            ul { @for address in missing.iter().take(MOST_ROWS) { li { (address) } } }
        }
        @if !rows.is_empty() { (table("Receivers", COLUMNS, &rows, is_bad)) }
        @if more > 0 {
            p.note { (count(more as u64, "more receiver")) ", none with more losses." }
        }
    };
    Some(section("receivers", "Receivers", &content))
}

fn plots_of_receivers(model: &Model, summary: &PingSummary) -> Option<Markup> {
    if summary.receivers.len() < 2 {
        return None;
    }
    let receivers = sorted(summary);
    let plots = receivers.iter().filter_map(|receiver| {
        let lost = receiver.counts.lost;
        let note = html! {
            (answered(&receiver.counts)) " replies"
            @if lost > 0 { ", " strong.loss { (grouped(lost)) " missing" } }
        };
        let series = model.tracks.get(&model.replies.key_of(receiver))?;
        Some(Small { name: receiver.address.to_string(), note, series })
    });
    let plots: Vec<Small> = plots.take(MOST_PLOTS).collect();
    let is_part = plots.len() < receivers.len();
    let note = is_part.then(|| format!("The {} receivers with the most losses.", plots.len()));
    small::section("Each receiver over time", &plots, note)
}
