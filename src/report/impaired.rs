//! The truth about impaired datagrams, in text.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::style::Paint;
use crate::assertion::Value;
use crate::event::{ImpairedInfo, TargetTotals};
use crate::units::words::count;

/// How many targets are shown.
const MOST_TARGETS: usize = 3;

/// Two lines for each target: what left, and what a receiver must count.
pub fn lines(targets: &[TargetTotals], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut impaired =
        targets.iter().filter_map(|target| Some((target, target.impaired.as_ref()?)));
    for (target, truth) in impaired.by_ref().take(MOST_TARGETS) {
        let to = SocketAddr::new(target.group, target.port);
        writeln!(out, "  impaired {} on {}: {}", paint.strong(to), target.iface, left(truth))?;
        writeln!(out, "    a correct receiver counts {}", expected(truth))?;
    }
    match impaired.count() {
        0 => Ok(()),
        more => writeln!(out, "  impaired {}: see -o json", count(more as u64, "more target")),
    }
}

/// `1000 sent, 12 dropped, 5 duplicated, 2 corrupted; held p50 20.0 ms, max 25.0 ms`.
fn left(truth: &ImpairedInfo) -> String {
    let mut text = format!("{} sent, {} dropped", truth.sent, truth.dropped);
    if truth.overflowed > 0 {
        text += &format!(", {} dropped because the delay held 64 MiB", truth.overflowed);
    }
    for (many, what) in [(truth.duplicated, "duplicated"), (truth.corrupted, "corrupted")] {
        if many > 0 {
            text += &format!(", {many} {what}");
        }
    }
    if let Some(held) = truth.held_ns.filter(|held| held.p50 >= 1_000) {
        let [p50, max] = [held.p50, held.max].map(Value::Nanos);
        text += &format!("; held p50 {p50}, max {max}");
    }
    text
}

/// `988 received, 12 lost (10 runs, longest 2), 5 duplicates, 3 reordered, 2 corrupt`.
fn expected(truth: &ImpairedInfo) -> String {
    let recv = &truth.recv;
    let mut text = format!("{} received, {} lost", recv.received, recv.lost);
    if recv.lost > 0 {
        let runs = &recv.loss_runs;
        text += &format!(" ({}, longest {})", count(runs.count, "run"), runs.longest);
    }
    for (many, what) in [
        (recv.missed_before, "missed before the first"),
        (recv.duplicates, if recv.duplicates == 1 { "duplicate" } else { "duplicates" }),
        (recv.reordered, "reordered"),
        (recv.corrupt, "corrupt"),
    ] {
        if many > 0 {
            text += &format!(", {many} {what}");
        }
    }
    text
}
