//! One receiver, and the streams that it reports on.

use std::net::SocketAddr;
use std::time::Duration;

use crate::format::exchange::Report;

/// A receiver: one run of a program at one address.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// The random number of the run.
    pub id: u64,
    /// The address from which the reports come, with port 0.
    pub address: SocketAddr,
    /// When its first report arrived, from the start of the sender's run.
    pub first: Duration,
    /// When its last report arrived.
    pub last: Duration,
    /// One entry for each group and port, in the order of the first reports. Never empty.
    pub streams: Vec<ReportedStream>,
    /// The position of the receiver that reported from this address before this one began.
    pub(super) previous: Option<usize>,
}

/// The newest report of a receiver on one group and port.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedStream {
    /// The newest report.
    pub report: Report,
    /// How many reports arrived.
    pub reports: u64,
    /// The sequence number of the newest report.
    pub(super) sequence: u64,
}

impl ReportedStream {
    /// How many earlier reports did not arrive.
    pub fn reports_lost(&self) -> u64 {
        self.sequence.saturating_add(1).saturating_sub(self.reports)
    }

    /// The datagrams that should have arrived, from the first that did.
    pub fn expected(&self) -> u64 {
        self.report.received.saturating_add(self.report.lost)
    }

    /// The datagrams before the first that arrived.
    pub fn missed_before(&self) -> u64 {
        self.report.end.saturating_sub(self.expected())
    }

    /// The share of the expected datagrams that did not arrive; `None` if none were expected.
    pub fn loss_ratio(&self) -> Option<f64> {
        ratio(self.report.lost, self.expected())
    }

    /// Received datagrams a second, from the first to the last; `None` with fewer than two.
    pub fn rate_pps(&self) -> Option<f64> {
        let gaps = self.report.received.checked_sub(1).filter(|gaps| *gaps > 0)?;
        (self.report.span > 0).then(|| gaps as f64 * 1e9 / self.report.span as f64)
    }

    /// The delay p50, p99 and maximum in ns, if the clocks agree.
    pub fn delay(&self) -> Option<[i64; 3]> {
        self.report.delay.filter(|_| self.report.comparable)
    }

    /// The routers on the path of a datagram that left with the TTL `sent`.
    pub fn hops(&self, sent: Option<u8>) -> Option<u8> {
        sent?.checked_sub(self.report.ttl?)
    }
}

impl Receiver {
    /// Datagrams that arrived, each number once.
    pub fn received(&self) -> u64 {
        self.sum(|report| report.received)
    }

    /// Datagrams lost since the first that arrived.
    pub fn lost(&self) -> u64 {
        self.sum(|report| report.lost)
    }

    /// The share of the expected datagrams that did not arrive; `None` if none were expected.
    pub fn loss_ratio(&self) -> Option<f64> {
        ratio(self.lost(), self.received().saturating_add(self.lost()))
    }

    /// The datagrams before the first that arrived.
    pub fn missed_before(&self) -> u64 {
        self.streams.iter().map(ReportedStream::missed_before).fold(0, u64::saturating_add)
    }

    /// Duplicates.
    pub fn duplicates(&self) -> u64 {
        self.sum(|report| report.duplicates.into())
    }

    /// Reordered datagrams.
    pub fn reordered(&self) -> u64 {
        self.sum(|report| report.reordered.into())
    }

    /// Datagrams with a wrong checksum or length.
    pub fn corrupt(&self) -> u64 {
        self.sum(|report| report.corrupt.into())
    }

    /// Received datagrams a second, of all streams.
    pub fn rate_pps(&self) -> Option<f64> {
        self.streams.iter().filter_map(ReportedStream::rate_pps).reduce(|sum, rate| sum + rate)
    }

    /// The longest delays in ns of any stream: p50, p99 and maximum, if the clocks agree.
    pub fn delay(&self) -> Option<[i64; 3]> {
        let delays = self.streams.iter().filter_map(ReportedStream::delay);
        delays.reduce(|one, two| std::array::from_fn(|at| one[at].max(two[at])))
    }

    /// The largest jitter in ns of any stream.
    pub fn jitter(&self) -> Option<u32> {
        self.streams.iter().filter_map(|stream| stream.report.jitter).max()
    }

    /// The drops of the receiver's kernel. Each report counts those of all streams.
    pub fn kernel_drops(&self) -> Option<u32> {
        self.streams.iter().filter_map(|stream| stream.report.kernel_drops).max()
    }

    /// Whether it reported the end of each stream that it receives.
    pub fn has_ended(&self) -> bool {
        let groups = self.streams.iter().map(|stream| stream.report.groups).max();
        let groups = groups.map_or(0, |groups| groups as usize);
        self.streams.len() >= groups && self.streams.iter().all(|stream| stream.report.ended)
    }

    fn sum(&self, counter: impl Fn(&Report) -> u64) -> u64 {
        let counters = self.streams.iter().map(|stream| counter(&stream.report));
        counters.fold(0, u64::saturating_add)
    }
}

pub(super) fn ratio(lost: u64, expected: u64) -> Option<f64> {
    (expected > 0).then(|| lost as f64 / expected as f64)
}
