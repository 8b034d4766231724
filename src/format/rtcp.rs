//! RTCP (RFC 3550, 6): the reports of RTP senders and receivers, several packets in one datagram.
//! Each packet begins with 8 bytes in network byte order.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | version 2 (2 bits), padding, count (5 bits) |
//! | 1 | 1 | packet type: 192 to 195, 200 to 207 |
//! | 2 | 2 | length of the packet in 32-bit words, minus one |
//! | 4 | 4 | SSRC of the sender |

use super::fields;
use crate::units::UnixTime;

const SENDER_REPORT: u8 = 200;
const BYE: u8 = 203;

/// The seconds from 1900, the epoch of NTP, to 1970.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// An RTCP datagram. The lengths of its packets sum up to its own.
#[derive(Clone, Copy, Debug)]
pub struct Rtcp<'a> {
    payload: &'a [u8],
}

/// The report of a sender on its stream (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// The sender.
    pub ssrc: u32,
    /// The time of the report by the sender's clock; `None` if it has none.
    pub time: Option<UnixTime>,
    /// The same time in ticks of the media clock.
    pub rtp_timestamp: u32,
    /// The datagrams sent since the sender's start, modulo 2^32.
    pub packets: u32,
    /// The bytes of payload sent since the sender's start, modulo 2^32.
    pub octets: u32,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Rtcp<'_>> {
    let mut rest = payload;
    while !rest.is_empty() {
        let packet = Packet::first(rest)?;
        rest = rest.get(packet.bytes.len()..)?;
    }
    (!payload.is_empty()).then_some(Rtcp { payload })
}

impl<'a> Rtcp<'a> {
    /// The SSRC of the datagram's sender, which an empty goodbye lacks.
    pub fn ssrc(self) -> Option<u32> {
        fields::u32(Packet::first(self.payload)?.bytes, 4)
    }

    /// The sender reports.
    pub fn sender_reports(self) -> impl Iterator<Item = SenderReport> + 'a {
        self.packets().filter_map(Packet::sender_report)
    }

    /// The SSRC of each stream that ends (RFC 3550, 6.6).
    pub fn byes(self) -> impl Iterator<Item = u32> + 'a {
        self.packets().filter(|packet| packet.kind == BYE).flat_map(|packet| {
            (1..=packet.count).map_while(move |source| fields::u32(packet.bytes, 4 * source))
        })
    }

    fn packets(self) -> impl Iterator<Item = Packet<'a>> {
        let mut rest = self.payload;
        std::iter::from_fn(move || {
            let packet = Packet::first(rest)?;
            rest = rest.get(packet.bytes.len()..)?;
            Some(packet)
        })
    }
}

/// One packet of a datagram.
#[derive(Clone, Copy, Debug)]
struct Packet<'a> {
    kind: u8,
    /// The number of blocks or sources.
    count: usize,
    /// The header and the body.
    bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    fn first(payload: &'a [u8]) -> Option<Self> {
        let [flags, kind] = fields::bytes(payload, 0)?;
        // Almost every datagram is no RTCP and ends here.
        if flags >> 6 != 2 || !matches!(kind, 192..=195 | 200..=207) {
            return None;
        }
        let words = usize::from(fields::u16(payload, 2)?);
        let bytes = payload.get(..4 * (words + 1))?;
        Some(Packet { kind, count: usize::from(flags & 0x1f), bytes })
    }

    fn sender_report(self) -> Option<SenderReport> {
        if self.kind != SENDER_REPORT {
            return None;
        }
        let field = |at| fields::u32(self.bytes, at);
        Some(SenderReport {
            ssrc: field(4)?,
            time: unix_time(field(8)?, field(12)?),
            rtp_timestamp: field(16)?,
            packets: field(20)?,
            octets: field(24)?,
        })
    }
}

/// An NTP timestamp; `None` if it is zero, which is a sender without a clock. Without the highest
/// bit, the seconds count from 2036 (RFC 4330, 3).
fn unix_time(seconds: u32, fraction: u32) -> Option<UnixTime> {
    if (seconds, fraction) == (0, 0) {
        return None;
    }
    let era = if seconds >> 31 == 1 { 0 } else { 1 << 32 };
    let nanos = (u64::from(fraction) * 1_000_000_000 + (1 << 31)) >> 32;
    let seconds = i64::from(seconds) + era - NTP_TO_UNIX;
    Some(UnixTime::from_nanos(seconds * 1_000_000_000 + nanos as i64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(count: u8, kind: u8, words: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0x80 | count, kind];
        bytes.extend((words.len() as u16).to_be_bytes());
        words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        bytes
    }

    fn compound() -> Vec<u8> {
        let seconds = (1_700_000_000 + NTP_TO_UNIX) as u32;
        let mut bytes = packet(0, 200, &[0x0102_0304, seconds, 1 << 31, 90_000, 7, 1316]);
        bytes.extend(packet(1, 202, &[0x0102_0304, 0x0102_6100, 0]));
        bytes.extend(packet(2, 203, &[0x0102_0304, 5, 0x0362_7965]));
        bytes
    }

    #[test]
    fn a_compound_has_reports_and_goodbyes() {
        let bytes = compound();
        let rtcp = read(&bytes).unwrap();
        let report = SenderReport {
            ssrc: 0x0102_0304,
            time: Some(UnixTime::from_nanos(1_700_000_000_500_000_000)),
            rtp_timestamp: 90_000,
            packets: 7,
            octets: 1316,
        };
        assert_eq!(rtcp.ssrc(), Some(0x0102_0304));
        assert_eq!(rtcp.sender_reports().collect::<Vec<_>>(), [report]);
        assert_eq!(rtcp.byes().collect::<Vec<_>>(), [0x0102_0304, 5], "without the reason");
    }

    #[test]
    fn lengths_must_sum_up() {
        let bytes = compound();
        assert!(read(&bytes[..bytes.len() - 1]).is_none());
        assert!(read(&[&bytes[..], &[0]].concat()).is_none());
        assert!(read(&[]).is_none());
    }

    #[test]
    fn other_packet_types_are_not_rtcp() {
        for kind in [0, 33, 97, 191, 196, 199, 208, 225] {
            assert!(read(&packet(0, kind, &[1])).is_none());
        }
    }

    #[test]
    fn a_short_report_has_no_fields() {
        let bytes = packet(0, 200, &[1, 2, 3, 4, 5]);
        assert_eq!(read(&bytes).unwrap().sender_reports().count(), 0);
        let bytes = packet(31, 203, &[1, 2]);
        assert_eq!(read(&bytes).unwrap().byes().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(read(&packet(0, 203, &[])).unwrap().ssrc(), None);
    }

    #[test]
    fn ntp_times_pass_2036() {
        let nanos = |seconds, fraction| unix_time(seconds, fraction).map(UnixTime::nanos);
        assert_eq!(nanos(0, 0), None);
        assert_eq!(nanos(NTP_TO_UNIX as u32, 0), Some(0));
        assert_eq!(nanos(0, 1 << 31), Some(2_085_978_496_500_000_000));
    }

    proptest! {
        #[test]
        fn nothing_panics(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..100),
            kind in 192_u8..208,
            words in 0_u8..26,
        ) {
            if let Some(start) = bytes.first_chunk_mut() {
                *start = [0x80 | start[0] & 0x3f, kind, 0, words];
            }
            if let Some(rtcp) = read(&bytes) {
                prop_assert!(rtcp.byes().count() <= bytes.len());
                prop_assert!(rtcp.sender_reports().count() <= bytes.len());
            }
        }
    }
}
