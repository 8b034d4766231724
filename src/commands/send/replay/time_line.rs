//! The time line of a replay: the times of a capture become offsets from the start. It never reads
//! a clock.
//!
//! Every offset is computed from the same origin. A sender that instead sleeps from one datagram to
//! the next falls behind the capture by each late wake-up.

use std::time::Duration;

use crate::units::{Speed, UnixTime};

/// A capture with several queues or interfaces can have records that are this much older than
/// those before them, in ns. The clock of a capture with a longer step back was set, or a second
/// capture follows in the same file.
const MOST_DISORDER: i64 = 1_000_000_000;

/// The pause before the next pass over a capture that has no gaps, in ns.
const PAUSE_WITHOUT_GAPS: u64 = 1_000_000_000;

/// The time line of one replay.
#[derive(Debug)]
pub struct TimeLine {
    speed: Speed,
    /// The longest gap between two datagrams, in ns of the capture.
    max_gap: Option<u64>,
    /// A capture time and its position on the time line; `None` before the first time of a pass.
    anchor: Option<(UnixTime, u64)>,
    /// The latest capture time since the anchor.
    latest: UnixTime,
    /// The position of the last datagram, in ns of the capture since the start.
    position: u64,
    pass: Pass,
    /// What was changed.
    pub changes: Changes,
}

/// One pass over the capture.
#[derive(Debug, Default)]
struct Pass {
    /// The position of its first datagram.
    start: u64,
    datagrams: u64,
}

/// The differences between the time line and the times of the capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// How many gaps were shortened.
    pub gaps_shortened: u64,
    /// The time that was taken out of them.
    pub gap_time_removed: Duration,
    /// How many datagrams have an earlier time than one before them.
    pub steps_back: u64,
    /// How many datagrams have no time.
    pub without_time: u64,
}

impl TimeLine {
    pub fn new(speed: Speed, max_gap: Option<Duration>) -> Self {
        TimeLine {
            speed,
            max_gap: max_gap.map(|gap| u64::try_from(gap.as_nanos()).unwrap_or(u64::MAX)),
            anchor: None,
            latest: UnixTime::default(),
            position: 0,
            pass: Pass::default(),
            changes: Changes::default(),
        }
    }

    /// The due time of the next datagram, as an offset from the start. A datagram without a time,
    /// or with an earlier one than those before it, is due with the one before it.
    pub fn due(&mut self, time: Option<UnixTime>) -> Duration {
        match time {
            Some(time) => self.advance(time),
            None => self.changes.without_time += 1,
        }
        self.pass.datagrams += 1;
        self.offset()
    }

    /// The capture begins again: the first datagram follows the last one by the mean gap.
    pub fn begin_pass(&mut self) {
        let length = self.position - self.pass.start;
        let gaps = self.pass.datagrams.saturating_sub(1);
        let mean = length.checked_div(gaps).filter(|mean| *mean > 0);
        self.position = self.position.saturating_add(mean.unwrap_or(PAUSE_WITHOUT_GAPS));
        self.anchor = None;
        self.pass = Pass { start: self.position, datagrams: 0 };
    }

    /// The offset of the last datagram.
    pub fn offset(&self) -> Duration {
        self.speed.scale(self.position)
    }

    fn advance(&mut self, time: UnixTime) {
        let Some((origin, at_origin)) = self.anchor else {
            return self.continue_from(time);
        };
        let gap = time.since(self.latest);
        if gap < 0 {
            self.changes.steps_back += 1;
            if gap < -MOST_DISORDER {
                self.continue_from(time);
            }
            return;
        }
        let gap = gap.unsigned_abs();
        match self.max_gap.filter(|most| gap > *most) {
            Some(most) => {
                self.changes.gaps_shortened += 1;
                let removed = Duration::from_nanos(gap - most);
                self.changes.gap_time_removed =
                    self.changes.gap_time_removed.saturating_add(removed);
                self.position = self.position.saturating_add(most);
                self.continue_from(time);
            }
            None => {
                let passed = time.since(origin).unsigned_abs();
                self.position = at_origin.saturating_add(passed);
                self.latest = time;
            }
        }
    }

