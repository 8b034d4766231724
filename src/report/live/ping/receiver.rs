//! A receiver that answers a ping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::assertion::Value;
use crate::event::{HopsInfo, PingCounts, PingReceiver};
use crate::report::live::cell::{Cell, Tone};
use crate::report::live::detail::{Detail, DetailLine};
use crate::report::live::snapshot::{Column, Kind, Row, Sample};
use crate::stats::delay::{Delays, Quantiles};
use crate::units::printable::Printable;

pub const COLUMNS: &[Column] = &[
    Column { title: "RECEIVER", kind: Kind::Left, rank: 0 },
    Column { title: "TARGET", kind: Kind::Left, rank: 1 },
    Column { title: "IFACE", kind: Kind::Left, rank: 8 },
    Column { title: "REPLIES", kind: Kind::Right, rank: 4 },
    Column { title: "LOSS TO", kind: Kind::Right, rank: 0 },
    Column { title: "BACK", kind: Kind::Right, rank: 0 },
    Column { title: "RTT", kind: Kind::Right, rank: 0 },
    Column { title: "", kind: Kind::Spark, rank: 0 },
    Column { title: "p50", kind: Kind::Right, rank: 6 },
    Column { title: "p99", kind: Kind::Right, rank: 0 },
    Column { title: "max", kind: Kind::Right, rank: 5 },
    Column { title: "HOPS", kind: Kind::Right, rank: 3 },
    Column { title: "UNICAST", kind: Kind::Right, rank: 2 },
    Column { title: "SEEN", kind: Kind::Right, rank: 0 },
];

/// The position of the time since the last reply.
const SEEN: usize = 12;

/// The counts of a receiver now, and at the last reset.
#[derive(Default)]
pub struct Counts {
    pub now: Option<PingCounts>,
    before: Option<PingCounts>,
}

/// The replies since the last snapshot.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub sum: i64,
    pub replies: i64,
    pub delays: Option<Delays>,
}

/// No request was sent.
fn none() -> PingCounts {
    PingCounts::from(&crate::stats::ping::Figures::default())
}

impl Counts {
    pub fn reset(&mut self) {
        self.before.clone_from(&self.now);
    }

    /// The counts since the last reset. The round-trip times and the hops are those of the run.
    pub fn since_reset(&self) -> PingCounts {
        let now = self.now.clone().unwrap_or_else(none);
        let Some(before) = &self.before else { return now };
        let expected = now.expected.saturating_sub(before.expected);
        let replies = now.replies.saturating_sub(before.replies);
        let lost_to = now.lost_to.saturating_sub(before.lost_to);
        let lost_back = now.lost_back.saturating_sub(before.lost_back);
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        PingCounts {
            expected,
            replies,
            lost_to,
            lost_back,
            lost: now.lost.saturating_sub(before.lost),
            received: now.received.saturating_sub(before.received),
            withheld: now.withheld.saturating_sub(before.withheld),
            duplicates: now.duplicates.saturating_sub(before.duplicates),
            request_duplicates: now.request_duplicates.saturating_sub(before.request_duplicates),
            loss_to_ratio: ratio(lost_to, expected.saturating_sub(now.unresolved)),
            loss_back_ratio: ratio(lost_back, lost_back + replies),
            ..now
        }
    }

    /// The losses of which the direction is known.
    pub fn lost(&self) -> u64 {
        let counts = self.since_reset();
        counts.lost_to + counts.lost_back
    }
}

/// Whether a row shows a receiver that no longer answers.
pub fn is_silent(row: &Row) -> bool {
    row.cells.get(SEEN).is_some_and(|cell| cell.tone == Tone::Bad)
}

