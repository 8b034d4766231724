//! The receivers that report to a sender.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::assertion::Value;
use crate::event::{ReceiverInfo, ReceiversInfo, ReportedInfo};
use crate::report::live::cell::{Cell, Tone};
use crate::report::live::detail::{Detail, DetailLine};
use crate::report::live::fact::Fact;
use crate::report::live::snapshot::{Column, Kind, Row, Sample, TableData};
use crate::units::words::count;

const COLUMNS: &[Column] = &[
    Column { title: "RECEIVER", kind: Kind::Left, rank: 0 },
    Column { title: "STATE", kind: Kind::Left, rank: 1 },
    Column { title: "RECEIVED", kind: Kind::Right, rank: 3 },
    Column { title: "", kind: Kind::Spark, rank: 0 },
    Column { title: "LOST", kind: Kind::Right, rank: 0 },
    Column { title: "LOSS", kind: Kind::Right, rank: 0 },
    Column { title: "REORD", kind: Kind::Right, rank: 5 },
    Column { title: "JITTER", kind: Kind::Right, rank: 4 },
    Column { title: "DELAY p99", kind: Kind::Right, rank: 2 },
    Column { title: "SEEN", kind: Kind::Right, rank: 0 },
];

/// The receivers that report.
#[derive(Default)]
pub struct Reports {
    pub are_wanted: bool,
    rows: Vec<Row>,
    before: HashMap<String, Before>,
    receivers: usize,
    silent: usize,
    /// What all lost together: now, and at the last reset.
    lost: (u64, u64),
}

/// The counters of a receiver at the last reset and at the last sample.
#[derive(Clone, Copy, Default)]
struct Before {
    reset: (u64, u64),
    sampled: (u64, u64),
    now: (u64, u64),
    is_silent: bool,
}

impl Before {
    fn received(&self) -> u64 {
        self.now.0.saturating_sub(self.reset.0)
    }

    fn lost(&self) -> u64 {
        self.now.1.saturating_sub(self.reset.1)
    }

    fn sample(&self) -> Sample {
        let received = self.now.0.saturating_sub(self.sampled.0);
        let tone = match (self.now.1 > self.sampled.1, received) {
            (true, _) => Tone::Bad,
            (false, 0) => Tone::Bad,
            (false, _) => Tone::Good,
        };
        Sample { value: Some(received as f32), tone }
    }
}

impl Reports {
    /// Takes the receivers so far.
    pub fn take(&mut self, of: &ReceiversInfo, now: Duration) {
        (self.receivers, self.silent) = (of.receivers, of.silent);
        self.rows = of.list.iter().map(|receiver| self.row(receiver, now)).collect();
        self.lost.0 = of.lost_total;
    }

    pub fn reset(&mut self) {
        self.before.values_mut().for_each(|before| before.reset = before.now);
        self.lost.1 = self.lost.0;
    }

    /// Makes the samples of an interval: the datagrams that were reported since the last one.
    pub fn begin_interval(&mut self) {
        for row in &mut self.rows {
            let Some(before) = self.before.get_mut(&row.key) else { continue };
            // Between two reports nothing is known.
            if before.now == before.sampled && !before.is_silent {
                continue;
            }
            row.sample = Some(before.sample());
            before.sampled = before.now;
        }
    }

    pub fn end_interval(&mut self) {
        self.rows.iter_mut().for_each(|row| row.sample = None);
    }

    /// A state of the receivers that matters more than that of the sender.
    pub fn state(&self) -> Option<Fact> {
        if self.silent > 0 {
            return Some(Fact::new(format!("{} SILENT", self.silent), Tone::Bad));
        }
        (self.lost.0 > self.lost.1).then(|| Fact::new("LOSS", Tone::Bad))
    }

    pub fn facts(&self) -> Vec<Fact> {
        if !self.are_wanted {
            return Vec::new();
        }
        vec![Fact::plain(count(self.receivers as u64, "receiver").to_string())]
    }

    pub fn table(&self) -> TableData {
        TableData {
            title: "Receivers",
            // An empty table is not on the screen.
            empty: String::new(),
            columns: COLUMNS,
            rows: self.rows.clone(),
        }
    }

    fn row(&mut self, of: &ReceiverInfo, now: Duration) -> Row {
        let key = format!("{:016x}", of.receiver);
        let before = self.before.entry(key.clone()).or_default();
        before.now = (of.counters.received, of.counters.lost);
        before.is_silent = of.silent.is_some();
        let (received, lost) = (before.received(), before.lost());
        let ratio = (received + lost > 0).then(|| lost as f64 / (received + lost) as f64);
        let state_tone = match of.state {
            "silent" => Tone::Bad,
            "ended" | "replaced" => Tone::Faint,
            _ => Tone::Good,
        };
        let ReportedInfo { reordered, jitter_ns, delay_ns, .. } = &of.counters;
        let seen = now.saturating_sub(of.last);
        let cells = vec![
            Cell::text(&of.address.to_string()).toned(Tone::Source),
            Cell::text(of.state).toned(state_tone),
            Cell::count(received),
            Cell::count(lost).toned_if(lost > 0, Tone::Bad),
            Cell::ratio(ratio).toned_if(lost > 0, Tone::Bad),
            Cell::count(*reordered).toned_if(*reordered > 0, Tone::Caution),
            Cell::nanos(jitter_ns.map(i64::from)),
            Cell::nanos(delay_ns.as_ref().map(|delay| delay.p99)),
            Cell::ago(Some(seen)).toned_if(of.silent.is_some(), Tone::Bad),
        ];
        Row {
            key,
            cells,
            sample: None,
            name: format!("receiver {}", of.address),
            detail: Arc::new(ReceiverDetail::new(of)),
            spread: None,
        }
    }
}

/// The details of a receiver.
#[derive(Debug)]
struct ReceiverDetail(Vec<DetailLine>);

impl ReceiverDetail {
    fn new(of: &ReceiverInfo) -> Self {
        let counters = &of.counters;
        let reports = DetailLine::new("reports")
            .part(format!("{} arrived", of.reports))
            .caution_count(of.reports_lost, "lost");
        let order = DetailLine::new("order")
            .part(format!("{} duplicates", counters.duplicates))
            .part(format!("{} reordered", counters.reordered))
            .caution_count(counters.corrupt, "corrupt");
        let kernel = of.kernel_drops.map(u64::from).unwrap_or(0);
        let mut lines = vec![reports, order];
        if kernel > 0 {
            let text = format!("{kernel} kernel drops");
            lines.push(DetailLine::new("host").toned(text, Tone::Bad));
        }
        if let Some(delay) = &counters.delay_ns {
            let [p50, p99, max] = [delay.p50, delay.p99, delay.max].map(Value::Nanos);
            let line = DetailLine::new("delay").part(format!("p50 {p50}"));
            lines.push(line.part(format!("p99 {p99}")).part(format!("max {max}")));
        }
        for stream in &of.streams {
            let to = stream.group.map_or_else(|| "?".to_owned(), |group| group.to_string());
            let tone = if stream.counters.lost > 0 { Tone::Bad } else { Tone::Plain };
            let ReportedInfo { received, lost, .. } = stream.counters;
            lines.push(
                DetailLine::new("stream")
                    .part(format!("{to} port {}", stream.port))
                    .part(format!("{received} received"))
                    .toned(format!("{lost} lost"), tone),
            );
        }
        ReceiverDetail(lines)
    }
}

impl Detail for ReceiverDetail {
    fn lines(&self) -> Vec<DetailLine> {
        self.0.clone()
    }
}