    /// Puts `time` at the current position.
    fn continue_from(&mut self, time: UnixTime) {
        self.anchor = Some((time, self.position));
        self.latest = time;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MILLI: i64 = 1_000_000;
    const HOUR: i64 = 3_600_000 * MILLI;
    /// In 2026, because small times hide errors of rounding.
    const EPOCH: i64 = 1_790_000_000_000_000_123;

    fn line(speed: &str, max_gap: Option<u64>) -> TimeLine {
        TimeLine::new(speed.parse().unwrap(), max_gap.map(Duration::from_millis))
    }

    /// The offsets of datagrams at these times.
    fn offsets(line: &mut TimeLine, times: &[i64]) -> Vec<i64> {
        let due = |time: &i64| line.due(Some(UnixTime::from_nanos(EPOCH + time)));
        times.iter().map(due).map(|offset| offset.as_nanos() as i64).collect()
    }

    #[test]
    fn offsets_are_those_of_the_capture() {
        let times = [0, 1, 5 * MILLI, 5 * MILLI, 7000 * MILLI];
        assert_eq!(offsets(&mut line("1", Some(10_000)), &times), times);
    }

    #[test]
    fn the_speed_scales_every_gap() {
        let times = [0, 10, 30 * MILLI];
        assert_eq!(offsets(&mut line("2", None), &times), [0, 5, 15 * MILLI]);
        assert_eq!(offsets(&mut line("0.5", None), &times), [0, 20, 60 * MILLI]);
        assert_eq!(offsets(&mut line("max", None), &times), [0; 3]);
    }

    #[test]
    fn long_gaps_are_shortened_and_counted() {
        let mut line = line("1", Some(100));
        let times = [0, 100, 201, 5000, 5050].map(|millis| millis * MILLI);
        let expected = [0, 100, 200, 300, 350].map(|millis| millis * MILLI);
        assert_eq!(offsets(&mut line, &times), expected);
        assert_eq!(line.changes.gaps_shortened, 2);
        assert_eq!(line.changes.gap_time_removed, Duration::from_millis(1 + 4699));
    }

    #[test]
    fn without_a_limit_gaps_of_hours_are_kept() {
        let times = [0, HOUR, 50_000 * HOUR];
        assert_eq!(offsets(&mut line("1", None), &times), times);
    }

    #[test]
    fn a_reordered_datagram_leaves_at_once_and_moves_no_other() {
        let mut line = line("1", Some(10_000));
        let times = [0, 20, 10, 12, 30].map(|millis| millis * MILLI);
        let expected = [0, 20, 20, 20, 30].map(|millis| millis * MILLI);
        assert_eq!(offsets(&mut line, &times), expected);
        assert_eq!(line.changes.steps_back, 2);
    }

    // tcpreplay sends the rest at full rate: https://github.com/appneta/tcpreplay/issues/172
    #[test]
    fn after_a_clock_was_set_back_the_gaps_are_kept() {
        let mut line = line("1", None);
        let times = [0, 20 * MILLI, -HOUR, -HOUR + MILLI, -HOUR + 5 * MILLI];
        let expected = [0, 20, 20, 21, 25].map(|millis| millis * MILLI);
        assert_eq!(offsets(&mut line, &times), expected);
        assert_eq!(line.changes.steps_back, 1);
    }

    #[test]
    fn a_datagram_without_time_follows_at_once() {
        let mut line = line("1", None);
        assert_eq!(line.due(None), Duration::ZERO);
        assert_eq!(offsets(&mut line, &[5 * MILLI, 9 * MILLI]), [0, 4 * MILLI]);
        assert_eq!(line.due(None), Duration::from_millis(4));
        assert_eq!(offsets(&mut line, &[10 * MILLI]), [5 * MILLI]);
        assert_eq!(line.changes.without_time, 2);
    }

    #[test]
    fn the_next_pass_follows_by_the_mean_gap() {
        let mut line = line("2", None);
        let times = [0, 10 * MILLI, 40 * MILLI];
        assert_eq!(offsets(&mut line, &times), [0, 5, 20].map(|millis| millis * MILLI));
        line.begin_pass();
        assert_eq!(offsets(&mut line, &times), [30, 35, 50].map(|millis| millis * MILLI));
        line.begin_pass();
        assert_eq!(offsets(&mut line, &times), [60, 65, 80].map(|millis| millis * MILLI));
        assert_eq!(line.changes, Changes::default());
    }

    #[test]
    fn passes_over_a_single_datagram_are_no_flood() {
        let mut line = line("1", None);
        for second in 0..3 {
            assert_eq!(offsets(&mut line, &[7]), [second * 1000 * MILLI]);
            line.begin_pass();
        }
        // An empty pass is none, either.
        line.begin_pass();
        assert_eq!(offsets(&mut line, &[7]), [4000 * MILLI]);
    }

    #[test]
    fn the_ends_of_time_are_harmless() {
        let mut line = line("0.000001", None);
        for time in [i64::MIN, i64::MAX, 0, i64::MIN, i64::MAX, i64::MAX] {
            line.due(Some(UnixTime::from_nanos(time)));
        }
        line.begin_pass();
        assert_eq!(line.due(None), Duration::from_nanos(u64::MAX));
    }

    proptest! {
        #[test]
        fn offsets_do_not_drift(
            gaps in prop::collection::vec(0..20_000_000_000_i64, 1..200),
            millionths in 1_u64..10_000_000,
            passes in 1..4,
        ) {
            let speed = Speed::Millionths(millionths);
            let mut line = TimeLine::new(speed, None);
            let times: Vec<i64> = gaps.iter().scan(0, |time, gap| {
                *time += gap;
                Some(*time)
            }).collect();
            let mut before = 0;
            for _ in 0..passes {
                for (time, offset) in times.iter().zip(offsets(&mut line, &times)) {
                    let passed = before + (time - times[0]) as u64;
                    prop_assert_eq!(offset as u128, speed.scale(passed).as_nanos());
                }
                let length = (times[times.len() - 1] - times[0]) as u64;
                let mean = length.checked_div(times.len() as u64 - 1).unwrap_or(0);
                before += length + if mean == 0 { PAUSE_WITHOUT_GAPS } else { mean };
                line.begin_pass();
            }
        }

        #[test]
        fn offsets_never_decrease_and_gaps_have_a_limit(
            times in prop::collection::vec(prop::option::of(any::<i64>()), 0..100),
            max_gap in 0..1_000_000_u64,
        ) {
            let mut line = TimeLine::new(Speed::ORIGINAL, Some(Duration::from_nanos(max_gap)));
            let mut last = Duration::ZERO;
            for time in &times {
                let due = line.due(time.map(UnixTime::from_nanos));
                prop_assert!(due >= last && due - last <= Duration::from_nanos(max_gap));
                last = due;
            }
            let without = times.iter().filter(|time| time.is_none()).count() as u64;
            prop_assert_eq!(line.changes.without_time, without);
        }
    }
}
