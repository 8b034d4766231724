//! The receivers of a sender's streams, by their reports.

use maud::{Markup, html};

use super::layout;
use super::numbers::{grouped, nanos, percent, positive};
use super::table::{Column, number, rare, table, text};
use crate::assertion::Value;
use crate::event::{LatenessInfo, ReceiverInfo, ReceiversInfo};
use crate::units::order::sort_by_key;
use crate::units::words::count;

/// How many receivers have a row: those with the most losses.
const MOST_ROWS: usize = 1000;

const COLUMNS: &[Column<ReceiverInfo>] = &[
    text("Receiver", |receiver| Some(receiver.address.to_string())),
    text("State", |receiver| {
        let restarted = if receiver.restarted { ", restarted" } else { "" };
        Some(format!("{}{restarted}", receiver.state))
    }),
    number("Received", |receiver| Some(grouped(receiver.counters.received))),
    number("Lost", |receiver| Some(grouped(receiver.counters.lost))),
    number("Loss", |receiver| receiver.counters.loss_ratio.map(percent)),
    rare("Missed before", |receiver| positive(receiver.counters.missed_before)),
    rare("Duplicates", |receiver| positive(receiver.counters.duplicates)),
    rare("Reordered", |receiver| positive(receiver.counters.reordered)),
    rare("Corrupt", |receiver| positive(receiver.counters.corrupt)),
    rare("Kernel drops", |receiver| receiver.kernel_drops.map(|drops| grouped(drops.into()))),
    rare("Rate", |receiver| receiver.counters.rate_pps.map(|pps| Value::Pps(pps).to_string())),
    rare("Delay p50", |receiver| delay(receiver, |delay| delay.p50)),
    rare("Delay p99", |receiver| delay(receiver, |delay| delay.p99)),
    rare("Delay max", |receiver| delay(receiver, |delay| delay.max)),
    rare("Jitter", |receiver| receiver.counters.jitter_ns.map(|jitter| nanos(jitter.into()))),
    rare("Hops", |receiver| receiver.counters.hops.map(|hops| hops.to_string())),
    rare("Reports", |receiver| Some(grouped(receiver.reports))),
    rare("Reports lost", |receiver| positive(receiver.reports_lost)),
];

fn delay(receiver: &ReceiverInfo, of: fn(&LatenessInfo) -> i64) -> Option<String> {
    receiver.counters.delay_ns.as_ref().map(|delay| nanos(of(delay)))
}

/// The section about the receivers, with a plot of their losses.
pub fn section(reports: &ReceiversInfo, losses: Option<Markup>) -> Markup {
    let mut rows: Vec<&ReceiverInfo> = reports.list.iter().collect();
    sort_by_key(&mut rows, |receiver| {
        let is_silent = receiver.state == "silent";
        (std::cmp::Reverse((is_silent, receiver.counters.lost)), receiver.first)
    });
    rows.truncate(MOST_ROWS);
    let is_bad = |receiver: &ReceiverInfo| receiver.counters.lost > 0 || receiver.state == "silent";
    let more = reports.list.len() - rows.len();
    let content = html! {
        @if rows.is_empty() {
            p { "No receiver reported." }
        } @else {
            (table("Receivers", COLUMNS, &rows, is_bad))
        }
        @if more > 0 {
            p.note { (count(more as u64, "more receiver")) ", none with more losses." }
        }
        @if reports.untracked_reports > 0 {
            p.note { (count(reports.untracked_reports, "report")) " of receivers without a row." }
        }
        @if let Some(losses) = losses { (losses) }
    };
    layout::section("receivers", "Receivers", &content)
}
