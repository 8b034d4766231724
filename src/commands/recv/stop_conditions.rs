//! When to stop: combines the limits, the datagrams and the command into one deadline. It never
//! reads a clock.

use std::time::{Duration, Instant};

use crate::plan::COMMAND_GRACE;
use crate::report::Goal;
use crate::verdict::{Limits, Stop};

/// Decides when to stop.
#[derive(Clone, Debug)]
pub struct StopConditions {
    limits: Limits,
    start: Instant,
    received: u64,
    last: Option<Instant>,
    command_ended: Option<Instant>,
    streams_ended: Option<Instant>,
}

/// How long the receiver stays after every stream has ended: an end marker may overtake data, and
/// its copies are sent over 80 ms.
const ONCE_GRACE: Duration = Duration::from_millis(100);

impl StopConditions {
    /// Starts counting at `start`, when every group is joined.
    pub fn new(limits: Limits, start: Instant) -> Self {
        StopConditions {
            limits,
            start,
            received: 0,
            last: None,
            command_ended: None,
            streams_ended: None,
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The goal that the progress shows; `None` if only a signal or `--idle` ends the run.
    pub fn goal(&self) -> Option<Goal> {
        let Limits { count, duration, timeout, once, .. } = self.limits;
        let goal = Goal { count, duration, timeout, ..Goal::open(self.start) };
        (count.is_some() || duration.is_some() || once).then_some(goal)
    }

    /// Counts a datagram. Returns [`Stop::Count`] for the last one that `--count` asks for.
    pub fn count_datagram(&mut self, now: Instant) -> Option<Stop> {
        self.received += 1;
        self.last = Some(now);
        (Some(self.received) == self.limits.count).then_some(Stop::Count)
    }

    /// Notes that an end marker arrived: it postpones `--idle`, but counts as no datagram.
    pub fn note_end_marker(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// Notes whether there are measured streams and all of them have ended.
    #[inline]
    pub fn note_streams(&mut self, now: Instant, all_ended: bool) {
        if self.streams_ended.is_some() != all_ended {
            self.streams_ended = (all_ended && self.limits.once).then_some(now);
        }
    }

    /// Notes that COMMAND has ended. If it failed, the run ends. Otherwise, `--count`, `--duration`
    /// and `--once` still decide. Returns whether the end of COMMAND ends the run.
    pub fn note_command_end(&mut self, now: Instant, failed: bool) -> bool {
        let Limits { count, duration, once, .. } = self.limits;
        let decides = failed || (count.is_none() && duration.is_none() && !once);
        self.command_ended = decides.then_some(now);
        decides
    }

    /// When to stop if nothing more happens, and the reason.
    pub fn deadline(&self) -> Option<(Instant, Stop)> {
        let after = |from: Option<Instant>, time: Option<Duration>, stop| {
            Some((from?.checked_add(time?)?, stop))
        };
        let for_the_first =
            if self.limits.once { self.streams_ended.is_none() } else { self.received == 0 };
        let waiting = self.limits.count.is_some() || for_the_first;
        [
            after(waiting.then_some(self.start), self.limits.timeout, Stop::Timeout),
            after(Some(self.start), self.limits.duration, Stop::Duration),
            after(self.last, self.limits.idle, Stop::Idle),
            after(self.command_ended, Some(COMMAND_GRACE), Stop::Command),
            after(self.streams_ended, Some(ONCE_GRACE), Stop::Once),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn conditions(limits: Limits) -> (StopConditions, Instant) {
        let start = Instant::now();
        (StopConditions::new(limits, start), start)
    }

    impl StopConditions {
        fn expired(&self, now: Instant) -> Option<Stop> {
            self.deadline().filter(|(at, _)| *at <= now).map(|(_, stop)| stop)
        }
    }

    #[test]
    fn without_limits_nothing_stops_the_run() {
        let (mut stop, start) = conditions(Limits::default());
        assert_eq!(stop.count_datagram(start), None);
        assert_eq!(stop.deadline(), None);
    }

    #[test]
    fn only_runs_with_a_fixed_end_have_a_goal() {
        let goal = |limits| conditions(limits).0.goal();
        for open_ended in
            [Limits::default(), Limits { timeout: Some(S), idle: Some(S), ..Limits::default() }]
        {
            assert_eq!(goal(open_ended), None);
        }
        assert!(
            goal(Limits { count: Some(5), ..Limits::default() })
                .is_some_and(|goal| goal.count == Some(5))
        );
        assert!(
            goal(Limits { duration: Some(S), ..Limits::default() })
                .is_some_and(|goal| goal.duration == Some(S))
        );
        assert!(goal(Limits { once: true, ..Limits::default() }).is_some());
    }

    #[test]
    fn the_count_stops_with_the_last_datagram() {
        let (mut stop, start) = conditions(Limits { count: Some(2), ..Limits::default() });
        assert_eq!(
            (stop.count_datagram(start), stop.count_datagram(start)),
            (None, Some(Stop::Count))
        );
    }

    #[test]
    fn a_timeout_waits_for_the_first_datagram_only_once() {
        let (mut stop, start) = conditions(Limits { timeout: Some(5 * S), ..Limits::default() });
        assert_eq!(
            (stop.expired(start + 4 * S), stop.expired(start + 5 * S)),
            (None, Some(Stop::Timeout))
        );
        stop.count_datagram(start + 4 * S);
        assert_eq!(stop.expired(start + 100 * S), None);
    }

    #[test]
    fn datagrams_do_not_postpone_the_timeout_of_a_count() {
        let (mut stop, start) =
            conditions(Limits { count: Some(10), timeout: Some(5 * S), ..Limits::default() });
        stop.count_datagram(start + 4 * S);
        assert_eq!(stop.deadline(), Some((start + 5 * S, Stop::Timeout)));
    }

    #[test]
    fn idle_counts_from_the_first_datagram() {
        let (mut stop, start) = conditions(Limits { idle: Some(S), ..Limits::default() });
        assert_eq!(stop.expired(start + 100 * S), None);
        stop.count_datagram(start + 100 * S);
        stop.count_datagram(start + 101 * S);
        assert_eq!(stop.deadline(), Some((start + 102 * S, Stop::Idle)));
    }

    #[test]
    fn the_earliest_limit_wins() {
        let limits = Limits {
            duration: Some(3 * S),
            timeout: Some(2 * S),
            idle: Some(9 * S),
            count: Some(5),
            once: false,
        };
        let (stop, start) = conditions(limits);
        assert_eq!(stop.deadline(), Some((start + 2 * S, Stop::Timeout)));
    }

    #[test]
    fn a_command_ends_the_run_unless_a_count_is_set() {
        let (mut free, start) = conditions(Limits::default());
        assert!(free.note_command_end(start, false));
        assert_eq!(free.deadline(), Some((start + COMMAND_GRACE, Stop::Command)));

        let (mut counted, start) = conditions(Limits { count: Some(5), ..Limits::default() });
        assert!(!counted.note_command_end(start, false));
        assert_eq!(counted.deadline(), None);
    }

    #[test]
    fn a_failed_command_always_ends_the_run() {
        let (mut stop, start) =
            conditions(Limits { count: Some(5), timeout: Some(9 * S), ..Limits::default() });
        assert!(stop.note_command_end(start, true));
        assert_eq!(stop.deadline(), Some((start + COMMAND_GRACE, Stop::Command)));
    }

    #[test]
    fn once_stops_a_moment_after_all_streams_have_ended() {
        let (mut stop, start) =
            conditions(Limits { once: true, timeout: Some(5 * S), ..Limits::default() });
        stop.count_datagram(start);
        stop.note_streams(start + S, false);
        assert_eq!(
            stop.deadline(),
            Some((start + 5 * S, Stop::Timeout)),
            "data is not what was waited for"
        );
        stop.note_streams(start + 2 * S, true);
        stop.note_streams(start + 2 * S + ONCE_GRACE / 2, true);
        assert_eq!(stop.deadline(), Some((start + 2 * S + ONCE_GRACE, Stop::Once)));
        stop.note_streams(start + 2 * S + ONCE_GRACE / 2, false);
        assert_eq!(
            stop.deadline(),
            Some((start + 5 * S, Stop::Timeout)),
            "another stream has begun"
        );
        assert!(!stop.note_command_end(start + 3 * S, false));
    }

    #[test]
    fn a_limit_beyond_the_clock_is_no_limit() {
        let (stop, _) = conditions(Limits { duration: Some(Duration::MAX), ..Limits::default() });
        assert_eq!(stop.deadline(), None);
    }
}
