//! A ping in text: a line for each reply, and a table of the receivers.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use super::columns::{self, GAP};
use super::human::nanos;
use super::style::Paint;
use crate::assertion::Value;
use crate::event::{
    EstimateInfo, HopsInfo, PingCounts, PingReceiver, PingSummary, PingTarget, ReplyInfo,
};
use crate::stats::delay::Quantiles;
use crate::units::words::{and_more, count, display, span};

/// How many receivers have a row each, unless all are wanted.
const MOST_ROWS: usize = 1000;

/// How many addresses a line names.
const MOST_NAMED: usize = 8;

/// `112 bytes from 10.0.0.101: seq=0 hops=0/0 time=213 us`.
pub fn reply(reply: &ReplyInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{} bytes from {}", reply.len_bytes, paint.source(reply.source.host()))?;
    if reply.unicast {
        write!(out, " (unicast)")?;
    }
    write!(out, ": ")?;
    if reply.names_target {
        write!(out, "group={} ", SocketAddr::new(reply.group, reply.port))?;
    }
    write!(out, "seq={} ", reply.seq)?;
    if reply.hops_to.is_some() || reply.hops_back.is_some() {
        write!(out, "hops={}/{} ", known(reply.hops_to), known(reply.hops_back))?;
    }
    write!(out, "time={}", Value::Nanos(reply.rtt_ns))?;
    if reply.duplicate {
        write!(out, " {}", paint.caution("(duplicate)"))?;
    }
    writeln!(out)
}

fn known(value: Option<impl Display>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// The table, and what it shows. `whole`: a row for each receiver, however many.
pub fn summary(
    summary: &PingSummary,
    whole: bool,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out)?;
    for target in &summary.targets {
        let receivers =
            || summary.receivers.iter().filter(|of| of.counts.replies > 0 && of.is_at(target));
        line_of_target(target, receivers().count(), summary, paint, out)?;
    }
    let is_sampled = summary.targets.iter().any(|target| target.estimate.is_some());
    let rows: Vec<&PingReceiver> = summary.receivers.iter().collect();
    if !rows.is_empty() && (!is_sampled || whole) {
        let most = if whole { rows.len() } else { rows.len().min(MOST_ROWS) };
        table(&rows[..most], summary.targets.len() > 1, room, paint, out)?;
        if most < rows.len() {
            writeln!(out, "{} (-v shows all)", count((rows.len() - most) as u64, "more receiver"))?;
        }
    }
    remarks(summary, paint, out)
}

/// `10.0.0.100 > 239.1.1.1:5000: 3 requests, 2 receivers answered in 3.0 s`.
fn line_of_target(
    target: &PingTarget,
    receivers: usize,
    summary: &PingSummary,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let to = SocketAddr::new(target.group, target.port);
    write!(out, "{} > {to}: {}, ", target.source, count(target.requests, "request"))?;
    match target.estimate {
        Some(EstimateInfo { receivers, low, high }) => {
            let about = format!("about {} ({low} to {high})", count(receivers, "receiver"));
            write!(out, "{}, {}", paint.strong(about), replies(target.replies))?;
        }
        None if receivers == 0 => write!(out, "{}", paint.bad("no receiver answered"))?,
        None => {
            let answered = format!("{} answered", count(receivers as u64, "receiver"));
            write!(out, "{}", paint.strong(answered))?;
        }
    }
    write!(out, " in {}", span(summary.elapsed))?;
    if target.errors > 0 {
        write!(out, "; {} not sent", paint.bad(count(target.errors, "request")))?;
    }
    writeln!(out)?;
    if let (Some(_), Some(Quantiles { min, mean, p50, p99, max, .. })) =
        (target.estimate, target.rtt_ns)
    {
        let [min, mean, p50, p99, max] = [min, mean, p50, p99, max].map(Value::Nanos);
        writeln!(out, "  RTT min {min}, mean {mean}, p50 {p50}, p99 {p99}, max {max}")?;
    }
    Ok(())
}

