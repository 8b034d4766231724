//! The measurements of transport streams.

use serde::{Serialize, Serializer};

use crate::stats::ts::{Check, Mdi, PidFigures, ProgramFigures, Spread, TsFigures, TsMeter};

/// The measurements of a transport stream.
#[derive(Clone, Debug, Serialize)]
pub struct TsInfo {
    /// Packets that arrived, null packets included.
    pub packets: u64,
    /// Bits of packets a second, by the PCR; without a PCR, by the arrivals.
    pub bitrate_bps: Option<f64>,
    /// The rate by the PCR is constant.
    pub constant_rate: bool,
    /// The part of null packets, 0 to 1.
    pub null_ratio: Option<f64>,
    /// Scrambled packets.
    pub scrambled: u64,
    /// The PIDs in ascending order.
    pub pids: Vec<PidInfo>,
    /// The programs in the order of the PAT.
    pub programs: Vec<ProgramInfo>,
    /// The name of the first named program, as sent.
    pub service: Option<String>,
    /// Errors of the continuity counters.
    pub cc_errors: u64,
    /// Lost packets, at least: the counters have 4 bits.
    pub lost_min: u64,
    /// Lost packets by the rate of the PCR; `null` if it varies.
    pub lost_estimate: Option<u64>,
    /// Losses of the synchronisation.
    pub sync_losses: u64,
    /// Packets with the transport error indicator.
    pub transport_errors: u64,
    /// The time between two PATs.
    pub pat_interval_ns: Option<SpreadInfo>,
    /// The time between two maps of a program.
    pub pmt_interval_ns: Option<SpreadInfo>,
    /// The time between two PCRs, by their values.
    pub pcr_interval_ns: Option<SpreadInfo>,
    /// The jitter of arrivals against the PCR, peak to peak, without the drift of the clocks.
    pub pcr_jitter_ns: Option<MaxInfo>,
    /// The error of the PCR against its position; `null` unless the rate is constant.
    pub pcr_accuracy_ns: Option<MaxInfo>,
    /// The time between two datagrams.
    pub iat_ns: Option<SpreadInfo>,
    /// The errors of the checks of TR 101 290.
    pub tr101290: ChecksInfo,
}

/// A PID.
#[derive(Clone, Debug, Serialize)]
pub struct PidInfo {
    /// The PID.
    pub pid: u16,
    /// Its content.
    pub kind: &'static str,
    /// Its content in text.
    #[serde(skip)]
    pub label: &'static str,
    /// The program that it belongs to.
    pub program: Option<u16>,
    /// Packets that arrived.
    pub packets: u64,
    /// Its share of the stream's rate.
    pub bitrate_bps: Option<f64>,
    /// Errors of its continuity counter.
    pub cc_errors: u64,
    /// Lost packets, at least.
    pub lost_min: u64,
    /// Scrambled packets.
    pub scrambled: u64,
}

/// A program.
#[derive(Clone, Debug, Serialize)]
pub struct ProgramInfo {
    /// Its number.
    pub number: u16,
    /// The PID of its map.
    pub pmt_pid: u16,
    /// The PID of its PCR.
    pub pcr_pid: Option<u16>,
    /// The name of its service, as sent.
    pub service: Option<String>,
    /// The name of its provider, as sent.
    pub provider: Option<String>,
}

/// The mean and the maximum of spans of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SpreadInfo {
    /// The mean.
    pub mean: i64,
    /// The maximum.
    pub max: i64,
}

/// The maximum of spans of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MaxInfo {
    /// The maximum.
    pub max: i64,
}

/// The errors of each check; `null` if the stream does not allow the check.
#[derive(Clone, Debug)]
pub struct ChecksInfo(pub Vec<(Check, Option<u64>)>);

/// The media delivery index (RFC 4445), by intervals of one second.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MdiInfo {
    /// The largest delay factor.
    pub df_ns: i64,
    /// The highest media loss rate: packets that were lost or late, per second.
    pub mlr: u64,
    /// The delay factor of the last whole second.
    pub df_last_ns: i64,
    /// The media loss rate of the last whole second.
    pub mlr_last: u64,
}

impl Serialize for ChecksInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(check, errors)| (check.field(), errors)))
    }
}

/// Describes a transport stream, over the run or since the last mark.
pub(super) fn describe(meter: &TsMeter, interval: bool) -> (TsInfo, Option<MdiInfo>) {
    let figures = meter.figures(interval);
    let mdi = figures.mdi.map(|Mdi { df_ns, mlr, last_df_ns, last_mlr }| MdiInfo {
        df_ns,
        mlr,
        df_last_ns: last_df_ns,
        mlr_last: last_mlr,
    });
    (figures.into(), mdi)
}

impl From<TsFigures> for TsInfo {
    fn from(figures: TsFigures) -> Self {
        let spread = |spread: Spread| {
            let (mean, max) = (spread.mean()?, spread.max()?);
            Some(SpreadInfo { mean, max })
        };
        let max = |max: Option<i64>| max.map(|max| MaxInfo { max });
        TsInfo {
            packets: figures.packets,
            bitrate_bps: figures.bitrate_bps,
            constant_rate: figures.is_constant_rate,
            null_ratio: figures.null_ratio,
            scrambled: figures.scrambled,
            service: figures.service.clone(),
            cc_errors: figures.cc_errors,
            lost_min: figures.lost_min,
            lost_estimate: figures.lost_estimate,
            sync_losses: figures.errors(Check::SyncLoss),
            transport_errors: figures.errors(Check::Transport),
            pat_interval_ns: spread(figures.pat_interval),
            pmt_interval_ns: spread(figures.pmt_interval),
            pcr_interval_ns: spread(figures.pcr_interval),
            iat_ns: spread(figures.iat),
            pcr_jitter_ns: max(figures.pcr_jitter),
            pcr_accuracy_ns: max(figures.pcr_accuracy),
            pids: figures.pids.into_iter().map(PidInfo::from).collect(),
            programs: figures.programs.into_iter().map(ProgramInfo::from).collect(),
            tr101290: ChecksInfo(figures.checks),
        }
    }
}

impl From<PidFigures> for PidInfo {
    fn from(pid: PidFigures) -> Self {
        PidInfo {
            pid: pid.pid,
            kind: pid.kind.name(),
            label: pid.kind.label(),
            program: pid.program,
            packets: pid.packets,
            bitrate_bps: pid.bitrate_bps,
            cc_errors: pid.cc_errors,
            lost_min: pid.lost_min,
            scrambled: pid.scrambled,
        }
    }
}

impl From<ProgramFigures> for ProgramInfo {
    fn from(program: ProgramFigures) -> Self {
        let ProgramFigures { number, pmt_pid, pcr_pid, service, provider } = program;
        ProgramInfo { number, pmt_pid, pcr_pid, service, provider }
    }
}
