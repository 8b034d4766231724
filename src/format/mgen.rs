//! The datagrams of MGEN 4 and 5, in network byte order (the MGEN user's guide, "MGEN message
//! payload").
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 2 | size: the length of the datagram |
//! | 2 | 1 | version, 2 to 4 |
//! | 3 | 1 | flags, below 16 |
//! | 4 | 4 | flow |
//! | 8 | 4 | number from 0, one count a flow |
//! | 12 | 8 | send time: s, us |
//! | 20 | 2 | destination port |
//! | 22 | 2 | type and length of the destination address: 1 and 4, or 2 and 16 |
//!
//! MGEN sends no end marker.

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};
use crate::units::UnixTime;

/// 32 bits from 0. A new sending pattern for a flow continues its numbers.
pub const NUMBERING: Numbering = Numbering::bits(32, Unit::Datagrams).from(0);

/// A datagram of MGEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mgen {
    /// The flow: a sender numbers each of its flows.
    pub flow: u32,
    /// The number.
    pub sequence: u32,
    /// The send time by the sender's clock.
    pub sent: UnixTime,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Mgen> {
    let size = usize::from(fields::u16(payload, 0)?);
    let [version, flags] = fields::bytes(payload, 2)?;
    let address_len = match fields::bytes(payload, 22)? {
        [1, 4] => 4,
        [2, 16] => 16,
        _ => return None,
    };
    if size != payload.len()
        || payload.len() < 24 + address_len
        || !(2..=4).contains(&version)
        || flags >= 16
    {
        return None;
    }
    Some(Mgen {
        flow: fields::u32(payload, 4)?,
        sequence: fields::u32(payload, 8)?,
        sent: fields::time_us(payload, 12)?,
    })
}

impl Mgen {
    /// The place in the stream.
    pub fn numbered(&self) -> Numbered {
        Numbered {
            key: u64::from(self.flow),
            content: Content::Data { first: u64::from(self.sequence), count: 1 },
            sent: Some(self.sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn payload(flow: u32, sequence: u32, seconds: u32, micros: u32, len: u16) -> Vec<u8> {
        let mut bytes = len.to_be_bytes().to_vec();
        bytes.extend([2, 8]);
        bytes.extend([flow, sequence, seconds, micros].iter().flat_map(|word| word.to_be_bytes()));
        bytes.extend([0x13, 0x89, 1, 4, 239, 1, 1, 7]);
        bytes.resize(usize::from(len), 0);
        bytes
    }

    #[test]
    fn the_flow_is_the_key() {
        let numbered = read(&payload(7, 299, 1_795_828_957, 1734, 128)).unwrap().numbered();
        assert_eq!(numbered.key, 7);
        assert_eq!(numbered.content, Content::Data { first: 299, count: 1 });
        assert_eq!(numbered.sent, Some(UnixTime::from_nanos(1_795_828_957_001_734_000)));
    }

    #[test]
    fn an_inconsistent_header_is_refused() {
        let bytes = payload(1, 0, 0, 0, 64);
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            read(&bytes)
        };
        assert!(changed(2, 4).is_some());
        for (at, to, what) in [
            (1, 65, "the size is not the length"),
            (2, 1, "version"),
            (3, 16, "flags"),
            (16, 1, "microseconds"),
            (22, 2, "an IPv6 address of 4 bytes"),
            (23, 16, "an IPv4 address of 16 bytes"),
        ] {
            assert_eq!(changed(at, to), None, "{what}");
        }
        assert_eq!(read(&payload(1, 0, 0, 0, 27)), None, "no room for the address");
        assert!(read(&payload(1, 0, 0, 0, 28)).is_some());
    }

    proptest! {
        #[test]
        fn a_written_header_is_read_again(
            flow: u32,
            sequence: u32,
            seconds: u32,
            micros in 0..1_000_000_u32,
            len in 28..1500_u16,
        ) {
            let mgen = read(&payload(flow, sequence, seconds, micros, len)).unwrap();
            let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(micros) * 1000;
            prop_assert_eq!(mgen, Mgen { flow, sequence, sent: UnixTime::from_nanos(nanos) });
        }

        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), fit: bool) {
            if fit && bytes.len() > 3 {
                let len = bytes.len() as u8;
                bytes.splice(..4, [0, len, 2, 8]);
            }
            let _ = read(&bytes).map(|mgen| mgen.numbered());
        }
    }
}
