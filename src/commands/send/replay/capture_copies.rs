//! Copies in a capture: a capture on several interfaces, on `any`, or on a VLAN and its parent can
//! hold each datagram more than once.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use crate::capture::Captured;
use crate::stats::Copies;
use crate::units::UnixTime;

/// At one point of capture, the copies of a datagram follow each other within this time, in ns. A
/// sender repeats a payload later.
const NEAR: i64 = 2_000_000;

/// How many datagrams of one point of capture are remembered.
const MOST: usize = 256;

/// How many points of capture are told apart.
const MOST_POINTS: usize = 1024;

/// The share of datagrams with a copy from which a capture counts as doubled.
const DOUBLED: f64 = 0.45;

/// More copies of each datagram are a sender that repeats a payload.
const MOST_COPIES: u64 = 4;

/// The least number of datagrams that proves anything.
const PROOF: u64 = 8;

/// Where a datagram was captured: its interface in the capture, the device, the VLAN, and whether
/// the host sent it.
type Point = (usize, Option<u32>, Option<u16>, bool);

/// Detects the copies in a capture.
#[derive(Debug, Default)]
pub struct CaptureCopies {
    across: Copies,
    /// The points of capture, by their number.
    points: Vec<Point>,
    /// The pairs of interfaces with copies, and how many.
    pairs: HashMap<(usize, usize), u64>,
    hasher: RandomState,
    recent: VecDeque<(u64, UnixTime)>,
    last: UnixTime,
    datagrams: u64,
    /// Copies that the same point captured.
    within: u64,
    /// Payloads that a sender repeated.
    repeated: u64,
}

/// How a capture holds its datagrams more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubled {
    /// On these two interfaces.
    Interfaces(usize, usize),
    /// On one interface.
    SameInterface,
}

impl CaptureCopies {
    /// Adds a datagram, and returns whether it is a copy of an earlier one.
    pub fn add(&mut self, captured: &Captured) -> bool {
        self.datagrams += 1;
        let time = captured.time.unwrap_or(self.last);
        self.last = time;
        let Captured { source, destination, interface, payload, .. } = *captured;
        let point = self.point(captured);
        if let Some(first) = self.across.add(time, point, source, destination, payload) {
            let first = self.points.get(first as usize).map_or(interface, |point| point.0);
            *self.pairs.entry((first, interface)).or_default() += 1;
            return true;
        }
        let hash = self.hasher.hash_one((point, source, destination, payload));
        let before = self.recent.iter().rev().find(|(known, _)| *known == hash);
        let is_copy = before.is_some_and(|(_, first)| (0..=NEAR).contains(&time.since(*first)));
        if is_copy {
            self.within += 1;
            return true;
        }
        self.repeated += u64::from(before.is_some());
        self.recent.push_back((hash, time));
        if self.recent.len() > MOST {
            self.recent.pop_front();
        }
        false
    }

    /// The number of the point where a datagram was captured.
    fn point(&mut self, captured: &Captured) -> u32 {
        let Captured { interface, device, vlan, outgoing, .. } = *captured;
        let point = (interface, device, vlan, outgoing);
        let known = self.points.iter().position(|known| *known == point);
        let number = known.unwrap_or_else(|| {
            if self.points.len() < MOST_POINTS {
                self.points.push(point);
            }
            self.points.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// How many datagrams were compared.
    pub fn datagrams(&self) -> u64 {
        self.datagrams
    }

    /// Whether most datagrams have a copy. Datagrams that a sender repeats prove nothing.
    pub fn doubled(&self) -> Option<Doubled> {
        let least = (self.datagrams as f64 * DOUBLED).max(PROOF as f64);
        let across: u64 = self.pairs.values().sum();
        if across as f64 >= least {
            let (pair, _) = self.pairs.iter().max_by_key(|(_, count)| **count)?;
            let (first, second) = *pair;
            return Some(if first == second {
                Doubled::SameInterface
            } else {
                Doubled::Interfaces(first, second)
            });
        }
        let copies = across + self.within;
        let distinct = self.datagrams.saturating_sub(copies);
        let is_doubled = copies as f64 >= least
            && copies <= MOST_COPIES * distinct
            && self.repeated <= distinct / 20;
        is_doubled.then_some(Doubled::SameInterface)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::captured;
    use super::*;

    /// A datagram on an interface at a time in us, with a number as payload.
    fn add(copies: &mut CaptureCopies, interface: usize, micros: i64, number: u64) -> bool {
        let time = Some(UnixTime::from_nanos(micros * 1000));
        copies.add(&Captured { time, interface, ..captured(&number.to_be_bytes()) })
    }

    #[test]
    fn two_interfaces_of_one_network_double_a_capture() {
        let mut copies = CaptureCopies::default();
        for number in 0..100 {
            let time = number as i64 * 1000;
            assert!(!add(&mut copies, 0, time, number));
            assert!(add(&mut copies, 1, time + 5, number));
        }
        assert_eq!(copies.doubled(), Some(Doubled::Interfaces(0, 1)));
    }

    #[test]
    fn a_vlan_and_its_parent_double_a_capture() {
        let mut copies = CaptureCopies::default();
        for number in 0..100_u64 {
            let payload = number.to_be_bytes();
            let time = Some(UnixTime::from_nanos(number as i64 * 1_000_000));
            let plain = Captured { time, ..captured(&payload) };
            assert!(!copies.add(&Captured { vlan: Some(7), ..plain }));
            assert!(copies.add(&plain));
        }
        assert_eq!(copies.doubled(), Some(Doubled::SameInterface));
    }

    #[test]
    fn copies_at_one_point_double_a_capture() {
        let mut copies = CaptureCopies::default();
        for number in 0..100 {
            let time = number as i64 * 1000;
            assert!(!add(&mut copies, 0, time, number));
            assert!(add(&mut copies, 0, time + 3, number));
        }
        assert_eq!(copies.doubled(), Some(Doubled::SameInterface));
    }

    #[test]
    fn a_sender_that_repeats_its_payload_doubles_nothing() {
        for gap in [10, 700, 1500, 2500, 100_000] {
            let mut copies = CaptureCopies::default();
            for number in 0..500 {
                add(&mut copies, 0, number * gap, 7);
            }
            assert_eq!(copies.doubled(), None, "{gap}");
        }
    }

    #[test]
    fn single_datagrams_and_a_few_copies_are_not_doubled() {
        let mut copies = CaptureCopies::default();
        for number in 0..100 {
            add(&mut copies, 0, number as i64 * 1000, number);
            if number % 10 == 0 {
                assert!(add(&mut copies, 0, number as i64 * 1000 + 1, number));
            }
        }
        assert_eq!(copies.doubled(), None);
        assert_eq!(CaptureCopies::default().doubled(), None);
    }
}
