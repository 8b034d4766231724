//! The streams of a receiver: a table, a small plot of each, and the values that one format has.

use std::net::SocketAddr;

use maud::{Markup, html};

use super::layout::section;
use super::model::Model;
use super::numbers::{grouped, nanos, percent, positive, shortened};
use super::small::{self, MOST_PLOTS, Small};
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{CountersInfo, RecvCounters, StreamInfo};
use crate::report::{finished, measured, stream_blocks};
use crate::stats::delay::Quantiles;
use crate::units::order::sort_by;
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many streams have a row: those with the most losses.
const MOST_ROWS: usize = 1000;

/// How many streams show the values of their format.
const MOST_DETAILS: usize = 30;

/// How long these values are at most, in bytes: a transport stream may have 8192 PIDs.
const LONGEST_DETAILS: usize = 20_000;

/// What identifies a stream in all intervals.
pub fn key(stream: &StreamInfo) -> impl std::hash::Hash + '_ {
    // A probe has an id, and its sender may change its address.
    let source = stream.stream.is_none().then_some(&stream.source);
    let key = (stream.stream, stream.key.as_deref());
    (source, stream.group, stream.port, stream.iface.as_deref(), stream.format, key)
}

fn spread(stream: &StreamInfo) -> Option<Quantiles> {
    measured::spread(&stream.counters).1
}

fn lost(of: &CountersInfo) -> String {
    format!("{}{}", if of.lost_exact { "" } else { "\u{2265}" }, grouped(of.lost))
}

/// A name in the page: at most this many characters, without control characters.
fn name(text: &str) -> String {
    let mut name: String = text.chars().take(60).collect();
    if name.len() < text.len() {
        name.push('…');
    }
    Printable(&name).to_string()
}

/// The columns of the table.
const COLUMNS: &[Column<StreamInfo>] = &[
    text("Source", |stream| Some(stream.source.to_string())),
    text("To", |stream| Some(SocketAddr::new(stream.group, stream.port).to_string())),
    text("Interface", |stream| stream.iface.as_deref().map(name)),
    text("Format", |stream| Some(format(stream).to_owned())),
    text("Key", |stream| stream.key.as_deref().filter(|_| stream.stream.is_none()).map(name)),
    text("Service", service),
    number("Datagrams", |stream| Some(grouped(stream.counters.datagrams))),
    number("Lost", |stream| Some(lost(&stream.counters))),
    number("Loss", |stream| stream.counters.loss_ratio.map(percent)),
    rare("Longest run", |stream| positive(stream.counters.loss_runs.longest)),
    rare("Duplicates", |stream| positive(stream.counters.duplicates)),
    rare("Reordered", |stream| positive(stream.counters.reordered)),
    rare("Corrupt", |stream| positive(stream.counters.corrupt)),
    rare("Rate", |stream| stream.counters.rate_pps.map(|rate| Value::Pps(rate).to_string())),
    rare("Bit rate", |stream| stream.counters.bitrate_bps.map(|rate| Value::Bps(rate).to_string())),
    rare("p50", |stream| spread(stream).map(|spread| nanos(spread.p50))),
    rare("p99", |stream| spread(stream).map(|spread| nanos(spread.p99))),
    rare("Max", |stream| spread(stream).map(|spread| nanos(spread.max))),
    rare("Jitter", |stream| stream.counters.jitter.map(|jitter| nanos(jitter.round() as i64))),
    rare("Longest gap", |stream| stream.counters.gap_ns.map(nanos)),
    rare("CC errors", |stream| Some(grouped(stream.detail.ts.as_ref()?.cc_errors))),
    rare("PCR jitter", |stream| Some(nanos(stream.detail.ts.as_ref()?.pcr_jitter_ns?.max))),
    rare("Messages", |stream| Some(grouped(stream.detail.market.as_ref()?.messages))),
];

