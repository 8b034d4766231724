//! The continuity counter of one PID (ISO/IEC 13818-1, 2.4.3.3).

use super::fingerprint;
use crate::format::ts::{Adaptation, Packet};

/// A late datagram is recognised by its counters within this many datagrams.
pub const REORDERED_WITHIN: u32 = 8;

/// The values of the counter.
const MODULUS: u8 = 16;

/// The place of a packet in the order of its PID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// As expected: the next one, one without payload, or the first one.
    Next,
    /// The one copy that the standard allows.
    Copy,
    /// An error.
    Error {
        /// The packets that are missing at least.
        lost: u8,
    },
}

/// What identifies a packet within its PID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The continuity counter.
    pub counter: u8,
    /// The packet advances the counter.
    pub has_payload: bool,
    /// The counter may have any value.
    pub discontinuity: bool,
    /// The length of the adaptation field.
    pub adaptation_len: u8,
    /// The fingerprint of the payload. The adaptation field is not part of it, since a copy may
    /// have a new PCR.
    pub print: u64,
}

impl Identity {
    /// The identity of a packet.
    #[inline]
    pub fn new(packet: Packet<'_>, adaptation: &Adaptation) -> Self {
        Identity {
            counter: packet.counter(),
            has_payload: packet.has_payload(),
            discontinuity: adaptation.discontinuity,
            adaptation_len: adaptation.len,
            print: fingerprint::of_payload(packet.payload()),
        }
    }
}

/// The packets that are missing since a recent error, which may still arrive.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    /// One bit for each missing value of the counter.
    missing: u16,
    /// The errors that it consists of.
    errors: u8,
    /// The number of the datagram that left it.
    at: u32,
}

/// The state of the counter of one PID.
#[derive(Clone, Copy, Debug, Default)]
pub struct Continuity {
    last: Option<Last>,
    gap: Gap,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    counter: u8,
    has_payload: bool,
    /// The copy has arrived.
    copied: bool,
    adaptation_len: u8,
    print: u64,
}

impl Continuity {
    /// The place of a packet, without taking it.
    #[inline]
    pub fn look(&self, packet: &Identity) -> Step {
        let Some(last) = &self.last else { return Step::Next };
        let expected = (last.counter + u8::from(packet.has_payload)) % MODULUS;
        if packet.counter == expected || packet.discontinuity {
            return Step::Next;
        }
        let is_same = packet.has_payload
            && last.has_payload
            && packet.counter == last.counter
            && packet.adaptation_len == last.adaptation_len
            && packet.print == last.print;
        match (is_same, last.copied) {
            (true, false) => Step::Copy,
            // A third packet with the same counter and content replaces no other.
            (true, true) => Step::Error { lost: 0 },
            _ => Step::Error { lost: packet.counter.wrapping_sub(expected) % MODULUS },
        }
    }

    /// Takes a packet at its place, in the datagram with this number.
    #[inline]
    pub fn advance(&mut self, packet: &Identity, step: Step, datagram: u32) {
        if let Step::Error { lost: lost @ 1.. } = step {
            self.open_gap(packet, lost, datagram);
        }
        match &mut self.last {
            Some(last) if step == Step::Copy => last.copied = true,
            Some(last) if !packet.has_payload => {
                (last.counter, last.has_payload) = (packet.counter, false);
            }
            last => {
                *last = Some(Last {
                    counter: packet.counter,
                    has_payload: packet.has_payload,
                    copied: matches!(step, Step::Error { lost: 0 }),
                    adaptation_len: packet.adaptation_len,
                    print: packet.print,
                });
            }
        }
    }

    /// Whether packets are missing since a recent datagram, or were until [`Continuity::settle`].
    pub fn has_recent_gap(&self, datagram: u32) -> bool {
        self.gap.errors > 0 && datagram.wrapping_sub(self.gap.at) <= REORDERED_WITHIN
    }

    /// Whether the packet with this counter is missing.
    pub fn is_missing(&self, counter: u8) -> bool {
        self.gap.missing & 1 << (counter % MODULUS) != 0
    }

    /// Fills the gap with a late packet. Returns whether the packet was missing.
    pub fn fill(&mut self, counter: u8) -> bool {
        let was_missing = self.is_missing(counter);
        self.gap.missing &= !(1 << (counter % MODULUS));
        was_missing
    }

