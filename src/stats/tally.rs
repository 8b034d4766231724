//! The counters of a receiver over all datagrams of all senders.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::Meter;

/// The number of counted sources. Beyond it (a flood of forged addresses) they are no longer
/// counted, which bounds the memory.
const MAX_SOURCES: usize = 65_536;

/// The counters of a receiver over every datagram, measured or not.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Datagrams, bytes and rates, by the kernel's time.
    pub meter: Meter,
    /// Truncated datagrams: longer than the buffer, or shorter than their length field.
    pub truncated: u64,
    sources: HashSet<SocketAddr>,
    last_source: Option<SocketAddr>,
    last: Option<SystemTime>,
    gap: Option<Duration>,
}

impl Tally {
    /// Counts a datagram.
    pub fn add(&mut self, source: SocketAddr, time: SystemTime, len: usize, truncated: bool) {
        self.meter.add(time, len);
        let silence = self.last.map(|last| time.duration_since(last).unwrap_or_default());
        (self.gap, self.last) = (self.gap.max(silence), self.last.max(Some(time)));
        self.truncated += u64::from(truncated);
        // Most datagrams come from the source of the one before.
        if self.last_source != Some(source) {
            self.last_source = Some(source);
            if self.sources.len() < MAX_SOURCES {
                self.sources.insert(source);
            }
        }
    }

    /// Restarts the counts. The gap since the last datagram continues.
    pub fn anew(&self) -> Tally {
        Tally { last: self.last, ..Tally::default() }
    }

    /// The longest time between consecutive datagrams of any sender; `None` until two arrived.
    pub fn gap(&self) -> Option<Duration> {
        self.gap
    }

    /// The number of sources (address and port), up to 65,536.
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
    fn the_rate_spans_first_to_last_datagram() {
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
    fn the_order_of_reading_does_not_matter() {
        let mut meter = Meter::default();
        for millis in [500, 100, 300] {
            meter.add(at(millis), 25);
        }
        assert_eq!((meter.rate_pps(), meter.bitrate_bps()), (Some(5.0), Some(1000.0)));
    }

    #[test]
    fn a_gap_belongs_to_the_interval_of_its_end() {
        let source = SocketAddr::from(([10, 0, 0, 1], 9));
        let mut tally = Tally::default();
        tally.add(source, at(1000), 1, false);
        let mut later = tally.anew().anew();
        assert_eq!((later.gap(), later.meter.datagrams, later.sources()), (None, 0, 0));
        later.add(source, at(3000), 1, false);
        assert_eq!(
            (later.gap(), later.meter.datagrams, later.sources()),
            (Some(Duration::from_secs(2)), 1, 1)
        );
    }

    #[test]
    fn sources_are_counted_once_in_bounded_memory() {
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
