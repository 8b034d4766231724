//! A described header, and how it reads a datagram.

use std::fmt;

use super::field::{Field, Magic, Time};
use crate::format::numbered::{Content, Numbered, Numbering, Unit};
use crate::format::probe::MOST;
use crate::units::UnixTime;

/// A header with fields at fixed offsets.
///
/// | name | meaning |
/// | --- | --- |
/// | `seq` | the number of the datagram, or of its first message |
/// | `count` | the number of messages; 0 is a heartbeat with the next number |
/// | `time` | the send time since 1970; of two parts, the sum |
/// | `key` | distinguishes the streams of one sender; of two parts, both |
/// | `len` | the length of the payload |
/// | `magic` | constant bytes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The number of the datagram, or of its first message.
    pub sequence: Field,
    /// The number of messages.
    pub count: Option<Field>,
    /// The send time, as the sum of up to two parts.
    pub time: [Option<Time>; 2],
    /// Up to two fields of up to 64 bits together.
    pub key: [Option<Field>; 2],
    /// The length of the payload in bytes.
    pub len: Option<Field>,
    /// Constant bytes.
    pub magic: Option<Magic>,
}

/// The fields of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The number of the datagram, or of its first message.
    pub sequence: u64,
    /// The number of messages, if the header states it.
    pub count: Option<u64>,
    /// The key; 0 without one.
    pub key: u64,
    /// The send time.
    pub sent: Option<UnixTime>,
}

impl Header {
    /// How the sequence field counts.
    pub fn numbering(&self) -> Numbering {
        let unit = if self.count.is_some() { Unit::Messages } else { Unit::Datagrams };
        Numbering::bits(self.sequence.bits(), unit)
    }

    /// The place of a datagram; `None` if the header does not fit it.
    pub fn read(&self, payload: &[u8]) -> Option<Numbered> {
        let Fields { sequence, count, key, sent } = self.fields(payload)?;
        let content = content(sequence, count, payload)?;
        Some(Numbered { key, content, sent })
    }

    /// The fields; `None` if the payload ends before one of them, if its length is not as stated,
    /// or for a number that no sender reaches.
    pub fn fields(&self, payload: &[u8]) -> Option<Fields> {
        if self.magic.is_some_and(|magic| !magic.fits(payload)) {
            return None;
        }
        if self.len.is_some_and(|len| len.read(payload) != Some(payload.len() as u64)) {
            return None;
        }
        let sequence = self.sequence.read(payload).filter(|number| *number <= MOST)?;
        let count = match self.count {
            Some(count) => Some(count.read(payload)?),
            None => None,
        };
        let ends = self.time.iter().flatten().map(|time| time.field.end()).max();
        if ends.is_some_and(|end| payload.len() < end as usize) {
            return None;
        }
        let mut key = 0;
        for part in self.key.iter().flatten() {
            key = key << part.bits().min(63) | part.read(payload)?;
        }
        Some(Fields { sequence, count, key, sent: Time::sum(self.time, payload) })
    }

    /// The parts of the key, each as a number; `None` without a key.
    pub fn key_parts(&self, payload: &[u8]) -> Option<(u64, Option<u64>)> {
        let [first, second] = self.key.map(|part| part.and_then(|part| part.read(payload)));
        Some((first?, second))
    }

    /// The offset behind the last field.
    pub fn end(&self) -> usize {
        let fields = [Some(self.sequence), self.count, self.len, self.key[0], self.key[1]];
        let ends = fields.into_iter().flatten().map(Field::end);
        let times = self.time.iter().flatten().map(|time| time.field.end());
        ends.chain(times).chain(self.magic.map(|magic| magic.end())).max().unwrap_or(0) as usize
    }
}

/// The numbers of a datagram with a sequence number, and with a number of messages if the format
/// counts them. A message takes at least a byte: more messages than bytes are an error.
pub fn content(sequence: u64, count: Option<u64>, payload: &[u8]) -> Option<Content> {
    match count {
        None => Some(Content::Data { first: sequence, count: 1 }),
        Some(0) => Some(Content::Heartbeat { next: sequence }),
        Some(count) if count <= payload.len() as u64 => {
            Some(Content::Data { first: sequence, count })
        }
        Some(_) => None,
    }
}