    /// Reverts [`Continuity::fill`].
    pub fn unfill(&mut self, counter: u8) {
        self.gap.missing |= 1 << (counter % MODULUS);
    }

    /// Closes the gap if no packet of it is missing. Returns the number of its errors, which were
    /// none after all.
    pub fn settle(&mut self) -> u8 {
        if self.gap.missing == 0 { std::mem::take(&mut self.gap.errors) } else { 0 }
    }

    /// Notes the packets before `packet` as missing.
    fn open_gap(&mut self, packet: &Identity, lost: u8, datagram: u32) {
        let next = packet.counter + MODULUS + u8::from(!packet.has_payload);
        let missing = (1..=lost).fold(0_u16, |bits, back| bits | 1 << ((next - back) % MODULUS));
        let continues = self.has_recent_gap(datagram) && self.gap.missing & missing == 0;
        self.gap = if continues {
            let errors = self.gap.errors.saturating_add(1);
            Gap { missing: self.gap.missing | missing, errors, at: datagram }
        } else {
            Gap { missing, errors: 1, at: datagram }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: Step = Step::Next;

    fn packet(counter: u8) -> Identity {
        let print = u64::from(counter);
        let (has_payload, discontinuity, adaptation_len) = (true, false, 0);
        Identity { counter, has_payload, discontinuity, adaptation_len, print }
    }

    fn bare(counter: u8) -> Identity {
        Identity { has_payload: false, ..packet(counter) }
    }

    fn steps(packets: &[Identity]) -> Vec<Step> {
        let mut counter = Continuity::default();
        let take = |packet: &Identity| {
            let step = counter.look(packet);
            counter.advance(packet, step, 0);
            step
        };
        packets.iter().map(take).collect()
    }

    #[test]
    fn the_counter_wraps_after_15() {
        assert_eq!(steps(&[packet(14), packet(15), packet(0)]), [NEXT; 3]);
    }

    #[test]
    fn a_gap_is_one_error_and_the_next_packet_is_its_base() {
        let error = Step::Error { lost: 2 };
        assert_eq!(steps(&[packet(14), packet(1), packet(2)]), [NEXT, error, NEXT]);
    }

    #[test]
    fn packets_without_payload_repeat_the_counter() {
        assert_eq!(steps(&[packet(5), bare(5), bare(5), packet(6)]), [NEXT; 4]);
        let error = Step::Error { lost: 2 };
        assert_eq!(steps(&[packet(5), bare(7), packet(8)]), [NEXT, error, NEXT]);
    }

    #[test]
    fn one_copy_is_allowed_and_a_second_is_an_error() {
        let third = Step::Error { lost: 0 };
        let packets = [packet(5), packet(5), packet(5), packet(6)];
        assert_eq!(steps(&packets), [NEXT, Step::Copy, third, NEXT]);
    }

    #[test]
    fn another_payload_is_no_copy() {
        let error = Step::Error { lost: 15 };
        assert_eq!(steps(&[packet(5), Identity { print: 99, ..packet(5) }]), [NEXT, error]);
        assert_eq!(steps(&[packet(5), Identity { adaptation_len: 9, ..packet(5) }]), [NEXT, error]);
    }

    #[test]
    fn the_discontinuity_indicator_allows_any_value() {
        let jump = Identity { discontinuity: true, ..packet(11) };
        assert_eq!(steps(&[packet(5), jump, packet(12)]), [NEXT; 3]);
    }

    #[test]
    fn late_packets_fill_their_gap() {
        let mut counter = Continuity::default();
        for (index, packet) in [packet(14), packet(1)].iter().enumerate() {
            counter.advance(packet, counter.look(packet), index as u32);
        }
        assert!(counter.has_recent_gap(2) && !counter.has_recent_gap(100));
        assert_eq!([1, 15, 15].map(|value| counter.fill(value)), [false, true, false]);
        assert_eq!(counter.settle(), 0);
        assert!(counter.fill(0));
        counter.unfill(0);
        assert_eq!(counter.settle(), 0);
        assert!(counter.fill(0) && counter.has_recent_gap(2));
        assert_eq!(counter.settle(), 1);
        assert!(!counter.has_recent_gap(2));
    }
}
