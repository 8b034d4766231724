//! The receivers of a sender's streams, in text.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use super::columns;
use super::style::Paint;
use crate::assertion::Value;
use crate::event::{LatenessInfo, ReceiverInfo, ReceiversInfo, ReceiversReport, ReportedInfo};
use crate::units::order::{sort_by, sort_by_key};
use crate::units::words::count;

/// How many receivers have a row each.
const MOST_ROWS: usize = 20;

const COLUMNS: usize = 14;
const LAST: usize = COLUMNS - 1;

const TITLES: [&str; COLUMNS] = [
    "RECEIVER",
    "RECV",
    "LOST",
    "LOSS",
    "MISSED",
    "DUP",
    "REORD",
    "DROPS",
    "DELAY p50",
    "p99",
    "max",
    "JITTER",
    "HOPS",
    "STATE",
];

/// The columns that appear only if a receiver has a value other than 0.
const OPTIONAL: [&str; 8] = ["MISSED", "DUP", "REORD", "DROPS", "DELAY p50", "p99", "max", "HOPS"];

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 8] =
    ["HOPS", "REORD", "DUP", "max", "JITTER", "DELAY p50", "MISSED", "p99"];

/// The state of all receivers, on one line.
pub fn line(report: &ReceiversReport, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let of = &report.receivers;
    let time = format!("{:.1} s", report.elapsed.as_secs_f64());
    write!(out, "{}  {}", paint.faint(time), count(of.receivers as u64, "receiver"))?;
    if of.silent > 0 {
        write!(out, "  {} silent", paint.bad(of.silent))?;
    }
    if let (Some(lost), Some(ratio)) = (of.lost_max, of.loss_ratio_max) {
        let lost = if lost == 0 {
            "0".to_owned()
        } else {
            paint.bad(format_args!("{lost} ({})", Value::Ratio(ratio))).to_string()
        };
        let most =
            if of.receivers > 1 && of.lost_max > Some(0) { "lost at most " } else { "lost " };
        write!(out, "  {most}{lost}")?;
    }
    if let Some(delay) = &of.delay_max_ns {
        write!(out, "  delay p99 {}", Value::Nanos(delay.p99))?;
    }
    if let Some(jitter) = of.jitter_max_ns {
        write!(out, "  jitter {}", Value::Nanos(jitter.into()))?;
    }
    writeln!(out)
}

/// The table of all receivers, and what it shows in one line.
pub fn summary(
    of: &ReceiversInfo,
    whole: bool,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if of.list.is_empty() {
        return Ok(());
    }
    let shown = rows_of(&of.list, whole);
    let mut rows = vec![(TITLES.map(str::to_owned), false)];
    for receiver in &shown {
        rows.push((cells(receiver), receiver.counters.lost > 0 || receiver.state == "silent"));
        if whole && receiver.streams.len() > 1 {
            rows.extend(streams(receiver));
        }
    }
    writeln!(out)?;
    table(&rows, room, paint, out)?;
    match of.list.len() - shown.len() {
        0 => {}
        more => {
            writeln!(
                out,
                "and {}, none with more losses; -v shows all",
                count(more as u64, "more receiver")
            )?;
        }
    }
    writeln!(out)?;
    conclusion(of, paint, out)
}

/// `3 receivers reported; lost 12 (1.2 %) at the worst one; 1 silent before the end`.
fn conclusion(of: &ReceiversInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{} reported", paint.strong(count(of.receivers as u64, "receiver")))?;
    match (of.lost_max, of.loss_ratio_max) {
        (Some(0), _) => write!(out, "; lost {}", paint.good(0))?,
        (Some(lost), Some(ratio)) => {
            let worst = if of.receivers > 1 { " at the worst one" } else { "" };
            let lost = format!("{lost} ({})", Value::Ratio(ratio));
            write!(out, "; lost {}{worst}", paint.bad(lost))?;
        }
        _ => {}
    }
    if of.silent > 0 {
        write!(out, "; {} before the end", paint.bad(format_args!("{} silent", of.silent)))?;
    }
    if of.restarts > 0 {
        write!(out, "; {} restarted", of.restarts)?;
    }
    if of.untracked_reports > 0 {
        let more = count(of.untracked_reports, "report");
        write!(out, "; {more} of further receivers not tracked")?;
    }
    writeln!(out)
}

