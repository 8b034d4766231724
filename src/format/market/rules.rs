//! The structure and the special cases of each market-data format.

use super::blocks::Blocks;
use super::preset::{Body, Rule, plausible};
use super::session::Session;
use crate::format::described::{ByteOrder, Field, Fields, content};
use crate::format::fields::{self, u8, u16, u16_le, u32, u32_le, u64, u64_le};
use crate::format::numbered::{Content, Unit};
use crate::units::UnixTime;

/// Sessions begin with the message number 1.
const FROM_ONE: Rule = Rule { first: Some(1), ..MESSAGES };

const MESSAGES: Rule = Rule {
    read: |_, _| None,
    is_evident: |_| false,
    session: None,
    unit: Unit::Messages,
    bits: None,
    first: None,
};

const DATAGRAMS: Rule = Rule { unit: Unit::Datagrams, ..MESSAGES };

const LE_16: Blocks = Blocks::new(2, ByteOrder::Little);
const BE_16: Blocks = Blocks::new(2, ByteOrder::Big);

/// Lengths that do not count themselves.
const LE_16_DATA: Blocks = Blocks { uncounted: 2, ..LE_16 };
const BE_16_DATA: Blocks = Blocks { uncounted: 2, ..BE_16 };

/// A count of messages, of which `blocks` fill the payload from `from` on.
fn counted(payload: &[u8], fields: &Fields, from: usize, blocks: &Blocks) -> Option<Body> {
    let count = fields.count?;
    let body = Body::new(content(fields.sequence, Some(count), payload)?, count);
    blocks.are(count, payload.get(from..)?).then_some(body)
}

/// A numbered datagram, whose messages fill the payload from `from` on.
fn datagram(fields: &Fields, messages: u64) -> Body {
    Body::new(Content::Data { first: fields.sequence, count: 1 }, messages)
}

/// Whether a 64-bit number is one that a session reaches.
fn is_reached(number: Option<u64>) -> bool {
    number.is_some_and(|number| number < 1 << 48)
}

fn in_nanos(nanos: Option<u64>) -> bool {
    let nanos = nanos.and_then(|nanos| i64::try_from(nanos).ok());
    nanos.is_some_and(|nanos| plausible(UnixTime::from_nanos(nanos)))
}

/// Whether a time has plausible seconds since 1970, and less than a second in nanoseconds.
fn in_seconds(seconds: Option<u32>, nanos: Option<u32>) -> bool {
    let nanos = nanos.filter(|nanos| *nanos < 1_000_000_000);
    nanos.is_some() && in_nanos(seconds.map(|seconds| u64::from(seconds) * 1_000_000_000))
}

// --- MoldUDP64: a count of 0 is a heartbeat, 0xFFFF the end of the session.

pub(super) const MOLDUDP64: Rule = Rule {
    read: |payload, fields| match fields.count? {
        END_OF_SESSION => {
            let end = Content::End { next: Some(fields.sequence) };
            (payload.len() == 20).then(|| Body::new(end, 0))
        }
        _ => counted(payload, fields, 20, &BE_16_DATA),
    },
    is_evident: |payload| {
        let session = payload.get(..10).unwrap_or_default();
        // Many programs send a short text and zeros: a heartbeat alone is no evidence.
        let has_data = u16(payload, 18).is_some_and(|count| count != 0);
        let is_text = session.iter().all(|byte| matches!(byte, b' '..=b'~'));
        has_data && is_text && !session.trim_ascii().is_empty() && is_reached(u64(payload, 10))
    },
    session: Some(|payload| {
        let session: [u8; 10] = fields::bytes(payload, 0)?;
        // Sessions differ in few bytes. The odd factor keeps all of the first eight apart.
        let key =
            u64(payload, 0)?.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(u16(payload, 8)?);
        Some((key, Session::Text(session)))
    }),
    ..FROM_ONE
};

const END_OF_SESSION: u64 = 0xffff;

