//! The datagrams of iperf 2, in network byte order (iperf 2, `include/payloads.h`).
//!
//! | offset | size | since 2.0.10 | before |
//! | --- | --- | --- | --- |
//! | 0 | 4 | number, low half | number, signed |
//! | 4 | 4 | send time, s | send time, s |
//! | 8 | 4 | send time, us | send time, us |
//! | 12 | 4 | number, high half | flags |
//! | 16 | 4 | flags: `0x08000000` 64-bit numbers | number of threads |
//!
//! The last datagram has a negative number: its magnitude is the next number. A group receives it
//! once.

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};
use super::probe::MOST;
use crate::units::UnixTime;

/// The numbering since 2.0.10: from 1.
pub const NUMBERING_64: Numbering = Numbering::bits(64, Unit::Datagrams).from(1);

/// The numbering before 2.0.10: from 0.
pub const NUMBERING_32: Numbering = Numbering::bits(32, Unit::Datagrams).from(0);

const MIN_LEN: usize = 16;
const NUMBERS_OF_64_BITS: u32 = 0x0800_0000;
const UDP_TESTS: u32 = 0x2000_0000;
const TRIP_TIMES: u16 = 0x0010;

/// The greatest plausible distance between the send time and the arrival.
const DAY_NS: u64 = 86_400_000_000_000;

/// A datagram of iperf 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iperf {
    /// The layout of the header.
    pub generation: Generation,
    /// The number; negative in the last datagram.
    pub id: i64,
    /// The send time by the sender's clock.
    pub sent: UnixTime,
    /// The user of `--trip-times` asserts that the clocks agree.
    pub trip_times: bool,
}

/// The layout of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Before 2.0.10: numbers of 32 bits, from 0.
    Old,
    /// Since 2.0.10: numbers of 64 bits, from 1.
    New,
}

impl Generation {
    /// How this generation numbers its datagrams.
    pub const fn numbering(self) -> Numbering {
        match self {
            Generation::Old => NUMBERING_32,
            Generation::New => NUMBERING_64,
        }
    }
}

/// Reads a payload. Chance passes this test often: see [`Iperf::is_plausible`].
pub fn read(payload: &[u8]) -> Option<Iperf> {
    if payload.len() < MIN_LEN {
        return None;
    }
    let low = fields::bytes(payload, 0)?;
    let sent = fields::time_us(payload, 4)?;
    let flags = fields::u32(payload, 16).unwrap_or(0);
    let (generation, id) = if flags & NUMBERS_OF_64_BITS != 0 {
        let high = i64::from(i32::from_be_bytes(fields::bytes(payload, 12)?));
        (Generation::New, high << 32 | i64::from(u32::from_be_bytes(low)))
    } else {
        (Generation::Old, i64::from(i32::from_be_bytes(low)))
    };
    let trip_times = generation == Generation::New
        && flags & UDP_TESTS != 0
        && fields::u16(payload, 48).is_some_and(|flags| flags & TRIP_TIMES != 0);
    let iperf = Iperf { generation, id, sent, trip_times };
    (id.unsigned_abs() <= MOST).then_some(iperf)
}

impl Iperf {
    /// Whether the send time is within a day of the arrival. Few other payloads pass.
    pub fn is_plausible(&self, arrival: UnixTime) -> bool {
        arrival.since(self.sent).unsigned_abs() <= DAY_NS
    }

