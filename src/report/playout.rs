//! Transport streams that are sent, as text.

use std::io::{self, Write};

use crate::assertion::Value;
use crate::event::{PlayoutInfo, PlayoutPace, PlayoutProgram, PlayoutTotals};
use crate::units::printable::Printable;
use crate::units::words::{count, span};

/// The most programs that are listed.
const MOST_PROGRAMS: usize = 8;

/// Follows the input: `a transport stream in RTP at the pace of its PCR`. Without a PCR the pace
/// follows.
pub fn pace(stream: &PlayoutInfo) -> String {
    let rtp = if stream.rtp { " in RTP" } else { "" };
    let pace = match stream.pace {
        PlayoutPace::Pcr => " at the pace of its PCR",
        PlayoutPace::Rate => "",
    };
    let loops = match stream.passes {
        Some(1) => String::new(),
        Some(passes) => format!(", {passes} times"),
        None => ", without end".to_owned(),
    };
    format!("a transport stream{rtp}{pace}{loops}")
}

/// The stream and its programs.
pub fn contents(stream: &PlayoutInfo, out: &mut dyn Write) -> io::Result<()> {
    let rate = stream.bit_rate.map(|rate| format!(" {}", Value::Bps(rate)));
    let time = stream.duration.map(|time| format!(", about {}", span(time)));
    let pid = stream.pcr_pid.map(|pid| format!(", PCR on PID {pid:#06x}"));
    let parts = [rate, time, pid].into_iter().flatten().collect::<String>();
    let packets = count(stream.packets_per_datagram as u64, "packet");
    let parts = parts.trim_start_matches(',').trim_start();
    let comma = if parts.is_empty() { "" } else { ", " };
    writeln!(out, "  {parts}{comma}{packets} per datagram")?;
    for program in stream.programs.iter().take(MOST_PROGRAMS) {
        list(program, out)?;
    }
    match stream.programs.len().saturating_sub(MOST_PROGRAMS) {
        0 => Ok(()),
        more => writeln!(out, "  {}", count(more as u64, "further program")),
    }
}

/// `program 1, "Alpine": MPEG-2 video, MPEG audio`.
fn list(program: &PlayoutProgram, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  program {}", program.number)?;
    if let Some(name) = &program.name {
        write!(out, ", \"{}\"", Printable(name))?;
    }
    let contents: Vec<_> = program.contents.iter().map(|kind| kind.label()).collect();
    let colon = if contents.is_empty() { "" } else { ": " };
    writeln!(out, "{colon}{}", contents.join(", "))
}

/// What was irregular.
pub fn totals(totals: &PlayoutTotals, out: &mut dyn Write) -> io::Result<()> {
    let PlayoutTotals { passes, underruns, delayed, pcr_jumps, pcr_gaps, skipped_bytes } = *totals;
    if passes > 1 {
        writeln!(out, "  sent the transport stream {passes} times")?;
    }
    if underruns > 0 {
        let times = count(underruns, "time");
        writeln!(out, "  the input was late {times}; the stream is {} later", span(delayed))?;
    } else if !delayed.is_zero() {
        writeln!(out, "  the sender was late; the stream is {} later", span(delayed))?;
    }
    if pcr_jumps > 0 {
        writeln!(out, "  {}, sent without a pause", count(pcr_jumps, "jump of the PCR"))?;
    }
    if pcr_gaps > 0 {
        let gaps = count(pcr_gaps, "gap of a second");
        writeln!(out, "  {gaps} without a PCR, sent at the rate before")?;
    }
    if skipped_bytes > 0 {
        let bytes = count(skipped_bytes, "byte");
        writeln!(out, "  left out {bytes} that belong to no packet")?;
    }
    Ok(())
}
