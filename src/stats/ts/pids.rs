//! The PIDs of a stream: memory only for those that occur.

use super::continuity::Continuity;
use crate::format::ts::Kind;
use crate::units::UnixTime;

/// The fewest slots of the index.
const FEWEST_SLOTS: usize = 32;

const EMPTY: u16 = u16::MAX;

/// The counters of a PID.
#[derive(Clone, Copy, Debug, Default)]
pub struct PidCounters {
    /// Packets.
    pub packets: u64,
    /// Errors of the continuity counter.
    pub cc_errors: u64,
    /// Packets that are missing at least.
    pub lost_min: u64,
    /// Scrambled packets.
    pub scrambled: u64,
}

/// The state of a PID.
#[derive(Clone, Debug)]
pub struct Pid {
    /// The PID.
    pub pid: u16,
    /// Its content.
    pub kind: Kind,
    /// The program that it belongs to.
    pub program: Option<u16>,
    /// The continuity counter.
    pub continuity: Continuity,
    /// The counters of the run.
    pub counters: PidCounters,
    /// The counters at the last mark.
    pub at_mark: PidCounters,
    /// The position of its PCR's measurements.
    pub pcr: Option<u16>,
    /// The position of its tables' reassembly.
    pub sections: Option<u16>,
    /// The last packet, or the time at which a table named the PID.
    pub last: UnixTime,
    /// Its absence has been counted.
    pub is_overdue: bool,
    /// The last presentation timestamp.
    pub last_pts: Option<UnixTime>,
    /// The absence of presentation timestamps has been counted.
    pub is_pts_overdue: bool,
}

impl Pid {
    fn new(pid: u16, time: UnixTime) -> Self {
        Pid {
            pid,
            kind: Kind::of_pid(pid),
            program: None,
            continuity: Continuity::default(),
            counters: PidCounters::default(),
            at_mark: PidCounters::default(),
            pcr: None,
            sections: None,
            last: time,
            is_overdue: false,
            last_pts: None,
            is_pts_overdue: false,
        }
    }

    /// The counters since the last mark, or of the run.
    pub fn counters(&self, interval: bool) -> PidCounters {
        let PidCounters { packets, cc_errors, lost_min, scrambled } = self.counters;
        let before = if interval { self.at_mark } else { PidCounters::default() };
        PidCounters {
            packets: packets - before.packets,
            // Late packets may have taken back errors from before the mark.
            cc_errors: cc_errors.saturating_sub(before.cc_errors),
            lost_min: lost_min.saturating_sub(before.lost_min),
            scrambled: scrambled - before.scrambled,
        }
    }
}

/// The PIDs of a stream, at most 8,192, in the order of their first packets.
#[derive(Clone, Debug, Default)]
pub struct Pids {
    pids: Vec<Pid>,
    /// Positions by PID, with linear probing; the length is a power of two, or zero.
    slots: Vec<u16>,
    /// The position of the previous PID, which most packets share.
    recent: usize,
}

impl Pids {
    /// The position of a PID, which is added if the memory may grow.
    #[inline]
    pub fn position(&mut self, pid: u16, time: UnixTime, may_grow: bool) -> Option<usize> {
        if self.pids.get(self.recent).is_some_and(|recent| recent.pid == pid) {
            return Some(self.recent);
        }
        let position = match self.slot(pid) {
            Some(Ok(position)) => position,
            _ if may_grow => self.insert(pid, time),
            _ => return None,
        };
        self.recent = position;
        Some(position)
    }

    /// A PID that has occurred.
    #[inline]
    pub fn find(&mut self, pid: u16) -> Option<&mut Pid> {
        if self.pids.get(self.recent).is_none_or(|recent| recent.pid != pid) {
            self.recent = self.slot(pid)?.ok()?;
        }
        self.pids.get_mut(self.recent)
    }

    /// The PID at a position.
    #[inline]
    pub fn at(&mut self, position: usize) -> Option<&mut Pid> {
        self.pids.get_mut(position)
    }

    /// The PIDs in the order of their first packets.
    pub fn iter(&self) -> impl Iterator<Item = &Pid> {
        self.pids.iter()
    }

    /// The PIDs in the order of their first packets.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pid> {
        self.pids.iter_mut()
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Pid>() * self.pids.capacity() + size_of::<u16>() * self.slots.capacity()
    }

    /// The position of a PID, or its empty slot; `None` without slots.
    fn slot(&self, pid: u16) -> Option<Result<usize, usize>> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = usize::from(pid) & mask;
        loop {
            match *self.slots.get(slot)? {
                EMPTY => return Some(Err(slot)),
                position if self.pids.get(usize::from(position))?.pid == pid => {
                    return Some(Ok(position.into()));
                }
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn insert(&mut self, pid: u16, time: UnixTime) -> usize {
        let position = self.pids.len();
        self.pids.push(Pid::new(pid, time));
        if self.pids.len() * 2 > self.slots.len() {
            self.slots = vec![EMPTY; (self.slots.len() * 2).max(FEWEST_SLOTS)];
            for position in 0..position {
                self.note(position);
            }
        }
        self.note(position);
        position
    }

    fn note(&mut self, position: usize) {
        let slot = self.pids.get(position).and_then(|pid| self.slot(pid.pid));
        if let (Some(Err(slot)), Ok(position)) = (slot, u16::try_from(position)) {
            self.slots[slot] = position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_8192_pids_fit() {
        let (mut pids, time) = (Pids::default(), UnixTime::default());
        let order = || (0..8192_u16).map(|n| n.wrapping_mul(5003) % 8192);
        for (place, pid) in order().enumerate() {
            assert_eq!(pids.position(pid, time, false), None);
            assert_eq!(pids.position(pid, time, true), Some(place));
        }
        for (place, pid) in order().enumerate() {
            assert_eq!(pids.position(pid, time, false), Some(place));
            assert_eq!(pids.at(place).map(|state| state.pid), Some(pid));
        }
        assert!(pids.bytes() < 2 << 20, "{}", pids.bytes());
    }
}
