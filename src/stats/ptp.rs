//! The clocks of PTP domains: the grandmaster, and the ports that send Sync and Announce. At most
//! [`MAX_PORTS`] ports are followed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Meter;
use crate::format::ptp::{Announce, Grandmaster, Message, PortIdentity, Ptp};
use crate::units::UnixTime;

/// The most followed ports.
pub const MAX_PORTS: usize = 256;

/// A port that was silent for this many Announce intervals has stopped (IEEE 1588-2019, 7.7.3.1).
const TIMEOUT_INTERVALS: f64 = 3.0;

/// Two grandmasters are reported after this many Announce messages of the second one. A takeover
/// takes fewer.
const RIVAL_ANNOUNCES: u32 = 3;

/// The clocks of all domains.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    domains: BTreeMap<u8, Domain>,
    ports: usize,
    untracked: u64,
}

/// A domain.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    /// The changes of the grandmaster.
    pub changes: u64,
    current: Option<Master>,
    rival: Option<Rival>,
    ports: BTreeMap<PortIdentity, Port>,
}

/// A grandmaster and the port that announced it last.
#[derive(Clone, Copy, Debug)]
pub struct Master {
    /// The content of the last Announce.
    pub announce: Announce,
    /// The port that sent it.
    pub port: PortIdentity,
    last: UnixTime,
    log_interval: i8,
}

/// A grandmaster beside the current one.
#[derive(Clone, Copy, Debug)]
struct Rival {
    master: Master,
    announces: u32,
    /// The Announce messages of the current grandmaster since the first one of the rival.
    answers: u32,
    reported: bool,
}

/// A port that sends Sync or Announce.
#[derive(Clone, Debug, Default)]
pub struct Port {
    /// Sync messages.
    pub sync: Interval,
    /// Announce messages.
    pub announce: Interval,
    pairs: Pairs,
}

/// The interval of messages of one type.
#[derive(Clone, Debug, Default)]
pub struct Interval {
    /// Messages and their rate.
    pub meter: Meter,
    /// The longest time between two messages.
    pub longest: Duration,
    log_interval: Option<i8>,
}

/// A change in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another grandmaster took over.
    Grandmaster {
        /// The domain.
        domain: u8,
        /// The previous grandmaster.
        from: Grandmaster,
        /// The new grandmaster.
        to: Grandmaster,
    },
    /// Two grandmasters announce themselves at the same time.
    TwoGrandmasters {
        /// The domain.
        domain: u8,
        /// Both of them.
        grandmasters: [Grandmaster; 2],
    },
}

impl Clocks {
    /// Adds a message with `len` bytes.
    pub fn add(&mut self, time: UnixTime, ptp: &Ptp, len: usize) -> Option<Change> {
        let sent_by_master =
            matches!(ptp.message, Message::Sync | Message::FollowUp | Message::Announce(_));
        if !sent_by_master {
            return None;
        }
        let domain = self.domains.entry(ptp.domain).or_default();
        if !domain.ports.contains_key(&ptp.port) {
            if self.ports >= MAX_PORTS {
                self.untracked += 1;
                return None;
            }
            self.ports += 1;
        }
        domain.ports.entry(ptp.port).or_default().add(time, ptp, len);
        match ptp.message {
            Message::Announce(announce) if !ptp.alternate_master => {
                let master =
                    Master { announce, port: ptp.port, last: time, log_interval: ptp.log_interval };
                domain.announce(ptp.domain, master)
            }
            _ => None,
        }
    }

    /// The domains in order.
    pub fn domains(&self) -> impl Iterator<Item = (u8, &Domain)> {
        self.domains.iter().map(|(number, domain)| (*number, domain))
    }

    /// A domain.
    pub fn domain(&self, number: u8) -> Option<&Domain> {
        self.domains.get(&number)
    }

    /// The messages of ports beyond [`MAX_PORTS`].
    pub fn untracked(&self) -> u64 {
        self.untracked
    }
}

impl Domain {
    /// The current grandmaster.
    pub fn master(&self) -> Option<&Master> {
        self.current.as_ref()
    }

    /// The second grandmaster, if two announced themselves at the same time.
    pub fn second(&self) -> Option<&Master> {
        self.rival.as_ref().filter(|rival| rival.reported).map(|rival| &rival.master)
    }

    /// The ports that send Sync or Announce.
    pub fn ports(&self) -> impl Iterator<Item = (PortIdentity, &Port)> {
        self.ports.iter().map(|(identity, port)| (*identity, port))
    }

    /// A port.
    pub fn port(&self, identity: PortIdentity) -> Option<&Port> {
        self.ports.get(&identity)
    }