    /// The place in the stream.
    pub fn numbered(&self) -> Numbered {
        let number = self.id.unsigned_abs();
        let content = if self.id < 0 {
            Content::End { next: Some(number) }
        } else {
            Content::Data { first: number, count: 1 }
        };
        Numbered { key: 0, content, sent: Some(self.sent) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header of the new generation, with the flags of 2.1.8.
    fn new(id: i64, seconds: u32, micros: u32) -> Vec<u8> {
        let words = [id as u32, seconds, micros, (id >> 32) as u32, 0x4801_0098, 1, 5001, 500, 0];
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// A header of the old generation.
    fn old(id: i32, seconds: u32, micros: u32) -> Vec<u8> {
        let words = [id as u32, seconds, micros, 0, 1, 5001, 0, 1000];
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn content(payload: &[u8]) -> Content {
        read(payload).unwrap().numbered().content
    }

    #[test]
    fn both_generations_are_told_apart_by_a_flag() {
        let (seconds, micros) = (1_795_828_948, 87_597);
        let sent = UnixTime::from_nanos(1_795_828_948_087_597_000);
        let iperf = read(&new(0x1_0000_0002, seconds, micros)).unwrap();
        assert_eq!((iperf.generation, iperf.id), (Generation::New, 0x1_0000_0002));
        assert_eq!(iperf.numbered().sent, Some(sent));
        let iperf = read(&old(180, seconds, micros)).unwrap();
        assert_eq!((iperf.generation, iperf.id), (Generation::Old, 180));
        assert_eq!(iperf.numbered().sent, Some(sent));
        assert_eq!((Generation::New.numbering().first, NUMBERING_32.first), (Some(1), Some(0)));
    }

    #[test]
    fn a_negative_number_is_the_end_and_states_the_next_number() {
        assert_eq!(content(&new(377, 0, 0)), Content::Data { first: 377, count: 1 });
        assert_eq!(content(&new(-378, 0, 0)), Content::End { next: Some(378) });
        // The old generation counts from 0: the last of 363 datagrams is 362.
        assert_eq!(content(&old(362, 0, 0)), Content::Data { first: 362, count: 1 });
        assert_eq!(content(&old(-363, 0, 0)), Content::End { next: Some(363) });
        assert_eq!(content(&old(i32::MIN, 0, 0)), Content::End { next: Some(1 << 31) });
    }

    #[test]
    fn the_send_time_is_within_a_day_of_the_arrival() {
        let iperf = read(&new(1, 1_000_000, 0)).unwrap();
        let arrival = |seconds: i64| UnixTime::from_nanos(seconds * 1_000_000_000);
        assert!(iperf.is_plausible(arrival(1_000_000 + 86_400)));
        assert!(iperf.is_plausible(arrival(1_000_000 - 86_400)));
        assert!(!iperf.is_plausible(arrival(1_000_000 + 86_401)));
        assert!(!iperf.is_plausible(arrival(0)));
    }

    #[test]
    fn trip_times_are_recognised() {
        let mut payload = new(1, 0, 0);
        payload.resize(60, 0);
        payload[16] = 0x68;
        assert!(!read(&payload).unwrap().trip_times);
        payload[49] = 0x10;
        assert!(read(&payload).unwrap().trip_times);
        payload[16] = 0x48;
        assert!(!read(&payload).unwrap().trip_times);
    }

    #[test]
    fn an_impossible_header_is_refused() {
        assert_eq!(read(&new(1, 0, 1_000_000)), None, "microseconds");
        assert_eq!(read(&new(1, 0, 0)[..15]), None, "too short");
        assert_eq!(read(&new(i64::MAX, 0, 0)), None, "beyond every run");
    }

    proptest! {
        #[test]
        fn a_written_header_is_read_again(id: i32, wide: i64, seconds: u32, micros in 0..1_000_000_u32) {
            let wide = wide / 4;
            let read = |bytes: &[u8]| read(bytes).map(|iperf| (iperf.generation, iperf.id));
            prop_assert_eq!(read(&new(wide, seconds, micros)), Some((Generation::New, wide)));
            let expected = Some((Generation::Old, i64::from(id)));
            prop_assert_eq!(read(&old(id, seconds, micros)), expected);
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80), nanos: i64) {
            if let Some(iperf) = read(&bytes) {
                let _ = (iperf.numbered(), iperf.is_plausible(UnixTime::from_nanos(nanos)));
            }
        }
    }
}
