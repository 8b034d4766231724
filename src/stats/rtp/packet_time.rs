//! The time of media in a datagram, which audio fixes: 1 ms, 125 us.

use super::clock::ticks_between;

/// A step is regular if at most one of this many differs.
const RARE: u64 = 50;

/// The fewest steps that show a packet time.
const FEWEST: u64 = 10;

/// The steps of the timestamps between consecutive datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacketTime {
    last: Option<(u16, u32)>,
    step: i64,
    equal: u64,
    other: u64,
}

impl PacketTime {
    /// Adds a datagram that arrived in order.
    #[inline]
    pub(super) fn take(&mut self, sequence: u16, timestamp: u32) {
        if let Some((before, at)) = self.last.replace((sequence, timestamp)) {
            if sequence != before.wrapping_add(1) {
                return;
            }
            let step = ticks_between(at, timestamp);
            if step == self.step {
                self.equal += 1;
            } else {
                self.other += 1;
                if self.other > self.equal {
                    (self.step, self.equal, self.other) = (step, 1, 0);
                }
            }
        }
    }

    /// The ticks in a datagram; `None` if they vary, or if datagrams share a timestamp.
    pub(super) fn ticks(&self) -> Option<i64> {
        let is_regular = self.equal >= FEWEST && self.other.saturating_mul(RARE) <= self.equal;
        Some(self.step).filter(|step| is_regular && *step > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(datagrams: impl IntoIterator<Item = (u16, u32)>) -> Option<i64> {
        let mut time = PacketTime::default();
        datagrams.into_iter().for_each(|(sequence, timestamp)| time.take(sequence, timestamp));
        time.ticks()
    }

    #[test]
    fn audio_has_a_packet_time() {
        let audio = |index: u16| (index.wrapping_sub(5), u32::from(index) * 48);
        assert_eq!(ticks((0..11).map(audio)), Some(48));
        assert_eq!(ticks((0..10).map(audio)), None, "nine steps");
        assert_eq!(ticks((0..50).filter(|index| index % 5 != 1).map(audio)), Some(48), "losses");
    }

    #[test]
    fn varying_steps_have_none() {
        let mixed = |index: u16| (index, u32::from(index) * 48 - u32::from(index % 20) * 2);
        assert_eq!(ticks((20..200).map(mixed)), None);
    }

    #[test]
    fn a_frame_in_several_datagrams_has_none() {
        assert_eq!(ticks((0..100).map(|index| (index, u32::from(index / 50) * 3600))), None);
    }
}
