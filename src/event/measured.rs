//! Measured streams, as data.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::stats::delay::{Delays, Quantiles};
use crate::stats::sequence::Losses;
use crate::stats::stream::{Clock, Figures, Stream, Streams};
use crate::target::Zoned;

/// A measured stream: over the whole run, or over an interval.
#[derive(Debug, Serialize)]
pub struct StreamInfo {
    /// Who sends it; the last address, if it had several.
    pub source: Zoned<SocketAddr>,
    /// How often its sender's address changed.
    pub source_changes: u64,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it arrives on.
    pub iface: Option<String>,
    /// What its datagrams are: `mcast`.
    pub format: &'static str,
    /// The sender's run, in hex.
    #[serde(serialize_with = "hex")]
    pub stream: u64,
    /// What was measured.
    #[serde(flatten)]
    pub figures: FiguresInfo,
    /// How many were sent before the first one that was heard: nobody listened yet, and they are
    /// not lost.
    pub missed_before: u64,
    /// How it is known that the clocks agree.
    pub clock: Clock,
    /// Its sender has said that it is over.
    pub ended: bool,
    /// How many streams of the same address at the same place were over when it began.
    pub restarts: u64,
}

/// What was measured of a stream, or of all streams together.
#[derive(Debug, Serialize)]
pub struct FiguresInfo {
    /// How many datagrams came, each counted once.
    pub received: u64,
    /// How many should have come, from the first one that was heard.
    pub expected: u64,
    /// How many did not (RFC 7680), those that the receiver's own kernel dropped among them.
    pub lost: u64,
    /// How many of those that should have come did not; `null` where none should.
    pub loss_ratio: Option<f64>,
    /// Runs of consecutive losses (RFC 3357).
    pub loss_runs: RunsInfo,
    /// Further copies of datagrams that came (RFC 5560).
    pub duplicates: u64,
    /// Datagrams that came after a later one (RFC 4737).
    pub reordered: u64,
    /// The largest extent of reordering (RFC 4737, 4.2).
    pub reorder_extent_max: u64,
    /// Datagrams too late to tell whether they had come before: more than 131,072 behind.
    pub stale: u64,
    /// Datagrams with a wrong checksum or length; they are lost as well.
    pub corrupt: u64,
    /// Datagrams that were cut; they are lost as well.
    pub truncated: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// Datagrams a second.
    pub rate_pps: Option<f64>,
    /// Bits of payload a second.
    pub bitrate_bps: Option<f64>,
    /// Interarrival jitter (RFC 3550); of several streams, the largest.
    #[serde(rename = "jitter_ns", serialize_with = "rounded")]
    pub jitter: Option<f64>,
    /// From the sender to the receiver's kernel (RFC 7679); `null` where the clocks are not known
    /// to agree.
    pub delay_ns: Option<Quantiles>,
    /// From there to the program.
    pub wakeup_ns: Option<LatenessInfo>,
    /// The delay less the shortest of its stream (RFC 5481).
    pub pdv_ns: Option<Quantiles>,
    /// How many routers they passed.
    pub hops: Option<HopsInfo>,
    /// How many came with another DSCP than they were sent with.
    pub dscp_changed: Option<u64>,
    /// The longest time between a datagram and the next; of a stream that has not ended also from
    /// the last one until now. Of several streams, of any one.
    pub gap_ns: Option<i64>,
}

/// All measured streams together.
#[derive(Debug, Serialize)]
pub struct MeasuredInfo {
    /// How many streams there are.
    pub streams: usize,
    /// How many of them have ended.
    pub ended: usize,
    /// How many of them began when an earlier one of the same address at the same place was over.
    pub restarts: u64,
    /// How often the address of their senders changed.
    pub source_changes: u64,
    /// How many datagrams were sent before the first ones that were heard.
    pub missed_before: u64,
    /// What was measured: sums, and of the delays of all of them.
    #[serde(flatten)]
    pub figures: FiguresInfo,
    /// The delays themselves, for the formats that draw them; the variations, where the clocks are
    /// not known to agree.
    #[serde(skip)]
    pub spread: Delays,
}

/// Runs of consecutive losses.
#[derive(Debug, Serialize)]
pub struct RunsInfo {
    /// How many.
    pub count: u64,
    /// The length of the longest.
    pub longest: u64,
}

/// How late something was, in nanoseconds.
#[derive(Debug, Serialize)]
pub struct LatenessInfo {
    /// The median.
    pub p50: i64,
    /// 99 of 100 are no longer.
    pub p99: i64,
    /// The longest.
    pub max: i64,
}

impl From<Quantiles> for LatenessInfo {
    fn from(Quantiles { p50, p99, max, .. }: Quantiles) -> Self {
        LatenessInfo { p50, p99, max }
    }
}

/// How many routers datagrams passed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HopsInfo {
    /// The fewest.
    pub min: u8,
    /// The most.
    pub max: u8,
}

