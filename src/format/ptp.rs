//! The messages of PTP version 2 (IEEE 1588-2008 and -2019, clause 13), in network byte order. UDP
//! ports 319 (event messages) and 320 (general messages); groups 224.0.1.129, 224.0.0.107,
//! ff0x::181 and ff02::6b.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | low nibble: type |
//! | 1 | 1 | high nibble: minor version; low nibble: version, 2 |
//! | 2 | 2 | length |
//! | 4 | 1 | domain |
//! | 6 | 2 | flags: `0x0100` alternate master, `0x0200` two-step, `0x0004` UTC offset valid |
//! | 20 | 10 | source port identity: clock identity (8), port number |
//! | 30 | 2 | number, one count for each type and port |
//! | 33 | 1 | logarithm to base 2 of the interval in seconds, signed |
//! | 44 | 2 | Announce: offset of UTC in s |
//! | 47 | 5 | Announce: priority 1, clock class, accuracy, variance (2) of the grandmaster |
//! | 52 | 1 | Announce: priority 2 |
//! | 53 | 8 | Announce: clock identity of the grandmaster |
//! | 61 | 2 | Announce: steps from the grandmaster |
//! | 63 | 1 | Announce: time source |

use std::fmt;
use std::time::Duration;

use super::fields;
use super::numbered::{Content, Numbered, Numbering, Unit};
use crate::units::hash;

/// 16 bits.
pub const NUMBERING: Numbering = Numbering::bits(16, Unit::Datagrams);

const ALTERNATE_MASTER: u16 = 0x0100;
const TWO_STEP: u16 = 0x0200;
const UTC_OFFSET_VALID: u16 = 0x0004;

/// The high nibble of the first byte states that event messages may be filled to the length of
/// version 1 (IEEE 1588-2008, D.4).
const FILLED: u8 = 0x10;
const FILLED_LEN: usize = 124;

/// Over IPv6 a message has two more bytes (IEEE 1588-2008, E.1).
const MORE_BYTES: usize = 2;

/// The identity of a clock (an EUI-64). Its text is that of linuxptp: `e615ec.fffe.e017ec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockIdentity(pub [u8; 8]);

impl fmt::Display for ClockIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g, h, i] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}.{d:02x}{e:02x}.{g:02x}{h:02x}{i:02x}")
    }
}

/// The identity of a port of a clock. Its text is that of linuxptp: `e615ec.fffe.e017ec-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortIdentity {
    /// The clock.
    pub clock: ClockIdentity,
    /// The number of the port.
    pub number: u16,
}

impl fmt::Display for PortIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.clock, self.number)
    }
}

/// A message of PTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ptp {
    /// The type, and the content of an Announce.
    pub message: Message,
    /// The minor version: 1 in IEEE 1588-2019.
    pub minor_version: u8,
    /// The domain.
    pub domain: u8,
    /// A Follow_Up carries the time of this Sync.
    pub two_step: bool,
    /// The port is not the best master, but announces itself.
    pub alternate_master: bool,
    /// The sending port.
    pub port: PortIdentity,
    /// The number.
    pub sequence: u16,
    /// The logarithm to base 2 of the interval between messages of this type in seconds.
    pub log_interval: i8,
}

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum Message {
    Sync,
    DelayReq,
    PdelayReq,
    PdelayResp,
    FollowUp,
    DelayResp,
    PdelayRespFollowUp,
    Announce(Announce),
    Signaling,
    Management,
}

/// The grandmaster, as a port announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announce {
    /// The grandmaster.
    pub grandmaster: Grandmaster,
    /// The steps from the grandmaster.
    pub steps: u16,
    /// The offset of UTC from the timescale in seconds, if it is valid.
    pub utc_offset: Option<i16>,
}