fn replies(number: u64) -> String {
    if number == 1 { "1 reply".to_owned() } else { format!("{number} replies") }
}

/// A column of the table.
struct Column {
    title: &'static str,
    right: bool,
    /// Without a value in any row, the column is left out.
    optional: bool,
    cell: fn(&PingReceiver) -> Option<String>,
}

const fn column(
    title: &'static str,
    right: bool,
    optional: bool,
    cell: fn(&PingReceiver) -> Option<String>,
) -> Column {
    Column { title, right, optional, cell }
}

/// The columns of the table.
const COLUMNS: &[Column] = &[
    column("RECEIVER", false, false, |of| Some(of.address.to_string())),
    column("TARGET", false, true, |of| Some(target_of(of))),
    column("REPLIES", true, false, |of| Some(answered(&of.counts))),
    column("LOSS TO", true, false, |of| of.counts.loss_to_ratio.map(percent)),
    column("LOSS BACK", true, false, |of| of.counts.loss_back_ratio.map(percent)),
    column("NO ANSWER", true, true, |of| positive(of.counts.unresolved)),
    column("WITHHELD", true, true, |of| positive(of.counts.withheld)),
    column("RTT min", true, false, |of| time(of, |rtt| rtt.min)),
    column("mean", true, false, |of| time(of, |rtt| rtt.mean)),
    column("p50", true, false, |of| time(of, |rtt| rtt.p50)),
    column("p99", true, false, |of| time(of, |rtt| rtt.p99)),
    column("max", true, false, |of| time(of, |rtt| rtt.max)),
    column("UNICAST", true, true, |of| of.unicast.as_ref().map(|of| answered(&of.counts))),
    column("UNICAST p50", true, true, |of| {
        let rtt = of.unicast.as_ref()?.counts.rtt_ns?;
        Some(Value::Nanos(rtt.p50).to_string())
    }),
    column("HOPS", true, false, |of| hops(&of.counts)),
    column("DUP", true, true, |of| positive(of.counts.duplicates)),
    column("DUP TO", true, true, |of| positive(of.counts.request_duplicates)),
    column("RESTARTS", true, true, |of| positive(of.restarts)),
    column("FIRST", true, false, |of| Some(span(of.first_seen).to_string())),
];

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 11] = [
    "FIRST",
    "UNICAST p50",
    "DUP TO",
    "p50",
    "HOPS",
    "mean",
    "RTT min",
    "max",
    "DUP",
    "WITHHELD",
    "RESTARTS",
];

fn target_of(receiver: &PingReceiver) -> String {
    format!("{} {}", SocketAddr::new(receiver.group, receiver.port), receiver.iface)
}

/// The replies of the expected ones: `3/3`.
fn answered(counts: &PingCounts) -> String {
    format!("{}/{}", counts.replies, counts.expected)
}

fn percent(ratio: f64) -> String {
    Value::Ratio(ratio).to_string()
}

fn positive(number: u64) -> Option<String> {
    (number > 0).then(|| number.to_string())
}

fn time(receiver: &PingReceiver, of: fn(&Quantiles) -> i64) -> Option<String> {
    receiver.counts.rtt_ns.map(|rtt| nanos(of(&rtt) as f64).to_string())
}

/// `0/1`: the routers on the way to the receiver, and on the way back.
fn hops(counts: &PingCounts) -> Option<String> {
    let way = |hops: Option<HopsInfo>| match hops {
        Some(HopsInfo { min, max }) if min != max => format!("{min}-{max}"),
        hops => known(hops.map(|hops| hops.min)),
    };
    (counts.hops_to.is_some() || counts.hops_back.is_some())
        .then(|| format!("{}/{}", way(counts.hops_to), way(counts.hops_back)))
}

