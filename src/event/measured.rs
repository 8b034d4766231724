//! The measurements of streams.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::StreamTotals;
use super::detail::{self, DetailInfo};
use crate::format::numbered::Unit;
use crate::stats::delay::{Delays, Quantiles};
use crate::stats::sequence::Losses;
use crate::stats::stream::{Clock, Stream, StreamCounters, Streams};
use crate::target::Zoned;
use crate::units::UnixTime;

/// A measured stream: over the whole run, or over an interval.
#[derive(Debug, Serialize)]
pub struct StreamInfo {
    /// The sender's address; the last one, if it changed.
    pub source: Zoned<SocketAddr>,
    /// How often the sender's address changed.
    pub source_changes: u64,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it arrives on.
    pub iface: Option<String>,
    /// The format: `mcast` for probes.
    pub format: &'static str,
    /// How the format is known.
    pub how: &'static str,
    /// What `lost`, `expected`, `received`, `duplicates` and `reordered` count.
    pub unit: &'static str,
    /// What distinguishes the stream from others of its sender: SSRC, session, unit, universe.
    pub key: Option<String>,
    /// The stream id of a probe, in hex.
    #[serde(serialize_with = "some_hex")]
    pub stream: Option<u64>,
    /// The measurements.
    #[serde(flatten)]
    pub counters: CountersInfo,
    /// How many numbers were sent before the first one that arrived. They do not count as lost.
    /// `null` if the format does not fix the first number.
    pub missed_before: Option<u64>,
    /// The evidence that the clocks agree.
    pub clock: Clock,
    /// An end-of-stream marker arrived.
    pub ended: bool,
    /// How many streams from the same address to the same target were over when it began.
    pub restarts: u64,
    /// The measurements that only this format has.
    #[serde(flatten)]
    pub detail: DetailInfo,
    /// The delays, or their variation unless the clocks are known to agree. `None` unless an observer
    /// draws them.
    #[serde(skip)]
    pub spread: Option<Arc<Delays>>,
    /// The counters of the whole run. Only observers take them.
    #[serde(skip)]
    pub so_far: StreamTotals,
}

/// The measurements of a stream, or of all streams together.
#[derive(Debug, Serialize)]
pub struct CountersInfo {
    /// How many datagrams arrived, without duplicates.
    pub datagrams: u64,
    /// How many numbers of the unit arrived, without duplicates.
    pub received: u64,
    /// How many datagrams should have arrived, from the first one that did.
    pub expected: u64,
    /// How many of these did not arrive (RFC 7680), including kernel drops of the receiver.
    pub lost: u64,
    /// Whether no more were lost. The counters of a transport stream wrap after 16 packets, and a
    /// long outage may hide a wrap of other numbers.
    pub lost_exact: bool,
    /// `lost` divided by `expected`; `null` if none were expected.
    pub loss_ratio: Option<f64>,
    /// Runs of consecutive losses (RFC 3357).
    pub loss_runs: RunsInfo,
    /// Further copies of datagrams that arrived (RFC 5560).
    pub duplicates: u64,
    /// Datagrams that arrived after a later one (RFC 4737).
    pub reordered: u64,
    /// The largest extent of reordering (RFC 4737, 4.2).
    pub reorder_extent_max: u64,
    /// Datagrams more than 131,072 behind, too late to distinguish from duplicates.
    pub stale: u64,
    /// Datagrams with a wrong checksum or length; they count as lost, too.
    pub corrupt: u64,
    /// Datagrams that were truncated; they count as lost, too.
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
    /// The delay from the sender to the receiver's kernel (RFC 7679); `null` unless the clocks are
    /// known to agree.
    pub delay_ns: Option<Quantiles>,
    /// The latency from the receiver's kernel to the program.
    pub wakeup_ns: Option<LatenessInfo>,
    /// The delay minus the shortest one of the stream (RFC 5481).
    pub pdv_ns: Option<Quantiles>,
    /// The number of routers on the path.
    pub hops: Option<HopsInfo>,
    /// How many datagrams arrived with another DSCP than they were sent with.
    pub dscp_changed: Option<u64>,
    /// The longest time between two datagrams. For a stream that has not ended, also the time since
    /// the last one. Of several streams, the largest.
    pub gap_ns: Option<i64>,
}

