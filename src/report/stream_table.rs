//! The table of measured streams.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::net::SocketAddr;

use super::columns;
use super::human::nanos;
use super::style::Paint;
use super::ts;
use crate::assertion::Value;
use crate::event::{CountersInfo, StreamInfo, TsInfo};
use crate::stats::delay::Quantiles;
use crate::units::order::{sort_by, sort_by_key};
use crate::units::printable::Printable;
use crate::units::words::count;

/// How many streams have a row each.
pub const MOST_ROWS: usize = 20;

/// The table cuts longer names after this many characters.
const LONGEST_NAME: usize = 24;

/// The columns that appear only if a stream has a value.
const OPTIONAL: &[&str] = &[
    "DELAY p50",
    "PDV p50",
    "p99",
    "max",
    "JITTER",
    "CC",
    "PCR JITTER",
    "BIT RATE",
    "SERVICE",
    "SESSION",
];

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 15] = [
    "JITTER",
    "p99",
    "REORD",
    "DUP",
    "max",
    "STREAM",
    "IFACE",
    "SESSION",
    "LOSS",
    "DELAY p50",
    "PDV p50",
    "TS-DF",
    "SERVICE",
    "BIT RATE",
    "PCR JITTER",
];

/// The same for RTP streams, of which the jitter matters more.
const FIRST_OUT_OF_RTP: [&str; 15] = [
    "p99",
    "REORD",
    "DUP",
    "max",
    "DELAY p50",
    "PDV p50",
    "STREAM",
    "IFACE",
    "SESSION",
    "LOSS",
    "TS-DF",
    "SERVICE",
    "BIT RATE",
    "PCR JITTER",
    "JITTER",
];

/// A column of the table.
struct Column<'a> {
    title: &'a str,
    right: bool,
    cells: Vec<String>,
}

impl<'a> Column<'a> {
    fn new(
        title: &'a str,
        right: bool,
        streams: &[&StreamInfo],
        cell: impl Fn(&StreamInfo) -> String,
    ) -> Self {
        Column { title, right, cells: streams.iter().map(|stream| cell(stream)).collect() }
    }

    fn has_values(&self) -> bool {
        self.cells.iter().any(|cell| *cell != dash())
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.chars().count());
        cells.chain([self.title.len()]).max().unwrap_or(0)
    }
}

/// The order of the rows.
fn place(stream: &StreamInfo) -> impl Ord + '_ {
    (stream.group, stream.port, stream.iface.as_deref(), &stream.source)
}

/// Writes a row for each stream.
pub fn write(
    streams: &[StreamInfo],
    whole: bool,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = rows(streams, whole);
    let columns = columns(&shown, whole);
    writeln!(out)?;
    let widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let has_rtp = shown.iter().any(|stream| stream.detail.rtp.is_some());
    let first_out = if has_rtp { &FIRST_OUT_OF_RTP } else { &FIRST_OUT };
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let fits = columns::shown(&titles, &widths, room, first_out);
    for row in 0..=shown.len() {
        let mut line = String::new();
        let kept = columns.iter().zip(&widths).zip(&fits).filter(|(_, fits)| **fits);
        for ((column, &width), _) in kept {
            let cell = if row == 0 { column.title } else { &column.cells[row - 1] };
            line += &if column.right {
                format!("{cell:>width$}  ")
            } else {
                format!("{cell:<width$}  ")
            };
        }
        let line = line.trim_end();
        match row.checked_sub(1).map(|row| &shown[row].counters) {
            None => writeln!(out, "{}", paint.faint(line))?,
            Some(counters) if counters.lost > 0 => writeln!(out, "{}", paint.bad(line))?,
            Some(_) => writeln!(out, "{line}")?,
        }
    }
    match (streams.len() - shown.len(), streams.iter().any(|stream| stream.counters.lost > 0)) {
        (0, _) => Ok(()),
        (more, false) => writeln!(out, "and {}; -v shows all", count(more as u64, "more stream")),
        (more, true) => {
            writeln!(
                out,
                "and {}, none with more losses; -v shows all",
                count(more as u64, "more stream")
            )
        }
    }
}

/// The streams that have a row, in the order of their places.
fn rows(streams: &[StreamInfo], whole: bool) -> Vec<&StreamInfo> {
    let mut shown: Vec<&StreamInfo> = streams.iter().collect();
    if !whole && shown.len() > MOST_ROWS {
        sort_by(&mut shown, |one, other| place(one).cmp(&place(other)));
        // The streams with the most losses have a row in any case.
        sort_by_key(&mut shown, |stream| Reverse(stream.counters.lost));
        shown.truncate(MOST_ROWS);
    }
    sort_by(&mut shown, |one, other| place(one).cmp(&place(other)));
    shown
}

