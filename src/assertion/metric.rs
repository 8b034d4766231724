//! The metrics of `--assert`, and the kinds of their values.

use super::{PairMetric, PingMetric, Statistic};

/// A measured quantity. The names are those of the summary's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Datagrams received.
    Datagrams,
    /// Bytes of payload received.
    Bytes,
    /// Datagrams per second.
    Rate,
    /// Bits of payload per second.
    Bitrate,
    /// Source addresses.
    Sources,
    /// Measured streams.
    Streams,
    /// Measured datagrams that were sent, as far as the receiver can detect.
    Expected,
    /// Lost datagrams divided by expected ones, 0 to 1.
    Loss,
    /// Lost datagrams.
    Lost,
    /// Runs of consecutive losses (RFC 3357).
    LossRunsCount,
    /// The longest run of consecutive losses.
    LossRunsLongest,
    /// Datagrams that arrived again (RFC 5560).
    Duplicates,
    /// Datagrams that arrived after later ones (RFC 4737).
    Reordered,
    /// Datagrams with a changed payload.
    Corrupt,
    /// Datagrams with a cut payload.
    Truncated,
    /// Datagrams that arrived on a further interface, too.
    InterfaceCopies,
    /// Datagrams that this host's kernel dropped: the receive buffer was full.
    KernelDrops,
    /// Datagrams that the kernel dropped: the UDP checksum was wrong.
    ChecksumErrors,
    /// Streams, or receivers, that began again.
    Restarts,
    /// Datagrams that were sent before the first received one.
    MissedBefore,
    /// Datagrams that arrived with a changed DSCP.
    DscpChanged,
    /// The longest time without a datagram.
    Gap,
    /// Interarrival jitter (RFC 3550, 6.4.1).
    Jitter,
    /// One-way delay (RFC 7679).
    Delay(Statistic),
    /// Delay variation, relative to the shortest delay (RFC 5481).
    Pdv(Statistic),
    /// The fewest routers on the path.
    HopsMin,
    /// The most routers on the path.
    HopsMax,
    /// A measurement of RTP streams; the worst of several.
    Rtp(RtpMetric),
    /// A measurement of transport streams; the worst of several.
    Ts(TsMetric),
    /// Of market data, over all its streams.
    Market(MarketMetric),
    /// Sources of one sACN universe; of several universes, the most.
    SacnSources,
    /// Sources of one Art-Net universe; of several universes, the most.
    ArtnetSources,
    /// Grandmasters of one PTP domain; of several domains, the most.
    PtpGrandmasters,
    /// Changes of the grandmaster of a PTP domain; of several domains, the most.
    PtpGrandmasterChanges,
    /// Sync messages without a Follow_Up; of several ports, the most.
    PtpFollowUpsMissing,
    /// The redundant pairs (`--pair`).
    Pair(PairMetric),
    /// Receivers that report to a sender, or answer a ping.
    Receivers,
    /// Receivers that stopped reporting before the end.
    Silent,
    /// Measured datagrams received, each number once.
    Received,
    /// A measurement of a ping.
    Ping(PingMetric),
}

/// A measurement of RTP streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtpMetric {
    /// Interarrival jitter by the media clock (RFC 3550, 6.4.1).
    Jitter,
    /// The largest delay factor of a second (EBU Tech 3337).
    TsDf,
    /// Further SSRCs in the flow.
    SsrcChanges,
}

/// A measurement of transport streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TsMetric {
    /// Errors of the continuity counters.
    CcErrors,
    /// Lost packets, at least.
    LostMin,
    /// Lost packets by the rate of the PCR.
    LostEstimate,
    /// Losses of the synchronisation.
    SyncLosses,
    /// Packets with the transport error indicator.
    TransportErrors,
    /// Scrambled packets.
    Scrambled,
    /// The part of null packets.
    NullRatio,
    /// The longest time between two PATs.
    PatInterval,
    /// The longest time between two PMTs of a program.
    PmtInterval,
    /// The longest time between two PCRs.
    PcrInterval,
    /// The jitter of arrivals against the PCR, peak to peak.
    PcrJitter,
    /// The largest error of the PCR against its position.
    PcrAccuracy,
    /// The longest time between two datagrams.
    InterArrival,
    /// The largest delay factor of a second (RFC 4445).
    DelayFactor,
    /// The highest media loss rate of a second (RFC 4445).
    MediaLossRate,
}