fn table(
    rows: &[&PingReceiver],
    several: bool,
    room: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cells = |column: &Column| -> Vec<Option<String>> {
        rows.iter().map(|row| (column.cell)(row)).collect()
    };
    let shown: Vec<(&Column, Vec<Option<String>>)> = COLUMNS
        .iter()
        .filter(|column| several || column.title != "TARGET")
        .map(|column| (column, cells(column)))
        .filter(|(column, cells)| !column.optional || cells.iter().any(Option::is_some))
        .collect();
    let width = |(column, cells): &(&Column, Vec<Option<String>>)| {
        let cells = cells.iter().flatten().map(|cell| cell.chars().count());
        cells.chain([column.title.len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = shown.iter().map(width).collect();
    let titles: Vec<&str> = shown.iter().map(|(column, _)| column.title).collect();
    let fits = columns::shown(&titles, &widths, room, &FIRST_OUT);
    let line = |cell: &dyn Fn(usize) -> String| {
        let mut line = String::new();
        for (at, ((column, _), width)) in shown.iter().zip(&widths).enumerate() {
            if fits[at] {
                let cell = cell(at);
                let cell = if column.right {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                };
                line += &cell;
                line.extend(std::iter::repeat_n(' ', GAP));
            }
        }
        line.trim_end().to_owned()
    };
    writeln!(out, "{}", paint.faint(line(&|at| titles[at].to_owned())))?;
    for (row, receiver) in rows.iter().enumerate() {
        let text = line(&|at| shown[at].1[row].clone().unwrap_or_else(|| "-".to_owned()));
        let is_bad = receiver.counts.lost > 0 || receiver.answers_only_multicast();
        if is_bad {
            writeln!(out, "{}", paint.bad(text))?;
        } else {
            writeln!(out, "{text}")?;
        }
    }
    Ok(())
}

/// The lines below the table.
fn remarks(summary: &PingSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let those = |is: fn(&PingReceiver) -> bool| -> Vec<String> {
        let those = summary.receivers.iter().filter(|of| is(of));
        those.map(|of| of.address.to_string()).collect()
    };
    let only_unicast = those(PingReceiver::answers_only_unicast);
    if !only_unicast.is_empty() {
        writeln!(
            out,
            "{}: {} answered the last unicast request, but not the last multicast request",
            paint.bad("unicast works, multicast does not"),
            named(&only_unicast)
        )?;
    }
    let only_multicast = those(PingReceiver::answers_only_multicast);
    if !only_multicast.is_empty() {
        writeln!(
            out,
            "{}: {} answered no unicast request",
            paint.caution("multicast works, unicast does not"),
            named(&only_multicast)
        )?;
    }
    let withheld = those(|of| of.counts.withheld > 0);
    if !withheld.is_empty() && summary.targets.iter().all(|target| target.estimate.is_none()) {
        writeln!(
            out,
            "withheld: {} did not answer some requests because of a limit (recv --reply-limit; 20 \
             a second to one address)",
            named(&withheld)
        )?;
    }
    let unresolved = those(|of| of.counts.unresolved > 0);
    if !unresolved.is_empty() {
        writeln!(
            out,
            "no answer: unknown whether the last requests to {} or the replies were lost",
            named(&unresolved)
        )?;
    }
    if summary.untracked > 0 {
        writeln!(out, "{} of further receivers without a row", replies(summary.untracked))?;
    }
    Ok(())
}

/// `10.0.0.101, 10.0.0.102 and 3 more receivers`.
fn named(addresses: &[String]) -> impl Display + '_ {
    let (shown, more) = addresses.split_at(addresses.len().min(MOST_NAMED));
    display(move |f| write!(f, "{}", and_more(shown.join(", "), more.len(), "receiver")))
}

/// The expected receivers that did not answer, one on each line.
pub fn missing(missing: &[IpAddr], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    missing.iter().try_for_each(|address| writeln!(out, "{} {address}", paint.bad("missing")))
}
