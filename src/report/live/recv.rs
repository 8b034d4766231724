//! Follows a receiver: its streams, and the flows that it does not measure.

mod details;
mod state;
mod sums;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::cell::{Cell, Tone};
use super::follow::Follow;
use super::snapshot::{Column, Kind, Row, Sample, Snapshot, TableData};
use crate::event::{Event, FlowTotals, IntervalReport, Listening, StreamInfo};
use crate::units::UnixTime;
use crate::units::order;
use details::{FlowDetail, StreamDetail, block_of};
use state::{Run, Totals};
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

/// Identifies a stream or a flow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Id {
    /// The position of the stream.
    Stream(usize),
    Flow(SocketAddr, SocketAddr, Option<String>),
}

/// A stream or a flow.
struct Followed {
    source: SocketAddr,
    source_name: String,
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
    followed: HashMap<Id, Followed>,
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
        self.followed.values_mut().for_each(|followed| followed.sums.reset());
    }
}

impl Recv {
    fn listening(&mut self, ready: &Listening) -> Snapshot {
        self.run.targets = ready.targets.len();
        let mut ifaces: Vec<&str> = ready.targets.iter().map(|target| target.iface).collect();
        order::sort_by(&mut ifaces, Ord::cmp);
        ifaces.dedup();
        self.run.place = ifaces.join(", ");
        self.snapshot(false)
    }

    fn interval(&mut self, report: &IntervalReport, now: UnixTime) -> Snapshot {
        self.run.add(report);
        let elapsed = report.counters.elapsed;
        for (position, stream) in report.counters.streams.iter().enumerate() {
            let id = Id::Stream(stream.so_far.position);
            let followed = self.followed.entry(id).or_insert_with_key(Followed::new);
            followed.take(stream, elapsed, position < MOST_BLOCKS);
        }
        let flows = report.flows.as_deref().unwrap_or_default();
        for flow in flows {
            let to = SocketAddr::new(flow.group, flow.port);
            let id = Id::Flow(flow.source.address(), to, flow.iface.clone());
            if flow.is_measured {
                // Its streams have rows.
                self.followed.remove(&id);
                continue;
            }
            let followed = self.followed.entry(id).or_insert_with_key(Followed::new);
            followed.take_flow(flow, elapsed);
        }
        for followed in self.followed.values_mut() {
            followed.describe(now, report.since + elapsed);
        }
        let snapshot = self.snapshot(true);
        for followed in self.followed.values_mut() {
            (followed.row.sample, followed.row.spread) = (None, None);
        }
        snapshot
    }

    fn snapshot(&self, is_interval: bool) -> Snapshot {
        let mut sorted: Vec<&Followed> = self.followed.values().collect();
        order::sort_by(&mut sorted, |one, other| one.place().cmp(&other.place()));
        let totals = Totals {
            streams: sorted.len(),
            silent: sorted.iter().filter(|followed| followed.is_silent()).count(),
            ended: sorted.iter().filter(|followed| followed.ended).count(),
            lost: sorted.iter().map(|followed| followed.sums.lost).sum(),
            expected: sorted.iter().map(|followed| followed.sums.expected).sum(),
        };
        Snapshot {
            at: self.run.at,
            state: self.run.state(&totals),
            facts: self.run.facts(&totals),
            tables: vec![TableData {
                title: "Streams",
                empty: self.run.empty(),
                columns: COLUMNS,
                rows: sorted.into_iter().map(|followed| followed.row.clone()).collect(),
            }],
            resets: self.resets,
            is_interval,
        }
    }
}

impl Followed {
    /// Its place in the table, before the user sorts it.
    fn place(&self) -> (SocketAddr, SocketAddr, &Option<String>, &str) {
        (self.group, self.source, &self.iface, &self.row.key)
    }

    fn new(id: &Id) -> Self {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        Followed {
            source: nowhere,
            source_name: String::new(),
            group: nowhere,
            iface: None,
            format: None,
            is_measured: matches!(id, Id::Stream(_)),
            sums: Sums::default(),
            last: None,
            ended: false,
            row: Row {
                key: format!("{id:?}"),
                cells: Vec::new(),
                sample: None,
                name: String::new(),
                detail: Arc::new(FlowDetail::default()),
                spread: None,
            },
        }
    }

