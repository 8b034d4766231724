//! A scan in text: a table that grows, and the sorted table at the end.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::columns::{self, GAP};
use super::human::rate;
use super::style::Paint;
use crate::assertion::Value;
use crate::event::{FoundInfo, ScanSummary, Scanning};
use crate::units::printable::Printable;
use crate::units::rcvbuf::format_duration;
use crate::units::words::{count, span};

const COLUMNS: usize = 8;
const TITLES: [&str; COLUMNS] =
    ["GROUP", "SOURCE", "IFACE", "FORMAT", "RATE", "BITRATE", "LOSS", "NAME"];
const TO_THE_RIGHT: [bool; COLUMNS] = [false, false, false, false, true, true, true, false];

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 4] = ["IFACE", "RATE", "LOSS", "SOURCE"];

/// The widths of the growing table. Wider cells move the rest of their row.
const GROWING: [usize; COLUMNS] = [21, 15, 6, 10, 9, 11, 6, 12];

/// The first line of a scan.
pub fn scanning(ready: &Scanning, out: &mut dyn Write) -> io::Result<()> {
    let place = ready.ifaces.join(", ");
    match ready.discover {
        Some(time) => {
            let what = if ready.sees_frames {
                "announcements, reports and frames"
            } else {
                "announcements"
            };
            writeln!(out, "looking for {what} on {place} for {}", format_duration(time))
        }
        None => writeln!(
            out,
            "scanning {} on {place}: at most {} at a time, {} each, {:#} in total",
            count(ready.targets.len() as u64, "target"),
            count(ready.at_once as u64, "group"),
            format_duration(ready.dwell),
            ready.budget.rate()
        ),
    }
}

/// The table that grows during the scan.
#[derive(Default)]
pub struct Growing {
    begun: bool,
}

impl Growing {
    /// Adds a row; the first one follows the titles.
    pub fn row(
        &mut self,
        found: &FoundInfo,
        room: Option<usize>,
        paint: Paint,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let fits = columns::shown(&TITLES, &GROWING, room, &FIRST_OUT);
        if !std::mem::replace(&mut self.begun, true) {
            let titles = line(&TITLES.map(str::to_owned), &GROWING, &fits, room);
            writeln!(out, "{}", paint.faint(titles))?;
        }
        writeln!(out, "{}", painted(found, line(&cells(found), &GROWING, &fits, room), paint))
    }
}

/// The sorted table, and what it shows in one line.
pub fn summary(
    summary: &ScanSummary,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ScanSummary { groups, scanned, alive, found, elapsed, .. } = summary;
    if !found.is_empty() {
        table(found, room, paint, out)?;
    }
    let all = if scanned == groups {
        count(*groups as u64, "group").to_string()
    } else {
        format!("{scanned} of {groups} groups")
    };
    write!(
        out,
        "scanned {all} in {}: {} in {}",
        span(*elapsed),
        paint.strong(count(found.len() as u64, "flow")),
        count(*alive as u64, "group"),
    )?;
    let remarks = [
        (summary.skipped as u64, "target", "not joined"),
        (summary.kernel_drops.unwrap_or(0), "datagram", "dropped by this host's kernel"),
        (summary.untracked, "datagram", "of further flows not tracked"),
    ];
    for (number, what, remark) in remarks.into_iter().filter(|(number, ..)| *number > 0) {
        write!(out, "; {} {remark}", paint.caution(count(number, what)))?;
    }
    writeln!(out)?;
    match summary.over_budget {
        0 => Ok(()),
        1 => writeln!(out, "left groups early once: the rate exceeded --budget"),
        many => writeln!(out, "left groups early {many} times: the rate exceeded --budget"),
    }
}

fn table(
    found: &[FoundInfo],
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let titles = TITLES.map(str::to_owned);
    let rows: Vec<[String; COLUMNS]> = found.iter().map(cells).collect();
    let mut widths = [0; COLUMNS];
    for row in rows.iter().chain([&titles]) {
        for (cell, width) in row.iter().zip(&mut widths) {
            *width = cell.chars().count().max(*width);
        }
    }
    let fits = columns::shown(&TITLES, &widths, room, &FIRST_OUT);
    writeln!(out)?;
    writeln!(out, "{}", paint.faint(line(&titles, &widths, &fits, room)))?;
    for (row, found) in rows.iter().zip(found) {
        writeln!(out, "{}", painted(found, line(row, &widths, &fits, room), paint))?;
    }
    writeln!(out)
}

fn cells(found: &FoundInfo) -> [String; COLUMNS] {
    let dash = || "-".to_owned();
    let FoundInfo {
        group, port, source, iface, title, meter, loss_ratio, lost_exact, name, ..
    } = found;
    let usual = if found.how == Some("port") { "?" } else { "" };
    [
        SocketAddr::new(*group, *port).to_string(),
        source.host().to_string(),
        iface.as_ref().map_or_else(dash, |iface| Printable(iface).to_string()),
        title.map_or_else(dash, |title| format!("{title}{usual}")),
        meter.rate_pps.map_or_else(dash, |pps| format!("{}pps", rate(pps))),
        meter.bitrate_bps.map_or_else(dash, |bits| format!("{}bit/s", rate(bits))),
        loss_ratio.map_or_else(dash, |ratio| loss(ratio, *lost_exact).to_string()),
        name.as_ref().map_or_else(String::new, |name| Printable(name).to_string()),
    ]
}

/// A row. A long name is cut at the edge of the terminal, which has `room` columns.
fn line(
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    fits: &[bool],
    room: Option<usize>,
) -> String {
    let mut line = String::new();
    for (((cell, width), right), _) in
        cells.iter().zip(widths).zip(TO_THE_RIGHT).zip(fits).filter(|(_, fits)| **fits)
    {
        line += &if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
        line.extend(std::iter::repeat_n(' ', GAP));
    }
    let line = line.trim_end();
    match room.filter(|room| *room > 0 && line.chars().count() > *room) {
        Some(room) => line.chars().take(room - 1).chain(['…']).collect(),
        None => line.to_owned(),
    }
}

/// A ratio, or its lower bound.
fn loss(ratio: f64, exact: Option<bool>) -> Value {
    if exact == Some(false) { Value::AtLeastRatio(ratio) } else { Value::Ratio(ratio) }
}

fn painted(found: &FoundInfo, line: String, paint: Paint) -> String {
    if found.loss_ratio > Some(0.0) { paint.bad(line).to_string() } else { line }
}
