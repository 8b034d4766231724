//! What a receiver reads from a capture, and what it leaves out.

use std::io::{self, Write};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::style::Paint;
use crate::event::{CaptureInfo, Reading};
use crate::units::printable::Printable;
use crate::units::words::{count, list};

/// How many targets are named.
const MOST_TARGETS: usize = 4;

/// The line at the start: `reading 'x.pcap': 239.1.1.1:5000 on eth0`.
pub fn reading(ready: &Reading, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut targets: Vec<String> =
        ready.targets.iter().take(MOST_TARGETS).map(ToString::to_string).collect();
    if let Some(more @ 1..) = ready.targets.len().checked_sub(targets.len()) {
        targets.push(format!("{more} more"));
    }
    let targets = match targets.as_slice() {
        [] => "all multicast datagrams".to_owned(),
        targets => list(targets),
    };
    write!(out, "reading {}: {}", quoted(&ready.file), paint.strong(targets))?;
    if !ready.ifaces.is_empty() {
        write!(out, " on {}", Printable(&list(ready.ifaces)))?;
    }
    writeln!(out)
}

/// The lines of the summary.
pub fn lines(
    capture: &CaptureInfo,
    zone: &TimeZone,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let CaptureInfo { file, records, datagrams, first_time, .. } = capture;
    write!(
        out,
        "  from {}: {}, {}",
        quoted(file),
        count(*records, "record"),
        count(*datagrams, "UDP datagram")
    )?;
    if let Some(first) = first_time {
        write!(out, ", from {}", date(*first, zone))?;
    }
    if let Some(dropped @ 1..) = capture.dropped {
        write!(out, ", {} missed by the capturing program", paint.bad(dropped))?;
    }
    writeln!(out)?;
    match capture.left_out.reasons().as_slice() {
        [] => Ok(()),
        reasons => writeln!(out, "  left out: {}", reasons.join(", ")),
    }
}

/// `2026-11-28 14:03:07`.
fn date(time: SystemTime, zone: &TimeZone) -> String {
    match Timestamp::try_from(time) {
        Ok(time) => time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// The file in a sentence.
fn quoted(file: &str) -> String {
    match file {
        "-" => "standard input".to_owned(),
        file => format!("'{}'", Printable(file)),
    }
}