// --- MDP 3.0: datagrams of SBE messages; the template 12 is a heartbeat with a number of its own.

pub(super) const MDP3: Rule = Rule {
    read: |payload, fields| {
        let blocks = Blocks { shortest: 10, ..LE_16 };
        let messages = blocks.walk(payload.get(12..)?, |_| true)?;
        let heartbeat = messages == 1 && u16_le(payload, 16) == Some(12);
        (messages > 0).then(|| Body { heartbeat, ..datagram(fields, messages) })
    },
    is_evident: |payload| in_nanos(u64_le(payload, 4)) && u16_le(payload, 18) == Some(1),
    ..DATAGRAMS
};

// --- PITCH, MITCH and GTP have one unit header. The messages differ: PITCH has a length of one
// byte and a type other than 0, GTP a length of two bytes.

const PITCH_BLOCKS: Blocks = Blocks { shortest: 2, ..Blocks::new(1, ByteOrder::Little) };

/// The number 0 stands for no number: a heartbeat out of hours, or unsequenced messages.
fn unit(payload: &[u8], fields: &Fields, blocks: &Blocks) -> Option<Body> {
    let body = counted(payload, fields, 8, blocks)?;
    Some(if fields.sequence == 0 { Body::aside() } else { body })
}

pub(super) const PITCH: Rule = Rule {
    read: |payload, fields| {
        unit(payload, fields, &PITCH_BLOCKS).filter(|_| u8(payload, 9) != Some(0))
    },
    is_evident: has_messages,
    ..FROM_ONE
};

pub(super) const GTP: Rule = Rule {
    read: |payload, fields| unit(payload, fields, &Blocks { shortest: 3, ..LE_16 }),
    is_evident: has_messages,
    ..FROM_ONE
};

/// Only messages with lengths that sum up are evidence.
fn has_messages(payload: &[u8]) -> bool {
    u8(payload, 2) != Some(0)
}

// --- XDP and Pillar: the delivery flag says how to count.

pub(super) const XDP: Rule = Rule {
    read: |payload, fields| {
        let blocks = Blocks { shortest: 4, ..LE_16 };
        match u8(payload, 2)? {
            HEARTBEAT => (payload.len() == 16).then(|| Body::heartbeat(fields.sequence)),
            FAILOVER | ORIGINAL => counted(payload, fields, 16, &blocks),
            // Resets, retransmissions, refreshes and unavailable messages.
            12..=21 => Some(Body::aside()),
            _ => None,
        }
    },
    is_evident: |payload| {
        let counts = matches!(u8(payload, 2), Some(HEARTBEAT | FAILOVER | ORIGINAL));
        counts && in_seconds(u32_le(payload, 8), u32_le(payload, 12))
    },
    ..FROM_ONE
};

const HEARTBEAT: u8 = 1;
const FAILOVER: u8 = 10;
const ORIGINAL: u8 = 11;

// --- IEX-TP: the length of the messages is in the header.

pub(super) const IEX: Rule = Rule {
    read: |payload, fields| {
        let len = usize::from(u16_le(payload, 12)?);
        (payload.len() == 40 + len).then(|| counted(payload, fields, 40, &LE_16_DATA)).flatten()
    },
    is_evident: |payload| {
        u8(payload, 1) == Some(0) && u8(payload, 3) == Some(0x80) && in_nanos(u64_le(payload, 32))
    },
    ..FROM_ONE
};

// --- OPRA: messages have no lengths. A line integrity message has the next number.

pub(super) const OPRA: Rule = Rule {
    read: |payload, fields| {
        // 'O' is the feed; ' ' an original, 'V' a retransmission.
        let original = match payload.get(3..5)? {
            b"O " => true,
            b"OV" => false,
            _ => return None,
        };
        // Each message has at least a participant, a category, a type and an indicator.
        let count = fields.count.filter(|count| payload.len() as u64 >= 21 + 4 * count)?;
        siac(payload, fields, original, count, payload.get(22..24) == Some(b"HN"))
    },
    is_evident: |payload| {
        matches!(u8(payload, 0), Some(1..=15)) && in_seconds(u32(payload, 11), u32(payload, 15))
    },
    ..MESSAGES
};

