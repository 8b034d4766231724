//! The datagrams between a join and a leave.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use crate::units::UnixTime;

/// The gaps to keep. Their number limits the memory in a flood.
const MOST_GAPS: usize = 1000;

/// The senders to keep.
const MOST_SOURCES: usize = 16;

/// The datagrams that complete a cycle: enough for the usual gap.
const ENOUGH: u64 = 20;

/// A slow sender need not send that many.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// The shortest membership: hosts join, and switches forward, in some milliseconds.
const SHORTEST: Duration = Duration::from_millis(50);

/// The datagrams between a join and a leave. It never reads a clock.
#[derive(Debug, Default)]
pub struct Arrivals {
    pub first: Option<UnixTime>,
    last: Option<UnixTime>,
    pub count: u64,
    pub gaps: Vec<Duration>,
    pub sources: BTreeSet<SocketAddr>,
}

impl Arrivals {
    /// Adds a datagram.
    pub fn add(&mut self, time: UnixTime, source: SocketAddr) {
        self.first.get_or_insert(time);
        if let Some(last) = self.last.filter(|_| self.gaps.len() < MOST_GAPS) {
            self.gaps.push(time.duration_since(last));
        }
        self.last = self.last.max(Some(time));
        self.count += 1;
        if self.sources.len() < MOST_SOURCES {
            self.sources.insert(source);
        }
    }

    /// Whether the membership may end at `now`.
    pub fn are_enough(&self, now: UnixTime) -> bool {
        let Some(first) = self.first else { return false };
        let time = now.duration_since(first);
        time >= LONG_ENOUGH || (time >= SHORTEST && self.count >= ENOUGH)
    }

    /// The median gap.
    pub fn gap(&self) -> Option<Duration> {
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied()
    }

    /// How long no frame must arrive to show that the group is no longer forwarded.
    pub fn silence(&self) -> Duration {
        const LEAST: Duration = Duration::from_millis(100);
        const MOST: Duration = Duration::from_secs(2);
        let longest = self.gaps.iter().max().copied().unwrap_or(MOST);
        (longest * 4).clamp(LEAST, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(millis: &[i64]) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let source = "10.0.0.5:4000".parse().unwrap();
        millis.iter().for_each(|ms| arrivals.add(UnixTime::from_nanos(ms * 1_000_000), source));
        arrivals
    }

    #[test]
    fn the_usual_gap_is_the_median() {
        let some = arrivals(&[0, 10, 20, 30, 90]);
        assert_eq!((some.gap(), some.count), (Some(Duration::from_millis(10)), 5));
        assert_eq!(some.silence(), Duration::from_millis(240));
        assert_eq!(arrivals(&[0, 1]).silence(), Duration::from_millis(100));
        assert_eq!(
            (arrivals(&[7]).gap(), arrivals(&[7]).silence()),
            (None, Duration::from_secs(2))
        );
    }

    #[test]
    fn a_slow_sender_is_waited_for_a_second() {
        let at = |ms: i64| UnixTime::from_nanos(ms * 1_000_000);
        assert!(!arrivals(&[]).are_enough(at(5000)));
        let slow = arrivals(&[0, 400]);
        assert!(!slow.are_enough(at(999)) && slow.are_enough(at(1000)));
        let fast = arrivals(&(0..20).collect::<Vec<_>>());
        assert!(!fast.are_enough(at(49)) && fast.are_enough(at(50)));
    }
}