fn columns(shown: &[&StreamInfo], whole: bool) -> Vec<Column<'static>> {
    let number = |title, of: fn(&CountersInfo) -> u64| {
        Column::new(title, true, shown, move |stream| of(&stream.counters).to_string())
    };
    // If no stream has a known delay, all show the variation.
    let known = shown.iter().any(|stream| stream.counters.delay_ns.is_some());
    let time = |delay, variation, of: fn(&Quantiles) -> i64| {
        Column::new(if known { delay } else { variation }, true, shown, move |stream| {
            let all = if known { stream.counters.delay_ns } else { stream.counters.pdv_ns };
            all.map_or_else(dash, |all| Value::Nanos(of(&all)).to_string())
        })
    };
    let mut columns = vec![
        Column::new("SOURCE", false, shown, |stream| stream.source.to_string()),
        Column::new("TO", false, shown, |stream| {
            SocketAddr::new(stream.group, stream.port).to_string()
        }),
        Column::new("IFACE", false, shown, |stream| {
            stream.iface.as_deref().map_or_else(dash, |iface| Printable(iface).to_string())
        }),
        number("RECV", |of| of.datagrams),
        Column::new("LOST", true, shown, |stream| lost(&stream.counters)),
        Column::new("LOSS", true, shown, |stream| {
            stream.counters.loss_ratio.map_or_else(dash, |ratio| Value::Ratio(ratio).to_string())
        }),
        number("DUP", |of| of.duplicates),
        number("REORD", |of| of.reordered),
        time("DELAY p50", "PDV p50", |all| all.p50),
        time("p99", "p99", |all| all.p99),
        time("max", "max", |all| all.max),
        Column::new("JITTER", true, shown, |stream| {
            stream.counters.jitter.map_or_else(dash, |jitter| nanos(jitter).to_string())
        }),
    ];
    if shown.iter().any(|stream| ts_df(stream).is_some()) {
        columns.push(Column::new("TS-DF", true, shown, |stream| {
            ts_df(stream).map_or_else(dash, |nanos| Value::Nanos(nanos).to_string())
        }));
    }
    let transport = |title, right, cell: fn(&TsInfo) -> Option<String>| {
        Column::new(title, right, shown, move |stream| {
            stream.detail.ts.as_ref().and_then(cell).unwrap_or_else(dash)
        })
    };
    columns.push(transport("CC", true, |ts| Some(ts.cc_errors.to_string())));
    columns.push(transport("PCR JITTER", true, |ts| {
        Some(Value::Nanos(ts.pcr_jitter_ns?.max).to_string())
    }));
    columns.push(transport("BIT RATE", true, |ts| Some(Value::Bps(ts.bitrate_bps?).to_string())));
    columns.push(transport("SERVICE", false, ts::service));
    columns.push(Column::new("SESSION", false, shown, |stream| {
        let session = stream.detail.rtp.as_ref().and_then(|rtp| rtp.session.as_deref());
        session.map_or_else(dash, short)
    }));
    // The stream id distinguishes two runs of one sender, which are neighbours.
    let alike = shown.windows(2).any(|pair| place(pair[0]) == place(pair[1]));
    if alike || whole {
        // Half of the id is enough, and keeps the table narrow.
        let digits = if whole { 16 } else { 8 };
        let run = |stream: &StreamInfo| match stream.stream {
            Some(run) => format!("{run:016x}")[..digits].to_owned(),
            None => stream.key.clone().unwrap_or_else(dash),
        };
        columns.insert(3, Column::new("STREAM", false, shown, run));
    }
    // Beside the losses, which count messages.
    if shown.iter().any(|stream| stream.detail.market.is_some()) {
        let messages = |stream: &StreamInfo| {
            let market = stream.detail.market.as_ref();
            market.map_or_else(dash, |market| market.messages.to_string())
        };
        let behind = columns.iter().position(|column| column.title == "LOST").unwrap_or(0);
        columns.insert(behind, Column::new("MSGS", true, shown, messages));
    }
    if shown.iter().any(|stream| stream.format != "mcast") {
        columns.insert(2, Column::new("FORMAT", false, shown, |stream| format(stream).to_owned()));
    }
    columns.retain(|column| !OPTIONAL.contains(&column.title) || column.has_values());
    columns
}

/// A name for a table: the name of a session may be longer than the rest of its row.
fn short(name: &str) -> String {
    let name = Printable(name).to_string();
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name,
    }
}

/// The format, and the carrier of a transport stream.
fn format(stream: &StreamInfo) -> &'static str {
    if stream.detail.rtp.is_some() && stream.detail.ts.is_some() { "rtp/ts" } else { stream.format }
}

/// The largest delay factor of an RTP stream.
fn ts_df(stream: &StreamInfo) -> Option<i64> {
    stream.detail.rtp.as_ref()?.ts_df_ns
}

/// The number of losses, `>=5` if it is a lower bound.
fn lost(of: &CountersInfo) -> String {
    if of.lost_exact { of.lost.to_string() } else { format!(">={}", of.lost) }
}

fn dash() -> String {
    "-".to_owned()
}