// --- CTA: the same with lengths, and a byte of padding.

pub(super) const CTA: Rule = Rule {
    read: |payload, fields| {
        // 'T' is CTS, 'Q' is CQS; 'O' an original, 'V' a retransmission.
        let original = match payload.get(3..5)? {
            b"TO" | b"QO" => true,
            b"TV" | b"QV" => false,
            _ => return None,
        };
        let blocks = Blocks { padding: 1, shortest: 4, ..BE_16 };
        let count = fields
            .count
            .filter(|count| payload.get(20..).is_some_and(|rest| blocks.are(*count, rest)))?;
        siac(payload, fields, original, count, payload.get(22..24) == Some(b"CT"))
    },
    is_evident: |payload| {
        matches!(u8(payload, 0), Some(0..=15)) && in_seconds(u32(payload, 10), u32(payload, 14))
    },
    ..MESSAGES
};

/// A block of the SIAC. The number 0 stands for no number.
fn siac(
    payload: &[u8],
    fields: &Fields,
    original: bool,
    count: u64,
    line_integrity: bool,
) -> Option<Body> {
    if !original {
        return Some(Body::aside());
    }
    if count == 1 && line_integrity {
        let body = Body::heartbeat(fields.sequence);
        return Some(if fields.sequence == 0 {
            Body { heartbeat: true, ..Body::aside() }
        } else {
            body
        });
    }
    if fields.sequence == 0 {
        return Some(Body::aside());
    }
    Some(Body::new(content(fields.sequence, Some(count), payload)?, count))
}

// --- Optiq: the flags hold 3 more bits of the number, and how often the gateway restarted.

pub(super) const OPTIQ: Rule = Rule {
    read: |payload, fields| {
        // Of a compressed datagram, the time alone can be wrong.
        fields.sent.filter(|sent| plausible(*sent))?;
        let flags = u16_le(payload, 12)?;
        let sequence = u64::from(flags >> 4 & 7) << 32 | fields.sequence;
        let messages = match flags & COMPRESSED {
            0 => Blocks { shortest: 10, ..LE_16 }.walk(payload.get(16..)?, |_| true)?,
            _ => 0,
        };
        Some(datagram(&Fields { sequence, ..*fields }, messages))
    },
    is_evident: |payload| {
        let is_plain = u16_le(payload, 12).is_some_and(|flags| flags & COMPRESSED == 0);
        // A frame has the schema 0, and at least one is there.
        is_plain && u16_le(payload, 22) == Some(0)
    },
    session: Some(|payload| {
        let (restarts, channel) = (u16_le(payload, 12)? >> 1 & 7, u16_le(payload, 14)?);
        // A restart begins with new numbers.
        let key = u64::from(restarts) << 16 | u64::from(channel);
        Some((key, Session::Number(channel.into())))
    }),
    bits: Some(35),
    ..DATAGRAMS
};

const COMPRESSED: u16 = 1;

// --- EOBI: a packet header of 32 bytes, then messages. Heartbeats have numbers.

pub(super) const EOBI: Rule = Rule {
    read: |payload, fields| {
        let is_header =
            u16_le(payload, 0)? == 32 && (13_000..13_016).contains(&u16_le(payload, 2)?);
        let blocks = Blocks { shortest: 8, ..LE_16 };
        let messages = blocks.walk(payload.get(32..).filter(|_| is_header)?, |_| true)?;
        let heartbeat = messages == 1 && u16_le(payload, 34) == Some(13_001);
        Some(Body { heartbeat, ..datagram(fields, messages) })
    },
    // The length, the template and the constant are 56 bits.
    is_evident: |payload| payload.len() > 32,
    ..DATAGRAMS
};