    fn take(&mut self, stream: &StreamInfo, elapsed: Duration, with_block: bool) {
        let lost = self.sums.lost;
        self.sums.add(stream);
        self.sums.rate(stream.counters.datagrams, stream.counters.bytes, elapsed);
        self.last = Some(stream.so_far.last);
        self.ended = stream.ended;
        (self.source, self.group) =
            (stream.source.address(), SocketAddr::new(stream.group, stream.port));
        self.source_name = stream.source.host().to_string();
        self.iface.clone_from(&stream.iface);
        self.format = Some(stream.format);
        let block = if with_block { block_of(stream) } else { Vec::new() };
        self.row.detail = Arc::new(StreamDetail::new(stream, &self.sums, block));
        self.row.spread.clone_from(&stream.spread);
        self.row.name = format!("{} > {}", stream.source, self.group);
        if stream.counters.datagrams > 0 || self.sums.lost > lost {
            let tone = if self.sums.lost > lost { Tone::Bad } else { Tone::Good };
            self.row.sample = Some(Sample { value: Some(self.sums.pps as f32), tone });
        }
    }

    fn take_flow(&mut self, flow: &FlowTotals, elapsed: Duration) {
        let datagrams = self.sums.add_flow(flow, elapsed);
        self.last = Some(flow.last);
        (self.source, self.group) = (flow.source.address(), SocketAddr::new(flow.group, flow.port));
        self.source_name = flow.source.host().to_string();
        self.iface.clone_from(&flow.iface);
        self.format = flow.format;
        self.row.detail = Arc::new(FlowDetail::new(flow, &self.sums));
        self.row.name = format!("{} > {}", flow.source, self.group);
        if datagrams > 0 {
            let value = Some(self.sums.pps as f32);
            self.row.sample = Some(Sample { value, tone: Tone::Good });
        }
    }

    /// A stream is silent if it pauses for longer than usual.
    fn is_silent(&self) -> bool {
        let usual = self.sums.usual_pause.saturating_mul(USUAL_PAUSES);
        !self.ended && self.sums.silence > SILENCE.max(usual)
    }

    /// Makes the row. `at` is the age of the run.
    fn describe(&mut self, now: UnixTime, at: Duration) {
        let silence = self.last.map_or(at, |last| now.duration_since(last));
        self.sums.silence = silence;
        let is_silent = self.is_silent();
        if self.row.sample.is_none() {
            self.sums.rate(0, 0, Duration::ZERO);
            let tone = if is_silent { Tone::Bad } else { Tone::Faint };
            let value = (!self.ended).then_some(0.0);
            self.row.sample = Some(Sample { value, tone });
        }
        self.row.cells = self.cells(silence, is_silent);
    }

    fn cells(&self, silence: Duration, is_silent: bool) -> Vec<Cell> {
        let sums = &self.sums;
        let measured = |value: u64, tone: Tone| match self.is_measured {
            true => Cell::count(value).toned_if(value > 0, tone),
            false => Cell::value(None),
        };
        let seen = match self.ended {
            true => Cell::text("ended").toned(Tone::Faint),
            false => Cell::ago(Some(silence)).toned_if(is_silent, Tone::Bad),
        };
        let rate = |cell: Cell| cell.toned_if(is_silent, Tone::Bad);
        let ratio = sums.loss_ratio();
        vec![
            Cell::text(&self.source_name).toned(Tone::Source),
            Cell::text(&self.group.to_string()),
            Cell::maybe_text(self.iface.as_deref()),
            Cell::maybe_text(self.format),
            rate(Cell::pps(Some(sums.pps))),
            rate(Cell::bps(Some(sums.bps))),
            measured(sums.lost, Tone::Bad),
            Cell::ratio(ratio).toned_if(ratio > Some(0.0), Tone::Bad),
            measured(sums.duplicates, Tone::Caution),
            measured(sums.reordered, Tone::Caution),
            Cell::nanos(sums.delay.map(|delay| delay.p99)),
            Cell::nanos(sums.variation.map(|variation| variation.p99)),
            Cell::nanos(sums.gap),
            seen,
        ]
    }
}
