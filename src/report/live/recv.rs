//! Follows a receiver: its streams, and the flows that it does not measure.

mod details;
mod state;
mod sums;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::cell::{Cell, Tone};
use super::follow::Follow;
use super::snapshot::{Column, Kind, Row, Sample, Snapshot, TableData};
use crate::event::{Event, FlowInfo, IntervalReport, Listening, StreamInfo};
use crate::units::UnixTime;
use details::{FlowDetail, StreamDetail, block_of};
use state::Run;
use sums::Sums;

const COLUMNS: &[Column] = &[
    Column { title: "SOURCE", kind: Kind::Left, rank: 0 },
    Column { title: "GROUP", kind: Kind::Left, rank: 0 },
    Column { title: "IFACE", kind: Kind::Left, rank: 6 },
    Column { title: "FORMAT", kind: Kind::Left, rank: 3 },
    Column { title: "RATE", kind: Kind::Right, rank: 0 },
    Column { title: "", kind: Kind::Spark, rank: 0 },
    Column { title: "BIT RATE", kind: Kind::Right, rank: 4 },
    Column { title: "LOST", kind: Kind::Right, rank: 2 },
    Column { title: "LOSS", kind: Kind::Right, rank: 0 },
    Column { title: "DUP", kind: Kind::Right, rank: 8 },
    Column { title: "REORD", kind: Kind::Right, rank: 7 },
    Column { title: "DELAY p99", kind: Kind::Right, rank: 0 },
    Column { title: "PDV p99", kind: Kind::Right, rank: 0 },
    Column { title: "GAP", kind: Kind::Right, rank: 5 },
    Column { title: "SEEN", kind: Kind::Right, rank: 0 },
];

/// A stream that has been silent for this long counts as silent, unless it usually pauses longer.
const SILENCE: Duration = Duration::from_secs(3);

/// A stream may pause this many times as long as usual.
const USUAL_PAUSES: u32 = 4;

/// The most streams with the details of their format: it takes some time to write them.
const MOST_BLOCKS: usize = 256;

/// Identifies a stream or flow, and orders the table.
type Key = (IpAddr, u16, SocketAddr, String, String);

/// A stream or a flow.
struct Followed {
    key: String,
    source: String,
    group: SocketAddr,
    iface: Option<String>,
    format: Option<&'static str>,
    /// Its losses can be counted.
    is_measured: bool,
    sums: Sums,
    last: Option<UnixTime>,
    ended: bool,
    row: Row,
}

/// Follows a receiver.
#[derive(Default)]
pub struct Recv {
    run: Run,
    followed: BTreeMap<Key, Followed>,
    resets: u64,
}

impl Follow for Recv {
    fn event(&mut self, event: &Event, now: SystemTime) -> Option<Snapshot> {
        match event {
            Event::Listening(ready) => Some(self.listening(ready)),
            Event::Reading(_) => Some(self.snapshot(false)),
            Event::Interval(report) => Some(self.interval(report, now.into())),
            _ => None,
        }
    }

    fn reset(&mut self, number: u64) {
        self.resets = number;
        self.run.reset();
        self.followed.values_mut().for_each(|followed| followed.sums = Sums::default());
    }
}

impl Recv {
    fn listening(&mut self, ready: &Listening) -> Snapshot {
        self.run.targets = ready.targets.len();
        let mut ifaces: Vec<&str> = ready.targets.iter().map(|target| target.iface).collect();
        ifaces.sort_unstable();
        ifaces.dedup();
        self.run.place = ifaces.join(", ");
        self.snapshot(false)
    }

    fn interval(&mut self, report: &IntervalReport, now: UnixTime) -> Snapshot {
        self.run.add(report);
        // A flow that is measured from now on has a stream.
        let flows = report.flows.iter().map(|flow| key_of_flow(flow)).collect::<Vec<Key>>();
        self.followed.retain(|key, followed| followed.is_measured || flows.contains(key));
        for (position, stream) in report.counters.streams.iter().enumerate() {
            let followed = self.followed.entry(key_of(stream)).or_insert_with_key(|key| {
                Followed::new(key, stream.source.host().to_string(), stream.format, true)
            });
            followed.take(stream, report.counters.elapsed, position < MOST_BLOCKS);
        }
        for (flow, key) in report.flows.iter().zip(flows) {
            let followed = self.followed.entry(key).or_insert_with_key(|key| {
                let format = flow.name.map(|name| name.title).or(flow.format).unwrap_or("-");
                Followed::new(key, flow.source.host().to_string(), format, false)
            });
            followed.take_flow(flow, report.counters.elapsed);
        }
        for followed in self.followed.values_mut() {
            followed.describe(now, report.since + report.counters.elapsed);
        }
        let snapshot = self.snapshot(true);
        for followed in self.followed.values_mut() {
            (followed.row.sample, followed.row.spread) = (None, None);
        }
        snapshot
    }

    fn snapshot(&self, is_interval: bool) -> Snapshot {
        let silent = self.followed.values().filter(|followed| followed.is_silent()).count();
        let rows: Vec<Row> = self.followed.values().map(|followed| followed.row.clone()).collect();
        let streams = || self.followed.values();
        let ended = streams().filter(|followed| followed.ended).count();
        Snapshot {
            at: self.run.at,
            state: self.run.state(rows.len(), silent, ended),
            facts: self.run.facts(rows.len()),
            tables: vec![TableData {
                title: "Streams",
                empty: self.run.empty(),
                columns: COLUMNS,
                rows,
            }],
            resets: self.resets,
            is_interval,
        }
    }
}

