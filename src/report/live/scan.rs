//! Follows a scan: the groups that carry data.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::cell::{Cell, Tone};
use super::detail::{Detail, DetailLine};
use super::fact::Fact;
use super::follow::Follow;
use super::snapshot::{Column, Kind, Row, Snapshot, TableData};
use crate::assertion::Value;
use crate::event::{Event, FoundInfo, Scanning};
use crate::report::human::rate;
use crate::units::printable::Printable;
use crate::units::rcvbuf::format_duration;
use crate::units::words::count;

const COLUMNS: &[Column] = &[
    Column { title: "GROUP", kind: Kind::Left, rank: 0 },
    Column { title: "SOURCE", kind: Kind::Left, rank: 0 },
    Column { title: "IFACE", kind: Kind::Left, rank: 4 },
    Column { title: "FORMAT", kind: Kind::Left, rank: 0 },
    Column { title: "RATE", kind: Kind::Right, rank: 3 },
    Column { title: "BIT RATE", kind: Kind::Right, rank: 0 },
    Column { title: "LOSS", kind: Kind::Right, rank: 2 },
    Column { title: "NAME", kind: Kind::Left, rank: 0 },
];

/// Follows a scan.
pub struct Scan {
    start: Instant,
    place: String,
    rows: Vec<Row>,
    groups: HashSet<SocketAddr>,
    bps: f64,
    lossy: usize,
}

impl Default for Scan {
    fn default() -> Self {
        Scan {
            start: Instant::now(),
            place: String::new(),
            rows: Vec::new(),
            groups: HashSet::new(),
            bps: 0.0,
            lossy: 0,
        }
    }
}

impl Follow for Scan {
    fn event(&mut self, event: &Event, _now: SystemTime) -> Option<Snapshot> {
        match event {
            Event::Scanning(ready) => self.place = place(ready),
            Event::Found(found) => self.found(found),
            _ => return None,
        }
        Some(self.snapshot())
    }

    /// A scan has no counters that begin again.
    fn reset(&mut self, _number: u64) {}
}

impl Scan {
    fn found(&mut self, found: &FoundInfo) {
        self.groups.insert(SocketAddr::new(found.group, found.port));
        self.bps += found.meter.bitrate_bps.unwrap_or(0.0);
        self.lossy += usize::from(found.loss_ratio > Some(0.0));
        self.rows.push(row(found));
    }

    fn snapshot(&self) -> Snapshot {
        let state = match self.rows.len() {
            0 => Fact::new("scanning", Tone::Faint),
            _ => Fact::new(format!("{} alive", self.groups.len()), Tone::Good),
        };
        let mut facts = vec![Fact::plain(count(self.rows.len() as u64, "flow").to_string())];
        if self.bps > 0.0 {
            facts.push(Fact::plain(format!("{} in all", Value::Bps(self.bps))));
        }
        if self.lossy > 0 {
            facts.push(Fact::new(format!("{} with losses", self.lossy), Tone::Bad));
        }
        facts.push(Fact::new(self.place.clone(), Tone::Faint));
        Snapshot {
            at: self.start.elapsed(),
            state,
            facts,
            tables: vec![TableData {
                title: "Flows",
                empty: "nothing found yet".to_owned(),
                columns: COLUMNS,
                rows: self.rows.clone(),
            }],
            resets: 0,
            is_interval: false,
        }
    }
}

fn place(ready: &Scanning) -> String {
    let ifaces = Printable(&ready.ifaces.join(", ")).to_string();
    match ready.discover {
        Some(time) => format!("looking for groups on {ifaces} for {}", format_duration(time)),
        None => format!("{} on {ifaces}", count(ready.targets.len() as u64, "target")),
    }
}

fn row(found: &FoundInfo) -> Row {
    let FoundInfo { group, port, source, iface, title, meter, loss_ratio, lost_exact, .. } = found;
    let to = SocketAddr::new(*group, *port);
    let usual = if found.how == Some("port") { "?" } else { "" };
    let loss = loss_ratio.map(|ratio| match lost_exact {
        Some(false) => Value::AtLeastRatio(ratio),
        _ => Value::Ratio(ratio),
    });
    let cells = vec![
        Cell::text(&to.to_string()),
        Cell::text(&source.host().to_string()).toned(Tone::Source),
        Cell::maybe_text(iface.as_deref()),
        Cell::maybe_text(title.map(|title| format!("{title}{usual}")).as_deref()),
        Cell::pps(meter.rate_pps),
        Cell::bps(meter.bitrate_bps),
        Cell::value(loss).toned_if(*loss_ratio > Some(0.0), Tone::Bad),
        Cell::maybe_text(found.name.as_deref()),
    ];
    Row {
        key: format!("{to} {source} {iface:?}"),
        cells,
        sample: None,
        name: format!("{source} > {to}"),
        detail: Arc::new(FoundDetail(found.clone())),
        spread: None,
    }
}

/// The details of a flow.
#[derive(Debug)]
struct FoundDetail(FoundInfo);

impl Detail for FoundDetail {
    fn lines(&self) -> Vec<DetailLine> {
        let FoundInfo { format, how, meter, loss_ratio, unit, name, iface, .. } = &self.0;
        let known = match (format, how) {
            (Some(format), Some(how)) => format!("{format} by {how}"),
            _ => "of no format that mcast recognises".to_owned(),
        };
        let flow = DetailLine::new("flow").part(known);
        let flow = flow.maybe(iface.as_deref().map(|iface| format!("on {}", Printable(iface))));
        let mut lines = vec![
            flow,
            DetailLine::new("received")
                .part(count(meter.datagrams, "datagram").to_string())
                .part(format!("{}B", rate(meter.bytes as f64)))
                .maybe(meter.span.map(|span| format!("in {:.1} s", span.as_secs_f64()))),
        ];
        if let (Some(ratio), Some(unit)) = (loss_ratio, unit) {
            let tone = if *ratio > 0.0 { Tone::Bad } else { Tone::Plain };
            let text = format!("{} of the {}", Value::Ratio(*ratio), unit.replace('_', " "));
            lines.push(DetailLine::new("lost").toned(text, tone));
        }
        if let Some(name) = name {
            lines.push(DetailLine::new("name").part(Printable(name).to_string()));
        }
        lines
    }
}
