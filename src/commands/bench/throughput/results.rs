//! The results of the trials. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::judge;
use super::search::Search;
use crate::event::{Cause, ReceiverRow, ThroughputRow, TrialInfo};
use crate::plan::FrameSize;

/// The trials with one frame size.
#[derive(Clone, Debug, Default)]
pub struct SizeResults {
    trials: Vec<TrialInfo>,
}

impl SizeResults {
    pub fn add(&mut self, trial: TrialInfo) {
        self.trials.push(trial);
    }

    /// The number of trials.
    pub fn count(&self) -> u32 {
        self.trials.len() as u32
    }

    /// The result of a search. A trial passed if a receiver lost at most `allowed`.
    pub fn row(
        &self,
        size: FrameSize,
        search: &Search,
        allowed: f64,
        complete: Completeness,
    ) -> ThroughputRow {
        let throughput = search.passed();
        ThroughputRow {
            frame_bytes: size.frame,
            payload_bytes: size.payload,
            throughput_pps: throughput,
            throughput_bps: throughput.map(|pps| size.bits(pps)),
            failed_pps: search.failed(),
            bound: self.bound(search, complete),
            trials: self.count(),
            receivers: self.receivers(allowed),
        }
    }

    fn bound(&self, search: &Search, complete: Completeness) -> Option<Cause> {
        match complete {
            Completeness::TimeLimit => Some(Cause::TimeLimit),
            Completeness::Interrupted => None,
            Completeness::Whole if search.is_exhausted() => Some(Cause::Sender),
            Completeness::Whole => match search.failed() {
                None => Some(Cause::MaxRate),
                // The cause of the trial at the lowest rate that failed.
                Some(_) => {
                    let failed = self.trials.iter().filter(|trial| !trial.passed);
                    let lowest = failed.min_by(|a, b| a.offered_pps.total_cmp(&b.offered_pps));
                    lowest.and_then(|trial| trial.cause)
                }
            },
        }
    }

    /// The highest rate that passed at each receiver, and the lowest one above it that failed.
    fn receivers(&self, allowed: f64) -> Vec<ReceiverRow> {
        let mut rows: BTreeMap<(IpAddr, u64), [Vec<f64>; 2]> = BTreeMap::new();
        for trial in &self.trials {
            let rate = trial.sent_pps.map_or(trial.offered_pps, |sent| sent.min(trial.offered_pps));
            for receiver in &trial.receivers {
                let rates = rows.entry((receiver.address, receiver.receiver)).or_default();
                if let Some(passed) = judge::passed(receiver, allowed) {
                    rates[usize::from(!passed)].push(rate);
                }
            }
        }
        let row = |((address, receiver), [passed, failed]): ((IpAddr, u64), [Vec<f64>; 2])| {
            let failed_pps = failed.iter().copied().reduce(f64::min);
            // A rate above one that failed is no throughput.
            let below =
                passed.iter().copied().filter(|rate| failed_pps.is_none_or(|of| *rate < of));
            ReceiverRow { address, receiver, passed_pps: below.reduce(f64::max), failed_pps }
        };
        rows.into_iter().map(row).collect()
    }
}

/// Whether a search is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    Whole,
    TimeLimit,
    Interrupted,
}

#[cfg(test)]
mod tests {
    use super::super::search::Outcome;
    use super::*;
    use crate::event::TrialReceiver;

    fn trial(offered_pps: f64, losses: [f64; 2]) -> TrialInfo {
        let receiver = |number: usize| TrialReceiver {
            address: ["10.0.0.5", "10.0.0.6"][number].parse().unwrap(),
            receiver: number as u64,
            received: Some(0),
            lost: Some(0),
            loss_ratio: Some(losses[number]),
            kernel_drops: None,
        };
        TrialInfo {
            frame_bytes: 128,
            trial: 1,
            offered_pps,
            sent: 100,
            sent_pps: Some(offered_pps),
            sent_bps: None,
            send_errors: 0,
            passed: losses == [0.0; 2],
            cause: (losses != [0.0; 2]).then_some(Cause::Path),
            receivers: vec![receiver(0), receiver(1)],
        }
    }

    #[test]
    fn each_receiver_has_its_own_range() {
        let mut results = SizeResults::default();
        let mut search = Search::new(1000.0, 1.0, 0.6);
        for (rate, losses) in [(1000.0, [0.1, 0.5]), (500.0, [0.0, 0.2]), (250.0, [0.0, 0.0])] {
            assert_eq!(search.next(), Some(rate));
            results.add(trial(rate, losses));
            search.take(rate, Outcome { reached: None, passed: losses == [0.0; 2] });
        }
        let size = FrameSize { frame: 128, payload: 82 };
        let row = results.row(size, &search, 0.0, Completeness::Whole);
        assert_eq!((row.throughput_pps, row.throughput_bps), (Some(250.0), Some(256_000.0)));
        assert_eq!((row.failed_pps, row.bound), (Some(500.0), Some(Cause::Path)));
        let ranges: Vec<_> =
            row.receivers.iter().map(|of| (of.passed_pps, of.failed_pps)).collect();
        assert_eq!(ranges, [(Some(500.0), Some(1000.0)), (Some(250.0), Some(500.0))]);
        let row = results.row(size, &search, 0.0, Completeness::TimeLimit);
        assert_eq!((row.bound, row.trials), (Some(Cause::TimeLimit), 3));
    }

    #[test]
    fn without_a_failure_the_highest_rate_is_the_bound() {
        let mut results = SizeResults::default();
        let mut search = Search::new(1000.0, 1.0, 0.01);
        results.add(trial(1000.0, [0.0; 2]));
        search.take(1000.0, Outcome { reached: None, passed: true });
        let size = FrameSize { frame: 128, payload: 82 };
        let row = results.row(size, &search, 0.0, Completeness::Whole);
        assert_eq!((row.bound, row.failed_pps), (Some(Cause::MaxRate), None));
    }
}
