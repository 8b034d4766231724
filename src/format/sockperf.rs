//! The datagrams of sockperf, in network byte order (sockperf, `src/message.h`).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 8 | number |
//! | 8 | 2 | flags: 1 from the client, 2 a reply is wanted, 4 warm-up |
//! | 10 | 4 | the length of the datagram |
//!
//! The client numbers its warm-up apart from the stream, and sends neither a time nor an end
//! marker.

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};
use super::probe::MOST;

/// 64 bits. The first number depends on the test.
pub const NUMBERING: Numbering = Numbering::bits(64, Unit::Datagrams);

const CLIENT: u16 = 1;
const REPLY_WANTED: u16 = 2;
const WARM_UP: u16 = 4;

/// A datagram of sockperf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sockperf {
    /// The number.
    pub sequence: u64,
    /// A client sent it; a server returns it without this flag.
    pub client: bool,
    /// The client asks for a reply: it measures round trips.
    pub reply_wanted: bool,
    /// It precedes the stream.
    pub warm_up: bool,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Sockperf> {
    let sequence = fields::u64(payload, 0)?;
    let flags = fields::u16(payload, 8)?;
    let len = usize::try_from(fields::u32(payload, 10)?).ok()?;
    if len != payload.len() || flags > (CLIENT | REPLY_WANTED | WARM_UP) || sequence > MOST {
        return None;
    }
    Some(Sockperf {
        sequence,
        client: flags & CLIENT != 0,
        reply_wanted: flags & REPLY_WANTED != 0,
        warm_up: flags & WARM_UP != 0,
    })
}

impl Sockperf {
    /// The place in the stream.
    pub fn numbered(&self) -> Numbered {
        let content = if self.client && !self.warm_up {
            Content::Data { first: self.sequence, count: 1 }
        } else {
            Content::Aside
        };
        Numbered { key: 0, content, sent: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn payload(sequence: u64, flags: u16, len: u32) -> Vec<u8> {
        let mut bytes = sequence.to_be_bytes().to_vec();
        bytes.extend(flags.to_be_bytes());
        bytes.extend(len.to_be_bytes());
        bytes.resize(len as usize, 0x5a);
        bytes
    }

    fn content(flags: u16) -> Content {
        read(&payload(5, flags, 14)).unwrap().numbered().content
    }

    #[test]
    fn warm_up_and_replies_are_no_part_of_the_stream() {
        assert_eq!(content(1), Content::Data { first: 5, count: 1 });
        assert_eq!(content(3), Content::Data { first: 5, count: 1 });
        assert_eq!(content(5), Content::Aside);
        assert_eq!(content(0), Content::Aside);
    }

    #[test]
    fn an_inconsistent_header_is_refused() {
        let bytes = payload(1, 1, 64);
        assert_eq!(read(&bytes[..63]), None, "shorter than it states");
        assert_eq!(read(&payload(1, 8, 64)), None, "unknown flag");
        assert_eq!(read(&payload(MOST + 1, 1, 64)), None, "beyond every run");
        assert_eq!(read(&[0; 13]), None, "too short");
    }

    proptest! {
        #[test]
        fn a_written_header_is_read_again(sequence in 0..=MOST, flags in 0..8_u16, len in 14..100_u32) {
            let sockperf = read(&payload(sequence, flags, len)).unwrap();
            prop_assert_eq!(sockperf, Sockperf {
                sequence,
                client: flags & 1 != 0,
                reply_wanted: flags & 2 != 0,
                warm_up: flags & 4 != 0,
            });
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(&bytes).map(|sockperf| sockperf.numbered());
        }
    }
}