impl fmt::Display for Header {
    /// As the parser takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq={}", self.sequence)?;
        if let Some(count) = self.count {
            write!(f, ",count={count}")?;
        }
        parts(f, "time", self.time)?;
        parts(f, "key", self.key)?;
        if let Some(len) = self.len {
            write!(f, ",len={len}")?;
        }
        if let Some(magic) = self.magic {
            write!(f, ",magic={magic}")?;
        }
        Ok(())
    }
}

fn parts<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    parts: [Option<T>; 2],
) -> fmt::Result {
    match parts {
        [Some(first), Some(second)] => write!(f, ",{name}={first}+{second}"),
        [Some(only), None] => write!(f, ",{name}={only}"),
        [None, _] => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(text: &str) -> Header {
        text.parse().expect("a described header")
    }

    #[test]
    fn each_field_has_its_place_and_order() {
        let header =
            header("seq=u32be@4,count=u16le@8,time=u64le-ns@10,key=u24be@0,len=u8@3,magic=4d@18");
        let mut payload = vec![1, 2, 3, 19, 0, 0, 1, 0, 2, 0];
        payload.extend(1_800_000_000_000_000_001_u64.to_le_bytes());
        payload.push(0x4d);
        let read = header.read(&payload).unwrap();
        assert_eq!(read.key, 0x10203);
        assert_eq!(read.content, Content::Data { first: 256, count: 2 });
        assert_eq!(read.sent, Some(UnixTime::from_nanos(1_800_000_000_000_000_001)));
        assert_eq!(header.end(), 19);
        assert_eq!(header.key_parts(&payload), Some((0x10203, None)));
    }

    #[test]
    fn a_datagram_that_does_not_fit_is_refused() {
        let header = header("seq=u16be@0,count=u16be@2,len=u8@4,magic=ff@5");
        let fits = [0, 1, 0, 2, 6, 0xff];
        assert!(header.read(&fits).is_some());
        for (wrong, why) in [
            (&fits[..5], "too short"),
            (&[0, 1, 0, 2, 7, 0xff], "another length"),
            (&[0, 1, 0, 2, 6, 0xfe], "another constant"),
            (&[0, 1, 0, 7, 6, 0xff], "more messages than bytes"),
            (&[], "empty"),
        ] {
            assert_eq!(header.read(wrong), None, "{why}");
        }
    }

    #[test]
    fn no_messages_are_a_heartbeat() {
        let header = header("seq=u16be@0,count=u8@2");
        let content = header.read(&[1, 0, 0]).unwrap().content;
        assert_eq!(content, Content::Heartbeat { next: 256 });
        assert_eq!(header.numbering(), Numbering::bits(16, Unit::Messages));
        let header = super::tests::header("seq=u8@0");
        assert_eq!(header.read(&[7]).unwrap().content, Content::Data { first: 7, count: 1 });
        assert_eq!(header.numbering(), Numbering::bits(8, Unit::Datagrams));
    }

    #[test]
    fn a_time_of_two_parts_is_their_sum() {
        let header = header("seq=u8@0,time=u32be-s@1+u32be-us@5,key=u8@9+u16le@10");
        let mut payload = vec![9];
        payload.extend(1_800_000_000_u32.to_be_bytes());
        payload.extend(250_000_u32.to_be_bytes());
        payload.extend([3, 4, 0]);
        let read = header.read(&payload).unwrap();
        assert_eq!(read.sent, Some(UnixTime::from_nanos(1_800_000_000_250_000_000)));
        assert_eq!(read.key, 0x30004);
        assert_eq!(header.key_parts(&payload), Some((3, Some(4))));
    }

    #[test]
    fn an_unset_or_impossible_time_is_none() {
        let header = header("seq=u8@0,time=u64be-s@1");
        for (seconds, sent) in [(0, None), (u64::MAX, None), (1, Some(1_000_000_000))] {
            let mut payload = vec![0];
            payload.extend(u64::to_be_bytes(seconds));
            let read = header.read(&payload).unwrap();
            assert_eq!(read.sent, sent.map(UnixTime::from_nanos));
        }
        assert_eq!(header.read(&[0; 5]), None, "the time is cut off");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            payload in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let header = header(
                "seq=u64be@8,count=u48le@16,time=u64le-s@22+u32be-ms@30,key=u32be@0+u32le@4",
            );
            let read = header.read(&payload);
            prop_assert!(read.is_none() || payload.len() >= header.end());
        }
    }
}
