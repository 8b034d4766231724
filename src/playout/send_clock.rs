//! From the time in a stream to the time in a run.

use std::time::Duration;

/// The first datagram of an input that arrives while it is sent waits for this long: the next bytes
/// may arrive as a burst.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// After a late arrival, the stream is delayed by this much more than the arrival was late.
const MORE_DELAY: Duration = Duration::from_millis(50);

/// A sender that is later than this does not catch up: it would send a burst.
const MOST_LATE: Duration = Duration::from_millis(100);

/// Delays the times of a stream until its bytes arrive early enough. The delay never shrinks: a
/// sender that catches up sends a burst.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendClock {
    is_live: bool,
    /// The time of the first datagram in the stream, and in the run.
    first: Option<(Duration, Duration)>,
    underruns: u64,
    delayed: Duration,
}

impl SendClock {
    /// The clock of an input that arrives while it is sent, for example from an encoder.
    pub fn live() -> Self {
        SendClock { is_live: true, ..SendClock::default() }
    }

    /// When a datagram with this `time` in the stream leaves, seen at `now` for the first time.
    /// `has_waited`: the input had no bytes before. All other times are since the start of the run.
    pub fn due(&mut self, time: Duration, now: Duration, has_waited: bool) -> Duration {
        let Some((first, start)) = self.first else {
            let start = now + if self.is_live { FIRST_DELAY } else { Duration::ZERO };
            self.first = Some((time, start));
            return start;
        };
        let due = start + time.saturating_sub(first);
        let late = now.saturating_sub(due);
        let more = if has_waited && !late.is_zero() {
            self.underruns += 1;
            late + MORE_DELAY
        } else if late > MOST_LATE {
            late
        } else {
            return due;
        };
        self.delayed += more;
        self.first = Some((first, start + more));
        due + more
    }

    /// How often datagrams arrived after their time.
    pub fn underruns(&self) -> u64 {
        self.underruns
    }

    /// How much later than planned the stream is.
    pub fn delayed(&self) -> Duration {
        self.delayed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_stream_in_time_keeps_its_times() {
        let mut clock = SendClock::live();
        assert_eq!(clock.due(millis(7), millis(500), true), millis(600));
        assert_eq!(clock.due(millis(17), millis(601), false), millis(610));
        assert_eq!(clock.due(millis(107), millis(690), true), millis(700));
        assert_eq!((clock.underruns(), clock.delayed()), (0, millis(0)));
    }

    #[test]
    fn a_late_arrival_delays_all_that_follow() {
        let mut clock = SendClock::live();
        clock.due(millis(0), millis(0), true);
        assert_eq!(clock.due(millis(10), millis(130), true), millis(180));
        assert_eq!(clock.due(millis(20), millis(130), false), millis(190));
        assert_eq!(clock.due(millis(30), millis(200), true), millis(200));
        assert_eq!((clock.underruns(), clock.delayed()), (1, millis(70)));
    }

    #[test]
    fn a_file_begins_at_once_and_a_long_stall_is_no_burst() {
        let mut clock = SendClock::default();
        assert_eq!(clock.due(millis(3), millis(5), false), millis(5));
        assert_eq!(clock.due(millis(13), millis(20), false), millis(15));
        assert_eq!(clock.due(millis(23), millis(5000), false), millis(5000));
        assert_eq!(clock.due(millis(33), millis(5000), false), millis(5010));
        assert_eq!((clock.underruns(), clock.delayed()), (0, millis(4975)));
    }

    proptest! {
        #[test]
        fn bursts_of_an_encoder_are_smoothed(burst in 1..40_u64, jitter in 0..100_u64) {
            // A datagram every 10 ms, which arrive in bursts.
            let (mut clock, mut before, mut gaps) = (SendClock::live(), millis(0), Vec::new());
            for n in 0..2000_u64 {
                let arrival = (n / burst + 1) * burst * 10 + n / burst * 37 % (jitter + 1);
                let has_waited = n % burst == 0;
                let now = if has_waited { millis(arrival) } else { before };
                let due = clock.due(millis(n * 10), now, has_waited);
                prop_assert!(now <= due);
                gaps.push(due - before);
                before = due;
            }
            prop_assert!(gaps[1..].iter().all(|gap| *gap >= millis(10)));
            prop_assert!(gaps[1000..].iter().all(|gap| *gap == millis(10)));
        }
    }
}