/// All measured streams together.
#[derive(Debug, Serialize)]
pub struct MeasuredInfo {
    /// The number of streams.
    pub streams: usize,
    /// How many of them have ended.
    pub ended: usize,
    /// How many of them began after a stream from the same address to the same target was over.
    pub restarts: u64,
    /// How often the addresses of their senders changed.
    pub source_changes: u64,
    /// How many datagrams were sent before the first ones that arrived.
    pub missed_before: u64,
    /// What `lost` counts; `null` if streams count in different units. `loss_ratio` is then that of
    /// the unit with the highest ratio.
    pub unit: Option<&'static str>,
    /// The measurements: sums, and quantiles of all delays.
    #[serde(flatten)]
    pub counters: CountersInfo,
    /// The delays for the histogram; the variations, unless the clocks are known to agree.
    #[serde(skip)]
    pub spread: Delays,
}

/// Runs of consecutive losses.
#[derive(Clone, Debug, Serialize)]
pub struct RunsInfo {
    /// The number of runs.
    pub count: u64,
    /// The length of the longest run.
    pub longest: u64,
}

/// Quantiles of a latency, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub struct LatenessInfo {
    /// The median.
    pub p50: i64,
    /// The 99th percentile.
    pub p99: i64,
    /// The maximum.
    pub max: i64,
}

impl From<Quantiles> for LatenessInfo {
    fn from(Quantiles { p50, p99, max, .. }: Quantiles) -> Self {
        LatenessInfo { p50, p99, max }
    }
}

/// The number of routers on the path.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HopsInfo {
    /// The fewest.
    pub min: u8,
    /// The most.
    pub max: u8,
}

impl CountersInfo {
    fn new(
        counters: &StreamCounters,
        variation: Option<Quantiles>,
        losses: Losses,
        of: Snapshot,
    ) -> Self {
        let Snapshot { jitter, gap, clock, exact } = of;
        let Losses { expected, lost, runs, longest } = losses;
        CountersInfo {
            datagrams: counters.meter.datagrams,
            received: counters.received,
            expected,
            lost,
            lost_exact: exact,
            loss_ratio: losses.ratio(),
            loss_runs: RunsInfo { count: runs, longest },
            duplicates: counters.duplicates,
            reordered: counters.reordered,
            reorder_extent_max: counters.reorder_extent_max,
            stale: counters.stale,
            corrupt: counters.corrupt,
            truncated: counters.truncated,
            bytes: counters.meter.bytes,
            rate_pps: counters.meter.rate_pps(),
            bitrate_bps: counters.meter.bitrate_bps(),
            jitter,
            delay_ns: counters.delays.quantiles().filter(|_| clock > Clock::Unknown),
            wakeup_ns: counters.wakeups.quantiles().map(LatenessInfo::from),
            pdv_ns: variation,
            hops: counters.hops.map(|(min, max)| HopsInfo { min, max }),
            dscp_changed: counters.dscp_changed,
            gap_ns: gap,
        }
    }
}

/// The most streams whose delays an event contains: a copy takes about 10 KiB.
const MOST_SPREADS: usize = 256;

/// Describes each stream, and all of them together (`None` without streams), except those at the
/// `hidden` positions. An `interval` begins
/// at the last mark and leaves out the streams that ended before it. With `spreads`, each of a few
/// streams has its delays. `now` is on the clock that timestamps datagrams.
pub fn describe(
    streams: &Streams,
    hidden: &HashSet<usize>,
    interval: bool,
    spreads: bool,
    now: UnixTime,
) -> (Vec<StreamInfo>, Option<MeasuredInfo>) {
    let restarts = streams.restarts();
    let mut together = Aggregate::default();
    let mut infos = Vec::new();
    for (position, (stream, restarts)) in streams.iter().zip(restarts).enumerate() {
        if hidden.contains(&position) || (interval && !stream.is_of_interest()) {
            continue;
        }
        let (counters, losses) = (stream.counters(interval), stream.losses(interval));
        let snapshot = Snapshot {
            jitter: stream.jitter(),
            gap: stream.gap(interval, now),
            clock: stream.clock(),
            exact: stream.has_exact_losses(),
        };
        let info = StreamInfo {
            source: Zoned::socket(stream.source, stream.zone.clone()),
            source_changes: stream.source_changes,
            group: stream.key.group,
            port: stream.key.port,
            iface: stream.iface.clone(),
            format: stream.format(),
            how: stream.how().name(),
            unit: stream.unit().name(),
            key: detail::key(stream),
            stream: stream.run(),
            counters: CountersInfo::new(counters, counters.delays.variation(), losses, snapshot),
            missed_before: stream.missed_before(),
            clock: stream.clock(),
            ended: stream.ended,
            restarts,
            detail: DetailInfo::new(stream, &streams.peers, interval),
            spread: (spreads && infos.len() < MOST_SPREADS)
                .then(|| Arc::new(spread_of(&counters.delays, stream.clock()))),
            so_far: StreamTotals::new(position, stream),
        };
        together.add(stream, counters, losses, snapshot, restarts);
        infos.push(info);
    }
    (infos, together.info())
}

