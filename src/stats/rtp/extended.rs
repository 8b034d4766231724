//! The 32-bit sequence of ST 2110-20 and -40 (RFC 4175 and 8331): the payload begins with the upper
//! 16 bits. Nothing in the datagram states it.

use crate::format::fields;
use crate::format::rtp::Rtp;

/// The number of wraps at which the upper bits must have risen.
const FEWEST_WRAPS: u32 = 2;

/// Detects the upper bits: they rise by one when the lower 16 bits wrap, and at no other time.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExtendedSequence {
    is_forced: bool,
    is_detected: bool,
    wraps: u32,
    last: Option<(u16, u16)>,
}

impl ExtendedSequence {
    /// A stream that the user, or its description, states to have them.
    pub fn forced() -> Self {
        ExtendedSequence { is_forced: true, ..ExtendedSequence::default() }
    }

    /// Whether the payload begins with the upper bits. Once detected, it stays.
    pub fn is_extended(self) -> bool {
        self.is_forced || self.is_detected
    }

    /// Adds a datagram that arrived in order.
    #[inline]
    pub fn take(&mut self, rtp: &Rtp) {
        if self.is_extended() {
            return;
        }
        let Some(upper) = fields::u16(rtp.payload, 0) else {
            self.last = None;
            self.wraps = 0;
            return;
        };
        if let Some((sequence, before)) = self.last.replace((rtp.sequence, upper)) {
            let has_wrapped = rtp.sequence < sequence;
            if upper != before.wrapping_add(has_wrapped.into()) {
                self.wraps = 0;
            } else if has_wrapped {
                self.wraps += 1;
                self.is_detected = self.wraps >= FEWEST_WRAPS;
            }
        }
    }

    /// The sequence number of 32 bits, if the stream has them.
    #[inline]
    pub fn number(self, rtp: &Rtp) -> Option<u32> {
        let upper = fields::u16(rtp.payload, 0).filter(|_| self.is_extended())?;
        Some(u32::from(upper) << 16 | u32::from(rtp.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every 100th datagram of a range. Returns the first one of which the number is known.
    fn detect(
        extended: &mut ExtendedSequence,
        numbers: std::ops::Range<u32>,
        upper: impl Fn(u32) -> u16,
    ) -> Option<u32> {
        numbers.step_by(100).find_map(|number| {
            let payload = upper(number).to_be_bytes();
            let rtp = Rtp {
                marker: false,
                payload_type: 96,
                sequence: number as u16,
                timestamp: 0,
                ssrc: 0,
                payload: &payload,
            };
            extended.take(&rtp);
            extended.number(&rtp)
        })
    }

    #[test]
    fn two_wraps_show_the_upper_bits() {
        let found = detect(&mut ExtendedSequence::default(), 60_000..200_000, |n| (n >> 16) as u16);
        assert_eq!(found, Some(131_100), "the first one behind the second wrap");
        let from = 0xffff_0000_u32;
        let upper = |number: u32| (from.wrapping_add(number) >> 16) as u16;
        let found = detect(&mut ExtendedSequence::default(), 0..200_000, upper);
        assert_eq!(found.map(|number| number >> 16), Some(1), "the upper bits wrap, too");
    }

    #[test]
    fn constant_and_changing_bytes_are_no_upper_bits() {
        assert_eq!(detect(&mut ExtendedSequence::default(), 0..500_000, |_| 0), None);
        assert_eq!(detect(&mut ExtendedSequence::default(), 0..500_000, |n| n as u16), None);
        let sometimes = |number: u32| (number >> 16) as u16 + u16::from(number % 65_536 > 60_000);
        assert_eq!(detect(&mut ExtendedSequence::default(), 0..500_000, sometimes), None);
    }

    #[test]
    fn a_forced_stream_has_them_at_once() {
        assert_eq!(detect(&mut ExtendedSequence::forced(), 7..8, |_| 3), Some(3 << 16 | 7));
        let empty = Rtp {
            marker: false,
            payload_type: 96,
            sequence: 1,
            timestamp: 0,
            ssrc: 0,
            payload: &[1],
        };
        assert_eq!(ExtendedSequence::forced().number(&empty), None);
    }
}