/// The row of a receiver, of which `heard` are the last replies.
pub fn row(
    of: &PingReceiver,
    counts: &Counts,
    heard: &Heard,
    pause: Duration,
    is_silent: bool,
    names_target: bool,
) -> Row {
    let now = counts.since_reset();
    let last = (heard.replies > 0).then(|| heard.sum / heard.replies);
    let target = SocketAddr::new(of.group, of.port).to_string();
    let lossy = |ratio: Option<f64>| Cell::ratio(ratio).toned_if(ratio > Some(0.0), Tone::Bad);
    let rtt = |of: fn(&Quantiles) -> i64| Cell::nanos(now.rtt_ns.as_ref().map(of));
    let unicast = of.unicast.as_ref().and_then(|unicast| unicast.counts.rtt_ns);
    let cells = vec![
        Cell::text(&of.address.to_string()).toned(Tone::Source),
        if names_target { Cell::text(&target) } else { Cell::maybe_text(None) },
        Cell::text(&of.iface),
        Cell::count(now.replies),
        lossy(now.loss_to_ratio),
        lossy(now.loss_back_ratio),
        Cell::nanos(last),
        rtt(|rtt| rtt.p50),
        rtt(|rtt| rtt.p99),
        rtt(|rtt| rtt.max),
        Cell::maybe_text(hops(now.hops_to, now.hops_back).as_deref()),
        Cell::nanos(unicast.map(|rtt| rtt.p50)),
        Cell::ago(Some(pause)).toned_if(is_silent, Tone::Bad),
    ];
    let sample = match last {
        Some(rtt) => Sample { value: Some(rtt as f32), tone: Tone::Good },
        None => Sample { value: Some(0.0), tone: if is_silent { Tone::Bad } else { Tone::Faint } },
    };
    Row {
        key: String::new(),
        cells,
        sample: Some(sample),
        name: format!("{} answers {target} on {}", of.address, Printable(&of.iface)),
        detail: Arc::new(ReceiverDetail::new(of, now)),
        spread: None,
    }
}

/// `1/2`: the routers on the way to the receiver and back.
fn hops(to: Option<HopsInfo>, back: Option<HopsInfo>) -> Option<String> {
    let shown = |hops: Option<HopsInfo>| match hops {
        Some(HopsInfo { min, max }) if min == max => min.to_string(),
        Some(HopsInfo { min, max }) => format!("{min}-{max}"),
        None => "?".to_owned(),
    };
    (to.is_some() || back.is_some()).then(|| format!("{}/{}", shown(to), shown(back)))
}

/// The details of a receiver.
#[derive(Debug)]
struct ReceiverDetail(Vec<DetailLine>);

impl ReceiverDetail {
    fn new(of: &PingReceiver, counts: PingCounts) -> Self {
        let PingCounts { expected, replies, lost_to, lost_back, unresolved, .. } = counts;
        let bad = |number: u64| if number > 0 { Tone::Bad } else { Tone::Plain };
        let mut lines = vec![
            DetailLine::new("requests")
                .part(format!("{expected} sent"))
                .part(format!("{replies} answered"))
                .caution_count(counts.withheld, "withheld"),
            DetailLine::new("lost")
                .toned(format!("{lost_to} on the way to it"), bad(lost_to))
                .toned(format!("{lost_back} on the way back"), bad(lost_back))
                .caution_count(unresolved, "not answered yet"),
        ];
        if let Some(Quantiles { min, p50, p99, max, .. }) = counts.rtt_ns {
            let [min, p50, p99, max] = [min, p50, p99, max].map(Value::Nanos);
            let line = DetailLine::new("RTT").part(format!("min {min}"));
            let line = line.part(format!("p50 {p50}")).part(format!("p99 {p99}"));
            lines.push(line.part(format!("max {max}")));
        }
        let unicast =
            of.unicast.as_ref().and_then(|of| Some((of.counts.replies, of.counts.rtt_ns?)));
        if let Some((replies, rtt)) = unicast {
            let [p50, p99] = [rtt.p50, rtt.p99].map(Value::Nanos);
            let line = DetailLine::new("unicast").part(format!("{replies} replies"));
            lines.push(line.part(format!("p50 {p50}")).part(format!("p99 {p99}")));
        }
        lines.push(
            DetailLine::new("receiver")
                .part(format!("port {}", of.source_port))
                .part(format!("id {:016x}", of.receiver))
                .caution_count(of.restarts, "restarts"),
        );
        ReceiverDetail(lines)
    }
}

impl Detail for ReceiverDetail {
    fn lines(&self) -> Vec<DetailLine> {
        self.0.clone()
    }

    fn spread_title(&self) -> &'static str {
        "round-trip time"
    }
}