/// A measured quantity of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarketMetric {
    /// Messages received.
    Messages,
    /// Messages that did not arrive.
    MessagesLost,
    /// Datagrams that only show that the sender is alive.
    Heartbeats,
}

/// The kind of a metric's values, which decides their syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Count,
    Ratio,
    /// A time that may be negative: a delay is, if the clocks disagree.
    Delay,
    Time,
    Packets,
    Bits,
}

pub type Named = (&'static str, Metric, ValueKind);

/// The metrics of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// What a receiver measures.
    Reception,
    /// What receivers report to a sender.
    Reports,
    /// What a ping measures.
    Ping,
}

impl Vocabulary {
    /// All of them.
    pub const ALL: [Vocabulary; 3] = [Vocabulary::Reception, Vocabulary::Reports, Vocabulary::Ping];

    /// The metrics with their names.
    pub fn metrics(self) -> &'static [Named] {
        match self {
            Vocabulary::Reception => METRICS,
            Vocabulary::Reports => METRICS_OF_REPORTS,
            Vocabulary::Ping => METRICS_OF_PING,
        }
    }

    /// The command that judges these metrics.
    pub fn command(self) -> &'static str {
        match self {
            Vocabulary::Reception => "recv",
            Vocabulary::Reports => "send --reports",
            Vocabulary::Ping => "ping",
        }
    }

    /// All names in one line: `datagrams, bytes, ..., hops.min|max`.
    pub fn list(self) -> String {
        list(self.metrics().iter())
    }
}

