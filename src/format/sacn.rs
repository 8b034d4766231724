//! Streaming ACN (ANSI E1.31-2018), in network byte order: lighting levels of one universe in each
//! datagram, to the group 239.255.0.0/16 or ff18::8300:0/112, UDP port 5568.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 16 | preamble 16, postamble 0, `ASC-E1.17` and three zero bytes |
//! | 16 | 2 | `0x7` and the length from here on |
//! | 18 | 4 | 4 data, 8 extended |
//! | 22 | 16 | CID: the source |
//! | 38 | 2 | `0x7` and the length from here on |
//! | 40 | 4 | data: 2; extended: 1 synchronization, 2 universe discovery |
//! | 44 | 64 | source name in UTF-8, filled with zero bytes |
//! | 108 | 1 | priority, 0 to 200 |
//! | 109 | 2 | synchronization address, 0 for none |
//! | 111 | 1 | number, one count for each CID and universe |
//! | 112 | 1 | flags: `0x80` preview, `0x40` terminated |
//! | 113 | 2 | universe |
//! | 115 | 2 | `0x7` and the length from here on |
//! | 117 | 8 | DMP: 2, `0xa1`, 0, 1, and 1 more than the number of slots |
//! | 125 | 1 | start code, 0 for levels |
//!
//! A synchronization datagram has its number at 44 and its address at 45. A source ends a universe
//! with three datagrams that carry the flag `0x40`.

use std::fmt;

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};
use crate::units::hash;

/// 8 bits.
pub const NUMBERING: Numbering = Numbering::bits(8, Unit::Datagrams);

const PREFIX: &[u8; 16] = b"\0\x10\0\0ASC-E1.17\0\0\0";
const DATA: u32 = 4;
const EXTENDED: u32 = 8;
const PREVIEW: u8 = 0x80;
const TERMINATED: u8 = 0x40;

/// The component identifier of a source (a UUID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(pub [u8; 16]);

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

/// A datagram of E1.31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sacn<'a> {
    /// The source.
    pub cid: Cid,
    /// The content.
    pub body: Body<'a>,
}

/// The content of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Levels.
    Data(Data<'a>),
    /// The moment at which receivers apply the levels of this address.
    Sync {
        /// The synchronization address.
        address: u16,
        /// The number, one count for each CID and address.
        sequence: u8,
    },
    /// A page of the list of universes that a source sends.
    Discovery {
        /// The name of the source, without its filling.
        name: &'a [u8],
    },
}

/// The levels of a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// The name of the source, without its filling.
    pub name: &'a [u8],
    /// The priority from 0 to 200: receivers follow the highest.
    pub priority: u8,
    /// The number.
    pub sequence: u8,
    /// For displays only: fixtures ignore it.
    pub preview: bool,
    /// The source stops sending this universe.
    pub terminated: bool,
    /// The universe.
    pub universe: u16,
    /// The number of slots.
    pub slots: u16,
    /// The meaning of the slots: 0 is levels.
    pub start_code: u8,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Sacn<'_>> {
    if !payload.starts_with(PREFIX) || !lengths_fit(payload, &[16, 38]) {
        return None;
    }
    let body = match (fields::u32(payload, 18)?, fields::u32(payload, 40)?) {
        (DATA, 2) => Body::Data(data(payload)?),
        (EXTENDED, 1) => {
            Body::Sync { address: fields::u16(payload, 45)?, sequence: fields::u8(payload, 44)? }
        }
        (EXTENDED, 2) if lengths_fit(payload, &[112]) => Body::Discovery { name: name(payload)? },
        _ => return None,
    };
    Some(Sacn { cid: Cid(fields::bytes(payload, 22)?), body })
}

