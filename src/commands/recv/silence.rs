//! When silence is worth a word: nothing came at all, or what came has stopped. It never reads a
//! clock, and is told at each turn of the loop, not with each datagram, how much has come.

use std::time::{Duration, Instant};

use super::count::Received;
use crate::diagnosis::Stopped;

/// How long nothing may come before that is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// What has its own rhythm is silent for so many times its longest silence before it has stopped.
const RHYTHM: u32 = 3;

/// What is to be told, or done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Silent {
    /// Nothing has come at all.
    Never,
    /// What came may have stopped: half of the time is over. What is counted from now on was lost
    /// in the silence, and not before.
    Lull,
    /// What came has stopped.
    Stopped(Stopped),
}

/// Notices silence.
#[derive(Clone, Debug)]
pub struct Silence {
    start: Instant,
    come: Received,
    /// When something came first, and when last.
    flow: Option<(Instant, Instant)>,
    /// The longest time between two looks that found more.
    longest: Option<Duration>,
    /// Nothing more is to come.
    over: bool,
    next: Next,
}

/// What silence comes to next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Lull,
    Word,
    /// It was told.
    Nothing,
}

impl Silence {
    /// Begins at `start`, when every group is joined.
    pub fn new(start: Instant) -> Self {
        Silence {
            start,
            come: Received::default(),
            flow: None,
            longest: None,
            over: false,
            next: Next::Lull,
        }
    }

    /// Takes note of what has come by `now`, and whether all of it is over by its own account.
    /// Answers what is due.
    pub fn look(&mut self, now: Instant, come: Received, over: bool) -> Option<Silent> {
        if come != self.come {
            self.come = come;
            self.longest = self.flow.map(|(_, last)| now - last).max(self.longest);
            self.flow = Some((self.flow.map_or(now, |(first, _)| first), now));
            self.next = Next::Lull;
        }
        self.over = over;
        self.due().filter(|due| *due <= now)?;
        let Some((first, last)) = self.flow else {
            self.next = Next::Nothing;
            return Some(Silent::Never);
        };
        if self.next == Next::Lull {
            self.next = Next::Word;
            return Some(Silent::Lull);
        }
        self.next = Next::Nothing;
        Some(Silent::Stopped(Stopped {
            datagrams: come.datagrams,
            flowed: (last - first).as_secs_f64(),
            silent: (now - last).as_secs_f64(),
        }))
    }

    /// Since when nothing has come.
    pub fn since(&self) -> Instant {
        self.flow.map_or(self.start, |(_, last)| last)
    }

    /// When to look again at the latest.
    pub fn due(&self) -> Option<Instant> {
        if self.next == Next::Nothing {
            return None;
        }
        let Some((_, last)) = self.flow else { return self.start.checked_add(PATIENCE) };
        // What came once, and all at once, was no stream that could stop.
        let patience = self.longest.filter(|_| !self.over)?.saturating_mul(RHYTHM).max(PATIENCE);
        last.checked_add(if self.next == Next::Lull { patience / 2 } else { patience })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::stream::StreamCounts;

    const MS: Duration = Duration::from_millis(1);

    fn come(datagrams: u64) -> Received {
        Received { datagrams, ..Received::default() }
    }

    /// What is told at looks at these milliseconds, with so many datagrams by then.
    fn told(looks: &[(u32, u64)]) -> Vec<(u32, Silent)> {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        let told = looks.iter().filter_map(|(at, heard)| {
            Some((*at, silence.look(start + *at * MS, come(*heard), false)?))
        });
        told.collect()
    }

    fn stopped(datagrams: u64, flowed: f64, silent: f64) -> Silent {
        Silent::Stopped(Stopped { datagrams, flowed, silent })
    }

    #[test]
    fn nothing_at_all_is_told_once_after_five_seconds() {
        assert_eq!(
            told(&[(0, 0), (4999, 0), (5000, 0), (5001, 0), (60_000, 0)]),
            [(5000, Silent::Never)]
        );
        assert_eq!(told(&[(0, 0), (4999, 1), (5000, 1), (60_000, 1)]), []);
    }

    #[test]
    fn what_stops_is_told_once_and_again_when_it_has_come_back() {
        let looks = [(1000, 1), (2000, 3), (4499, 3), (4500, 3), (6999, 3), (7000, 3), (60_000, 3)];
        let first = [(4500, Silent::Lull), (7000, stopped(3, 1.0, 5.0))];
        assert_eq!(told(&looks), first);
        // By then 58.1 s are its longest silence.
        let again =
            [(60_100, 4), (147_249, 4), (147_250, 4), (234_399, 4), (234_400, 4), (999_000, 4)];
        let second = [(147_250, Silent::Lull), (234_400, stopped(4, 59.1, 174.3))];
        assert_eq!(told(&[&looks[..], &again[..]].concat()), [first, second].concat());
    }

    #[test]
    fn what_is_slow_has_three_times_its_longest_silence() {
        let slow =
            [(0, 1), (10_000, 2), (18_000, 3), (32_999, 3), (33_000, 3), (47_999, 3), (48_000, 3)];
        assert_eq!(told(&slow), [(33_000, Silent::Lull), (48_000, stopped(3, 18.0, 30.0))]);
    }

    #[test]
    fn what_came_once_was_no_stream() {
        assert_eq!(told(&[(1000, 20), (90_000, 20)]), []);
    }

    #[test]
    fn who_is_held_up_learns_first_what_came_meanwhile() {
        assert_eq!(told(&[(0, 1), (1000, 2), (60_000, 3), (61_000, 4)]), []);
    }

    #[test]
    fn streams_that_have_ended_have_not_stopped() {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        silence.look(start, come(1), false);
        silence.look(start + 10 * MS, come(2), true);
        assert_eq!(silence.due(), None);
        assert_eq!(silence.look(start + 60_000 * MS, come(2), true), None);
        // The end of a stream is something that came too.
        let ends = Received {
            streams: StreamCounts { streams: 1, empty: 1, ..StreamCounts::default() },
            ..come(0)
        };
        let mut silence = Silence::new(start);
        silence.look(start + 10 * MS, ends, true);
        assert_eq!((silence.due(), silence.look(start + 60_000 * MS, ends, true)), (None, None));
    }

    #[test]
    fn it_wakes_the_loop_when_something_is_due() {
        let start = Instant::now();
        let mut silence = Silence::new(start);
        assert_eq!(silence.due(), Some(start + 5000 * MS));
        silence.look(start + 5000 * MS, come(0), false);
        assert_eq!((silence.due(), silence.since()), (None, start));
        silence.look(start + 6000 * MS, come(1), false);
        assert_eq!(silence.due(), None);
        silence.look(start + 6100 * MS, come(2), false);
        assert_eq!((silence.due(), silence.since()), (Some(start + 8600 * MS), start + 6100 * MS));
        silence.look(start + 8600 * MS, come(2), false);
        assert_eq!(silence.due(), Some(start + 11_100 * MS));
    }
}