/// The metrics of a receiver. Names of one family (`delay.min`) are consecutive, which [`list`]
/// relies on.
pub const METRICS: &[Named] = &[
    ("datagrams", Metric::Datagrams, ValueKind::Count),
    ("bytes", Metric::Bytes, ValueKind::Count),
    ("rate", Metric::Rate, ValueKind::Packets),
    ("bitrate", Metric::Bitrate, ValueKind::Bits),
    ("sources", Metric::Sources, ValueKind::Count),
    ("streams", Metric::Streams, ValueKind::Count),
    ("expected", Metric::Expected, ValueKind::Count),
    ("loss", Metric::Loss, ValueKind::Ratio),
    ("lost", Metric::Lost, ValueKind::Count),
    ("loss_runs.count", Metric::LossRunsCount, ValueKind::Count),
    ("loss_runs.longest", Metric::LossRunsLongest, ValueKind::Count),
    ("duplicates", Metric::Duplicates, ValueKind::Count),
    ("reordered", Metric::Reordered, ValueKind::Count),
    ("corrupt", Metric::Corrupt, ValueKind::Count),
    ("truncated", Metric::Truncated, ValueKind::Count),
    ("interface_copies", Metric::InterfaceCopies, ValueKind::Count),
    ("kernel_drops", Metric::KernelDrops, ValueKind::Count),
    ("checksum_errors", Metric::ChecksumErrors, ValueKind::Count),
    ("restarts", Metric::Restarts, ValueKind::Count),
    ("missed_before", Metric::MissedBefore, ValueKind::Count),
    ("dscp_changed", Metric::DscpChanged, ValueKind::Count),
    ("gap", Metric::Gap, ValueKind::Time),
    ("jitter", Metric::Jitter, ValueKind::Time),
    ("delay.min", Metric::Delay(Statistic::Min), ValueKind::Delay),
    ("delay.mean", Metric::Delay(Statistic::Mean), ValueKind::Delay),
    ("delay.p50", Metric::Delay(Statistic::P50), ValueKind::Delay),
    ("delay.p90", Metric::Delay(Statistic::P90), ValueKind::Delay),
    ("delay.p99", Metric::Delay(Statistic::P99), ValueKind::Delay),
    ("delay.p999", Metric::Delay(Statistic::P999), ValueKind::Delay),
    ("delay.max", Metric::Delay(Statistic::Max), ValueKind::Delay),
    ("pdv.min", Metric::Pdv(Statistic::Min), ValueKind::Time),
    ("pdv.mean", Metric::Pdv(Statistic::Mean), ValueKind::Time),
    ("pdv.p50", Metric::Pdv(Statistic::P50), ValueKind::Time),
    ("pdv.p90", Metric::Pdv(Statistic::P90), ValueKind::Time),
    ("pdv.p99", Metric::Pdv(Statistic::P99), ValueKind::Time),
    ("pdv.p999", Metric::Pdv(Statistic::P999), ValueKind::Time),
    ("pdv.max", Metric::Pdv(Statistic::Max), ValueKind::Time),
    ("hops.min", Metric::HopsMin, ValueKind::Count),
    ("hops.max", Metric::HopsMax, ValueKind::Count),
    ("rtp.jitter", Metric::Rtp(RtpMetric::Jitter), ValueKind::Time),
    ("rtp.ts_df", Metric::Rtp(RtpMetric::TsDf), ValueKind::Time),
    ("rtp.ssrc_changes", Metric::Rtp(RtpMetric::SsrcChanges), ValueKind::Count),
    ("ts.cc_errors", Metric::Ts(TsMetric::CcErrors), ValueKind::Count),
    ("ts.lost_min", Metric::Ts(TsMetric::LostMin), ValueKind::Count),
    ("ts.lost_estimate", Metric::Ts(TsMetric::LostEstimate), ValueKind::Count),
    ("ts.sync_losses", Metric::Ts(TsMetric::SyncLosses), ValueKind::Count),
    ("ts.transport_errors", Metric::Ts(TsMetric::TransportErrors), ValueKind::Count),
    ("ts.scrambled", Metric::Ts(TsMetric::Scrambled), ValueKind::Count),
    ("ts.null_ratio", Metric::Ts(TsMetric::NullRatio), ValueKind::Ratio),
    ("ts.pat_interval.max", Metric::Ts(TsMetric::PatInterval), ValueKind::Time),
    ("ts.pmt_interval.max", Metric::Ts(TsMetric::PmtInterval), ValueKind::Time),
    ("ts.pcr_interval.max", Metric::Ts(TsMetric::PcrInterval), ValueKind::Time),
    ("ts.pcr_jitter.max", Metric::Ts(TsMetric::PcrJitter), ValueKind::Time),
    ("ts.pcr_accuracy.max", Metric::Ts(TsMetric::PcrAccuracy), ValueKind::Time),
    ("ts.iat.max", Metric::Ts(TsMetric::InterArrival), ValueKind::Time),
    ("mdi.df", Metric::Ts(TsMetric::DelayFactor), ValueKind::Time),
    ("mdi.mlr", Metric::Ts(TsMetric::MediaLossRate), ValueKind::Count),
    ("messages_lost", Metric::Market(MarketMetric::MessagesLost), ValueKind::Count),
    ("market.messages", Metric::Market(MarketMetric::Messages), ValueKind::Count),
    ("market.heartbeats", Metric::Market(MarketMetric::Heartbeats), ValueKind::Count),
    ("sacn.sources", Metric::SacnSources, ValueKind::Count),
    ("artnet.sources", Metric::ArtnetSources, ValueKind::Count),
    ("ptp.grandmasters", Metric::PtpGrandmasters, ValueKind::Count),
    ("ptp.grandmaster_changes", Metric::PtpGrandmasterChanges, ValueKind::Count),
    ("ptp.follow_ups_missing", Metric::PtpFollowUpsMissing, ValueKind::Count),
    ("pair.lost", Metric::Pair(PairMetric::Lost), ValueKind::Count),
    ("pair.lost_a", Metric::Pair(PairMetric::LostA), ValueKind::Count),
    ("pair.lost_b", Metric::Pair(PairMetric::LostB), ValueKind::Count),
    ("pair.skew.p50", Metric::Pair(PairMetric::SkewP50), ValueKind::Time),
    ("pair.skew.p99", Metric::Pair(PairMetric::SkewP99), ValueKind::Time),
    ("pair.skew.max", Metric::Pair(PairMetric::SkewMax), ValueKind::Time),
];

