//! The report of a receiver.

use std::net::SocketAddr;

use super::beside;
use super::charts::{self, Places};
use super::layout::{Page, section};
use super::model::Model;
use super::numbers::{grouped, length, nanos, percent};
use super::point::{Faults, Point};
use super::streams;
use crate::assertion::Value;
use crate::event::{
    CountersInfo, IntervalReport, Listening, Reading, RecvCounters, RecvSummary, TargetInfo, Totals,
};
use crate::report::measured;
use crate::units::words::{and_more, count};

/// How many targets a line names.
const MOST_NAMED: usize = 8;

/// A receiver is ready.
pub fn listening(model: &mut Model, ready: &Listening) {
    model.ready = Some(model.now());
    model.fact("Targets", targets(&ready.targets));
    let buffer = ready.rcvbuf_bytes.granted.map(|bytes| format!("{} bytes", grouped(bytes as u64)));
    if let Some(buffer) = buffer {
        model.fact("Receive buffer", buffer);
    }
    if let Some(recording) = &ready.recording {
        model.fact("Recording", recording.as_str());
    }
}

/// A capture is open.
pub fn reading(model: &mut Model, ready: &Reading) {
    model.ready = Some(model.now());
    model.fact("Capture", ready.file.as_str());
}

/// `239.1.1.1:5000 on eth0, 239.1.1.2:5000 on eth0 and 3 more targets`.
pub fn targets(targets: &[TargetInfo]) -> String {
    let named = |target: &TargetInfo| {
        let place = SocketAddr::new(target.group, target.port);
        format!("{place} on {}", if target.ifindex == 0 { "every interface" } else { target.iface })
    };
    let first: Vec<String> = targets.iter().take(MOST_NAMED).map(named).collect();
    and_more(first.join(", "), targets.len() - first.len(), "target").to_string()
}

/// An interval ended.
pub fn interval(model: &mut Model, interval: &IntervalReport) {
    let IntervalReport { since, counters, .. } = interval;
    let Totals { datagrams, bytes, .. } = counters.meter;
    let mut point = Point::new(*since, counters.elapsed, datagrams, bytes);
    point.faults = losses(counters, &mut model.drops_to_count);
    point.gap = counters.gap.and_then(|gap| i64::try_from(gap.as_nanos()).ok());
    if let Some(measured) = &counters.measured {
        point.spread = measured::spread(&measured.counters).1.map(Into::into);
        point.gap = measured.counters.gap_ns.or(point.gap);
    }
    model.push(point);
    for stream in &counters.streams {
        let of = &stream.counters;
        let mut point = Point::new(*since, counters.elapsed, of.datagrams, of.bytes);
        point.faults.first = of.lost;
        point.spread = measured::spread(of).1.map(Into::into);
        point.gap = of.gap_ns;
        model.tracks.push(&streams::key(stream), point);
    }
}

/// Losses by place. The losses of streams contain the drops of this host's kernel, if they count
/// datagrams. A drop counts at once. Its loss counts as soon as the next datagram of the stream
/// arrives, which may be in a later interval: until then the drop is one of `drops_to_count`.
fn losses(counters: &RecvCounters, drops_to_count: &mut u64) -> Faults {
    let kernel = counters.kernel_drops.unwrap_or(0);
    let Some(measured) = &counters.measured else {
        return Faults { third: kernel, ..Faults::default() };
    };
    let CountersInfo { lost, corrupt, truncated, .. } = measured.counters;
    if measured.unit != Some("datagrams") {
        return Faults { first: lost, second: 0, third: kernel };
    }
    let damaged = (corrupt + truncated + counters.checksum_errors.unwrap_or(0)).min(lost);
    *drops_to_count += kernel;
    let dropped = (lost - damaged).min(*drops_to_count);
    *drops_to_count -= dropped;
    Faults { first: lost - damaged - dropped, second: damaged, third: kernel }
}

/// The places of losses.
fn places(unit: &'static str) -> Places {
    Places {
        title: "Losses by place",
        unit,
        first: ("lost-network", "in the network"),
        second: ("lost-damaged", "damaged on the path"),
        third: ("lost-kernel", "dropped by this host's kernel"),
    }
}