/// The delays if the clocks agree, else their variation.
fn spread_of(delays: &Delays, clock: Clock) -> Delays {
    if clock > Clock::Unknown { delays.clone() } else { delays.less_the_shortest() }
}

/// The measurements that depend on the current state of a stream.
#[derive(Clone, Copy)]
struct Snapshot {
    jitter: Option<f64>,
    gap: Option<i64>,
    clock: Clock,
    /// `lost` is no lower bound.
    exact: bool,
}

/// The measurements of several streams, merged.
#[derive(Default)]
struct Aggregate {
    streams: usize,
    ended: usize,
    restarts: u64,
    source_changes: u64,
    missed_before: u64,
    losses_by_unit: BTreeMap<Unit, Losses>,
    sum: Option<Sum>,
}

struct Sum {
    counters: StreamCounters,
    variations: Delays,
    losses: Losses,
    snapshot: Snapshot,
}

impl Aggregate {
    fn add(
        &mut self,
        stream: &Stream,
        counters: &StreamCounters,
        losses: Losses,
        snapshot: Snapshot,
        restarts: u64,
    ) {
        self.streams += 1;
        self.ended += usize::from(stream.ended);
        self.restarts += u64::from(restarts > 0);
        self.source_changes = self.source_changes.saturating_add(stream.source_changes);
        let missed = stream.missed_before().unwrap_or(0);
        self.missed_before = self.missed_before.saturating_add(missed);
        *self.losses_by_unit.entry(stream.unit()).or_default() =
            self.losses_by_unit.get(&stream.unit()).copied().unwrap_or_default().and(losses);
        // A stream without datagrams has no delays, and its clock does not matter.
        let clock = if counters.delays.count() > 0 { snapshot.clock } else { Clock::SameHost };
        let Some(sum) = &mut self.sum else {
            let (counters, variations) = (counters.clone(), counters.delays.less_the_shortest());
            self.sum = Some(Sum {
                counters,
                variations,
                losses,
                snapshot: Snapshot { clock, ..snapshot },
            });
            return;
        };
        sum.counters.merge(counters);
        sum.variations.merge(&counters.delays.less_the_shortest());
        sum.losses = sum.losses.and(losses);
        sum.snapshot = Snapshot {
            jitter: [sum.snapshot.jitter, snapshot.jitter].into_iter().flatten().reduce(f64::max),
            gap: sum.snapshot.gap.max(snapshot.gap),
            clock: sum.snapshot.clock.min(clock),
            exact: sum.snapshot.exact && snapshot.exact,
        };
    }

    fn info(self) -> Option<MeasuredInfo> {
        let Sum { counters, variations, losses, snapshot } = self.sum?;
        let mut info = CountersInfo::new(&counters, variations.quantiles(), losses, snapshot);
        // Messages and datagrams have no common ratio: the worst one decides.
        let ratios = self.losses_by_unit.values().filter_map(|losses| losses.ratio());
        info.loss_ratio = ratios.reduce(f64::max);
        let mut units = self.losses_by_unit.keys();
        let unit = units.next().filter(|_| units.next().is_none()).map(|unit| unit.name());
        let spread = if info.delay_ns.is_some() { counters.delays } else { variations };
        let Aggregate { streams, ended, restarts, source_changes, missed_before, .. } = self;
        Some(MeasuredInfo {
            streams,
            ended,
            restarts,
            source_changes,
            missed_before,
            unit,
            counters: info,
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