/// The properties of a grandmaster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grandmaster {
    /// The clock.
    pub identity: ClockIdentity,
    /// The first criterion of the best master: the lowest wins.
    pub priority1: u8,
    /// The clock class: 6 follows a primary reference, 248 is the default.
    pub class: u8,
    /// The accuracy, as a code: see [`Grandmaster::accuracy`].
    pub accuracy_code: u8,
    /// The scaled logarithm of the variance.
    pub variance: u16,
    /// The criterion behind class, accuracy and variance.
    pub priority2: u8,
    /// The time source, as a code: see [`Grandmaster::time_source`].
    pub time_source_code: u8,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Ptp> {
    let [first, version, ..] = fields::bytes::<2>(payload, 0)?;
    let len = usize::from(fields::u16(payload, 2)?);
    let (message, min_len) = match first & 0x0f {
        0x0 => (Message::Sync, 44),
        0x1 => (Message::DelayReq, 44),
        0x2 => (Message::PdelayReq, 54),
        0x3 => (Message::PdelayResp, 54),
        0x8 => (Message::FollowUp, 44),
        0x9 => (Message::DelayResp, 54),
        0xa => (Message::PdelayRespFollowUp, 54),
        0xb => (Message::Announce(announce(payload)?), 64),
        0xc => (Message::Signaling, 44),
        0xd => (Message::Management, 48),
        _ => return None,
    };
    let filled = payload.len().checked_sub(len)?;
    let may_be_filled = first & FILLED != 0 && payload.len() <= FILLED_LEN;
    if version & 0x0f != 2 || len < min_len || filled > MORE_BYTES && !may_be_filled {
        return None;
    }
    let flags = fields::u16(payload, 6)?;
    Some(Ptp {
        message,
        minor_version: version >> 4,
        domain: fields::u8(payload, 4)?,
        two_step: flags & TWO_STEP != 0,
        alternate_master: flags & ALTERNATE_MASTER != 0,
        port: PortIdentity {
            clock: ClockIdentity(fields::bytes(payload, 20)?),
            number: fields::u16(payload, 28)?,
        },
        sequence: fields::u16(payload, 30)?,
        log_interval: i8::from_be_bytes(fields::bytes(payload, 33)?),
    })
}

fn announce(payload: &[u8]) -> Option<Announce> {
    let utc_offset = i16::from_be_bytes(fields::bytes(payload, 44)?);
    Some(Announce {
        grandmaster: Grandmaster {
            identity: ClockIdentity(fields::bytes(payload, 53)?),
            priority1: fields::u8(payload, 47)?,
            class: fields::u8(payload, 48)?,
            accuracy_code: fields::u8(payload, 49)?,
            variance: fields::u16(payload, 50)?,
            priority2: fields::u8(payload, 52)?,
            time_source_code: fields::u8(payload, 63)?,
        },
        steps: fields::u16(payload, 61)?,
        utc_offset: (fields::u16(payload, 6)? & UTC_OFFSET_VALID != 0).then_some(utc_offset),
    })
}

impl Ptp {
    /// The place in the stream. A hash of the port identity, the domain and the type is the key.
    /// Messages that answer another one repeat its number and are no part of a stream.
    pub fn numbered(&self) -> Numbered {
        let content = match self.message {
            Message::Sync | Message::Announce(_) | Message::DelayReq => {
                Content::Data { first: u64::from(self.sequence), count: 1 }
            }
            _ => Content::Aside,
        };
        let (number, kind) = (self.port.number.to_be_bytes(), [self.domain, self.message.code()]);
        let key = hash(&[&self.port.clock.0, &number, &kind]);
        Numbered { key, content, sent: None }
    }
}

impl Message {
    /// The code of the standard.
    pub const fn code(self) -> u8 {
        match self {
            Message::Sync => 0x0,
            Message::DelayReq => 0x1,
            Message::PdelayReq => 0x2,
            Message::PdelayResp => 0x3,
            Message::FollowUp => 0x8,
            Message::DelayResp => 0x9,
            Message::PdelayRespFollowUp => 0xa,
            Message::Announce(_) => 0xb,
            Message::Signaling => 0xc,
            Message::Management => 0xd,
        }
    }

