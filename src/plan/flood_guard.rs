//! The limits of a sender without `--force`.

use std::time::Duration;

use super::PlanError;
use crate::assertion::Value;
use crate::iface::{Cast, Family};
use crate::target::{Endpoint, is_control_block};
use crate::units::Period;

/// The maximum rate, in datagrams per second, to control groups and broadcast addresses: every host
/// must process these datagrams.
const MOST_TO_EVERY_HOST: f64 = 1000.0;

/// At this rate a sender never waits: it sends as fast as the link or its CPU allows.
const LINE_RATE_PPS: f64 = 1e6;

/// The Ethernet overhead of an IP packet in bytes, with preamble and gap.
const FRAME: usize = 38;

/// The shortest frame in bytes, with preamble and gap.
const SHORTEST_FRAME: usize = 84;

/// The traffic of a planned run.
#[derive(Clone, Copy, Debug)]
pub struct Traffic<'a> {
    pub endpoints: &'a [Endpoint],
    /// The time between rounds; `None` without pacing.
    pub period: Option<Period>,
    /// Datagrams to each endpoint in a round.
    pub burst: u64,
    /// The length of each payload in bytes.
    pub len: usize,
    /// Datagrams to each endpoint in the run.
    pub count: Option<u64>,
    /// The length of the run.
    pub duration: Option<Duration>,
}

impl Traffic<'_> {
    /// Refuses traffic that needs `--force`: more than [`MOST_TO_EVERY_HOST`], or an endless run at
    /// line rate. `speed` is that of an endpoint's interface in bits per second.
    ///
    /// # Errors
    /// [`PlanError::FloodOfEveryHost`], [`PlanError::EndlessFlood`].
    pub fn check(&self, speed: impl Fn(&Endpoint) -> Option<u64>) -> Result<(), PlanError> {
        self.check_every_host()?;
        if self.count.is_some() || self.duration.is_some() || !self.is_at_line_rate(speed) {
            return Ok(());
        }
        Err(PlanError::EndlessFlood { rate: rate(self.mean() * self.endpoints.len() as f64) })
    }

    fn check_every_host(&self) -> Result<(), PlanError> {
        let mut reached = self.endpoints.iter().filter(|at| reaches_every_host(at));
        let Some(first) = reached.next() else { return Ok(()) };
        let more = reached.count();
        let sent = self.most_in_a_second() * (1 + more) as f64;
        // The sum of fractions has a rounding error.
        if sent <= MOST_TO_EVERY_HOST * (1.0 + 1e-9) {
            return Ok(());
        }
        Err(PlanError::FloodOfEveryHost {
            group: first.group,
            more,
            cast: first.cast,
            rate: rate(sent),
            most: MOST_TO_EVERY_HOST,
            in_bursts: self.burst > 1,
        })
    }

    /// The mean rate to one endpoint, in datagrams per second.
    fn mean(&self) -> f64 {
        self.period.map_or(f64::INFINITY, |period| self.burst as f64 * period.per_second())
    }

    /// The most datagrams to one endpoint within any second: at least one round, at most all
    /// datagrams of the run.
    fn most_in_a_second(&self) -> f64 {
        let burst = self.burst as f64;
        let in_time = self.duration.map(|duration| self.mean() * duration.as_secs_f64() + burst);
        let all = [self.count.map(|count| count as f64), in_time].into_iter().flatten();
        all.fold(self.mean().max(burst), f64::min)
    }

    /// Whether it saturates the link or one CPU.
    fn is_at_line_rate(&self, speed: impl Fn(&Endpoint) -> Option<u64>) -> bool {
        let mean = self.mean();
        if mean * self.endpoints.len() as f64 >= LINE_RATE_PPS {
            return true;
        }
        self.endpoints.iter().enumerate().any(|(position, at)| {
            let shares = |other: &&Endpoint| other.via.index == at.via.index;
            // Each interface is checked once, at its first endpoint.
            if self.endpoints[..position].iter().any(|other| shares(&other)) {
                return false;
            }
            let bits: usize =
                self.endpoints.iter().filter(shares).map(|at| 8 * on_the_wire(at, self.len)).sum();
            speed(at).is_some_and(|speed| mean * bits as f64 >= speed as f64)
        })
    }
}

/// Whether every host on the network must process the datagrams.
pub fn reaches_every_host(at: &Endpoint) -> bool {
    at.cast == Cast::Broadcast || is_control_block(at.group)
}

/// The bytes of a datagram on Ethernet (RFC 791, RFC 8200, RFC 768).
fn on_the_wire(at: &Endpoint, len: usize) -> usize {
    let headers = if Family::of(at.group) == Family::V4 { 28 } else { 48 };
    (len + headers + FRAME).max(SHORTEST_FRAME)
}

