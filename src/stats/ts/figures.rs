//! The results of a meter.

use super::checks::Check;
use super::marked::Spread;
use super::meter::{Totals, TsMeter};
use crate::format::ts::Kind;
use crate::units::order::sort_by_key;

/// The results of a transport stream: over the run, or since the last mark.
#[derive(Clone, Debug)]
pub struct TsFigures {
    /// Packets that arrived, null packets included.
    pub packets: u64,
    /// Bits of packets per second, by the PCR; without a PCR, by the arrivals.
    pub bitrate_bps: Option<f64>,
    /// The rate by the PCR is constant.
    pub is_constant_rate: bool,
    /// The part of null packets, from 0 to 1.
    pub null_ratio: Option<f64>,
    /// Scrambled packets.
    pub scrambled: u64,
    /// The PIDs in ascending order.
    pub pids: Vec<PidFigures>,
    /// The programs in the order of the PAT.
    pub programs: Vec<ProgramFigures>,
    /// The name of the first program that has one, untrusted.
    pub service: Option<String>,
    /// Errors of the continuity counters.
    pub cc_errors: u64,
    /// Lost packets, at least.
    pub lost_min: u64,
    /// Lost packets by the rate; `None` if the rate varies.
    pub lost_estimate: Option<u64>,
    /// Copies of datagrams, which are not measured.
    pub duplicates: u64,
    /// Datagrams that arrived after a later one.
    pub reordered: u64,
    /// The interval between two PATs in nanoseconds.
    pub pat_interval: Spread,
    /// The interval between two maps of a program in nanoseconds.
    pub pmt_interval: Spread,
    /// The interval between two PCRs of a PID, by their values, in nanoseconds.
    pub pcr_interval: Spread,
    /// The jitter of arrivals against the PCR, peak to peak, in nanoseconds.
    pub pcr_jitter: Option<i64>,
    /// The largest error of a PCR against its position, in nanoseconds; `None` if the rate varies.
    pub pcr_accuracy: Option<i64>,
    /// The time between two datagrams in nanoseconds.
    pub iat: Spread,
    /// The media delivery index; `None` before the first whole second.
    pub mdi: Option<Mdi>,
    /// The errors of each check; `None` if it could not be made.
    pub checks: Vec<(Check, Option<u64>)>,
}

/// The results of a PID.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PidFigures {
    /// The PID.
    pub pid: u16,
    /// Its content.
    pub kind: Kind,
    /// The program that it belongs to.
    pub program: Option<u16>,
    /// Packets that arrived.
    pub packets: u64,
    /// Bits of packets per second: its share of the stream's rate.
    pub bitrate_bps: Option<f64>,
    /// Errors of the continuity counter.
    pub cc_errors: u64,
    /// Lost packets, at least.
    pub lost_min: u64,
    /// Scrambled packets.
    pub scrambled: u64,
}

/// The description of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFigures {
    /// Its number.
    pub number: u16,
    /// The PID of its map.
    pub pmt_pid: u16,
    /// The PID of its PCR, once its map has arrived.
    pub pcr_pid: Option<u16>,
    /// The name of its service, untrusted.
    pub service: Option<String>,
    /// The name of its provider, untrusted.
    pub provider: Option<String>,
}

/// The media delivery index (RFC 4445), by intervals of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mdi {
    /// The largest delay factor in nanoseconds.
    pub df_ns: i64,
    /// The highest media loss rate: packets that were lost or late, per second.
    pub mlr: u64,
    /// The delay factor of the last whole second in nanoseconds.
    pub last_df_ns: i64,
    /// The media loss rate of the last whole second.
    pub last_mlr: u64,
}

impl TsFigures {
    /// The errors of a check; 0 if it could not be made.
    pub fn errors(&self, check: Check) -> u64 {
        let found = self.checks.iter().find(|(of, _)| *of == check);
        found.and_then(|(_, errors)| *errors).unwrap_or(0)
    }
}

impl TsMeter {
    /// The name of the first program that has one, untrusted.
    pub fn service(&self) -> Option<&str> {
        let programs = self.tables.programs().iter();
        let names = programs.filter_map(|program| self.tables.service(program.number));
        names.map(|service| service.name.as_str()).find(|name| !name.is_empty())
    }

