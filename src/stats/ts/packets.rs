//! The packets of a datagram, one by one.

use super::checks::Check;
use super::continuity::{Identity, Step};
use super::meter::{Arrival, TsMeter};
use super::pcr::{Pcr, Reference};
use super::tables::{Context, LONGEST_WITHOUT_PTS};
use crate::format::ts::{Adaptation, Kind, NULL_PID, Packet, pes};

/// The most PIDs whose PCR is measured.
const MOST_PCRS: usize = 256;

/// A packet and its place in the order of its PID.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    adaptation: Adaptation,
    /// The identity, if the packet takes part in the continuity of its PID.
    identity: Option<Identity>,
    pub step: Step,
}

impl TsMeter {
    /// Takes a datagram in order. If it `may_be_late`, its counters decide.
    pub(super) fn take_in_order(&mut self, datagram: &[u8], may_be_late: bool, arrival: Arrival) {
        let mut may_be_late = may_be_late;
        let mut rest = datagram;
        while let Some((bytes, behind)) = rest.split_at_checked(self.packet_len) {
            let packet = Packet::read(bytes);
            self.note_sync(packet.is_some());
            if let Some(packet) = packet {
                let look = self.look(packet);
                if may_be_late && matches!(look.step, Step::Error { .. }) {
                    may_be_late = false;
                    if self.fits_gaps(rest) {
                        return self.take_late(rest, arrival);
                    }
                }
                self.take_looked(packet, look, arrival);
            }
            rest = behind;
        }
        if !rest.is_empty() {
            // The next packet does not begin where it should.
            self.note_sync(false);
        }
    }

    /// Takes a packet in order.
    pub(super) fn take_packet(&mut self, packet: Packet<'_>, arrival: Arrival) {
        let look = self.look(packet);
        self.take_looked(packet, look, arrival);
    }

    /// The place of a packet in the order of its PID, without taking it.
    #[inline]
    pub(super) fn look(&mut self, packet: Packet<'_>) -> Look {
        let adaptation = packet.adaptation();
        let pid = packet.pid();
        if pid == NULL_PID {
            return Look { adaptation, identity: None, step: Step::Next };
        }
        let identity = Identity::new(packet, &adaptation);
        let step = self.pids.find(pid).map_or(Step::Next, |pid| pid.continuity.look(&identity));
        if packet.has_transport_error() && step != Step::Next {
            // The counter itself may be wrong.
            return Look { adaptation, identity: None, step: Step::Next };
        }
        Look { adaptation, identity: Some(identity), step }
    }

    fn note_sync(&mut self, is_right: bool) {
        if !is_right {
            self.checks.add(Check::SyncByte);
        }
        if self.sync.add(is_right) {
            self.checks.add(Check::SyncLoss);
        }
    }

    fn take_looked(&mut self, packet: Packet<'_>, look: Look, arrival: Arrival) {
        let Look { adaptation, identity, step } = look;
        let (is_scrambled, has_error) = (packet.is_scrambled(), packet.has_transport_error());
        self.totals.packets += 1;
        self.totals.null_packets += u64::from(packet.pid() == NULL_PID);
        self.totals.scrambled += u64::from(is_scrambled);
        if has_error {
            self.checks.add(Check::Transport);
        }
        let position = self.pids.position(packet.pid(), arrival.time, arrival.may_grow);
        let Some(pid) = position.and_then(|position| self.pids.at(position)) else { return };
        self.has_grown |= pid.counters.packets == 0;
        pid.counters.packets += 1;
        pid.counters.scrambled += u64::from(is_scrambled);
        (pid.last, pid.is_overdue) = (arrival.time, false);
        let Some(identity) = identity else { return };
        pid.continuity.advance(&identity, step, self.datagram);
        if let Step::Error { lost } = step {
            pid.counters.cc_errors += 1;
            pid.counters.lost_min += u64::from(lost);
            self.totals.lost_min += u64::from(lost);
            self.longest.each(|longest| *longest = (*longest).max(lost.into()));
            self.runs.each(|runs| *runs += u64::from(lost > 0));
            self.checks.add(Check::Continuity);
        }
        if has_error || step == Step::Copy {
            return;
        }
        let (kind, may_have_pts) = (pid.kind, packet.starts_unit() && !is_scrambled);
        if may_have_pts && kind.is_media() && pes::pts(packet.payload()).is_some() {
            let last = pid.last_pts.replace(arrival.time);
            let silence = last.map_or(0, |last| arrival.time.since(last));
            if silence > LONGEST_WITHOUT_PTS && !pid.is_pts_overdue {
                self.checks.add(Check::Pts);
            }
            pid.is_pts_overdue = false;
        }
        if let Some(pcr) = adaptation.pcr {
            self.take_pcr(packet.pid(), pcr, adaptation.discontinuity, arrival);
        }
        if matches!(kind, Kind::Pat | Kind::Cat | Kind::Pmt | Kind::Sdt) {
            let Arrival { time, may_grow } = arrival;
            let (pids, checks) = (&mut self.pids, &mut self.checks);
            let is_broken = step != Step::Next;
            self.has_grown = true;
            self.tables.take(
                packet,
                kind,
                is_broken,
                &mut Context { time, may_grow, pids, checks },
            );
        }
    }

    fn take_pcr(&mut self, pid: u16, pcr: u64, discontinuity: bool, arrival: Arrival) {
        let Some(pid) = self.pids.find(pid) else { return };
        if pid.pcr.is_none() && arrival.may_grow && self.pcrs.len() < MOST_PCRS {
            pid.pcr = u16::try_from(self.pcrs.len()).ok();
            self.pcrs.push(Pcr::default());
        }
        let place = pid.pcr.map(usize::from);
        let Some(meter) = place.and_then(|place| self.pcrs.get_mut(place)) else { return };
        let (position, lost) = (self.totals.packets, self.totals.lost_min);
        let reference = Reference { pcr, discontinuity, time: arrival.time, position, lost };
        meter.add(reference, &mut self.checks);
        self.has_grown = true;
    }
}
