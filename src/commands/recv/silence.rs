//! Detects silence that needs an explanation: no datagrams arrived, or they stopped.
//! It never reads a clock. The loop polls it once per turn, not once per datagram.

use std::time::{Duration, Instant};

use super::count::Received;
use crate::diagnosis::Stopped;

/// The shortest silence that is explained.
pub const MIN_SILENCE: Duration = Duration::from_secs(5);

/// Slow traffic counts as stopped after this many times its longest pause.
const MAX_PAUSES: u32 = 3;

/// The task of the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Silent {
    /// No datagrams have arrived.
    Never,
    /// The datagrams may have stopped: half of the waiting time is over. Counters that rise from
    /// now on belong to the silence.
    HalfOver,
    /// The datagrams have stopped.
    Stopped(Stopped),
}

/// Detects silence.
#[derive(Clone, Debug)]
pub struct Silence {
    start: Instant,
    received: Received,
    /// The first and the last arrival.
    flow: Option<(Instant, Instant)>,
    /// The longest time between two polls with new datagrams.
    longest_pause: Option<Duration>,
    /// Every stream has ended.
    over: bool,
    next: Next,
}

/// The next step if the silence lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    HalfOver,
    Explanation,
    /// The silence was explained.
    Nothing,
}

impl Silence {
    /// Begins at `start`, when every group is joined.
    pub fn new(start: Instant) -> Self {
        Silence {
            start,
            received: Received::default(),
            flow: None,
            longest_pause: None,
            over: false,
            next: Next::HalfOver,
        }
    }

    /// Updates the datagrams by `now`, and whether every stream is `over`. Returns the task that is
    /// due.
    pub fn poll(&mut self, now: Instant, received: Received, over: bool) -> Option<Silent> {
        if received != self.received {
            self.received = received;
            self.longest_pause = self.flow.map(|(_, last)| now - last).max(self.longest_pause);
            self.flow = Some((self.flow.map_or(now, |(first, _)| first), now));
            self.next = Next::HalfOver;
        }
        self.over = over;
        self.due().filter(|due| *due <= now)?;
        let Some((first, last)) = self.flow else {
            self.next = Next::Nothing;
            return Some(Silent::Never);
        };
        if self.next == Next::HalfOver {
            self.next = Next::Explanation;
            return Some(Silent::HalfOver);
        }
        self.next = Next::Nothing;
        Some(Silent::Stopped(Stopped {
            datagrams: received.datagrams,
            flowed: (last - first).as_secs_f64(),
            silent: (now - last).as_secs_f64(),
        }))
    }

    /// When the silence began.
    pub fn since(&self) -> Instant {
        self.flow.map_or(self.start, |(_, last)| last)
    }

    /// When the next poll is due.
    pub fn due(&self) -> Option<Instant> {
        if self.next == Next::Nothing {
            return None;
        }
        let Some((_, last)) = self.flow else { return self.start.checked_add(MIN_SILENCE) };
        // A single burst has no rhythm that could stop.
        let limit =
            self.longest_pause.filter(|_| !self.over)?.saturating_mul(MAX_PAUSES).max(MIN_SILENCE);
        last.checked_add(if self.next == Next::HalfOver { limit / 2 } else { limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::stream::StreamCounts;

    const MS: Duration = Duration::from_millis(1);

    fn received(datagrams: u64) -> Received {
        Received { datagrams, ..Received::default() }
    }

    /// The results of polls at these milliseconds, with these numbers of datagrams.
    fn polled(polls: &[(u32, u64)]) -> Vec<(u32, Silent)> {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        let polled = polls.iter().filter_map(|(at, heard)| {
            Some((*at, silence.poll(start + *at * MS, received(*heard), false)?))
        });
        polled.collect()
    }

    fn stopped(datagrams: u64, flowed: f64, silent: f64) -> Silent {
        Silent::Stopped(Stopped { datagrams, flowed, silent })
    }

    #[test]
    fn silence_from_the_start_is_explained_once_after_five_seconds() {
        assert_eq!(
            polled(&[(0, 0), (4999, 0), (5000, 0), (5001, 0), (60_000, 0)]),
            [(5000, Silent::Never)]
        );
        assert_eq!(polled(&[(0, 0), (4999, 1), (5000, 1), (60_000, 1)]), []);
    }

    #[test]
    fn each_stop_is_explained_once() {
        let polls = [(1000, 1), (2000, 3), (4499, 3), (4500, 3), (6999, 3), (7000, 3), (60_000, 3)];
        let first = [(4500, Silent::HalfOver), (7000, stopped(3, 1.0, 5.0))];
        assert_eq!(polled(&polls), first);
        // By then 58.1 s are its longest silence.
        let again =
            [(60_100, 4), (147_249, 4), (147_250, 4), (234_399, 4), (234_400, 4), (999_000, 4)];
        let second = [(147_250, Silent::HalfOver), (234_400, stopped(4, 59.1, 174.3))];
        assert_eq!(polled(&[&polls[..], &again[..]].concat()), [first, second].concat());
    }

    #[test]
    fn slow_traffic_stops_after_three_times_its_longest_pause() {
        let slow =
            [(0, 1), (10_000, 2), (18_000, 3), (32_999, 3), (33_000, 3), (47_999, 3), (48_000, 3)];
        assert_eq!(polled(&slow), [(33_000, Silent::HalfOver), (48_000, stopped(3, 18.0, 30.0))]);
    }

    #[test]
    fn a_single_burst_does_not_stop() {
        assert_eq!(polled(&[(1000, 20), (90_000, 20)]), []);
    }

    #[test]
    fn a_poll_after_a_delay_counts_new_datagrams_first() {
        assert_eq!(polled(&[(0, 1), (1000, 2), (60_000, 3), (61_000, 4)]), []);
    }

    #[test]
    fn ended_streams_are_no_silence() {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        silence.poll(start, received(1), false);
        silence.poll(start + 10 * MS, received(2), true);
        assert_eq!(silence.due(), None);
        assert_eq!(silence.poll(start + 60_000 * MS, received(2), true), None);
        // An end marker breaks the silence too.
        let ends = Received {
            streams: StreamCounts { streams: 1, empty: 1, ..StreamCounts::default() },
            ..received(0)
        };
        let mut silence = Silence::new(start);
        silence.poll(start + 10 * MS, ends, true);
        assert_eq!((silence.due(), silence.poll(start + 60_000 * MS, ends, true)), (None, None));
    }

    #[test]
    fn the_next_poll_is_due_when_the_silence_is_long_enough() {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        assert_eq!(silence.due(), Some(start + 5000 * MS));
        silence.poll(start + 5000 * MS, received(0), false);
        assert_eq!((silence.due(), silence.since()), (None, start));
        silence.poll(start + 6000 * MS, received(1), false);
        assert_eq!(silence.due(), None);
        silence.poll(start + 6100 * MS, received(2), false);
        assert_eq!((silence.due(), silence.since()), (Some(start + 8600 * MS), start + 6100 * MS));
        silence.poll(start + 8600 * MS, received(2), false);
        assert_eq!(silence.due(), Some(start + 11_100 * MS));
    }
}