    /// The name of the standard.
    pub const fn name(self) -> &'static str {
        match self {
            Message::Sync => "Sync",
            Message::DelayReq => "Delay_Req",
            Message::PdelayReq => "Pdelay_Req",
            Message::PdelayResp => "Pdelay_Resp",
            Message::FollowUp => "Follow_Up",
            Message::DelayResp => "Delay_Resp",
            Message::PdelayRespFollowUp => "Pdelay_Resp_Follow_Up",
            Message::Announce(_) => "Announce",
            Message::Signaling => "Signaling",
            Message::Management => "Management",
        }
    }
}

impl Grandmaster {
    /// The accuracy that the grandmaster states: its time is within this of the reference (IEEE
    /// 1588-2019, table 5). `None` if it is unknown or beyond 10 s.
    pub const fn accuracy(&self) -> Option<Duration> {
        Some(match self.accuracy_code {
            0x1f => Duration::from_nanos(10),
            0x20 => Duration::from_nanos(25),
            0x21 => Duration::from_nanos(100),
            0x22 => Duration::from_nanos(250),
            0x23 => Duration::from_micros(1),
            0x24 => Duration::from_nanos(2_500),
            0x25 => Duration::from_micros(10),
            0x26 => Duration::from_micros(25),
            0x27 => Duration::from_micros(100),
            0x28 => Duration::from_micros(250),
            0x29 => Duration::from_millis(1),
            0x2a => Duration::from_micros(2_500),
            0x2b => Duration::from_millis(10),
            0x2c => Duration::from_millis(25),
            0x2d => Duration::from_millis(100),
            0x2e => Duration::from_millis(250),
            0x2f => Duration::from_secs(1),
            0x30 => Duration::from_secs(10),
            _ => return None,
        })
    }