fn rate(pps: f64) -> String {
    if pps.is_finite() { Value::Pps(pps).to_string() } else { "as fast as possible".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::iface::Via;
    use crate::units::Rate;

    fn at(address: &str, cast: Cast) -> Endpoint {
        let via = Via {
            name: "e0".into(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
            ..Via::default()
        };
        Endpoint { group: address.parse().unwrap(), port: 5000, cast, via: Arc::new(via) }
    }

    fn groups(first: &str, many: usize) -> Vec<Endpoint> {
        vec![at(first, Cast::Multicast); many]
    }

    /// A run without an end.
    fn endless(endpoints: &[Endpoint], period: Option<Period>) -> Traffic<'_> {
        Traffic { endpoints, period, burst: 1, len: 11, count: None, duration: None }
    }

    fn every(micros: u64) -> Option<Period> {
        Some(Duration::from_micros(micros).into())
    }

    fn check(traffic: Traffic) -> Result<(), String> {
        traffic.check(|_| Some(1_000_000_000)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_thousand_datagrams_per_second_to_every_host_are_allowed() {
        for address in ["224.0.0.1", "224.0.0.251", "ff02::1", "ff02::fb"] {
            assert_eq!(check(endless(&groups(address, 1), every(1000))), Ok(()));
            assert_eq!(check(endless(&groups(address, 3), every(3000))), Ok(()));
            assert!(check(endless(&groups(address, 1), every(999))).is_err(), "{address}");
            assert!(check(endless(&groups(address, 4), every(3000))).is_err(), "{address}");
            assert!(check(endless(&groups(address, 1), None)).is_err(), "{address}");
        }
        for address in ["255.255.255.255", "10.0.0.255"] {
            let broadcast = [at(address, Cast::Broadcast)];
            assert_eq!(check(endless(&broadcast, every(1000))), Ok(()));
            assert!(check(endless(&broadcast, every(500))).is_err(), "{address}");
        }
        for address in ["239.1.1.1", "ff12::1", "ff15::1"] {
            assert_eq!(check(endless(&groups(address, 10), every(500))), Ok(()), "{address}");
        }
    }

    #[test]
    fn other_targets_are_not_limited() {
        let mixed = [groups("239.1.1.1", 9), groups("224.0.0.1", 1)].concat();
        assert_eq!(check(endless(&mixed, every(1000))), Ok(()));
        assert!(check(endless(&mixed, every(900))).is_err());
    }

    #[test]
    fn a_burst_counts_within_one_second() {
        let one = groups("224.0.0.1", 1);
        let burst = |burst, period| Traffic { burst, ..endless(&one, period) };
        assert_eq!(check(burst(1000, every(1_000_000))), Ok(()));
        assert!(check(burst(1001, every(60_000_000))).is_err());
        assert!(check(burst(500, every(400_000))).is_err());
    }

    #[test]
    fn a_short_run_is_allowed() {
        let one = groups("224.0.0.1", 1);
        let counted = |count| Traffic { count: Some(count), ..endless(&one, None) };
        assert_eq!(check(counted(1000)), Ok(()));
        assert!(check(counted(1001)).is_err());
        let timed = |millis| Traffic {
            duration: Some(Duration::from_millis(millis)),
            ..endless(&one, every(100))
        };
        assert_eq!(check(timed(90)), Ok(()));
        assert!(check(timed(200)).is_err());
        let flood = Traffic { duration: Some(Duration::from_millis(1)), ..endless(&one, None) };
        assert!(check(flood).is_err());
    }

    #[test]
    fn a_run_at_line_rate_needs_a_limit() {
        let one = groups("239.1.1.1", 1);
        let rate = |rate: &str, len| Some(Period::of(rate.parse::<Rate>().unwrap(), 1, len));
        for (period, len) in [
            (None, 11),
            (every(1), 11),
            (rate("10Mpps", 11), 11),
            (rate("1Mpps", 11), 11),
            // 1538 bytes a frame: more than the link carries.
            (rate("958Mbit", 1472), 1472),
        ] {
            let traffic = Traffic { len, ..endless(&one, period) };
            assert!(check(traffic).unwrap_err().contains("without a limit"), "{traffic:?}");
            assert_eq!(check(Traffic { count: Some(1_000_000_000), ..traffic }), Ok(()));
            let duration = Some(Duration::from_secs(1));
            assert_eq!(check(Traffic { duration, ..traffic }), Ok(()));
        }
        let below = Traffic { len: 1472, ..endless(&one, rate("950Mbit", 1472)) };
        assert_eq!(check(below), Ok(()));
        // Two interfaces carry twice as much, and two targets on one take twice as much.
        assert!(check(Traffic { endpoints: &groups("239.1.1.1", 2), ..below }).is_err());
        let mut other = at("239.1.1.1", Cast::Multicast);
        Arc::make_mut(&mut other.via).index = 3;
        assert_eq!(check(Traffic { endpoints: &[one[0].clone(), other], ..below }), Ok(()));
        assert!(below.check(|_| None).is_ok(), "an unknown speed limits nothing");
    }

    #[test]
    fn a_refusal_shows_the_rate_and_the_maximum() {
        let error = |traffic: Traffic| check(traffic).unwrap_err();
        let [many, six, other] = [("224.0.0.1", 256), ("ff02::1", 1), ("239.1.1.1", 1)]
            .map(|(first, many)| groups(first, many));
        let broadcast = [at("10.0.0.255", Cast::Broadcast)];
        let bursts = Traffic { burst: 5000, ..endless(&broadcast, every(1_000_000)) };
        for (error, parts) in [
            (error(endless(&many, every(1))), ["256 Mpps", "224.0.0.1 and 255 more targets"]),
            (error(endless(&many, every(1))), ["--rate 1000pps", "239.1.1.1"]),
            (error(bursts), ["5.00 kpps to 10.0.0.255", "without --burst"]),
            (error(endless(&six, None)), ["as fast as possible to ff02::1", "ff12::1234"]),
            (error(endless(&other, every(1))), ["1.00 Mpps without a limit", "--duration"]),
        ] {
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
