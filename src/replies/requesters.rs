//! The senders that ask for replies, each with its counts.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The most senders with counts of their own.
const MOST: usize = 4096;

/// After this long without a request, another sender may replace a sender.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// How many places are tried for a new sender.
const TRIES: usize = 16;

/// A stream of requests to one group from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequesterKey {
    pub stream: u64,
    /// The source, with its zone.
    pub source: SocketAddr,
    /// The destination.
    pub group: IpAddr,
    pub port: u16,
    pub ifindex: u32,
}

/// The counts of a sender that asks for replies.
#[derive(Clone, Copy, Debug)]
pub struct Requester {
    key: RequesterKey,
    /// The sequence number of the first request that arrived.
    pub first: u64,
    /// Requests that arrived, each number once.
    pub received: u32,
    pub duplicates: u32,
    /// Replies to requests; those to ends do not count.
    pub replies: u32,
    pub withheld: u32,
    last: Duration,
    highest: u64,
    /// Bit n is set if the number `highest - n` arrived.
    arrived: u128,
}

/// How a request was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    New,
    /// Its number has arrived before, or is too old to decide.
    Duplicate,
}

impl Requester {
    fn new(key: RequesterKey, first: u64, now: Duration) -> Self {
        Requester {
            key,
            first,
            received: 0,
            duplicates: 0,
            replies: 0,
            withheld: 0,
            last: now,
            highest: first,
            arrived: 0,
        }
    }

    /// Counts the request with the number `sequence`.
    pub fn count(&mut self, sequence: u64) -> Seen {
        if sequence > self.highest {
            let step = u32::try_from(sequence - self.highest).unwrap_or(u32::MAX);
            self.arrived = self.arrived.checked_shl(step).unwrap_or(0);
            self.highest = sequence;
        }
        let age = u32::try_from(self.highest - sequence).unwrap_or(u32::MAX);
        match 1_u128.checked_shl(age) {
            Some(bit) if self.arrived & bit == 0 => {
                self.arrived |= bit;
                self.received = self.received.saturating_add(1);
                Seen::New
            }
            _ => {
                self.duplicates = self.duplicates.saturating_add(1);
                Seen::Duplicate
            }
        }
    }
}

/// The senders that ask for replies.
#[derive(Clone, Debug, Default)]
pub struct Requesters {
    known: Vec<Requester>,
    positions: HashMap<RequesterKey, usize>,
    /// The next place that a new sender may take.
    hand: usize,
}

impl Requesters {
    /// The sender of a request with the number `sequence`, which is added if the limit allows it.
    pub fn find(
        &mut self,
        key: RequesterKey,
        sequence: u64,
        now: Duration,
    ) -> Option<&mut Requester> {
        let position = match self.positions.get(&key) {
            Some(position) => *position,
            None => {
                let place = self.place(now)?;
                let requester = Requester::new(key, sequence, now);
                match self.known.get_mut(place) {
                    Some(old) => {
                        self.positions.remove(&old.key);
                        *old = requester;
                    }
                    None => self.known.push(requester),
                }
                self.positions.insert(key, place);
                place
            }
        };
        let requester = &mut self.known[position];
        requester.last = now;
        Some(requester)
    }

    /// A sender that is still known.
    pub fn get(&mut self, key: &RequesterKey) -> Option<&mut Requester> {
        self.positions.get(key).map(|position| &mut self.known[*position])
    }

    /// The place for another sender. It replaces a sender of one request: a flood with random
    /// sources must not displace those that ask regularly.
    fn place(&mut self, now: Duration) -> Option<usize> {
        if self.known.len() < MOST {
            return Some(self.known.len());
        }
        for _ in 0..TRIES {
            let place = self.hand;
            self.hand = (self.hand + 1) % MOST;
            let old = &self.known[place];
            if old.received <= 1 || now.saturating_sub(old.last) >= FORGOTTEN {
                return Some(place);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> RequesterKey {
        RequesterKey {
            stream: number,
            source: SocketAddr::from(([10, 0, 0, 1], 40_000)),
            group: IpAddr::from([239, 1, 1, 1]),
            port: 5000,
            ifindex: 2,
        }
    }

    #[test]
    fn a_flood_of_new_senders_keeps_those_that_ask_regularly() {
        let mut requesters = Requesters::default();
        for sequence in 0..3 {
            requesters.find(key(0), sequence, Duration::ZERO).unwrap().count(sequence);
        }
        for number in 1..100_000 {
            let requester = requesters.find(key(number), 0, Duration::ZERO).unwrap();
            requester.count(0);
        }
        assert_eq!(requesters.get(&key(0)).unwrap().received, 3);
        assert_eq!((requesters.known.len(), requesters.positions.len()), (MOST, MOST));
    }

    #[test]
    fn old_senders_make_room() {
        let mut requesters = Requesters::default();
        for number in 0..MOST as u64 {
            for sequence in 0..2 {
                requesters.find(key(number), sequence, Duration::ZERO).unwrap().count(sequence);
            }
        }
        let another = key(MOST as u64);
        assert!(requesters.find(another, 0, Duration::from_secs(1)).is_none());
        assert!(requesters.find(another, 0, FORGOTTEN).is_some());
    }

    proptest! {
        #[test]
        fn each_number_counts_once(
            base in 0..u64::MAX - 1000,
            steps in proptest::collection::vec(0..100_u64, 1..300),
        ) {
            let numbers: Vec<u64> = steps.iter().map(|step| base + step).collect();
            let mut requester = Requester::new(key(0), numbers[0], Duration::ZERO);
            let mut seen = HashSet::new();
            for number in &numbers {
                let expected = if seen.insert(*number) { Seen::New } else { Seen::Duplicate };
                prop_assert_eq!(requester.count(*number), expected);
            }
            prop_assert_eq!(requester.received as usize, seen.len());
            prop_assert_eq!(requester.duplicates as usize, numbers.len() - seen.len());
        }

        #[test]
        fn no_number_overflows(numbers in proptest::collection::vec(any::<u64>(), 1..50)) {
            let mut requester = Requester::new(key(0), numbers[0], Duration::ZERO);
            numbers.iter().for_each(|number| {
                requester.count(*number);
            });
            prop_assert_eq!((requester.received + requester.duplicates) as usize, numbers.len());
        }
    }
}