fn data(payload: &[u8]) -> Option<Data<'_>> {
    let properties = fields::u16(payload, 123)?;
    let holds = payload.len().checked_sub(125)?;
    let is_dmp = payload.get(117..123)? == [2, 0xa1, 0, 0, 0, 1];
    if !is_dmp || usize::from(properties) != holds || !lengths_fit(payload, &[115]) {
        return None;
    }
    let options = fields::u8(payload, 112)?;
    Some(Data {
        name: name(payload)?,
        priority: fields::u8(payload, 108)?,
        sequence: fields::u8(payload, 111)?,
        preview: options & PREVIEW != 0,
        terminated: options & TERMINATED != 0,
        universe: fields::u16(payload, 113)?,
        slots: properties.checked_sub(1)?,
        start_code: fields::u8(payload, 125)?,
    })
}

/// Whether the lengths at these offsets reach to the end of the payload.
fn lengths_fit(payload: &[u8], offsets: &[usize]) -> bool {
    offsets.iter().all(|at| {
        let len = fields::u16(payload, *at)
            .and_then(|word| (word >> 12 == 7).then_some(usize::from(word & 0x0fff)));
        len.is_some() && len == payload.len().checked_sub(*at)
    })
}

/// The name of the source up to its first zero byte.
fn name(payload: &[u8]) -> Option<&[u8]> {
    let field = payload.get(44..108)?;
    field.split(|byte| *byte == 0).next()
}

impl Sacn<'_> {
    /// The place in the stream. A hash of the CID and the universe is the key. The datagrams that
    /// end a universe have numbers, too.
    pub fn numbered(&self) -> Numbered {
        let (kind, universe, content) = match &self.body {
            Body::Data(data) => (0, data.universe, one(data.sequence)),
            Body::Sync { address, sequence } => (1, *address, one(*sequence)),
            Body::Discovery { .. } => (2, 0, Content::Aside),
        };
        let key = hash(&[&self.cid.0, &universe.to_be_bytes(), &[kind]]);
        Numbered { key, content, sent: None }
    }
}