impl FiguresInfo {
    fn new(figures: &Figures, variation: Option<Quantiles>, losses: Losses, of: Snapshot) -> Self {
        let Snapshot { jitter, gap, clock } = of;
        let Losses { expected, lost, runs, longest } = losses;
        FiguresInfo {
            received: figures.meter.datagrams,
            expected,
            lost,
            loss_ratio: (expected > 0).then(|| lost as f64 / expected as f64),
            loss_runs: RunsInfo { count: runs, longest },
            duplicates: figures.duplicates,
            reordered: figures.reordered,
            reorder_extent_max: figures.reorder_extent_max,
            stale: figures.stale,
            corrupt: figures.corrupt,
            truncated: figures.truncated,
            bytes: figures.meter.bytes,
            rate_pps: figures.meter.rate_pps(),
            bitrate_bps: figures.meter.bitrate_bps(),
            jitter,
            delay_ns: figures.delays.quantiles().filter(|_| clock > Clock::Unknown),
            wakeup_ns: figures.wakeups.quantiles().map(LatenessInfo::from),
            pdv_ns: variation,
            hops: figures.hops.map(|(min, max)| HopsInfo { min, max }),
            dscp_changed: figures.dscp_changed,
            gap_ns: gap,
        }
    }
}

/// Describes the streams, and all of them together; no streams are `None` together: nothing was
/// measured. `interval` is since the last mark, and leaves out those that had ended before it;
/// `now` is by the clock that tells when datagrams come.
pub fn describe(
    streams: &Streams,
    interval: bool,
    now: SystemTime,
) -> (Vec<StreamInfo>, Option<MeasuredInfo>) {
    let restarts = streams.restarts();
    let mut together = Aggregate::default();
    let mut infos = Vec::new();
    for (stream, restarts) in
        streams.iter().zip(restarts).filter(|(stream, _)| !interval || stream.is_of_interest())
    {
        let (figures, losses) = (stream.figures(interval), stream.losses(interval));
        let standing = Snapshot {
            jitter: stream.jitter(),
            gap: stream.gap(interval, now),
            clock: stream.clock(),
        };
        let info = StreamInfo {
            source: Zoned::socket(stream.source, stream.zone.clone()),
            source_changes: stream.source_changes,
            group: stream.key.group,
            port: stream.key.port,
            iface: stream.iface.clone(),
            format: "mcast",
            stream: stream.key.stream,
            figures: FiguresInfo::new(figures, figures.delays.variation(), losses, standing),
            missed_before: stream.missed_before(),
            clock: stream.clock(),
            ended: stream.ended,
            restarts,
        };
        together.add(stream, figures, losses, standing, restarts);
        infos.push(info);
    }
    (infos, together.info())
}

/// What of a stream depends on how it stands now.
#[derive(Clone, Copy)]
struct Snapshot {
    jitter: Option<f64>,
    gap: Option<i64>,
    clock: Clock,
}

/// What streams come to together.
#[derive(Default)]
struct Aggregate {
    streams: usize,
    ended: usize,
    restarts: u64,
    source_changes: u64,
    missed_before: u64,
    sum: Option<Sum>,
}

struct Sum {
    figures: Figures,
    variations: Delays,
    losses: Losses,
    standing: Snapshot,
}

impl Aggregate {
    fn add(
        &mut self,
        stream: &Stream,
        figures: &Figures,
        losses: Losses,
        standing: Snapshot,
        restarts: u64,
    ) {
        self.streams += 1;
        self.ended += usize::from(stream.ended);
        self.restarts += u64::from(restarts > 0);
        self.source_changes = self.source_changes.saturating_add(stream.source_changes);
        self.missed_before = self.missed_before.saturating_add(stream.missed_before());
        // A stream of which nothing came has no delay to be doubted.
        let clock = if figures.delays.count() > 0 { standing.clock } else { Clock::SameHost };
        let Some(sum) = &mut self.sum else {
            let (figures, variations) = (figures.clone(), figures.delays.less_the_shortest());
            self.sum =
                Some(Sum { figures, variations, losses, standing: Snapshot { clock, ..standing } });
            return;
        };
        sum.figures.merge(figures);
        sum.variations.merge(&figures.delays.less_the_shortest());
        sum.losses = sum.losses.and(losses);
        sum.standing = Snapshot {
            jitter: [sum.standing.jitter, standing.jitter].into_iter().flatten().reduce(f64::max),
            gap: sum.standing.gap.max(standing.gap),
            clock: sum.standing.clock.min(clock),
        };
    }

    fn info(self) -> Option<MeasuredInfo> {
        let Sum { figures, variations, losses, standing } = self.sum?;
        let info = FiguresInfo::new(&figures, variations.quantiles(), losses, standing);
        let spread = if info.delay_ns.is_some() { figures.delays } else { variations };
        let Aggregate { streams, ended, restarts, source_changes, missed_before, .. } = self;
        Some(MeasuredInfo {
            streams,
            ended,
            restarts,
            source_changes,
            missed_before,
            figures: info,
            spread,
        })
    }
}

pub(super) fn hex<S: Serializer>(stream: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{stream:016x}"))
}

pub(super) fn some_hex<S: Serializer>(
    stream: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match stream {
        Some(stream) => hex(stream, serializer),
        None => serializer.serialize_none(),
    }
}

fn rounded<S: Serializer>(nanos: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    nanos.map(|nanos| nanos.round() as i64).serialize(serializer)
}