/// The metrics of a sender with reports: those of the worst receiver.
const METRICS_OF_REPORTS: &[Named] = &[
    ("receivers", Metric::Receivers, ValueKind::Count),
    ("silent", Metric::Silent, ValueKind::Count),
    ("restarts", Metric::Restarts, ValueKind::Count),
    ("received", Metric::Received, ValueKind::Count),
    ("loss", Metric::Loss, ValueKind::Ratio),
    ("lost", Metric::Lost, ValueKind::Count),
    ("missed_before", Metric::MissedBefore, ValueKind::Count),
    ("duplicates", Metric::Duplicates, ValueKind::Count),
    ("reordered", Metric::Reordered, ValueKind::Count),
    ("corrupt", Metric::Corrupt, ValueKind::Count),
    ("kernel_drops", Metric::KernelDrops, ValueKind::Count),
    ("jitter", Metric::Jitter, ValueKind::Time),
    ("delay.p50", Metric::Delay(Statistic::P50), ValueKind::Delay),
    ("delay.p99", Metric::Delay(Statistic::P99), ValueKind::Delay),
    ("delay.max", Metric::Delay(Statistic::Max), ValueKind::Delay),
];

/// The metrics of a ping: those of all receivers together.
const METRICS_OF_PING: &[Named] = &[
    ("receivers", Metric::Receivers, ValueKind::Count),
    ("loss", Metric::Loss, ValueKind::Ratio),
    ("lost", Metric::Lost, ValueKind::Count),
    ("loss_to", Metric::Ping(PingMetric::LossTo), ValueKind::Ratio),
    ("lost_to", Metric::Ping(PingMetric::LostTo), ValueKind::Count),
    ("loss_back", Metric::Ping(PingMetric::LossBack), ValueKind::Ratio),
    ("lost_back", Metric::Ping(PingMetric::LostBack), ValueKind::Count),
    ("unresolved", Metric::Ping(PingMetric::Unresolved), ValueKind::Count),
    ("duplicates", Metric::Duplicates, ValueKind::Count),
    ("restarts", Metric::Restarts, ValueKind::Count),
    ("rtt.min", Metric::Ping(PingMetric::Rtt(Statistic::Min)), ValueKind::Time),
    ("rtt.mean", Metric::Ping(PingMetric::Rtt(Statistic::Mean)), ValueKind::Time),
    ("rtt.p50", Metric::Ping(PingMetric::Rtt(Statistic::P50)), ValueKind::Time),
    ("rtt.p90", Metric::Ping(PingMetric::Rtt(Statistic::P90)), ValueKind::Time),
    ("rtt.p99", Metric::Ping(PingMetric::Rtt(Statistic::P99)), ValueKind::Time),
    ("rtt.p999", Metric::Ping(PingMetric::Rtt(Statistic::P999)), ValueKind::Time),
    ("rtt.max", Metric::Ping(PingMetric::Rtt(Statistic::Max)), ValueKind::Time),
];

/// Metrics that users confuse: only the unit differs.
pub const SIBLINGS: [(Metric, Metric); 2] =
    [(Metric::Rate, Metric::Bitrate), (Metric::Loss, Metric::Lost)];

/// Names in one line. Only the first name of a family is complete: `hops.min|max`.
pub fn list<'a>(metrics: impl Iterator<Item = &'a Named>) -> String {
    let (mut line, mut family) = (String::new(), None);
    for (name, ..) in metrics {
        match name.split_once('.') {
            Some((before, after)) if family == Some(before) => line += &format!("|{after}"),
            dotted => {
                line += if line.is_empty() { "" } else { ", " };
                line += name;
                family = dotted.map(|(before, _)| before);
            }
        }
    }
    line
}
