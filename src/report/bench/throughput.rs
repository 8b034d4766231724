//! `bench throughput` in text: a line for each trial, and the table of RFC 3918, 4.3.4 at the end.

use std::io::{self, Write};

use crate::assertion::Value;
use crate::event::{Cause, ReceiverRow, ThroughputRow, ThroughputSummary, TrialInfo};
use crate::report::human::rate;
use crate::report::style::Paint;
use crate::units::rcvbuf::format_duration;
use crate::units::words::{count, span};

/// The table of trials, which grows.
#[derive(Default)]
pub struct Trials {
    begun: bool,
}

impl Trials {
    /// Adds a row; the first one follows the titles.
    pub fn row(&mut self, trial: &TrialInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let titles = format!(
                "{:>5}{:>6}{:>12}{:>12}{:>12}{:>10}{:>10}",
                "frame", "trial", "offered", "sent", "bitrate", "receivers", "worst"
            );
            writeln!(out, "{}", paint.faint(titles))?;
        }
        let worst = trial.receivers.iter().filter_map(|of| of.loss_ratio).reduce(f64::max);
        write!(
            out,
            "{:>5}{:>6}{:>12}{:>12}{:>12}{:>10}{:>10}  ",
            trial.frame_bytes,
            trial.trial,
            pps(Some(trial.offered_pps)),
            pps(trial.sent_pps),
            bps(trial.sent_bps),
            trial.receivers.len(),
            worst.map_or_else(|| "-".to_owned(), |loss| Value::Ratio(loss).to_string()),
        )?;
        match (trial.passed, trial.cause) {
            (true, _) => writeln!(out, "passed"),
            (false, cause) => {
                let why = cause.map(why_failed).unwrap_or("not judged");
                writeln!(out, "{}", paint.caution(why))
            }
        }
    }
}

fn pps(pps: Option<f64>) -> String {
    pps.map_or_else(|| "-".to_owned(), |pps| format!("{}pps", rate(pps)))
}

fn bps(bps: Option<f64>) -> String {
    bps.map_or_else(|| "-".to_owned(), |bps| format!("{}bit/s", rate(bps)))
}

/// Why a trial failed.
fn why_failed(cause: Cause) -> &'static str {
    match cause {
        Cause::Path => "lost on the path",
        Cause::PathOrKernel => "lost on the path, or dropped by a receiver's kernel",
        Cause::ReceiverKernel => "dropped by a receiver's kernel",
        Cause::ReceiverSilent => "no report from a receiver",
        Cause::Sender => "sender too slow",
        Cause::MaxRate | Cause::TimeLimit => "not judged",
    }
}

/// What bounds a result.
fn bound(row: &ThroughputRow) -> &'static str {
    match row.bound {
        Some(Cause::Path) => "path",
        Some(Cause::PathOrKernel) => "path, or receiver's kernel",
        Some(Cause::ReceiverKernel) => "receiver's kernel",
        Some(Cause::ReceiverSilent) => "silent receiver",
        Some(Cause::Sender) => "sender: no limit of the path",
        Some(Cause::MaxRate) => "--max-rate: no limit found",
        Some(Cause::TimeLimit) => "time limit: search incomplete",
        None => "interrupted",
    }
}

/// The results, by frame size.
pub fn summary(summary: &ThroughputSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if !summary.results.is_empty() {
        writeln!(out)?;
        let titles = format!(
            "{:>5}{:>9}{:>13}{:>13}{:>13}{:>8}  {}",
            "frame", "payload", "throughput", "bitrate", "failed at", "trials", "bounded by"
        );
        writeln!(out, "{}", paint.faint(titles))?;
    }
    for row in &summary.results {
        let throughput = format!("{:>13}", pps(row.throughput_pps));
        writeln!(
            out,
            "{:>5}{:>9}{}{:>13}{:>13}{:>8}  {}",
            row.frame_bytes,
            row.payload_bytes,
            paint.strong(throughput),
            bps(row.throughput_bps),
            pps(row.failed_pps),
            row.trials,
            bound(row),
        )?;
    }
    if summary.receivers > 1 {
        receivers(summary, paint, out)?;
    }
    writeln!(out)?;
    let loss = Value::Ratio(summary.loss_max_ratio);
    writeln!(
        out,
        "{} in {}, trials of {}, at most {loss} loss at each receiver (RFC 3918, 4.3)",
        paint.strong(count(summary.receivers as u64, "receiver")),
        span(summary.elapsed),
        format_duration(summary.trial),
    )
}

/// The results of each receiver.
fn receivers(summary: &ThroughputSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    let titles =
        format!("{:>5}  {:<24}{:>13}{:>13}", "frame", "receiver", "passed at", "failed at");
    writeln!(out, "{}", paint.faint(titles))?;
    for row in &summary.results {
        for ReceiverRow { address, passed_pps, failed_pps, .. } in &row.receivers {
            writeln!(
                out,
                "{:>5}  {:<24}{:>13}{:>13}",
                row.frame_bytes,
                address,
                pps(*passed_pps),
                pps(*failed_pps)
            )?;
        }
    }
    Ok(())
}