fn format(stream: &StreamInfo) -> &'static str {
    if stream.detail.rtp.is_some() && stream.detail.ts.is_some() { "rtp/ts" } else { stream.format }
}

fn service(stream: &StreamInfo) -> Option<String> {
    let service = stream.detail.ts.as_ref().and_then(|ts| ts.service.as_deref());
    let session = stream.detail.rtp.as_ref().and_then(|rtp| rtp.session.as_deref());
    service.or(session).map(name)
}

/// The sections about streams.
pub fn sections(model: &Model, counters: &RecvCounters) -> Vec<Markup> {
    let mut streams: Vec<&StreamInfo> = counters.streams.iter().collect();
    if streams.is_empty() {
        return Vec::new();
    }
    let place = |stream: &StreamInfo| (stream.group, stream.port, stream.source.clone());
    sort_by(&mut streams, |one, other| {
        let loss = |of: &StreamInfo| of.counters.loss_ratio.unwrap_or(0.0);
        let by_loss = loss(other).total_cmp(&loss(one));
        by_loss.then_with(|| place(one).cmp(&place(other)))
    });
    let all = streams.len();
    let rows = &streams[..all.min(MOST_ROWS)];
    let what = if rows.iter().any(|stream| stream.counters.delay_ns.is_some()) {
        "p50, p99 and Max are of the delay."
    } else {
        "p50, p99 and Max are of the delay variation: the clocks are not known to agree."
    };
    let content = html! {
        (table("Streams", COLUMNS, rows, |stream| stream.counters.lost > 0))
        p.note {
            @if rows.len() < all {
                (count((all - rows.len()) as u64, "more stream")) ", none with a higher loss. "
            }
            @if rows.iter().any(|stream| spread(stream).is_some()) { (what) }
        }
    };
    let mut sections = vec![section("streams", "Streams", &content)];
    sections.extend(plots(model, &streams));
    sections.extend(details(&streams));
    sections
}

/// A small plot of each of the worst streams.
fn plots(model: &Model, streams: &[&StreamInfo]) -> Option<Markup> {
    if streams.len() < 2 {
        return None;
    }
    let tracked = streams.iter().filter_map(|stream| {
        let of = &stream.counters;
        let note = html! {
            "from " (stream.source) ": "
            @if of.lost > 0 { strong.loss { (lost(of)) " lost" } } @else { "none lost" }
            @if let Some(ratio) = of.loss_ratio.filter(|ratio| *ratio > 0.0) {
                " (" (percent(ratio)) ")"
            }
        };
        Some(Small {
            name: SocketAddr::new(stream.group, stream.port).to_string(),
            note,
            series: model.tracks.get(&key(stream))?,
        })
    });
    let tracked: Vec<Small> = tracked.take(MOST_PLOTS).collect();
    let is_part = tracked.len() < streams.len();
    let note = is_part.then(|| format!("The {} streams with the highest loss.", tracked.len()));
    small::section("Each stream over time", &tracked, note)
}

/// The values that only one format has.
fn details(streams: &[&StreamInfo]) -> Option<Markup> {
    let mut with: Vec<(&StreamInfo, String)> = Vec::new();
    let mut more = 0_u64;
    for stream in streams {
        let mut block = Vec::new();
        let _ = stream_blocks::write_one(stream, &mut block);
        match shortened(&finished(&block, None), LONGEST_DETAILS) {
            block if block.is_empty() => {}
            _ if with.len() >= MOST_DETAILS => more += 1,
            block => with.push((stream, block)),
        }
    }
    if with.is_empty() {
        return None;
    }
    let is_open = with.len() == 1;
    let content = html! {
        @for (stream, block) in &with {
            details open[is_open] {
                summary {
                    (format(stream)) " " (SocketAddr::new(stream.group, stream.port))
                    " from " (stream.source)
                }
                pre tabindex="0" { (block) }
            }
        }
        @if more > 0 { p.note { (count(more, "more stream")) } }
    };
    Some(section("formats", "Values of the formats", &content))
}
