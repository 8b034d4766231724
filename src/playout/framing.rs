//! How packets of a transport stream lie in a file.

use crate::format::ts::{PACKET_LEN, Packet};

/// This many packets in a row are a transport stream: each starts with the sync byte, which text
/// and pictures may have once.
const PROOF: usize = 8;

/// Fewer packets are a transport stream if the input has no more bytes.
const FEWEST: usize = 2;

/// This many packets are a transport stream that does not start at the first byte.
const PROOF_OF_UNALIGNED: usize = 16;

/// How packets lie in an input: one unit for each packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// The length of a unit in bytes.
    unit: usize,
    /// The bytes of a unit before the packet.
    before: usize,
}

/// Whether an input is a transport stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// It is one. The first `skipped` bytes belong to no whole packet.
    Found {
        /// How the packets lie.
        framing: Framing,
        /// The bytes before the first packet.
        skipped: usize,
    },
    /// It is none.
    Other,
    /// More bytes are needed.
    Undecided,
}

impl Framing {
    /// Packets without anything between them.
    pub const PLAIN: Framing = Framing { unit: PACKET_LEN, before: 0 };

    /// Each packet is followed by 16 bytes of Reed-Solomon parity (EN 300 429).
    pub const PARITY: Framing = Framing { unit: 204, before: 0 };

    /// Each packet follows 4 bytes with a timestamp: M2TS, of Blu-ray and of camcorders.
    pub const TIMED: Framing = Framing { unit: 192, before: 4 };

    const ALL: [Framing; 3] = [Framing::PLAIN, Framing::PARITY, Framing::TIMED];

    /// The bytes that a detection needs at most.
    pub const DETECTABLE: usize = (PROOF_OF_UNALIGNED + 1) * 204;

    /// The length of a unit in bytes.
    pub fn unit(self) -> usize {
        self.unit
    }

    /// The packet in a unit.
    pub fn packet(self, unit: &[u8]) -> Option<&[u8; PACKET_LEN]> {
        let bytes = unit.get(self.before..)?.first_chunk()?;
        Packet::read(bytes).map(|_| bytes)
    }

    /// Decides by the first bytes of an input. `is_whole`: the input has no more bytes.
    pub fn detect(bytes: &[u8], is_whole: bool) -> Detection {
        let mut undecided = false;
        for framing in Framing::ALL {
            let (seen, right) = framing.count(bytes);
            let is_proof = seen >= PROOF || (is_whole && seen >= FEWEST);
            if right && is_proof {
                return Detection::Found { framing, skipped: 0 };
            }
            // Four bytes of text must not wait for the packet behind a timestamp.
            let has_begun = bytes.is_empty() || bytes.len() > framing.before;
            undecided |= right && has_begun && !is_whole;
        }
        if undecided {
            return Detection::Undecided;
        }
        Framing::search(bytes, PROOF_OF_UNALIGNED)
            .map_or(Detection::Other, |(framing, skipped)| Detection::Found { framing, skipped })
    }

    /// The first place from which `proof` packets follow in a row.
    fn search(bytes: &[u8], proof: usize) -> Option<(Framing, usize)> {
        let places = 0..bytes.len().min(204);
        let mut candidates = places.flat_map(|at| Framing::ALL.map(|framing| (framing, at)));
        candidates.find(|(framing, at)| framing.follow(bytes.get(*at..).unwrap_or_default(), proof))
    }

    /// Whether `proof` packets lie at the start of `bytes`, or fewer up to the end of them. At
    /// least two are necessary.
    pub fn follow(self, bytes: &[u8], proof: usize) -> bool {
        let (seen, right) = self.count(bytes.get(..proof * self.unit).unwrap_or(bytes));
        right && seen >= proof
    }

    /// How many packets of `bytes` have begun, and whether each of them may be one.
    fn count(self, bytes: &[u8]) -> (usize, bool) {
        let mut units = bytes.chunks(self.unit).map(|unit| unit.get(self.before..)).enumerate();
        let wrong = units.find(|(_, packet)| !packet.is_none_or(may_be_packet));
        let whole = (bytes.len() + self.unit - PACKET_LEN - self.before) / self.unit;
        (whole, wrong.is_none())
    }
}

/// Whether a packet may begin like this: the sync byte, and a payload or an adaptation field. Most
/// text has neither at the same distance.
fn may_be_packet(bytes: &[u8]) -> bool {
    match bytes {
        [0x47, _, _, control, ..] => control & 0x30 != 0,
        [first, ..] => *first == 0x47,
        [] => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet() -> Vec<u8> {
        let mut packet = vec![0x47, 0, 0x21, 0x10];
        packet.resize(PACKET_LEN, 0x20);
        packet
    }

    /// Packets in units of a framing.
    fn units(framing: Framing, count: usize) -> Vec<u8> {
        let mut unit = vec![9; framing.before];
        unit.extend(packet());
        unit.resize(framing.unit, 7);
        unit.repeat(count)
    }

    fn found(framing: Framing, skipped: usize) -> Detection {
        Detection::Found { framing, skipped }
    }

    #[test]
    fn each_framing_is_found() {
        for framing in Framing::ALL {
            let bytes = units(framing, 40);
            assert_eq!(Framing::detect(&bytes, false), found(framing, 0));
            assert_eq!(Framing::detect(&bytes[5..], false), found(framing, framing.unit - 5));
        }
    }

    #[test]
    fn a_short_input_needs_two_packets() {
        let two = packet().repeat(2);
        assert_eq!(Framing::detect(&two, true), found(Framing::PLAIN, 0));
        assert_eq!(Framing::detect(&packet(), true), Detection::Other);
        assert_eq!(Framing::detect(&two, false), Detection::Undecided);
    }

    #[test]
    fn text_is_decided_at_once() {
        for len in 1..6 {
            assert_eq!(Framing::detect(&b"hello\n"[..len], false), Detection::Other);
        }
        assert_eq!(Framing::detect(b"hello\n", true), Detection::Other);
        assert_eq!(Framing::detect(b"", true), Detection::Other);
        let picture = [b"GIF89a".as_slice(), &[0x31; 4000]].concat();
        assert_eq!(Framing::detect(&picture, false), Detection::Other);
        let letters = b"GATTACA".repeat(1000);
        assert_eq!(Framing::detect(&letters, true), Detection::Other);
        assert_eq!(Framing::detect(&[b'G'; 8000], true), Detection::Other);
    }

    proptest! {
        #[test]
        fn random_bytes_are_no_stream(
            bytes in proptest::collection::vec(any::<u8>(), 0..Framing::DETECTABLE),
        ) {
            let is_found = matches!(Framing::detect(&bytes, true), Detection::Found { .. });
            prop_assert!(!is_found);
        }

        #[test]
        fn every_prefix_is_undecided_or_found(len in 0..4000_usize) {
            let bytes = units(Framing::PLAIN, 30);
            prop_assert_ne!(Framing::detect(&bytes[..len], false), Detection::Other);
        }
    }
}
