//! The counters over all datagrams of a receiver, from any sender.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use super::Meter;
use crate::units::UnixTime;

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
    last_source: Option<(SocketAddr, NonZeroU64)>,
    last: Option<UnixTime>,
    /// The longest silence in ns.
    gap: Option<i64>,
}

impl Tally {
    /// Adds a datagram. Consecutive datagrams with equal numbers of the `origin` have the same
    /// source.
    #[inline(always)]
    pub fn add(
        &mut self,
        (source, origin): (&SocketAddr, NonZeroU64),
        time: UnixTime,
        len: usize,
        truncated: bool,
    ) {
        self.meter.add(time, len);
        let silence = self.last.map(|last| time.since(last).max(0));
        (self.gap, self.last) = (self.gap.max(silence), self.last.max(Some(time)));
        self.truncated += u64::from(truncated);
        // Most datagrams come from the previous source.
        if self.last_source.is_none_or(|(_, last)| last != origin) {
            self.note_source(*source, origin);
        }
    }

    fn note_source(&mut self, source: SocketAddr, origin: NonZeroU64) {
        let is_new = self.last_source.is_none_or(|(last, _)| last != source);
        self.last_source = Some((source, origin));
        if is_new && self.sources.len() < MAX_SOURCES {
            self.sources.insert(source);
        }
    }

    /// Empty counters for a new interval; the time since the last datagram continues.
    pub fn next_interval(&self) -> Tally {
        Tally { last: self.last, ..Tally::default() }
    }

    /// The longest time between two consecutive datagrams of any sender; `None` before the second
    /// one.
    pub fn gap(&self) -> Option<Duration> {
        self.gap.map(|nanos| Duration::from_nanos(nanos.unsigned_abs()))
    }

    /// The number of sources (address and port), at most 65,536.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> UnixTime {
        UnixTime::from_nanos(millis * 1_000_000)
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
        tally.add((&source, NonZeroU64::MIN), at(1000), 1, false);
        let mut later = tally.next_interval().next_interval();
        assert_eq!((later.gap(), later.meter.datagrams, later.sources()), (None, 0, 0));
        later.add((&source, NonZeroU64::MIN), at(3000), 1, false);
        assert_eq!(
            (later.gap(), later.meter.datagrams, later.sources()),
            (Some(Duration::from_secs(2)), 1, 1)
        );
    }

    #[test]
    fn sources_are_counted_once_and_memory_is_bounded() {
        let mut tally = Tally::default();
        let mut origins = (1..).map_while(NonZeroU64::new);
        for port in [1, 2, 1, 2, 2] {
            let source = SocketAddr::from(([10, 0, 0, 1], port));
            tally.add((&source, origins.next().unwrap()), at(0), 1, false);
        }
        assert_eq!(tally.sources(), 2);
        for n in 0..(MAX_SOURCES as u32 + 10) {
            let source = SocketAddr::from((n.to_be_bytes(), 9));
            tally.add((&source, origins.next().unwrap()), at(0), 1, true);
        }
        assert_eq!((tally.sources(), tally.truncated), (MAX_SOURCES, MAX_SOURCES as u64 + 10));
    }
}
