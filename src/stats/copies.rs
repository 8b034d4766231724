//! Copies: datagrams that arrive on two interfaces of this host on the same network. They are not
//! duplicates of the network.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::SocketAddr;

use crate::units::UnixTime;

/// Two interfaces of one host receive a datagram within this time, by kernel timestamps, in ns.
const NEAR: i64 = 100_000_000;

/// The maximum number of remembered arrivals, which bounds the memory.
const MOST: usize = 65_536;

/// Detects datagrams that another interface has already received: equal source, destination and
/// payload, at nearly the same time. The first arrival on one interface pairs with the first on the
/// other, the second with the second.
#[derive(Debug, Default)]
pub struct Copies {
    hasher: RandomState,
    seen: HashMap<u64, Seen>,
    /// The keys of the remembered arrivals, the oldest first.
    order: VecDeque<u64>,
    /// The number of copies.
    pub count: u64,
}

/// The arrivals of equal datagrams that were not copies.
#[derive(Debug, Default)]
struct Seen {
    arrivals: VecDeque<(UnixTime, u32)>,
    /// The number of forgotten arrivals before these.
    forgotten: u64,
    /// The position of each interface in the arrivals of the others.
    through: Vec<(u32, u64)>,
}

impl Copies {
    /// Adds a datagram that arrived on `ifindex` at `time`. Returns the index of the interface that
    /// received it before.
    pub fn add(
        &mut self,
        time: UnixTime,
        ifindex: u32,
        source: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
    ) -> Option<u32> {
        let key = self.hasher.hash_one(CopyKey { source, to, payload });
        let seen = self.seen.entry(key).or_default();
        if let Some(first) = seen.matching(time, ifindex) {
            self.count += 1;
            return Some(first);
        }
        seen.arrivals.push_back((time, ifindex));
        self.order.push_back(key);
        if self.order.len() > MOST {
            self.forget_the_oldest();
        }
        None
    }

    fn forget_the_oldest(&mut self) {
        let Some(key) = self.order.pop_front() else { return };
        let Some(seen) = self.seen.get_mut(&key) else { return };
        seen.arrivals.pop_front();
        seen.forgotten += 1;
        if seen.arrivals.is_empty() {
            self.seen.remove(&key);
        }
    }
}

impl Seen {
    /// The interface of the original. Each interface examines each arrival once.
    fn matching(&mut self, time: UnixTime, ifindex: u32) -> Option<u32> {
        let position =
            self.through.iter().position(|(index, _)| *index == ifindex).unwrap_or_else(|| {
                self.through.push((ifindex, 0));
                self.through.len() - 1
            });
        let through = &mut self.through[position].1;
        *through = (*through).max(self.forgotten);
        while let Some((arrived, by)) =
            self.arrivals.get(usize::try_from(*through - self.forgotten).ok()?)
        {
            let too_old = time.since(*arrived) > NEAR;
            if *by != ifindex && !too_old {
                // A much newer arrival belongs to a later datagram of this interface.
                let too_new = arrived.since(time) > NEAR;
                if too_new {
                    return None;
                }
                *through += 1;
                return Some(*by);
            }
            *through += 1;
        }
        None
    }
}

#[derive(Hash)]
struct CopyKey<'a> {
    source: SocketAddr,
    to: SocketAddr,
    payload: &'a [u8],
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> UnixTime {
        UnixTime::from_nanos(millis as i64 * 1_000_000)
    }

    fn add(copies: &mut Copies, millis: u64, ifindex: u32, payload: &str) -> Option<u32> {
        let (source, to) = ("10.0.0.5:4000".parse().unwrap(), "239.1.1.1:5000".parse().unwrap());
        copies.add(at(millis), ifindex, source, to, payload.as_bytes())
    }

    #[test]
    fn an_equal_datagram_on_another_interface_is_a_copy() {
        let mut copies = Copies::default();
        assert_eq!(add(&mut copies, 0, 2, "one"), None);
        assert_eq!(add(&mut copies, 5, 3, "one"), Some(2));
        assert_eq!(add(&mut copies, 6, 4, "one"), Some(2), "on a third one too");
        assert_eq!(add(&mut copies, 9, 3, "two"), None);
        assert_eq!(add(&mut copies, 9, 2, "two"), Some(3));
        assert_eq!(copies.count, 3);
    }

    #[test]
    fn equal_datagrams_on_one_interface_are_not_copies() {
        let mut copies = Copies::default();
        for millis in 0..10 {
            assert_eq!(add(&mut copies, millis, 2, "hello world"), None);
        }
        for millis in 0..10 {
            assert_eq!(add(&mut copies, millis, 3, "hello world"), Some(2));
        }
        assert_eq!(
            add(&mut copies, 10, 3, "hello world"),
            None,
            "the eleventh there was no tenth of here"
        );
        assert_eq!(copies.count, 10);
    }

    #[test]
    fn alternating_interfaces_make_no_copies() {
        let mut copies = Copies::default();
        for number in 0..100 {
            let iface = if number / 20 % 2 == 0 { 2 } else { 3 };
            add(&mut copies, number * 150, iface, "hello world");
        }
        assert_eq!(copies.count, 0);
        assert_eq!(
            add(&mut copies, 99 * 150 + 1, 3, "hello world"),
            Some(2),
            "and are known again at once"
        );
    }

    #[test]
    fn a_loss_on_one_interface_does_not_shift_the_pairs() {
        let mut copies = Copies::default();
        for number in 0..100_u64 {
            add(&mut copies, number * 1000, 2, "hello world");
            if number % 10 != 3 {
                assert_eq!(add(&mut copies, number * 1000 + 1, 3, "hello world"), Some(2));
            }
        }
        assert_eq!(copies.count, 90);
    }

    #[test]
    fn memory_is_bounded() {
        let mut copies = Copies::default();
        for number in 0..(MOST as u64 + 1000) {
            add(&mut copies, number, 2, &number.to_string());
            add(&mut copies, number * 1000, 3, "always the same");
        }
        assert!(copies.seen.len() <= MOST && copies.order.len() <= MOST);
        assert_eq!(copies.count, 0);
    }

    proptest! {
        #[test]
        fn two_interfaces_on_one_network_receive_everything_twice(
            payloads in proptest::collection::vec(0..4_u8, 0..50),
            batch in 1..60_usize,
        ) {
            let mut copies = Copies::default();
            let numbers: Vec<usize> = (0..payloads.len()).collect();
            // The sockets are read in batches: one interface may be ahead of the other.
            for chunk in numbers.chunks(batch) {
                for ifindex in [2, 3] {
                    for number in chunk {
                        add(
                            &mut copies,
                            300 * *number as u64 + u64::from(ifindex),
                            ifindex,
                            &payloads[*number].to_string(),
                        );
                    }
                }
            }
            prop_assert_eq!(copies.count, payloads.len() as u64);
        }
    }
}
