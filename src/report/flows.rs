//! Flows whose datagrams mcast does not measure, a line each.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use crate::assertion::Value;
use crate::event::FlowInfo;
use crate::format::kind::How;
use crate::units::hex::SpacedHex;
use crate::units::words::count;

/// How many flows have a line each.
const MOST_LINES: usize = 10;

/// The format of plain text.
const TEXT: &str = "text";

/// Chance can produce a shorter text: it is not recognised as text.
const SHORT_TEXT: usize = 24;

/// Writes the flows with the most datagrams; all of them if `whole`.
pub fn lines(flows: &[FlowInfo], whole: bool, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&FlowInfo> =
        flows.iter().filter(|flow| whole || !explains_itself(flow)).collect();
    let most = if whole { shown.len() } else { MOST_LINES };
    for flow in shown.iter().take(most) {
        writeln!(out, "{}", Line(flow))?;
        if let Some(note) = flow.name.and_then(|name| name.note).filter(|_| whole) {
            writeln!(out, "  {note}")?;
        }
    }
    match shown.len().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "and {}; -v shows all", count(more as u64, "more flow")),
    }
}

/// Whether the user reads the payload itself: a text, or a few printable bytes.
fn explains_itself(flow: &FlowInfo) -> bool {
    // Coloured text has escape sequences.
    let is_letter =
        |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || *byte == 0x1b;
    let is_short = || flow.len_max_bytes < SHORT_TEXT && flow.first_bytes.iter().all(is_letter);
    flow.format == Some(TEXT) || (flow.format.is_none() && is_short())
}

/// `mDNS from 10.0.0.5:5353 to 224.0.0.251:5353: 3 datagrams, 0.5 pps, 40 to 90 bytes`.
struct Line<'a>(&'a FlowInfo);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FlowInfo { source, group, port, meter, len_min_bytes, len_max_bytes, .. } = self.0;
        match (self.0.name, self.0.format) {
            (Some(name), _) if name.how == How::Port => write!(f, "usually {}", name.title)?,
            (Some(name), _) => write!(f, "{}", name.title)?,
            (None, Some(format)) if self.0.foreign > 0 => write!(f, "partly {format}")?,
            (None, Some(format)) => write!(f, "{format}")?,
            (None, None) => write!(f, "unrecognised format")?,
        }
        write!(f, " from {source} to {}: ", SocketAddr::new(*group, *port))?;
        write!(f, "{}", count(meter.datagrams, "datagram"))?;
        if let Some(rate) = meter.rate_pps {
            write!(f, ", {}", Value::Pps(rate))?;
        }
        if len_min_bytes == len_max_bytes {
            write!(f, ", {}", count(*len_max_bytes as u64, "byte"))?;
        } else {
            write!(f, ", {len_min_bytes} to {len_max_bytes} bytes")?;
        }
        if self.0.foreign > 0 {
            write!(f, ", {} of them in another format", self.0.foreign)?;
        }
        let is_certain = self.0.name.is_some_and(|name| name.how != How::Port);
        if is_certain || self.0.first_bytes.is_empty() {
            return Ok(());
        }
        write!(f, ", first bytes{}", SpacedHex(&self.0.first_bytes))
    }
}
