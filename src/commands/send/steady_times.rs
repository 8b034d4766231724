//! The send times of datagrams on the monotonic clock. Probes carry the time of the system's clock,
//! which can be set, and the rate of a sender must not depend on it.

use std::time::{Duration, Instant, SystemTime};

/// A queue that is filled in less time needs only one reading of the monotonic clock.
const SHORT: Duration = Duration::from_millis(1);

/// The send times of the datagrams in each queue.
pub struct SteadyTimes {
    start: Instant,
    /// When the first datagram of the queue was written, on both clocks.
    first: Option<(Instant, SystemTime)>,
}

impl SteadyTimes {
    /// Times from `start` on.
    pub fn new(start: Instant) -> Self {
        SteadyTimes { start, first: None }
    }

    /// The queue is empty again.
    pub fn clear(&mut self) {
        self.first = None;
    }

    /// Notes that a datagram was written at `time`. Reads the monotonic clock once per queue.
    pub fn note(&mut self, time: SystemTime, now: impl FnOnce() -> Instant) {
        if self.first.is_none() {
            self.first = Some((now(), time));
        }
    }

    /// The time of a datagram of the queue that was written at `time`, as if the system's clock had
    /// been 0 at the start and never been set. It is between that of the first datagram and `now`.
    pub fn of(&self, time: SystemTime, now: impl FnOnce() -> Instant) -> SystemTime {
        let Some((steady, system)) = self.first else { return SystemTime::UNIX_EPOCH };
        let mut after = time.duration_since(system).unwrap_or_default();
        if after > SHORT {
            after = after.min(now().saturating_duration_since(steady));
        }
        SystemTime::UNIX_EPOCH + steady.saturating_duration_since(self.start) + after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// The send times, in ms, of datagrams that were written at these times of the system's clock
    /// and of the monotonic clock, with `queue` datagrams per queue.
    fn times(written: &[(i64, u64)], queue: usize) -> Vec<u128> {
        let (epoch, start) = (SystemTime::UNIX_EPOCH + 2 * HOUR, Instant::now());
        let system = |millis: i64| {
            let span = Duration::from_millis(millis.unsigned_abs());
            if millis < 0 { epoch - span } else { epoch + span }
        };
        let steady = |millis: u64| start + Duration::from_millis(millis);
        let mut clock = SteadyTimes::new(start);
        let mut times = Vec::new();
        for datagrams in written.chunks(queue) {
            for (wall, passed) in datagrams {
                clock.note(system(*wall), || steady(*passed));
            }
            let sent = datagrams.last().map_or(0, |(_, passed)| *passed);
            times.extend(datagrams.iter().map(|(wall, _)| {
                let time = clock.of(system(*wall), || steady(sent));
                time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
            }));
            clock.clear();
        }
        times
    }

    #[test]
    fn times_follow_the_clock() {
        let written: Vec<(i64, u64)> = (0..10).map(|n| (n * 10, n as u64 * 10)).collect();
        let expected: Vec<u128> = (0..10).map(|n| n * 10).collect();
        for queue in [1, 3, 10] {
            assert_eq!(times(&written, queue), expected, "{queue}");
        }
    }

    #[test]
    fn a_step_of_the_clock_moves_no_datagram() {
        let hour = HOUR.as_millis() as i64;
        for step in [hour, -hour] {
            let written: Vec<(i64, u64)> =
                (0..10).map(|n| (n * 10 + if n < 4 { 0 } else { step }, n as u64 * 10)).collect();
            for queue in [1, 2, 4] {
                let times = times(&written, queue);
                assert!(times.is_sorted() && times[9] <= 90 && times[9] >= 80, "{times:?}");
            }
            // If the clock is set while a queue is filled, the times stay within that queue.
            let times = times(&written, 3);
            assert!(times.iter().all(|time| *time <= 90), "{times:?}");
        }
    }
}
