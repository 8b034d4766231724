//! The targets of a sender.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::assertion::Value;
use crate::event::{ImpairedInfo, SendInterval, TargetTotals};
use crate::report::human::rate;
use crate::report::live::cell::{Cell, Tone};
use crate::report::live::detail::{Detail, DetailLine};
use crate::report::live::snapshot::{Column, Kind, Row, Sample, TableData};
use crate::units::printable::Printable;
use crate::units::words::count;

const COLUMNS: &[Column] = &[
    Column { title: "TARGET", kind: Kind::Left, rank: 0 },
    Column { title: "IFACE", kind: Kind::Left, rank: 2 },
    Column { title: "RATE", kind: Kind::Right, rank: 0 },
    Column { title: "", kind: Kind::Spark, rank: 0 },
    Column { title: "BIT RATE", kind: Kind::Right, rank: 1 },
    Column { title: "SENT", kind: Kind::Right, rank: 0 },
    Column { title: "ERRORS", kind: Kind::Right, rank: 0 },
];

/// The targets of a sender.
#[derive(Default)]
pub struct Targets(Vec<Target>);

struct Target {
    to: SocketAddr,
    iface: String,
    datagrams: u64,
    bytes: u64,
    errors: u64,
    pps: f64,
    bps: f64,
    impaired: Option<ImpairedInfo>,
    sample: Option<Sample>,
}

/// The details of a target.
#[derive(Debug)]
struct TargetDetail {
    datagrams: u64,
    bytes: u64,
    bps: f64,
    errors: u64,
    iface: String,
    impaired: Option<ImpairedInfo>,
}

impl Targets {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the counters of an interval. The targets always have the same order.
    pub fn take(&mut self, report: &SendInterval) {
        let seconds = report.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        for (position, of) in report.targets.iter().enumerate() {
            if position == self.0.len() {
                self.0.push(Target::new(of));
            }
            self.0[position].take(of, seconds);
        }
    }

    pub fn end_interval(&mut self) {
        self.0.iter_mut().for_each(|target| target.sample = None);
    }

    pub fn reset(&mut self) {
        for target in &mut self.0 {
            (target.datagrams, target.bytes, target.errors) = (0, 0, 0);
        }
    }

    pub fn table(&self) -> TableData {
        TableData {
            title: "Targets",
            empty: "no datagrams sent yet".to_owned(),
            columns: COLUMNS,
            rows: self.0.iter().enumerate().map(|(position, of)| of.row(position)).collect(),
        }
    }
}

impl Target {
    fn new(of: &TargetTotals) -> Self {
        Target {
            to: SocketAddr::new(of.group, of.port),
            iface: of.iface.clone(),
            datagrams: 0,
            bytes: 0,
            errors: 0,
            pps: 0.0,
            bps: 0.0,
            impaired: None,
            sample: None,
        }
    }

    fn take(&mut self, of: &TargetTotals, seconds: f64) {
        self.datagrams += of.datagrams;
        self.bytes += of.bytes;
        self.errors += of.errors;
        (self.pps, self.bps) = (of.datagrams as f64 / seconds, of.bytes as f64 * 8.0 / seconds);
        self.impaired.clone_from(&of.impaired);
        let tone = if of.errors > 0 { Tone::Bad } else { Tone::Good };
        let tone = if of.datagrams == 0 && of.errors == 0 { Tone::Faint } else { tone };
        self.sample = Some(Sample { value: Some(self.pps as f32), tone });
    }

    fn row(&self, position: usize) -> Row {
        let cells = vec![
            Cell::text(&self.to.to_string()),
            Cell::text(&self.iface),
            Cell::pps(Some(self.pps)),
            Cell::bps(Some(self.bps)),
            Cell::count(self.datagrams),
            Cell::count(self.errors).toned_if(self.errors > 0, Tone::Bad),
        ];
        let detail = TargetDetail {
            datagrams: self.datagrams,
            bytes: self.bytes,
            bps: self.bps,
            errors: self.errors,
            iface: self.iface.clone(),
            impaired: self.impaired.clone(),
        };
        Row {
            key: position.to_string(),
            cells,
            sample: self.sample,
            name: format!("{} on {}", self.to, Printable(&self.iface)),
            detail: Arc::new(detail),
            spread: None,
        }
    }
}

impl Detail for TargetDetail {
    fn lines(&self) -> Vec<DetailLine> {
        let sent = DetailLine::new("sent")
            .part(count(self.datagrams, "datagram").to_string())
            .part(format!("{}B", rate(self.bytes as f64)))
            .part(Value::Bps(self.bps).to_string())
            .part(format!("on {}", Printable(&self.iface)));
        let tone = if self.errors > 0 { Tone::Bad } else { Tone::Plain };
        let errors = DetailLine::new("errors").toned(self.errors.to_string(), tone);
        let mut lines = vec![sent, errors];
        lines.extend(self.impaired.as_ref().map(impaired));
        lines
    }
}

/// What the sender did to its datagrams, over the whole run.
fn impaired(of: &ImpairedInfo) -> DetailLine {
    DetailLine::new("impaired")
        .part(format!("{} dropped", of.dropped))
        .part(format!("{} duplicated", of.duplicated))
        .part(format!("{} corrupted", of.corrupted))
        .caution_count(of.overflowed, "over the limit")
}
