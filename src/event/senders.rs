//! Streams of test tools, lighting sources and PTP clocks: the figures that only they have.

use serde::Serialize;

use crate::format::iperf::Generation;
use crate::format::ptp::Announce;
use crate::stats::lighting::{Source, SourceId};
use crate::stats::peers::Peers;
use crate::stats::ptp::{Domain, Port};
use crate::stats::stream::{PtpPort, SacnSource, Tool, ToolKind};

/// The sender of another test tool.
#[derive(Debug, Serialize)]
pub struct SenderInfo {
    /// The tool.
    pub tool: &'static str,
    /// iperf: the width of its numbers: 32 before 2.0.10, 64 since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_bits: Option<u8>,
    /// iperf: the option `--trip-times`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip_times: Option<bool>,
    /// mgen: the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<u32>,
    /// sockperf: it measures round trips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies_wanted: Option<bool>,
    /// mcjoin: the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// mcjoin: the send interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ns: Option<u64>,
    /// The number of sent datagrams, as the end states it.
    pub sent: Option<u64>,
}

impl From<&Tool> for SenderInfo {
    fn from(&Tool { kind, sent }: &Tool) -> Self {
        let of = |tool| SenderInfo {
            tool,
            number_bits: None,
            trip_times: None,
            flow: None,
            replies_wanted: None,
            pid: None,
            interval_ns: None,
            sent,
        };
        match kind {
            ToolKind::Iperf { generation, trip_times } => SenderInfo {
                number_bits: Some(match generation {
                    Generation::Old => 32,
                    Generation::New => 64,
                }),
                trip_times: Some(trip_times),
                ..of("iperf")
            },
            ToolKind::Mgen { flow } => SenderInfo { flow: Some(flow), ..of("mgen") },
            ToolKind::Sockperf { replies_wanted } => {
                SenderInfo { replies_wanted: Some(replies_wanted), ..of("sockperf") }
            }
            ToolKind::Mcjoin { pid, period_ms } => SenderInfo {
                pid: Some(pid),
                interval_ns: period_ms.map(|period| period.saturating_mul(1_000_000)),
                ..of("mcjoin")
            },
            ToolKind::Msend => of("msend"),
        }
    }
}

/// A source of sACN.
#[derive(Debug, Serialize)]
pub struct SacnInfo {
    /// `levels` or `synchronization`.
    pub content: &'static str,
    /// The universe or the synchronization address.
    pub universe: u16,
    /// The component identifier of the source.
    pub cid: String,
    /// The source.
    #[serde(flatten)]
    pub source: Option<UniverseSourceInfo>,
}

/// A source of Art-Net.
#[derive(Debug, Serialize)]
pub struct ArtnetInfo {
    /// The universe (Port-Address): net, sub-net and universe in 15 bits.
    pub universe: u16,
    /// The source.
    #[serde(flatten)]
    pub source: Option<UniverseSourceInfo>,
}

/// A source of the levels of a universe.
#[derive(Debug, Serialize)]
pub struct UniverseSourceInfo {
    /// The name that the source gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// The priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// The number of slots.
    pub slots: u16,
    /// For displays only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<bool>,
    /// The source stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<bool>,
    /// The number of sources that sent this universe.
    pub sources: u64,
}

impl SacnInfo {
    pub(super) fn new(of: &SacnSource, peers: &Peers) -> Self {
        let SacnSource { cid, universe, synchronizes } = *of;
        let source = peers.lighting.source(universe, SourceId::Cid(cid));
        SacnInfo {
            content: if synchronizes { "synchronization" } else { "levels" },
            universe,
            cid: cid.to_string(),
            source: source.filter(|_| !synchronizes).map(|source| UniverseSourceInfo {
                source_name: Some(source.name()),
                priority: source.priority,
                preview: Some(source.preview),
                terminated: Some(source.terminated),
                ..UniverseSourceInfo::new(universe, source, peers)
            }),
        }
    }
}

impl ArtnetInfo {
    pub(super) fn new(universe: u16, id: SourceId, peers: &Peers) -> Self {
        let source = peers.lighting.source(universe, id);
        let source = source.map(|source| UniverseSourceInfo::new(universe, source, peers));
        ArtnetInfo { universe, source }
    }
}

impl UniverseSourceInfo {
    fn new(universe: u16, source: &Source, peers: &Peers) -> Self {
        UniverseSourceInfo {
            source_name: None,
            priority: None,
            slots: source.slots,
            preview: None,
            terminated: None,
            sources: peers.lighting.sources_of(universe),
        }
    }
}

/// A port of a PTP clock, and its domain.
#[derive(Debug, Serialize)]
pub struct PtpInfo {
    /// The message type: `Sync`, `Announce`, `Delay_Req`.
    pub message: &'static str,
    /// The domain.
    pub domain: u8,
    /// The port: clock identity and number.
    pub port: String,
    /// The interval that the port states for this message type.
    pub interval_ns: Option<u64>,
    /// Two-step Sync messages without a Follow_Up; `null` if no Follow_Up arrived.
    pub follow_ups_missing: Option<u64>,
    /// The grandmaster that this domain follows.
    pub grandmaster: Option<GrandmasterInfo>,
    /// The number of grandmasters that announced themselves at the same time.
    pub grandmasters: u64,
    /// The changes of the grandmaster.
    pub grandmaster_changes: u64,
}

/// A grandmaster, as its ports announce it.
#[derive(Debug, Serialize)]
pub struct GrandmasterInfo {
    /// The clock identity.
    pub identity: String,
    /// The first criterion of the best master.
    pub priority1: u8,
    /// The clock class: 6 follows a primary reference.
    pub class: u8,
    /// The stated accuracy.
    pub accuracy_ns: Option<u64>,
    /// The second criterion of the best master.
    pub priority2: u8,
    /// The time source.
    pub time_source: Option<&'static str>,
    /// The steps from the grandmaster.
    pub steps: u16,
    /// The offset of UTC.
    pub utc_offset_s: Option<i16>,
}

impl PtpInfo {
    pub(super) fn new(of: &PtpPort, peers: &Peers) -> Self {
        let domain = peers.clocks.domain(of.domain);
        let port = domain.and_then(|domain| domain.port(of.port));
        let stated = |port: &Port| match of.message {
            "Sync" => port.sync.stated_pps(),
            "Announce" => port.announce.stated_pps(),
            _ => None,
        };
        let master = domain.and_then(Domain::master);
        let second = domain.and_then(Domain::second);
        PtpInfo {
            message: of.message,
            domain: of.domain,
            port: of.port.to_string(),
            interval_ns: port.and_then(stated).map(|pps| (1e9 / pps) as u64),
            follow_ups_missing: port
                .filter(|_| of.message == "Sync")
                .and_then(Port::missing_follow_ups),
            grandmaster: master.map(|master| GrandmasterInfo::from(&master.announce)),
            grandmasters: u64::from(master.is_some()) + u64::from(second.is_some()),
            grandmaster_changes: domain.map_or(0, |domain| domain.changes),
        }
    }
}

impl From<&Announce> for GrandmasterInfo {
    fn from(announce: &Announce) -> Self {
        let Announce { grandmaster, steps, utc_offset } = *announce;
        GrandmasterInfo {
            identity: grandmaster.identity.to_string(),
            priority1: grandmaster.priority1,
            class: grandmaster.class,
            accuracy_ns: grandmaster.accuracy().map(|accuracy| accuracy.as_nanos() as u64),
            priority2: grandmaster.priority2,
            time_source: grandmaster.time_source(),
            steps,
            utc_offset_s: utc_offset,
        }
    }
}
