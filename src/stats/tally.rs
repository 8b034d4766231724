//! The counters over all datagrams of a receiver, from any sender.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::Meter;

/// The maximum number of counted sources. It bounds the memory during a flood of forged addresses.
const MAX_SOURCES: usize = 65_536;

/// The counters over all datagrams, measured or not.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Datagrams, bytes and rates, by kernel timestamps.
    pub meter: Meter,
    /// Truncated datagrams: longer than the buffer, or shorter than the length that they state.
    pub truncated: u64,
    sources: HashSet<SocketAddr>,
    last_source: Option<SocketAddr>,
    last: Option<SystemTime>,
    gap: Option<Duration>,
}

impl Tally {
    /// Adds a datagram.
    pub fn add(&mut self, source: SocketAddr, time: SystemTime, len: usize, truncated: bool) {
        self.meter.add(time, len);
        let silence = self.last.map(|last| time.duration_since(last).unwrap_or_default());
        (self.gap, self.last) = (self.gap.max(silence), self.last.max(Some(time)));
        self.truncated += u64::from(truncated);
        // Most datagrams come from the previous source.
        if self.last_source != Some(source) {
            self.last_source = Some(source);
            if self.sources.len() < MAX_SOURCES {
                self.sources.insert(source);
            }
        }
    }

    /// Empty counters for a new interval; the time since the last datagram continues.
    pub fn next_interval(&self) -> Tally {
        Tally { last: self.last, ..Tally::default() }
    }

    /// The longest time between two consecutive datagrams of any sender; `None` before the second
    /// one.
    pub fn gap(&self) -> Option<Duration> {
        self.gap
    }

    /// The number of sources (address and port), at most 65,536.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    #[test]
    fn a_rate_is_measured_between_the_first_and_the_last() {
        let mut meter = Meter::default();
        for millis in [1000, 1100, 1200, 1300] {
            meter.add(at(millis), 125);
        }
        assert_eq!((meter.datagrams, meter.bytes), (4, 500));
        assert_eq!((meter.rate_pps(), meter.bitrate_bps()), (Some(10.0), Some(10_000.0)));
    }

    #[test]
    fn one_datagram_has_no_rate() {
        let mut meter = Meter::default();
        assert_eq!(meter.rate_pps(), None);
        meter.add(at(5), 10);
        assert_eq!((meter.rate_pps(), meter.bitrate_bps()), (None, None));
        meter.add(at(5), 10);
        assert_eq!(meter.rate_pps(), None, "two in the same instant have none either");
    }

    #[test]
    fn the_order_of_reads_does_not_matter() {
        let mut meter = Meter::default();
        for millis in [500, 100, 300] {
            meter.add(at(millis), 25);
        }
        assert_eq!((meter.rate_pps(), meter.bitrate_bps()), (Some(5.0), Some(1000.0)));
    }

    #[test]
    fn a_gap_belongs_to_the_interval_in_which_it_ends() {
        let source = SocketAddr::from(([10, 0, 0, 1], 9));
        let mut tally = Tally::default();
        tally.add(source, at(1000), 1, false);
        let mut later = tally.next_interval().next_interval();
        assert_eq!((later.gap(), later.meter.datagrams, later.sources()), (None, 0, 0));
        later.add(source, at(3000), 1, false);
        assert_eq!(
            (later.gap(), later.meter.datagrams, later.sources()),
            (Some(Duration::from_secs(2)), 1, 1)
        );
    }

    #[test]
    fn sources_are_counted_once_and_memory_is_bounded() {
        let mut tally = Tally::default();
        for port in [1, 2, 1, 2, 2] {
            tally.add(SocketAddr::from(([10, 0, 0, 1], port)), at(0), 1, false);
        }
        assert_eq!(tally.sources(), 2);
        for n in 0..(MAX_SOURCES as u32 + 10) {
            tally.add(SocketAddr::from((n.to_be_bytes(), 9)), at(0), 1, true);
        }
        assert_eq!((tally.sources(), tally.truncated), (MAX_SOURCES, MAX_SOURCES as u64 + 10));
    }
}
