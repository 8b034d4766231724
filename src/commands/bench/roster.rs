//! The receivers of a benchmark, and their reports on one stream. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::asker::Answered;
use crate::format::exchange::Report;

/// The most receivers to keep: forged reports must not fill the memory.
const MOST: usize = 4096;

/// The receivers that take part, by their random numbers.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    known: BTreeMap<u64, Known>,
}

/// A receiver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    pub address: IpAddr,
    /// The drops of its kernel up to its last report.
    drops: Option<u32>,
}

/// The reports on one stream.
#[derive(Clone, Debug)]
pub struct Reports {
    stream: u64,
    reports: BTreeMap<u64, (IpAddr, Report)>,
}

/// A receiver with its report on a stream, and its drops since its report before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    pub receiver: u64,
    pub address: IpAddr,
    pub report: Option<Report>,
    pub drops: Option<u64>,
}

impl Reports {
    pub fn on(stream: u64) -> Self {
        Reports { stream, reports: BTreeMap::new() }
    }

    /// Takes a report on this stream; the newest one of a receiver counts.
    pub fn take(&mut self, answered: &Answered) {
        if answered.stream != self.stream {
            return;
        }
        let receiver = answered.report.receiver;
        if self.reports.len() < MOST || self.reports.contains_key(&receiver) {
            self.reports.insert(receiver, (answered.source.ip(), answered.report));
        }
    }

    /// Whether all receivers of `roster` have reported.
    pub fn are_complete(&self, roster: &Roster) -> bool {
        roster.known.keys().all(|receiver| self.reports.contains_key(receiver))
    }
}

impl Roster {
    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The known receivers with their reports, and adds the new receivers. A new one may have missed
    /// the beginning of the stream: it counts from the next stream on.
    pub fn take(&mut self, reports: &Reports) -> Vec<Reported> {
        let reported = self.known.iter().map(|(receiver, known)| {
            let report = reports.reports.get(receiver).map(|(_, report)| *report);
            let drops = report.and_then(|report| report.kernel_drops).zip(known.drops);
            let drops = drops.map(|(now, before)| u64::from(now.saturating_sub(before)));
            Reported { receiver: *receiver, address: known.address, report, drops }
        });
        let reported = reported.collect();
        for (receiver, (address, report)) in &reports.reports {
            if self.known.len() < MOST || self.known.contains_key(receiver) {
                let known = Known { address: *address, drops: report.kernel_drops };
                self.known.insert(*receiver, known);
            }
        }
        reported
    }

    /// Removes a receiver that no longer reports.
    pub fn remove(&mut self, receiver: u64) {
        self.known.remove(&receiver);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(stream: u64, receiver: u64, drops: Option<u32>, received: u64) -> Answered {
        let report = Report { receiver, kernel_drops: drops, received, ..Report::default() };
        Answered { stream, source: "10.0.0.5:4000".parse().unwrap(), report }
    }

    #[test]
    fn drops_count_from_report_to_report() {
        let mut roster = Roster::default();
        let mut first = Reports::on(1);
        first.take(&answered(1, 7, Some(5), 10));
        first.take(&answered(9, 8, Some(5), 10));
        assert!(roster.take(&first).is_empty(), "the first stream finds the receivers");
        assert_eq!(roster.len(), 1, "a report on another stream does not count");
        let mut second = Reports::on(2);
        assert!(!second.are_complete(&roster));
        second.take(&answered(2, 7, Some(8), 10));
        second.take(&answered(2, 7, Some(9), 12));
        second.take(&answered(2, 8, None, 12));
        assert!(second.are_complete(&roster));
        let reported = roster.take(&second);
        assert_eq!(reported.len(), 1, "a new receiver counts later");
        assert_eq!((reported[0].drops, reported[0].report.unwrap().received), (Some(4), 12));
        let reported = roster.take(&Reports::on(3));
        assert_eq!(reported.iter().map(|of| of.report).collect::<Vec<_>>(), [None, None]);
        roster.remove(8);
        assert_eq!(roster.len(), 1);
    }
}
