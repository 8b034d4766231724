//! Copies and late datagrams of a stream that no other layer numbers. The continuity counters of all
//! PIDs of a datagram show both.

use super::checks::Check;
use super::continuity::Step;
use super::fingerprint::{mix, of_payload};
use super::meter::{Arrival, TsMeter};
use super::pids::Pid;
use crate::format::ts::{NULL_PID, Packet};

/// A longer datagram is never taken for a late one: each of its packets is compared with the others.
const MOST_PACKETS: usize = 64;

/// A packet that takes part in the continuity of its PID.
fn counts(packet: &Packet<'_>) -> bool {
    packet.pid() != NULL_PID && packet.has_payload() && !packet.has_transport_error()
}

impl TsMeter {
    /// Whether the datagram is a copy of a recent one: the same headers, the same first payload, and
    /// counters that do not continue.
    pub(super) fn is_copy(&mut self, payload: &[u8]) -> bool {
        let packets = || payload.chunks_exact(self.packet_len).filter_map(Packet::read);
        let Some(first) = packets().find(counts) else { return false };
        let headers = packets().fold(0, |print, packet| mix(print, packet.header().into()));
        let print = mix(headers, of_payload(first.payload()));
        if self.copies.has(print) && self.look(first).step != Step::Next {
            return true;
        }
        self.copies.add(print);
        false
    }

    /// Whether the packets of a datagram fill the recent gaps of their PIDs, and continue the PIDs
    /// without a recent gap.
    pub(super) fn fits_gaps(&mut self, datagram: &[u8]) -> bool {
        let (number, len) = (self.datagram, self.packet_len);
        let packets = || datagram.chunks_exact(len).filter_map(Packet::read).filter(counts);
        if datagram.len() > MOST_PACKETS * self.packet_len {
            return false;
        }
        let (mut filled, mut misfit) = (0, None);
        for (index, packet) in packets().enumerate() {
            let Some(pid) = self.pids.find(packet.pid()) else { continue };
            let has_gap = pid.continuity.has_recent_gap(number);
            let fits = if has_gap {
                pid.continuity.fill(packet.counter())
            } else {
                let is_first = packets().take(index).all(|other| other.pid() != packet.pid());
                !is_first || self.look(packet).step == Step::Next
            };
            if !fits {
                misfit = Some(index);
                break;
            }
            filled += u64::from(has_gap);
        }
        for packet in packets().take(misfit.unwrap_or(usize::MAX)) {
            let pid = self.pids.find(packet.pid());
            if let Some(pid) = pid.filter(|pid| pid.continuity.has_recent_gap(number)) {
                pid.continuity.unfill(packet.counter());
            }
        }
        misfit.is_none() && filled > 0
    }

    /// Takes a late datagram that [`TsMeter::fits_gaps`].
    pub(super) fn take_late(&mut self, datagram: &[u8], arrival: Arrival) {
        let number = self.datagram;
        self.totals.reordered += 1;
        for packet in datagram.chunks_exact(self.packet_len).filter_map(Packet::read) {
            let pid = self.pids.find(packet.pid()).filter(|_| counts(&packet));
            let has_gap = |pid: &mut Pid| {
                pid.continuity.has_recent_gap(number) && pid.continuity.is_missing(packet.counter())
            };
            if pid.is_some_and(has_gap) {
                self.fill(packet);
            } else {
                self.take_packet(packet, arrival);
            }
        }
        self.settle(datagram);
    }

    /// Takes a datagram that is late by its number. Its packets fill gaps, or continue PIDs that did
    /// not occur since.
    pub(super) fn take_numbered_late(&mut self, datagram: &[u8], arrival: Arrival) {
        self.totals.reordered += 1;
        for packet in datagram.chunks_exact(self.packet_len).filter_map(Packet::read) {
            let pid = self.pids.find(packet.pid()).filter(|_| counts(&packet));
            let is_missing = pid.is_some_and(|pid| pid.continuity.is_missing(packet.counter()));
            if !is_missing && counts(&packet) && self.look(packet).step == Step::Next {
                self.take_packet(packet, arrival);
            } else {
                self.fill(packet);
            }
        }
        self.settle(datagram);
    }

    /// Counts a late packet. It is not lost.
    fn fill(&mut self, packet: Packet<'_>) {
        self.totals.packets += 1;
        self.totals.late += 1;
        self.totals.null_packets += u64::from(packet.pid() == NULL_PID);
        self.totals.scrambled += u64::from(packet.is_scrambled());
        let Some(pid) = self.pids.find(packet.pid()) else { return };
        pid.counters.packets += 1;
        pid.counters.scrambled += u64::from(packet.is_scrambled());
        if counts(&packet) && pid.continuity.fill(packet.counter()) {
            pid.counters.lost_min = pid.counters.lost_min.saturating_sub(1);
            self.totals.lost_min = self.totals.lost_min.saturating_sub(1);
        }
    }

    /// Closes the gaps that a late datagram filled. Their errors were none after all.
    fn settle(&mut self, datagram: &[u8]) {
        for packet in datagram.chunks_exact(self.packet_len).filter_map(Packet::read) {
            let Some(pid) = self.pids.find(packet.pid()) else { continue };
            let errors = pid.continuity.settle();
            pid.counters.cc_errors = pid.counters.cc_errors.saturating_sub(errors.into());
            self.checks.remove(Check::Continuity, errors);
            self.runs.each(|runs| *runs = runs.saturating_sub(errors.into()));
        }
    }
}
