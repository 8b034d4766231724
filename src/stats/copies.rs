//! Datagrams that arrive on two interfaces because both are joined and lie on one network. They are no duplicates of the network.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

/// How long a datagram is remembered: two interfaces of one host receive it at nearly the same time.
const WINDOW: Duration = Duration::from_secs(1);

/// The most datagrams that are remembered, so that memory stays bounded.
const MOST: usize = 65_536;

/// Tells which datagrams another interface has already brought. Equal datagrams (same source, destination and payload) are counted on each
/// interface; the second interface's first one is the copy of the first interface's first, and so on.
#[derive(Debug, Default)]
pub struct Copies {
    hasher: RandomState,
    seen: HashMap<u64, Seen>,
    order: VecDeque<(SystemTime, u64)>,
    /// How many copies there were.
    pub count: u64,
}

/// How often a datagram has come on each interface within the window.
#[derive(Debug, Default)]
struct Seen {
    on: Vec<(u32, u64)>,
    last: Option<SystemTime>,
}

impl Copies {
    /// Takes a datagram that arrived on `ifindex` at `time`. Answers the index of an interface that brought it before.
    pub fn add(&mut self, time: SystemTime, ifindex: u32, source: SocketAddr, to: SocketAddr, payload: &[u8]) -> Option<u32> {
        self.forget(time);
        let key = self.hasher.hash_one(Key { source, to, payload });
        let seen = self.seen.entry(key).or_default();
        if seen.last.is_none() {
            self.order.push_back((time, key));
        }
        seen.last = seen.last.max(Some(time));
        let position = seen.on.iter().position(|(index, _)| *index == ifindex).unwrap_or_else(|| {
            seen.on.push((ifindex, 0));
            seen.on.len() - 1
        });
        seen.on[position].1 += 1;
        let times = seen.on[position].1;
        let first = seen.on.iter().find(|(index, count)| *index != ifindex && *count >= times).map(|(index, _)| *index);
        self.count += u64::from(first.is_some());
        first
    }

    /// Forgets what is older than the window, and the oldest where there are too many.
    fn forget(&mut self, now: SystemTime) {
        while let Some((time, key)) = self.order.front().copied() {
            let old = now.duration_since(time).is_ok_and(|age| age > WINDOW);
            if !old && self.order.len() < MOST {
                return;
            }
            self.order.pop_front();
            // What has come again since is kept, and looked at later.
            match self.seen.get(&key).and_then(|seen| seen.last).filter(|last| old && *last > time) {
                Some(last) if now.duration_since(last).is_ok_and(|age| age <= WINDOW) => self.order.push_back((last, key)),
                _ => _ = self.seen.remove(&key),
            }
        }
    }
}

#[derive(Hash)]
struct Key<'a> {
    source: SocketAddr,
    to: SocketAddr,
    payload: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(micros: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    }

    fn add(copies: &mut Copies, micros: u64, ifindex: u32, payload: &str) -> Option<u32> {
        let (source, to) = ("10.0.0.5:4000".parse().unwrap(), "239.1.1.1:5000".parse().unwrap());
        copies.add(at(micros), ifindex, source, to, payload.as_bytes())
    }

    #[test]
    fn the_same_datagram_on_another_interface_is_a_copy() {
        let mut copies = Copies::default();
        assert_eq!(add(&mut copies, 0, 2, "one"), None);
        assert_eq!(add(&mut copies, 5, 3, "one"), Some(2));
        assert_eq!(add(&mut copies, 9, 3, "two"), None);
        assert_eq!(add(&mut copies, 9, 2, "two"), Some(3));
        assert_eq!(copies.count, 2);
    }

    #[test]
    fn equal_datagrams_on_one_interface_are_not() {
        let mut copies = Copies::default();
        for micros in 0..10 {
            assert_eq!(add(&mut copies, micros, 2, "hello world"), None);
        }
        for micros in 10..20 {
            assert_eq!(add(&mut copies, micros, 3, "hello world"), Some(2));
        }
        assert_eq!(add(&mut copies, 20, 3, "hello world"), None, "the eleventh there was no tenth of here");
        assert_eq!(copies.count, 10);
    }

    #[test]
    fn a_second_later_it_is_another_datagram() {
        let mut copies = Copies::default();
        add(&mut copies, 0, 2, "hello world");
        assert_eq!(add(&mut copies, 2_000_000, 3, "hello world"), None);
        assert_eq!(add(&mut copies, 2_000_010, 2, "hello world"), Some(3));
    }

    #[test]
    fn memory_is_bounded() {
        let mut copies = Copies::default();
        for number in 0..(MOST as u64 + 1000) {
            add(&mut copies, number, 2, &number.to_string());
        }
        assert!(copies.seen.len() <= MOST && copies.order.len() <= MOST);
        assert_eq!(copies.count, 0);
    }

    proptest! {
        #[test]
        fn two_interfaces_of_one_network_double_everything(payloads in proptest::collection::vec(0..4_u8, 0..50), order: u64) {
            let mut copies = Copies::default();
            let mut turns: Vec<(u32, usize)> = (0..payloads.len()).flat_map(|number| [(2, number), (3, number)]).collect();
            // The sockets are read in batches, so that one interface may be ahead of the other.
            if order % 2 == 0 {
                turns.sort();
            }
            for (ifindex, number) in turns {
                add(&mut copies, number as u64, ifindex, &payloads[number].to_string());
            }
            prop_assert_eq!(copies.count, payloads.len() as u64);
        }
    }
}
