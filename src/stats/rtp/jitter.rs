//! The interarrival jitter (RFC 3550, 6.4.1), in time.
//!
//! It compares the first datagrams of different timestamps: the datagrams of a video frame share
//! one timestamp and leave one after another, which is no jitter. Late datagrams do not count, nor
//! do timestamps below the highest: video is sent in the order of decoding.

use std::collections::VecDeque;

use super::clock::{MediaClock, ticks_between};
use crate::units::UnixTime;

/// The arrivals that a stream without a known clock keeps. In a jitter over more of them, the older
/// ones have a weight of (15/16)^128, or 0.03 %.
const KEPT: usize = 128;

/// After this many different timestamps below the highest, the sender has changed its timestamps.
const MOST_BELOW: u32 = 32;

/// The first datagrams of the timestamps, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Firsts {
    highest: Option<u32>,
    last: u32,
    below: u32,
}

/// The place of a datagram among the timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The first one of a timestamp later than all before.
    First,
    /// The first one of all, or after a change of the timestamps: there is nothing to compare.
    Start,
    /// The timestamp of the last datagram, or one below the highest.
    Further,
}

impl Firsts {
    /// Adds a datagram that arrived in order.
    #[inline]
    pub(super) fn take(&mut self, timestamp: u32) -> Place {
        if self.last == timestamp && self.highest.is_some() {
            return Place::Further;
        }
        self.last = timestamp;
        let place = match self.highest {
            None => Place::Start,
            Some(highest) if ticks_between(highest, timestamp) > 0 => Place::First,
            Some(_) => {
                self.below += 1;
                if self.below <= MOST_BELOW {
                    return Place::Further;
                }
                Place::Start
            }
        };
        self.highest = Some(timestamp);
        self.below = 0;
        place
    }
}

/// The jitter of a stream with a known clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Jitter {
    last: Option<(UnixTime, u32)>,
    nanos: Option<f64>,
}

impl Jitter {
    /// The jitter in ns; `None` before the second timestamp.
    pub(super) fn nanos(&self) -> Option<f64> {
        self.nanos
    }

    /// Adds the first datagram of a timestamp.
    pub(super) fn take(&mut self, time: UnixTime, timestamp: u32, clock: MediaClock) {
        if let Some((before, at)) = self.last {
            let difference =
                time.since(before).saturating_sub(clock.nanos(ticks_between(at, timestamp)));
            let nanos = self.nanos.unwrap_or(0.0);
            self.nanos = Some(nanos + (difference.unsigned_abs() as f64 - nanos) / 16.0);
        }
        self.last = Some((time, timestamp));
    }

    /// Begins again at a new timestamp, which is not comparable to the last one.
    pub(super) fn rebase(&mut self, time: UnixTime, timestamp: u32) {
        self.last = Some((time, timestamp));
    }
}

/// The last arrivals of a stream while its clock is unknown or may turn out to be another one.
#[derive(Clone, Debug)]
pub(super) struct Arrivals(VecDeque<(UnixTime, u32)>);

impl Arrivals {
    pub(super) fn new() -> Self {
        Arrivals(VecDeque::with_capacity(KEPT))
    }

    pub(super) fn take(&mut self, time: UnixTime, timestamp: u32) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back((time, timestamp));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The jitter of the kept arrivals.
    pub(super) fn jitter(&self, clock: MediaClock) -> Jitter {
        let mut jitter = Jitter::default();
        self.0.iter().for_each(|(time, timestamp)| jitter.take(*time, *timestamp, clock));
        jitter
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<(UnixTime, u32)>() * self.0.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(timestamps: &[u32]) -> Vec<Place> {
        let mut firsts = Firsts::default();
        timestamps.iter().map(|timestamp| firsts.take(*timestamp)).collect()
    }

    #[test]
    fn the_datagrams_of_a_frame_count_once() {
        use Place::{First, Further, Start};
        assert_eq!(places(&[0, 0, 0, 9, 9, 18]), [Start, Further, Further, First, Further, First]);
        assert_eq!(places(&[u32::MAX, 5]), [Start, First], "timestamps wrap");
    }

    #[test]
    fn frames_in_the_order_of_decoding_are_left_out() {
        use Place::{First, Further, Start};
        let sent = [0, 3, 1, 1, 2, 6, 4, 5, 9];
        let expected = [Start, First, Further, Further, Further, First, Further, Further, First];
        assert_eq!(places(&sent), expected);
    }

    #[test]
    fn a_change_of_the_timestamps_begins_again() {
        let sent: Vec<_> = (1000..1010).chain(0..100).collect();
        let places = places(&sent);
        let starts: Vec<_> = places.iter().map(|place| *place == Place::Start).collect();
        assert_eq!(starts.iter().filter(|start| **start).count(), 2);
        assert!(starts[10 + MOST_BELOW as usize]);
    }
}