fn one(sequence: u8) -> Content {
    Content::Data { first: u64::from(sequence), count: 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CID: Cid = Cid(*b"0123456789abcdef");

    /// The flags and length of a layer that begins here and ends with the datagram.
    fn layer(bytes: &mut [u8], at: usize) {
        let len = (bytes.len() - at) as u16;
        bytes[at..at + 2].copy_from_slice(&(0x7000 | len).to_be_bytes());
    }

    fn header(root: u32, framing: u32, name: &str) -> Vec<u8> {
        let mut bytes = PREFIX.to_vec();
        bytes.extend([0, 0]);
        bytes.extend(root.to_be_bytes());
        bytes.extend(CID.0);
        bytes.extend([0, 0]);
        bytes.extend(framing.to_be_bytes());
        bytes.extend(name.as_bytes());
        bytes.resize(108, 0);
        bytes
    }

    fn levels(universe: u16, sequence: u8, options: u8, slots: u16) -> Vec<u8> {
        let mut bytes = header(4, 2, "desk");
        bytes.extend([100, 0, 0, sequence, options]);
        bytes.extend(universe.to_be_bytes());
        bytes.extend([0, 0, 2, 0xa1, 0, 0, 0, 1]);
        bytes.extend((slots + 1).to_be_bytes());
        bytes.resize(126 + usize::from(slots), 0);
        for at in [16, 38, 115] {
            layer(&mut bytes, at);
        }
        bytes
    }

    fn synchronization(address: u16, sequence: u8) -> Vec<u8> {
        let mut bytes = header(8, 1, "");
        bytes.truncate(44);
        bytes.push(sequence);
        bytes.extend(address.to_be_bytes());
        bytes.extend([0, 0]);
        for at in [16, 38] {
            layer(&mut bytes, at);
        }
        bytes
    }

    fn discovery() -> Vec<u8> {
        let mut bytes = header(8, 2, "desk");
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        for at in [16, 38, 112] {
            layer(&mut bytes, at);
        }
        bytes
    }

    #[test]
    fn a_full_universe_has_638_bytes() {
        let bytes = levels(1, 7, 0, 512);
        assert_eq!(
            (bytes.len(), &bytes[16..18], &bytes[38..40]),
            (638, &[0x72, 0x6e][..], &[0x72, 0x58][..])
        );
        let sacn = read(&bytes).unwrap();
        assert_eq!(sacn.cid, CID);
        let expected = Data {
            name: b"desk",
            priority: 100,
            sequence: 7,
            preview: false,
            terminated: false,
            universe: 1,
            slots: 512,
            start_code: 0,
        };
        assert_eq!(sacn.body, Body::Data(expected));
        assert_eq!(sacn.numbered().content, Content::Data { first: 7, count: 1 });
    }

    #[test]
    fn the_datagrams_of_an_end_and_of_a_preview_have_numbers() {
        for options in [0x40, 0x80] {
            let bytes = levels(1, 8, options, 512);
            let sacn = read(&bytes).unwrap();
            let Body::Data(data) = sacn.body else { panic!("levels") };
            assert_eq!((data.terminated, data.preview), (options == 0x40, options == 0x80));
            assert_eq!(sacn.numbered().content, Content::Data { first: 8, count: 1 });
        }
    }

    #[test]
    fn universes_and_synchronization_addresses_are_streams_of_their_own() {
        let key = |bytes: &[u8]| read(bytes).unwrap().numbered().key;
        assert_eq!(key(&levels(1, 1, 0, 9)), key(&levels(1, 2, 0x40, 512)));
        assert_ne!(key(&levels(1, 1, 0, 9)), key(&levels(2, 1, 0, 9)));
        assert_ne!(key(&levels(1, 1, 0, 9)), key(&synchronization(1, 1)));
        let mut other = levels(1, 1, 0, 9);
        other[30] ^= 1;
        assert_ne!(key(&levels(1, 1, 0, 9)), key(&other));
    }

    #[test]
    fn synchronization_and_discovery_are_read() {
        let bytes = synchronization(7962, 3);
        assert_eq!(bytes.len(), 49);
        let sacn = read(&bytes).unwrap();
        assert_eq!(sacn.body, Body::Sync { address: 7962, sequence: 3 });
        assert_eq!(sacn.numbered().content, Content::Data { first: 3, count: 1 });
        let bytes = discovery();
        let sacn = read(&bytes).unwrap();
        assert_eq!(sacn.body, Body::Discovery { name: b"desk" });
        assert_eq!(sacn.numbered().content, Content::Aside);
    }

    #[test]
    fn a_cid_is_shown_as_a_uuid() {
        assert_eq!(CID.to_string(), "30313233-3435-3637-3839-616263646566");
    }

    #[test]
    fn a_name_may_fill_its_field() {
        let mut bytes = levels(1, 1, 0, 1);
        bytes[44..108].fill(b'x');
        let Body::Data(data) = read(&bytes).unwrap().body else { panic!("levels") };
        assert_eq!(data.name, [b'x'; 64]);
    }

    #[test]
    fn every_length_must_fit() {
        let bytes = levels(1, 1, 0, 512);
        assert_eq!(read(&bytes[..637]), None);
        for at in [17, 39, 116, 124, 16, 117, 118, 122, 3, 12] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            assert_eq!(read(&bytes), None, "byte {at}");
        }
        assert_eq!(read(PREFIX), None);
    }

    proptest! {
        #[test]
        fn written_levels_are_read_again(universe: u16, sequence: u8, options: u8, slots in 0..=512_u16) {
            let bytes = levels(universe, sequence, options, slots);
            let Some(Sacn { body: Body::Data(data), .. }) = read(&bytes) else {
                return Err(TestCaseError::fail("levels"));
            };
            prop_assert_eq!((data.universe, data.sequence, data.slots), (universe, sequence, slots));
            prop_assert_eq!(data.terminated, options & 0x40 != 0);
        }

        #[test]
        fn nothing_panics(
            which in 0..3_usize,
            cut in 0..700_usize,
            changes in proptest::collection::vec((0..140_usize, any::<u8>()), 0..6),
        ) {
            let mut bytes = [levels(1, 1, 0, 512), synchronization(1, 1), discovery()][which].clone();
            bytes.truncate(cut);
            for (at, to) in changes {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = to;
                }
            }
            let _ = read(&bytes).map(|sacn| sacn.numbered());
        }
    }
}