    fn announce(&mut self, domain: u8, new: Master) -> Option<Change> {
        let Some(current) = &mut self.current else {
            self.current = Some(new);
            return None;
        };
        let (from, to) = (current.announce.grandmaster, new.announce.grandmaster);
        if from.identity == to.identity {
            *current = new;
            let rival = self.rival.as_mut()?;
            rival.answers = rival.answers.saturating_add(1);
            return rival.report(domain, to);
        }
        if current.port == new.port || current.has_stopped(new.last) {
            self.current = Some(new);
            self.rival = None;
            self.changes += 1;
            return Some(Change::Grandmaster { domain, from, to });
        }
        let rival = match &mut self.rival {
            Some(rival) if rival.master.announce.grandmaster.identity == to.identity => rival,
            other => other.insert(Rival { master: new, announces: 0, answers: 0, reported: false }),
        };
        rival.master = new;
        rival.announces = rival.announces.saturating_add(1);
        rival.report(domain, from)
    }
}

impl Rival {
    fn report(&mut self, domain: u8, current: Grandmaster) -> Option<Change> {
        if self.reported || self.announces < RIVAL_ANNOUNCES || self.answers < RIVAL_ANNOUNCES - 1 {
            return None;
        }
        self.reported = true;
        let grandmasters = [current, self.master.announce.grandmaster];
        Some(Change::TwoGrandmasters { domain, grandmasters })
    }
}

impl Master {
    fn has_stopped(&self, now: UnixTime) -> bool {
        let timeout = seconds(self.log_interval).unwrap_or(1.0) * TIMEOUT_INTERVALS;
        now.duration_since(self.last).as_secs_f64() > timeout
    }
}

impl Port {
    fn add(&mut self, time: UnixTime, ptp: &Ptp, len: usize) {
        match ptp.message {
            Message::Sync => {
                self.sync.add(time, ptp.log_interval, len);
                if ptp.two_step {
                    self.pairs.sync(ptp.sequence);
                }
            }
            Message::FollowUp => self.pairs.follow_up(ptp.sequence),
            _ => self.announce.add(time, ptp.log_interval, len),
        }
    }

    /// The two-step Sync messages without a Follow_Up. `None` if no Follow_Up arrived at all: they
    /// have another UDP port.
    pub fn missing_follow_ups(&self) -> Option<u64> {
        self.pairs.has_follow_ups.then_some(self.pairs.missing)
    }
}

impl Interval {
    fn add(&mut self, time: UnixTime, log_interval: i8, len: usize) {
        if let Some(last) = self.meter.last() {
            self.longest = self.longest.max(time.duration_since(last));
        }
        self.meter.add(time, len);
        self.log_interval = Some(log_interval);
    }

    /// Messages per second that the port states. `None` if it states no usual value.
    pub fn stated_pps(&self) -> Option<f64> {
        self.log_interval.and_then(seconds).map(f64::recip)
    }
}

/// 2 to the power of a logarithm, within the range that profiles use.
fn seconds(log_interval: i8) -> Option<f64> {
    (-10..=10).contains(&log_interval).then(|| f64::from(log_interval).exp2())
}

/// Pairs of a Sync and a Follow_Up with one number. Both arrive at ports of their own, and the
/// receiver reads them in any order: a pair is complete or not once it is [`Pairs::WINDOW`] old.
#[derive(Clone, Debug, Default)]
struct Pairs {
    highest: Option<u16>,
    /// Bit n is for the number `highest - n`.
    syncs: u64,
    follow_ups: u64,
    missing: u64,
    has_follow_ups: bool,
}

impl Pairs {
    const WINDOW: u32 = 16;

    fn sync(&mut self, number: u16) {
        if let Some(bit) = self.bit(number) {
            self.syncs |= bit;
        }
    }

    fn follow_up(&mut self, number: u16) {
        self.has_follow_ups = true;
        if let Some(bit) = self.bit(number) {
            self.follow_ups |= bit;
        }
    }

    /// The bit of a number. `None` if the number is older than the window.
    fn bit(&mut self, number: u16) -> Option<u64> {
        let highest = *self.highest.get_or_insert(number);
        let ahead = number.wrapping_sub(highest);
        if ahead == 0 {
            return Some(1);
        }
        let behind = u32::from(ahead.wrapping_neg());
        if ahead >= 0x8000 {
            return (behind < Self::WINDOW).then(|| 1 << behind);
        }
        // The bits from the window on leave.
        let shift = u32::from(ahead).min(2 * Self::WINDOW);
        let window = (1 << Self::WINDOW) - 1;
        let (syncs, follow_ups) = (self.syncs << shift, self.follow_ups << shift);
        self.missing += u64::from((syncs & !follow_ups & !window).count_ones());
        (self.syncs, self.follow_ups) = (syncs & window, follow_ups & window);
        self.highest = Some(number);
        Some(1)
    }
}

#[cfg(test)]
mod tests;
