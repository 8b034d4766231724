//! The details of a stream, and of a flow that mcast does not measure.

use super::sums::Sums;
use crate::assertion::Value;
use crate::event::{FlowTotals, HopsInfo, StreamInfo};
use crate::report::human::nanos;
use crate::report::live::cell::Tone;
use crate::report::live::detail::{Detail, DetailLine};
use crate::report::stream_blocks;
use crate::stats::delay::Quantiles;
use crate::stats::stream::Clock;
use crate::units::printable::{Printable, name_of};
use crate::units::words::count;

/// The details of a measured stream.
#[derive(Debug)]
pub struct StreamDetail {
    sums: Sums,
    clock: Clock,
    format: &'static str,
    how: &'static str,
    unit: &'static str,
    key: Option<String>,
    iface: Option<String>,
    hops: Option<HopsInfo>,
    missed_before: Option<u64>,
    restarts: u64,
    source_changes: u64,
    /// The lines that only its format has.
    block: Vec<String>,
}

/// The lines that only the format of a stream has.
pub fn block_of(stream: &StreamInfo) -> Vec<String> {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = stream_blocks::write_one(stream, &mut text);
    let lines = name_of(&text);
    lines.lines().filter(|line| line.starts_with("  ")).map(|line| line[2..].to_owned()).collect()
}

impl StreamDetail {
    pub fn new(stream: &StreamInfo, sums: &Sums, block: Vec<String>) -> Self {
        StreamDetail {
            sums: sums.clone(),
            clock: stream.clock,
            format: stream.format,
            how: stream.how,
            unit: stream.unit,
            key: stream.key.clone(),
            iface: stream.iface.clone(),
            hops: stream.counters.hops,
            missed_before: stream.missed_before,
            restarts: stream.restarts,
            source_changes: stream.source_changes,
            block,
        }
    }

    fn stream(&self) -> DetailLine {
        let hops = self.hops.map(|hops| match hops.max {
            0 => "same network".to_owned(),
            _ if hops.min == hops.max => count(hops.max.into(), "router").to_string(),
            most => format!("{} to {most} routers", hops.min),
        });
        DetailLine::new("stream")
            .part(format!("{} by {}", self.format, self.how))
            .maybe(self.key.as_deref().map(|key| format!("id {}", Printable(key))))
            .maybe(self.iface.as_deref().map(|iface| format!("on {}", Printable(iface))))
            .maybe(hops)
    }

    fn losses(&self) -> DetailLine {
        let Sums { lost, expected, runs, longest, .. } = self.sums;
        let tone = if lost > 0 { Tone::Bad } else { Tone::Plain };
        let least = if self.sums.lost_exact { "" } else { "at least " };
        let ratio = self.sums.loss_ratio().map(|ratio| format!(" ({})", Value::Ratio(ratio)));
        let unit = self.unit.replace('_', " ");
        let lost_text = format!("{least}{lost} of {expected} {unit}{}", ratio.unwrap_or_default());
        let line = DetailLine::new("lost").toned(lost_text, tone);
        if runs == 0 {
            return line;
        }
        line.part(format!("in {}", count(runs, "run"))).part(format!("longest {longest}"))
    }

    fn anomalies(&self) -> DetailLine {
        let Sums { duplicates, reordered, extent, stale, corrupt, truncated, .. } = self.sums;
        let line = DetailLine::new("order")
            .part(format!("{duplicates} duplicates"))
            .part(format!("{reordered} reordered"));
        let line = if reordered > 0 { line.part(format!("by at most {extent}")) } else { line };
        line.caution_count(stale, "stale")
            .caution_count(corrupt, "corrupt")
            .caution_count(truncated, "truncated")
            .caution_count(self.restarts, "restarts")
            .caution_count(self.source_changes, "address changes")
            .maybe(
                self.missed_before
                    .filter(|missed| *missed > 0)
                    .map(|missed| format!("{missed} sent before")),
            )
    }

    fn times(&self) -> Vec<DetailLine> {
        let (label, spread) = match self.sums.delay {
            Some(delay) => ("delay", Some(delay)),
            None => ("variation", self.sums.variation),
        };
        let line = DetailLine::new(label);
        let line = match spread {
            Some(Quantiles { min, p50, p99, max, .. }) => {
                let [min, p50, p99, max] = [min, p50, p99, max].map(Value::Nanos);
                line.part(format!("min {min}"))
                    .part(format!("p50 {p50}"))
                    .part(format!("p99 {p99}"))
                    .part(format!("max {max}"))
            }
            None => line.part("-"),
        };
        let gap = self.sums.gap.map(|gap| format!("longest {}", Value::Nanos(gap)));
        let jitter = self.sums.jitter.map(|jitter| format!("jitter {}", nanos(jitter)));
        vec![line, DetailLine::new("gap").maybe(gap).maybe(jitter)]
    }
}

impl Detail for StreamDetail {
    fn lines(&self) -> Vec<DetailLine> {
        let received = DetailLine::new("received")
            .part(count(self.sums.datagrams, "datagram").to_string())
            .part(format!("{}B", crate::report::human::rate(self.sums.bytes as f64)))
            .part(Value::Bps(self.sums.bps).to_string());
        let mut lines = vec![self.stream(), received, self.losses(), self.anomalies()];
        lines.extend(self.times());
        lines.extend(self.block.iter().map(|line| DetailLine::new("").part(line.clone())));
        lines
    }

    fn spread_title(&self) -> &'static str {
        match self.clock {
            Clock::Unknown => "delay variation",
            _ => "delay",
        }
    }
}

/// The details of a flow that mcast does not measure.
#[derive(Debug, Default)]
pub struct FlowDetail {
    lines: Vec<DetailLine>,
}

impl FlowDetail {
    pub fn new(flow: &FlowTotals, sums: &Sums) -> Self {
        let format = match (flow.format, flow.how) {
            (Some(name), Some(how)) => format!("{name} by {how}"),
            _ => "of no format that mcast recognises".to_owned(),
        };
        let lens = match flow.sizes {
            (least, most) if least == most => format!("{least} bytes each"),
            (least, most) => format!("{least} to {most} bytes each"),
        };
        let first = DetailLine::new("begins").part(preview(&flow.first_bytes));
        let lines = vec![
            DetailLine::new("flow")
                .part(format)
                .maybe(flow.iface.as_deref().map(|iface| format!("on {}", Printable(iface)))),
            DetailLine::new("received")
                .part(count(sums.datagrams, "datagram").to_string())
                .part(Value::Bps(sums.bps).to_string())
                .part(lens),
            DetailLine::new("lost").part("unknown: its datagrams have no numbers"),
            first,
        ];
        FlowDetail { lines }
    }
}

/// The beginning of the first payload: as text if it is text.
fn preview(bytes: &[u8]) -> String {
    crate::report::human::payload(bytes, false).to_string()
}

impl Detail for FlowDetail {
    fn lines(&self) -> Vec<DetailLine> {
        self.lines.clone()
    }
}