fn key_of(stream: &StreamInfo) -> Key {
    let StreamInfo { group, port, source, iface, key, format, .. } = stream;
    let iface = iface.clone().unwrap_or_default();
    let key = format!("{format} {}", key.as_deref().unwrap_or_default());
    (*group, *port, source.address(), iface, key)
}

fn key_of_flow(flow: &FlowInfo) -> Key {
    let FlowInfo { group, port, source, iface, .. } = flow;
    (*group, *port, source.address(), iface.clone().unwrap_or_default(), String::new())
}

impl Followed {
    fn new(key: &Key, source: String, format: &'static str, is_measured: bool) -> Self {
        let (group, port, _, iface, _) = key;
        let name = format!("{key:?}");
        Followed {
            key: name,
            source,
            group: SocketAddr::new(*group, *port),
            iface: Some(iface.clone()).filter(|iface| !iface.is_empty()),
            format: Some(format).filter(|format| *format != "-"),
            is_measured,
            sums: Sums::default(),
            last: None,
            ended: false,
            row: Row {
                key: String::new(),
                cells: Vec::new(),
                sample: None,
                name: String::new(),
                detail: Arc::new(FlowDetail::default()),
                spread: None,
            },
        }
    }

    fn take(&mut self, stream: &StreamInfo, elapsed: Duration, with_block: bool) {
        self.sums.add(stream);
        self.sums.rate(stream.counters.datagrams, stream.counters.bytes, elapsed);
        self.last = Some(stream.last);
        self.ended = stream.ended;
        self.source = stream.source.host().to_string();
        let block = if with_block { block_of(stream) } else { Vec::new() };
        self.row.detail = Arc::new(StreamDetail::new(stream, &self.sums, block));
        self.row.spread = stream.spread.clone();
        let lost = stream.counters.lost > 0;
        self.row.sample = Some(Sample {
            value: Some(self.sums.pps as f32),
            tone: if lost { Tone::Bad } else { Tone::Good },
        });
        self.row.name = format!("{} > {}", stream.source, self.group);
    }

    fn take_flow(&mut self, flow: &FlowInfo, elapsed: Duration) {
        self.sums.add_flow(flow, elapsed);
        self.last = flow.last;
        self.row.detail = Arc::new(FlowDetail::new(flow, &self.sums));
        self.row.sample = Some(Sample { value: Some(self.sums.pps as f32), tone: Tone::Good });
        self.row.name = format!("{} > {}", flow.source, self.group);
    }

    /// A stream is silent if it pauses for longer than usual.
    fn is_silent(&self) -> bool {
        let usual = self.sums.usual_pause.saturating_mul(USUAL_PAUSES);
        !self.ended && self.sums.silence > SILENCE.max(usual)
    }

    /// Makes the row. `at` is the age of the run.
    fn describe(&mut self, now: UnixTime, at: Duration) {
        let silence = self.last.map(|last| now.duration_since(last)).unwrap_or(at);
        self.sums.note_silence(silence);
        let is_silent = self.is_silent();
        if self.row.sample.is_none() {
            self.sums.rate(0, 0, Duration::ZERO);
            let tone = if is_silent { Tone::Bad } else { Tone::Faint };
            let value = (!self.ended).then_some(0.0);
            self.row.sample = Some(Sample { value, tone });
        }
        if is_silent {
            self.row.sample = Some(Sample { value: Some(0.0), tone: Tone::Bad });
        }
        let sums = &self.sums;
        let measured = |value: u64| match self.is_measured {
            true => Cell::count(value).toned_if(value > 0, Tone::Bad),
            false => Cell::value(None),
        };
        let caution = |value: u64| match self.is_measured {
            true => Cell::count(value).toned_if(value > 0, Tone::Caution),
            false => Cell::value(None),
        };
        let seen = match (self.ended, is_silent) {
            (true, _) => Cell::text("ended").toned(Tone::Faint),
            (_, silent) => Cell::ago(Some(silence)).toned_if(silent, Tone::Bad),
        };
        let rate = |cell: Cell| cell.toned_if(is_silent, Tone::Bad);
        let ratio = sums.loss_ratio();
        self.row.cells = vec![
            Cell::text(&self.source).toned(Tone::Source),
            Cell::text(&self.group.to_string()),
            Cell::maybe_text(self.iface.as_deref()),
            Cell::maybe_text(self.format),
            rate(Cell::pps(Some(sums.pps))),
            rate(Cell::bps(Some(sums.bps))),
            measured(sums.lost),
            Cell::ratio(ratio).toned_if(ratio > Some(0.0), Tone::Bad),
            caution(sums.duplicates),
            caution(sums.reordered),
            Cell::nanos(sums.delay.map(|delay| delay.p99)),
            Cell::nanos(sums.variation.map(|variation| variation.p99)),
            Cell::nanos(sums.gap),
            seen,
        ];
        self.row.key.clone_from(&self.key);
    }
}
