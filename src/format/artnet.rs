//! Art-Net 4, UDP port 6454.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 8 | `Art-Net` and a zero byte |
//! | 8 | 2 | operation, little-endian: `0x5000` levels |
//! | 10 | 2 | version, 14 |
//! | 12 | 1 | levels: number from 1 to 255, then 1 again; 0 if the source does not number |
//! | 13 | 1 | levels: physical port |
//! | 14 | 2 | levels: universe (the Port-Address of 15 bits), little-endian |
//! | 16 | 2 | levels: number of slots |

use std::num::NonZeroU64;

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};

/// 255 numbers, counted from 0 here.
pub const NUMBERING: Numbering =
    Numbering { modulus: NonZeroU64::new(255), first: None, unit: Unit::Datagrams };

const MAGIC: &[u8; 8] = b"Art-Net\0";
const LEVELS: u16 = 0x5000;

/// A datagram of Art-Net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtNet {
    /// The levels of a universe (ArtDmx).
    Levels(Levels),
    /// Another operation and its code.
    Other(u16),
}

/// The levels of a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The universe: net (7 bits), sub-net (4 bits), universe (4 bits).
    pub universe: u16,
    /// The number from 1 to 255; 0 if the source does not number.
    pub sequence: u8,
    /// The number of slots.
    pub slots: u16,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<ArtNet> {
    let operation = payload.starts_with(MAGIC).then(|| fields::u16_le(payload, 8))??;
    if operation != LEVELS {
        return Some(ArtNet::Other(operation));
    }
    let slots = fields::u16(payload, 16)?;
    if slots > 512 || payload.len() < 18 + usize::from(slots) {
        return None;
    }
    Some(ArtNet::Levels(Levels {
        universe: fields::u16_le(payload, 14)? & 0x7fff,
        sequence: fields::u8(payload, 12)?,
        slots,
    }))
}

impl ArtNet {
    /// The name of the operation in Art-Net's own documents.
    pub fn operation(&self) -> Option<&'static str> {
        Some(match self {
            ArtNet::Levels(_) => "ArtDmx",
            ArtNet::Other(0x2000) => "ArtPoll",
            ArtNet::Other(0x2100) => "ArtPollReply",
            ArtNet::Other(0x2300) => "ArtDiagData",
            ArtNet::Other(0x2400) => "ArtCommand",
            ArtNet::Other(0x5100) => "ArtNzs",
            ArtNet::Other(0x5200) => "ArtSync",
            ArtNet::Other(0x6000) => "ArtAddress",
            ArtNet::Other(0x9700) => "ArtTimeCode",
            ArtNet::Other(_) => return None,
        })
    }

    /// The place in the stream. The key is the universe.
    pub fn numbered(&self) -> Numbered {
        let (key, content) = match self {
            ArtNet::Levels(levels) => (u64::from(levels.universe), levels.content()),
            ArtNet::Other(_) => (0, Content::Aside),
        };
        Numbered { key, content, sent: None }
    }
}

impl Levels {
    fn content(&self) -> Content {
        match self.sequence.checked_sub(1) {
            Some(first) => Content::Data { first: u64::from(first), count: 1 },
            None => Content::Aside,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(universe: u16, sequence: u8, slots: u16) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0x00, 0x50, 0, 14, sequence, 0]);
        bytes.extend(universe.to_le_bytes());
        bytes.extend(slots.to_be_bytes());
        bytes.resize(18 + usize::from(slots), 0);
        bytes
    }

    #[test]
    fn the_numbers_run_from_1_to_255() {
        let content = |sequence| read(&levels(3, sequence, 2)).unwrap().numbered().content;
        assert_eq!(content(1), Content::Data { first: 0, count: 1 });
        assert_eq!(content(255), Content::Data { first: 254, count: 1 });
        assert_eq!(content(0), Content::Aside, "the source does not number");
        assert_eq!(NUMBERING.modulus.map(NonZeroU64::get), Some(255));
        assert_eq!(read(&levels(0x7fff, 1, 2)).unwrap().numbered().key, 0x7fff);
    }

    #[test]
    fn other_operations_are_no_part_of_the_stream() {
        let poll = read(b"Art-Net\0\x00\x20\x00\x0e").unwrap();
        assert_eq!((poll, poll.operation()), (ArtNet::Other(0x2000), Some("ArtPoll")));
        assert_eq!(poll.numbered().content, Content::Aside);
        assert_eq!(read(b"Art-Net\0\x34\x12").unwrap().operation(), None);
        assert_eq!(read(b"Art-Net\0\x34"), None);
    }

    #[test]
    fn levels_shorter_than_stated_are_refused() {
        assert_eq!(read(&levels(1, 1, 512)[..529]), None);
        assert_eq!(read(&levels(1, 1, 513)), None);
        assert_eq!(read(b"Art-Net\0\x00\x50\x00\x0e\x01"), None);
    }

    proptest! {
        #[test]
        fn written_levels_are_read_again(universe in 0..0x8000_u16, sequence: u8, slots in 0..=512_u16) {
            let expected = ArtNet::Levels(Levels { universe, sequence, slots });
            prop_assert_eq!(read(&levels(universe, sequence, slots)), Some(expected));
        }

        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..40), levels: bool) {
            if levels && bytes.len() > 10 {
                bytes.splice(..10, *b"Art-Net\0\x00\x50");
            }
            let _ = read(&bytes).map(|art_net| (art_net.numbered(), art_net.operation()));
        }
    }
}