/// The page of a receiver.
pub fn page(model: &Model, summary: &RecvSummary) -> Page {
    let counters = &summary.counters;
    let mut page = Page {
        headline: Some(headline(counters)),
        assertions: summary.assertions.clone(),
        elapsed: Some(counters.elapsed),
        ..Page::new(&summary.verdict)
    };
    tiles(&mut page, counters);
    let unit = counters.measured.as_ref().and_then(|measured| measured.unit).unwrap_or("units");
    let (what, spread) = counters
        .measured
        .as_ref()
        .map_or(("delay", None), |measured| measured::spread(&measured.counters));
    let (title, distribution) = match what {
        "delay" => ("Delay", "Distribution of the delay"),
        _ => ("Delay variation", "Distribution of the delay variation"),
    };
    let plots = [
        charts::rate(&model.whole, "Rate"),
        charts::faults(&model.whole, &places(unit), measured::losses_line(counters)),
        charts::spread(&model.whole, title),
        charts::gaps(&model.whole),
        counters.measured.as_ref().zip(spread).and_then(|(measured, spread)| {
            charts::histogram(&measured.spread, &spread, distribution)
        }),
    ];
    let plots: Vec<_> = plots.into_iter().flatten().collect();
    if !plots.is_empty() {
        page.sections.push(section(
            "time",
            "Over time",
            &maud::html! { @for plot in &plots { (plot) } },
        ));
    }
    page.sections.extend(beside::pairs(&summary.pairs));
    page.sections.extend(streams::sections(model, counters));
    page.sections.extend(beside::flows(&summary.flows));
    page
}

/// The result in a sentence.
fn headline(counters: &RecvCounters) -> String {
    let datagrams = counters.meter.datagrams;
    let received = match datagrams {
        0 => return "no datagrams arrived".to_owned(),
        1 => "1 datagram received".to_owned(),
        many => format!("{} datagrams received", grouped(many)),
    };
    let Some(measured) = &counters.measured else { return received };
    let CountersInfo { lost, lost_exact, loss_ratio, .. } = measured.counters;
    if lost == 0 {
        return format!("{received}, none lost");
    }
    let least = if lost_exact { "" } else { "at least " };
    let ratio = loss_ratio.map(|ratio| format!(" ({})", percent(ratio))).unwrap_or_default();
    format!("{received}, {least}{} lost{ratio}", grouped(lost))
}

fn tiles(page: &mut Page, counters: &RecvCounters) {
    let meter = &counters.meter;
    let sources = format!("from {}", count(counters.sources as u64, "source"));
    let origin = match counters.measured.as_ref().map(|measured| measured.streams as u64) {
        Some(streams) => format!("{sources}, {}", count(streams, "stream")),
        None => sources,
    };
    let is_silent = meter.datagrams == 0;
    page.judged("Datagrams", grouped(meter.datagrams), Some(origin), is_silent);
    if let Some(measured) = &counters.measured {
        let of = &measured.counters;
        let least = if of.lost_exact { "" } else { "\u{2265}" };
        let ratio = of.loss_ratio.map(percent);
        let expected = format!("{} expected", grouped(of.expected));
        let note = ratio.map_or_else(|| expected.clone(), |ratio| format!("{ratio} of {expected}"));
        page.judged("Lost", format!("{least}{}", grouped(of.lost)), Some(note), of.lost > 0);
    }
    if let Some(drops) = counters.kernel_drops {
        let least = if counters.kernel_drops_exact == Some(false) { "\u{2265}" } else { "" };
        let note = "receive buffer full".to_owned();
        page.judged("Kernel drops", format!("{least}{}", grouped(drops)), Some(note), drops > 0);
    }
    if let Some(rate) = meter.rate_pps {
        let bits = meter.bitrate_bps.map(|rate| Value::Bps(rate).to_string());
        page.tile("Mean rate", Value::Pps(rate).to_string(), bits);
    }
    if let Some(measured) = &counters.measured {
        let (what, spread) = measured::spread(&measured.counters);
        if let Some(spread) = spread {
            let name = if what == "delay" { "Delay p99" } else { "Delay variation p99" };
            let note = format!("p50 {}, max {}", nanos(spread.p50), nanos(spread.max));
            page.tile(name, nanos(spread.p99), Some(note));
        }
    }
    page.tile("Duration", length(counters.elapsed), None);
}