    /// The results since the last mark, or of the run.
    pub fn figures(&self, interval: bool) -> TsFigures {
        let Totals { packets, null_packets, scrambled, lost_min, duplicates, reordered, .. } =
            self.totals(interval);
        let rate = self.reference().map(|pcr| &pcr.rate);
        let shortage = rate.and_then(|rate| rate.shortage(interval));
        let bitrate = self.bits_per_second(interval);
        let mut pcr_interval = Spread::default();
        self.pcrs.iter().for_each(|pcr| pcr_interval.merge(pcr.interval.get(interval)));
        let most = |values: &mut dyn Iterator<Item = Option<f64>>| {
            values.flatten().reduce(f64::max).map(|nanos| nanos.round() as i64)
        };
        let accuracy = most(&mut self.pcrs.iter().map(|pcr| pcr.accuracy(interval)));
        TsFigures {
            packets,
            bitrate_bps: bitrate,
            is_constant_rate: rate.is_some_and(|rate| rate.is_constant()),
            null_ratio: (packets > 0).then(|| null_packets as f64 / packets as f64),
            scrambled,
            pids: self.pid_figures(interval, packets, bitrate),
            programs: self.program_figures(),
            service: self.service().map(str::to_owned),
            cc_errors: self.checks.get(Check::Continuity, interval),
            lost_min,
            lost_estimate: shortage.map(|shortage| shortage.max(lost_min)),
            duplicates,
            reordered,
            pat_interval: self.tables.pat_interval.get(interval),
            pmt_interval: self.tables.pmt_interval.get(interval),
            pcr_interval,
            pcr_jitter: most(&mut self.pcrs.iter().map(|pcr| pcr.jitter(interval))),
            pcr_accuracy: accuracy,
            iat: self.iat.get(interval),
            mdi: self.mdi_figures(interval),
            checks: self.check_figures(interval, accuracy.is_some()),
        }
    }

    fn pid_figures(&self, interval: bool, all: u64, bitrate: Option<f64>) -> Vec<PidFigures> {
        let figures = self.pids.iter().map(|pid| {
            let counters = pid.counters(interval);
            let share = (all > 0).then(|| counters.packets as f64 / all as f64);
            PidFigures {
                pid: pid.pid,
                kind: pid.kind,
                program: pid.program,
                packets: counters.packets,
                bitrate_bps: bitrate.zip(share).map(|(bitrate, share)| bitrate * share),
                cc_errors: counters.cc_errors,
                lost_min: counters.lost_min,
                scrambled: counters.scrambled,
            }
        });
        let mut figures: Vec<_> = figures.collect();
        sort_by_key(&mut figures, |pid| pid.pid);
        figures
    }

    fn program_figures(&self) -> Vec<ProgramFigures> {
        let figures = self.tables.programs().iter().map(|program| {
            let service = self.tables.service(program.number);
            let text = |text: &String| (!text.is_empty()).then(|| text.clone());
            ProgramFigures {
                number: program.number,
                pmt_pid: program.pmt_pid,
                pcr_pid: program.pcr_pid,
                service: service.and_then(|service| text(&service.name)),
                provider: service.and_then(|service| text(&service.provider)),
            }
        });
        figures.collect()
    }

    fn mdi_figures(&self, interval: bool) -> Option<Mdi> {
        let (worst, last) = (self.mdi.worst(interval)?, self.mdi.last()?);
        Some(Mdi {
            df_ns: worst.delay_factor.round() as i64,
            mlr: worst.loss_rate,
            last_df_ns: last.delay_factor.round() as i64,
            last_mlr: last.loss_rate,
        })
    }

    fn check_figures(&self, interval: bool, has_accuracy: bool) -> Vec<(Check, Option<u64>)> {
        let figures = Check::ALL.into_iter().map(|check| {
            let is_made = match check {
                Check::PcrAccuracy => has_accuracy,
                Check::PcrRepetition | Check::PcrDiscontinuity => !self.pcrs.is_empty(),
                Check::Pts => self.pids.iter().any(|pid| pid.last_pts.is_some()),
                _ => true,
            };
            (check, is_made.then(|| self.checks.get(check, interval)))
        });
        figures.collect()
    }
}
