//! Limits how many answers a receiver sends in a second, in total and to one address.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::Reason;

/// The most answers to one address in a second.
const MOST_TO_ADDRESS: u32 = 20;

const SECOND: Duration = Duration::from_secs(1);

/// The answers of the last second. No second has more answers than the limit, whenever it begins:
/// a token bucket would allow a burst on top.
///
/// It holds only answers that were sent, which the limit bounds. Forged sources cannot make it grow
/// or forget.
#[derive(Clone, Debug)]
pub struct Limiter {
    limit: usize,
    sent: VecDeque<(Duration, IpAddr)>,
    by_address: HashMap<IpAddr, u32>,
}

impl Limiter {
    /// Allows `limit` answers in a second.
    pub fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Limiter { limit, sent: VecDeque::new(), by_address: HashMap::new() }
    }

    /// Checks an answer to `address` that is sent at `now` or later.
    ///
    /// # Errors
    /// The limit that forbids it.
    pub fn check(&mut self, address: IpAddr, now: Duration) -> Result<(), Reason> {
        self.forget_old(now);
        if self.by_address.get(&address).is_some_and(|sent| *sent >= MOST_TO_ADDRESS) {
            return Err(Reason::AddressRate);
        }
        if self.sent.len() >= self.limit {
            return Err(Reason::TotalRate);
        }
        Ok(())
    }

    /// Counts an answer that was sent at `at` or earlier, which never decreases. With the times
    /// before the check and after the sending, a process that is held up between them does not send
    /// more on the wire.
    pub fn count(&mut self, address: IpAddr, at: Duration) {
        self.sent.push_back((at, address));
        *self.by_address.entry(address).or_default() += 1;
    }

    fn forget_old(&mut self, now: Duration) {
        while let Some((at, address)) = self.sent.front().copied() {
            if at + SECOND > now {
                return;
            }
            self.sent.pop_front();
            if let Some(sent) = self.by_address.get_mut(&address) {
                *sent -= 1;
                if *sent == 0 {
                    self.by_address.remove(&address);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(0x0a00_0000 + number).into()
    }

    fn take(limiter: &mut Limiter, address: IpAddr, now: Duration) -> Result<(), Reason> {
        limiter.check(address, now)?;
        limiter.count(address, now);
        Ok(())
    }

    #[test]
    fn a_burst_has_the_limit_and_the_next_second_too() {
        let mut limiter = Limiter::new(1000);
        let mut burst = |at: Duration| {
            (0..1_000_000).filter(|from| take(&mut limiter, address(*from), at).is_ok()).count()
        };
        assert_eq!(burst(SECOND), 1000);
        assert_eq!(burst(SECOND + Duration::from_millis(999)), 0);
        assert_eq!(burst(SECOND * 2), 1000);
    }

    #[test]
    fn one_address_gets_20_a_second() {
        let mut limiter = Limiter::new(1000);
        let taken: Vec<_> = (0..30).map(|_| take(&mut limiter, address(1), SECOND)).collect();
        assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 20);
        assert_eq!(taken[29], Err(Reason::AddressRate));
        assert_eq!(take(&mut limiter, address(2), SECOND), Ok(()));
    }

    #[test]
    fn a_late_answer_counts_when_it_was_sent() {
        let mut limiter = Limiter::new(1);
        assert_eq!(limiter.check(address(1), SECOND), Ok(()));
        limiter.count(address(1), SECOND * 2);
        let just_before = SECOND * 3 - Duration::from_nanos(1);
        assert_eq!(limiter.check(address(2), just_before), Err(Reason::TotalRate));
        assert_eq!(limiter.check(address(2), SECOND * 3), Ok(()));
    }

    #[test]
    fn a_limit_of_one_names_the_total() {
        let mut limiter = Limiter::new(1);
        assert_eq!(take(&mut limiter, address(1), SECOND), Ok(()));
        assert_eq!(take(&mut limiter, address(2), SECOND), Err(Reason::TotalRate));
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_the_limits(
            steps in proptest::collection::vec((0..8_u32, 0..100_000_u64), 0..300),
            limit in 1..60_u64,
        ) {
            let mut limiter = Limiter::new(limit);
            let mut sent: Vec<(Duration, u32)> = Vec::new();
            let mut now = Duration::ZERO;
            for (from, pause) in steps {
                now += Duration::from_micros(pause);
                if take(&mut limiter, address(from), now).is_ok() {
                    sent.push((now, from));
                }
                prop_assert!(limiter.sent.len() as u64 <= limit);
                prop_assert!(limiter.by_address.len() <= limiter.sent.len());
            }
            for (begin, _) in &sent {
                let within = |at: &Duration| *at >= *begin && *at < *begin + SECOND;
                let in_second = sent.iter().filter(|(at, _)| within(at));
                prop_assert!(in_second.clone().count() as u64 <= limit);
                for address in 0..8 {
                    let to_one = in_second.clone().filter(|(_, from)| *from == address).count();
                    prop_assert!(to_one <= MOST_TO_ADDRESS as usize);
                }
            }
        }
    }
}