    /// The name of the time source in JSON (IEEE 1588-2019, table 6).
    pub const fn time_source(&self) -> Option<&'static str> {
        Some(match self.time_source_code {
            0x10 => "atomic_clock",
            0x20 => "gnss",
            0x30 => "terrestrial_radio",
            0x39 => "serial_time_code",
            0x40 => "ptp",
            0x50 => "ntp",
            0x60 => "hand_set",
            0x90 => "other",
            0xa0 => "internal_oscillator",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLOCK: ClockIdentity = ClockIdentity([0, 1, 2, 0xff, 0xfe, 3, 4, 5]);

    /// A message of the least length for its type.
    fn message(code: u8, len: u16, sequence: u16) -> Vec<u8> {
        let mut bytes = vec![code, 2];
        bytes.extend(len.to_be_bytes());
        bytes.extend([5, 0, 2, 4]);
        bytes.resize(20, 0);
        bytes.extend(CLOCK.0);
        bytes.extend([0, 1]);
        bytes.extend(sequence.to_be_bytes());
        bytes.extend([0, 0xfd]);
        bytes.resize(usize::from(len), 0);
        bytes
    }

    fn announce() -> Vec<u8> {
        let mut bytes = message(0xb, 64, 9);
        bytes[44..].copy_from_slice(&[
            0, 37, 0, 100, 6, 0x21, 0x4e, 0x5d, 128, 8, 7, 6, 0xff, 0xfe, 5, 4, 3, 0, 2, 0x20,
        ]);
        bytes
    }

    #[test]
    fn a_sync_states_its_port_and_interval() {
        let ptp = read(&message(0, 44, 77)).unwrap();
        assert_eq!(
            ptp,
            Ptp {
                message: Message::Sync,
                minor_version: 0,
                domain: 5,
                two_step: true,
                alternate_master: false,
                port: PortIdentity { clock: CLOCK, number: 1 },
                sequence: 77,
                log_interval: -3,
            }
        );
        assert_eq!(ptp.numbered().content, Content::Data { first: 77, count: 1 });
    }

    #[test]
    fn an_announce_states_the_grandmaster() {
        let Message::Announce(announce) = read(&announce()).unwrap().message else {
            panic!("an Announce")
        };
        assert_eq!((announce.steps, announce.utc_offset), (2, Some(37)));
        let grandmaster = announce.grandmaster;
        assert_eq!(
            grandmaster,
            Grandmaster {
                identity: ClockIdentity([8, 7, 6, 0xff, 0xfe, 5, 4, 3]),
                priority1: 100,
                class: 6,
                accuracy_code: 0x21,
                variance: 0x4e5d,
                priority2: 128,
                time_source_code: 0x20,
            }
        );
        assert_eq!(grandmaster.accuracy(), Some(Duration::from_nanos(100)));
        assert_eq!(grandmaster.time_source(), Some("gnss"));
    }

    #[test]
    fn an_identity_is_shown_as_by_linuxptp() {
        assert_eq!(CLOCK.to_string(), "000102.fffe.030405");
    }

    #[test]
    fn the_utc_offset_needs_its_flag() {
        let mut bytes = announce();
        bytes[7] = 0;
        let Message::Announce(announce) = read(&bytes).unwrap().message else {
            panic!("an Announce")
        };
        assert_eq!(announce.utc_offset, None);
    }

    #[test]
    fn types_domains_and_ports_are_streams_of_their_own() {
        let key = |at: usize, to: u8| {
            let mut bytes = message(0, 44, 1);
            bytes[at] = to;
            read(&bytes).unwrap().numbered().key
        };
        let keys = [key(0, 0), key(0, 1), key(4, 6), key(29, 2), key(20, 9)];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key(0, 0), key(31, 2), "the number is no part of the key");
    }

    #[test]
    fn an_answer_repeats_a_number_and_is_no_part_of_a_stream() {
        for (code, len) in [(8, 44), (9, 54), (0xa, 54), (2, 54), (3, 54), (0xc, 44), (0xd, 48)] {
            let ptp = read(&message(code, len, 1)).unwrap();
            assert_eq!(ptp.numbered().content, Content::Aside, "{}", ptp.message.name());
            assert_eq!(ptp.message.code(), code);
        }
    }

    #[test]
    fn version_2_1_is_read_and_version_1_is_not() {
        let mut bytes = message(0, 44, 1);
        bytes[1] = 0x12;
        assert_eq!(read(&bytes).unwrap().minor_version, 1);
        bytes[1] = 1;
        assert_eq!(read(&bytes), None);
    }

    #[test]
    fn only_allowed_filling_follows_a_message() {
        let with = |filled: usize, first: u8| {
            let mut bytes = message(first, 44, 1);
            bytes.resize(44 + filled, 0);
            read(&bytes).is_some()
        };
        assert!(with(2, 0), "IPv6");
        assert!(!with(3, 0));
        assert!(with(80, 0x10), "the length of version 1");
        assert!(!with(81, 0x10));
        assert_eq!(read(&message(0, 43, 1)), None, "too short for its type");
        assert_eq!(read(&message(0xb, 63, 1)), None, "too short for its type");
        assert_eq!(read(&message(0, 44, 1)[..43]), None, "shorter than it states");
        assert_eq!(read(&message(4, 44, 1)), None, "a reserved type");
    }

    proptest! {
        #[test]
        fn a_written_header_is_read_again(code in 0..16_u8, sequence: u16, more in 0..100_u16) {
            let min_len = match code {
                0 | 1 | 8 | 0xc => 44,
                2 | 3 | 9 | 0xa => 54,
                0xb => 64,
                0xd => 48,
                _ => return Ok(()),
            };
            let ptp = read(&message(code, min_len + more, sequence)).unwrap();
            prop_assert_eq!((ptp.message.code(), ptp.sequence), (code, sequence));
        }

        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..140), fit: bool) {
            if fit && bytes.len() > 4 {
                let len = bytes.len() as u8;
                bytes.splice(1..4, [2, 0, len]);
            }
            if let Some(ptp) = read(&bytes) {
                let _ = (ptp.numbered(), ptp.message.name());
                if let Message::Announce(announce) = ptp.message {
                    let _ = (announce.grandmaster.accuracy(), announce.grandmaster.time_source());
                }
            }
        }
    }
}
