//! Detects a capture that holds each datagram more than once on one interface: a capture on all
//! interfaces of a bridge, or on a mirror port that shows a datagram twice.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

use crate::units::UnixTime;

/// How many datagrams decide.
const MOST: u32 = 2000;

/// With fewer different datagrams nothing is certain: many senders repeat a payload.
const FEWEST: usize = 20;

/// The copies of a datagram are at most this far apart, in ns. Many senders repeat a payload, but
/// not that soon.
const NEAR: u64 = 1_000_000;

/// A sender in bursts repeats a payload more often; a switch does not.
const MOST_COPIES: u32 = 3;

/// Looks for repeated datagrams among the first ones.
#[derive(Debug, Default)]
pub struct Repeats {
    hasher: RandomState,
    seen: HashMap<u64, Seen>,
    taken: u32,
}

#[derive(Debug)]
struct Seen {
    first: UnixTime,
    copies: u32,
}

impl Repeats {
    /// Adds a datagram that arrived on the interface with this number.
    #[inline]
    pub fn add(
        &mut self,
        time: UnixTime,
        number: u32,
        addresses: (SocketAddr, SocketAddr),
        payload: &[u8],
    ) {
        if self.taken < MOST {
            self.look(time, self.hasher.hash_one((number, addresses, payload)));
        }
    }

    fn look(&mut self, time: UnixTime, key: u64) {
        self.taken += 1;
        match self.seen.get_mut(&key) {
            Some(seen) if time.since(seen.first).unsigned_abs() <= NEAR => seen.copies += 1,
            _ => drop(self.seen.insert(key, Seen { first: time, copies: 0 })),
        }
    }

    /// Whether nearly each datagram is there more than once.
    pub fn are_the_rule(&self) -> bool {
        let copied = self.seen.values().filter(|seen| (1..=MOST_COPIES).contains(&seen.copies));
        self.seen.len() >= FEWEST && copied.count() * 20 >= self.seen.len() * 19
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datagrams at these times in microseconds, each with a payload.
    fn found(datagrams: impl IntoIterator<Item = (i64, u32)>) -> bool {
        let addresses = ("10.0.0.5:4000".parse().unwrap(), "239.1.1.1:5000".parse().unwrap());
        let mut repeats = Repeats::default();
        for (micros, payload) in datagrams {
            let time = UnixTime::from_nanos(micros * 1000);
            repeats.add(time, 1, addresses, &payload.to_be_bytes());
        }
        repeats.are_the_rule()
    }

    #[test]
    fn copies_are_near_their_originals() {
        let twice = |apart| (0..200).flat_map(move |n| [(n * 1000, n), (n * 1000 + apart, n)]);
        let twice = |apart| twice(apart).map(|(micros, n)| (micros, n as u32));
        assert!(found(twice(20)));
        assert!(!found(twice(50_000)));
        let thrice = (0..200).flat_map(|n| [0, 7, 30].map(|apart| (n * 1000 + apart, n as u32)));
        assert!(found(thrice));
    }

    #[test]
    fn ordinary_captures_have_no_copies() {
        assert!(!found((0..5000).map(|n| (n * 100, n as u32))));
        assert!(!found((0..5000).map(|n| (n * 100, 7))), "one payload");
        assert!(!found((0..5000).map(|n| (n * 100, n as u32 % 40))), "forty payloads in bursts");
        assert!(!found([(0, 1), (1, 1), (2, 2), (3, 2)]), "too few");
    }

    #[test]
    fn some_duplicates_of_the_network_are_no_copies() {
        let some = (0..400).flat_map(|n| {
            let copies = if n % 3 == 0 { 2 } else { 1 };
            (0..copies).map(move |copy| (n * 1000 + copy, n as u32))
        });
        assert!(!found(some));
    }
}