/// The receivers that have a row, in the order of their addresses.
fn rows_of(list: &[ReceiverInfo], whole: bool) -> Vec<&ReceiverInfo> {
    let mut shown: Vec<&ReceiverInfo> = list.iter().collect();
    if !whole && shown.len() > MOST_ROWS {
        sort_by_key(&mut shown, |receiver| {
            (receiver.state != "silent", Reverse(receiver.counters.lost))
        });
        shown.truncate(MOST_ROWS);
    }
    sort_by(&mut shown, |one, other| (&one.address, one.first).cmp(&(&other.address, other.first)));
    shown
}

fn cells(receiver: &ReceiverInfo) -> [String; COLUMNS] {
    let drops = receiver.kernel_drops.map_or_else(dash, |drops| drops.to_string());
    row(receiver.address.to_string(), &receiver.counters, drops, state(receiver))
}

/// `ended`, `silent for 4.2 s`, `ended, restarted`.
fn state(receiver: &ReceiverInfo) -> String {
    let mut state = receiver.state.to_owned();
    if let Some(silent) = receiver.silent {
        state += &format!(" for {:.1} s", silent.as_secs_f64());
    }
    if receiver.restarted {
        state += ", restarted";
    }
    state
}

/// A row for each group and port.
fn streams(receiver: &ReceiverInfo) -> impl Iterator<Item = ([String; COLUMNS], bool)> + '_ {
    receiver.streams.iter().map(|stream| {
        let group = |group: IpAddr| SocketAddr::new(group, stream.port).to_string();
        let place = stream.group.map_or_else(|| format!("port {}", stream.port), group);
        let state = if stream.ended { "ended" } else { "" };
        let cells = row(format!("  {place}"), &stream.counters, dash(), state.to_owned());
        (cells, stream.counters.lost > 0)
    })
}

fn row(name: String, of: &ReportedInfo, drops: String, state: String) -> [String; COLUMNS] {
    let delay = |value: fn(&LatenessInfo) -> i64| {
        of.delay_ns.as_ref().map_or_else(dash, |all| Value::Nanos(value(all)).to_string())
    };
    [
        name,
        of.received.to_string(),
        of.lost.to_string(),
        of.loss_ratio.map_or_else(dash, |ratio| Value::Ratio(ratio).to_string()),
        of.missed_before.to_string(),
        of.duplicates.to_string(),
        of.reordered.to_string(),
        drops,
        delay(|all| all.p50),
        delay(|all| all.p99),
        delay(|all| all.max),
        of.jitter_ns.map_or_else(dash, |jitter| Value::Nanos(jitter.into()).to_string()),
        of.hops.map_or_else(dash, |hops| hops.to_string()),
        state,
    ]
}

fn table(
    rows: &[([String; COLUMNS], bool)],
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let has_values = |at: &usize| {
        let is_optional = OPTIONAL.contains(&TITLES[*at]);
        !is_optional || rows[1..].iter().any(|(row, _)| !matches!(&*row[*at], "0" | "-"))
    };
    let used: Vec<usize> = (0..COLUMNS).filter(has_values).collect();
    let width = |at: &usize| rows.iter().map(|(row, _)| row[*at].chars().count()).max();
    let widths: Vec<usize> = used.iter().filter_map(width).collect();
    let titles: Vec<&str> = used.iter().map(|at| TITLES[*at]).collect();
    let fits = columns::shown(&titles, &widths, room, &FIRST_OUT);
    for (index, (row, is_bad)) in rows.iter().enumerate() {
        let mut line = String::new();
        let kept = used.iter().zip(&widths).zip(&fits).filter(|(_, fits)| **fits);
        for ((at, width), _) in kept {
            let (cell, is_text) = (&row[*at], matches!(*at, 0 | LAST));
            line +=
                &if is_text { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
        }
        let line = line.trim_end();
        match (index, is_bad) {
            (0, _) => writeln!(out, "{}", paint.faint(line))?,
            (_, true) => writeln!(out, "{}", paint.bad(line))?,
            (_, false) => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

fn dash() -> String {
    "-".to_owned()
}
