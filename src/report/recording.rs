//! A recording in text.

use std::io::{self, Write};

use super::human::size;
use crate::event::RecordingInfo;
use crate::units::words::count;

/// The line about a recording: `recorded 10 datagrams (1.2 KiB) to out.pcapng`. A run counts only
/// `counted` of them.
pub fn line(recording: &RecordingInfo, counted: u64, out: &mut dyn Write) -> io::Result<()> {
    let RecordingInfo { files, kept, first, last, datagrams, bytes, error, .. } = recording;
    let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
    write!(out, "recorded {} ({}", count(*datagrams, "datagram"), size(bytes))?;
    match datagrams.saturating_sub(counted) {
        0 => write!(out, ") to ")?,
        others => write!(out, "; {others} are end markers, announcements or RTCP) to ")?,
    }
    match (first, last) {
        (Some(first), Some(last)) if first != last => {
            write!(out, "{}", count(*files, "file"))?;
            if kept < files {
                write!(out, ", of which {kept} were kept")?;
            }
            write!(out, ": {first} to {last}")?;
        }
        (_, Some(last)) if *files > 1 => write!(out, "{files} files, of which {last} was kept")?,
        (_, Some(last)) => write!(out, "{last}")?,
        (_, None) => write!(out, "standard output")?,
    }
    match error {
        Some(_) => writeln!(out, ", which ended early"),
        None => writeln!(out),
    }
}