// --- iMpact: messages have a type of one byte before the length, which counts neither.

pub(super) const IMPACT: Rule = Rule {
    read: |payload, fields| {
        let len = Field { at: 1, width: 2, order: ByteOrder::Big };
        let blocks = Blocks { len, uncounted: 3, shortest: 3, padding: 0 };
        let body = counted(payload, fields, 16, &blocks)?;
        Some(if fields.sequence == 0 { Body::aside() } else { body })
    },
    is_evident: |payload| {
        in_nanos(u64(payload, 8).and_then(|millis| millis.checked_mul(1_000_000)))
    },
    ..MESSAGES
};

// --- UMDF: SBE messages in frames. The number 0 is a heartbeat with the next number, or a reset.

pub(super) const UMDF: Rule = Rule {
    read: |payload, fields| {
        let is_sbe = |frame: &[u8]| u16_le(frame, 2) == Some(0xeb50);
        let messages = Blocks { shortest: 12, ..LE_16 }.walk(payload.get(16..)?, is_sbe)?;
        if messages == 0 {
            return None;
        }
        if fields.sequence != 0 {
            return Some(datagram(fields, messages));
        }
        let is_heartbeat = messages == 1 && u16_le(payload, 22) == Some(2);
        let next = u32_le(payload, 28).filter(|_| is_heartbeat);
        Some(next.map_or(Body::aside(), |next| Body::heartbeat(next.into())))
    },
    is_evident: |payload| in_nanos(u64_le(payload, 8)),
    ..DATAGRAMS
};

// --- OMD

pub(super) const OMD: Rule = Rule {
    read: |payload, fields| {
        let body = counted(payload, fields, 16, &Blocks { shortest: 4, ..LE_16 })?;
        // The message 100 resets the numbers.
        Some(if u16_le(payload, 18) == Some(100) { Body::aside() } else { body })
    },
    is_evident: |payload| has_messages(payload) && in_nanos(u64_le(payload, 8)),
    ..MESSAGES
};

// --- MEMOIR: type 0 is a heartbeat, 1 the end of the session, 2 messages with a count.

pub(super) const MEMX: Rule = Rule {
    read: |payload, fields| match (u8(payload, 0)?, payload.len()) {
        (0, 18) => Some(Body::heartbeat(fields.sequence)),
        (1, 18) => Some(Body::new(Content::End { next: Some(fields.sequence) }, 0)),
        (2, 20..) => {
            let count = Some(u64::from(u16(payload, 18)?));
            counted(payload, &Fields { count, ..*fields }, 20, &BE_16_DATA)
        }
        _ => None,
    },
    is_evident: |payload| u8(payload, 0) == Some(2) && is_reached(u64(payload, 10)),
    ..FROM_ONE
};

// --- MACH: type 0 is a heartbeat, 1 the start and 2 the end of the session, 3 a message. Each
// message has its number.

pub(super) const MACH: Rule = Rule {
    read: |payload, fields| {
        let len = Field { at: 8, width: 2, order: ByteOrder::Little };
        let blocks = Blocks { len, uncounted: 0, shortest: 12, padding: 0 };
        let (kind, session) = (u8(payload, 10)?, u8(payload, 11)?);
        let mut next = fields.sequence;
        let count = blocks.walk(payload, |message| {
            let continues = u64_le(message, 0) == Some(next);
            next = next.wrapping_add(1);
            continues && u8(message, 10) == Some(kind) && u8(message, 11) == Some(session)
        })?;
        match (kind, count) {
            (0, 1) => Some(Body::heartbeat(fields.sequence)),
            (1, 1) => Some(Body::aside()),
            (2, 1) => Some(Body::new(Content::End { next: None }, 0)),
            (3, 1..) => Some(Body::new(Content::Data { first: fields.sequence, count }, count)),
            _ => None,
        }
    },
    is_evident: |payload| u8(payload, 10) == Some(3) && is_reached(u64_le(payload, 0)),
    ..MESSAGES
};
