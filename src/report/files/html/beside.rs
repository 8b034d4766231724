//! The redundant pairs of a receiver, and the flows that it does not measure.

use std::net::SocketAddr;

use maud::{Markup, html};

use super::layout::section;
use super::numbers::{grouped, nanos};
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{FlowInfo, Missing, PairInfo};
use crate::report::pairs::Side;
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many pairs or flows have a row.
const MOST_ROWS: usize = 500;

const PAIRS: &[Column<PairInfo>] = &[
    text("Side A", |pair| Some(Side(&pair.a).to_string())),
    text("Side B", |pair| Some(Side(&pair.b).to_string())),
    text("Format", |pair| pair.format.map(str::to_owned)),
    text("Missing", |pair| {
        pair.missing.map(|missing| {
            match missing {
                Missing::A => "on A",
                Missing::B => "on B",
                Missing::Both => "on A and B",
                Missing::Unknown => "unknown",
            }
            .to_owned()
        })
    }),
    number("Expected", |pair| pair.expected.map(grouped)),
    number("Lost on A", |pair| pair.lost_a.map(grouped)),
    number("Lost on B", |pair| pair.lost_b.map(grouped)),
    number("Lost on both", |pair| pair.lost.map(grouped)),
    rare("Skew p50", |pair| pair.skew_ns.as_ref().map(|skew| nanos(skew.p50))),
    rare("Skew p99", |pair| pair.skew_ns.as_ref().map(|skew| nanos(skew.p99))),
    rare("Skew max", |pair| pair.skew_ns.as_ref().map(|skew| nanos(skew.max))),
    rare("B after A, p50", |pair| pair.b_after_a_ns.as_ref().map(|offset| nanos(offset.p50))),
];

const FLOWS: &[Column<FlowInfo>] = &[
    text("Source", |flow| Some(flow.source.to_string())),
    text("To", |flow| Some(SocketAddr::new(flow.group, flow.port).to_string())),
    text("Interface", |flow| flow.iface.as_ref().map(|iface| Printable(iface).to_string())),
    text("Format", |flow| {
        let title = flow.name.map(|name| name.title).or(flow.format);
        let doubt = if flow.how == Some("port") { " (by its port)" } else { "" };
        Some(title.map_or_else(|| "unknown".to_owned(), |title| format!("{title}{doubt}")))
    }),
    number("Datagrams", |flow| Some(grouped(flow.meter.datagrams))),
    number("Rate", |flow| flow.meter.rate_pps.map(|rate| Value::Pps(rate).to_string())),
    number("Bit rate", |flow| flow.meter.bitrate_bps.map(|rate| Value::Bps(rate).to_string())),
    number("Shortest payload", |flow| Some(count(flow.len_min_bytes as u64, "byte").to_string())),
    number("Longest", |flow| Some(count(flow.len_max_bytes as u64, "byte").to_string())),
];

/// The section of the pairs.
pub fn pairs(pairs: &[PairInfo]) -> Option<Markup> {
    let is_bad = |pair: &PairInfo| pair.lost > Some(0) || pair.missing.is_some();
    part("pairs", "Redundant pairs", "pair", PAIRS, pairs, is_bad)
}

/// The section of the flows without a measured format.
pub fn flows(flows: &[FlowInfo]) -> Option<Markup> {
    part("flows", "Flows without measurements", "flow", FLOWS, flows, |_| false)
}

fn part<T>(
    id: &str,
    title: &str,
    thing: &str,
    columns: &[Column<T>],
    all: &[T],
    is_bad: impl Fn(&T) -> bool,
) -> Option<Markup> {
    let rows: Vec<&T> = all.iter().take(MOST_ROWS).collect();
    let more = all.len() - rows.len();
    let content = html! {
        (table(title, columns, &rows, is_bad))
        @if more > 0 { p.note { (count(more as u64, &format!("more {thing}"))) } }
    };
    (!rows.is_empty()).then(|| section(id, title, &content))
}
