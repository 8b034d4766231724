//! A market-data format: a described header, the structure behind it, and its special cases.

use super::session::Session;
use crate::format::described::{Fields, Header};
use crate::format::numbered::{Content, Numbered, Numbering, Unit};
use crate::units::UnixTime;

/// A market-data format.
#[derive(Debug)]
pub struct Preset {
    /// The name in `--format` and in JSON.
    pub name: &'static str,
    /// The name in text.
    pub title: &'static str,
    /// The header that a user could describe to get the numbers, without the special cases.
    pub description: &'static str,
    /// The parsed description.
    pub(super) header: Header,
    pub(super) rule: Rule,
}

/// Reads the key and the session of a datagram.
pub(super) type SessionOf = fn(&[u8]) -> Option<(u64, Session)>;

/// The part of a format that a described header cannot express.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Reads the content; `None` if the structure of the datagram is not that of the format.
    pub read: fn(&[u8], &Fields) -> Option<Body>,
    /// Whether chance cannot produce a datagram that `read` accepts, if the next one continues it.
    pub is_evident: fn(&[u8]) -> bool,
    /// Reads a key and a session that the key field does not give.
    pub session: Option<SessionOf>,
    /// What the numbers count. It differs from the description if the count is not at one place.
    pub unit: Unit,
    /// The width of the numbers in bits, if it is not that of the field.
    pub bits: Option<u32>,
    /// The first number of each session, if the format fixes it.
    pub first: Option<u64>,
}

/// What the structure behind the header holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub content: Content,
    pub messages: u64,
    pub heartbeat: bool,
}

impl Body {
    /// Numbered messages or a numbered datagram. Without messages it is a heartbeat.
    pub fn new(content: Content, messages: u64) -> Self {
        Body { content, messages, heartbeat: matches!(content, Content::Heartbeat { .. }) }
    }

    pub fn aside() -> Self {
        Body::new(Content::Aside, 0)
    }

    pub fn heartbeat(next: u64) -> Self {
        Body::new(Content::Heartbeat { next }, 0)
    }
}

/// A datagram of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its numbers.
    pub numbered: Numbered,
    /// The number of messages that it holds, also if the format numbers datagrams. 0 for messages
    /// outside of the numbered stream.
    pub messages: u64,
    /// It holds no data, only a sign of life. Some formats number these too.
    pub heartbeat: bool,
}

impl Preset {
    /// The place of a datagram; `None` if it does not have the format.
    pub fn read(&self, payload: &[u8]) -> Option<Numbered> {
        self.inspect(payload).map(|reading| reading.numbered)
    }

    /// The place of a datagram and its messages; `None` if it does not have the format.
    pub fn inspect(&self, payload: &[u8]) -> Option<Reading> {
        let fields = self.header.fields(payload)?;
        let Body { content, messages, heartbeat } = (self.rule.read)(payload, &fields)?;
        let key = match self.rule.session {
            Some(session) => session(payload)?.0,
            None => fields.key,
        };
        let numbered = Numbered { key, content, sent: fields.sent.filter(|sent| plausible(*sent)) };
        Some(Reading { numbered, messages, heartbeat })
    }

    /// Whether the datagram has the format beyond chance, if the next one continues it.
    pub fn is_evident(&self, payload: &[u8]) -> bool {
        (self.rule.is_evident)(payload) && self.inspect(payload).is_some()
    }

    /// How the format numbers.
    pub fn numbering(&self) -> Numbering {
        let bits = self.rule.bits.unwrap_or(self.header.sequence.bits());
        Numbering { first: self.rule.first, ..Numbering::bits(bits, self.rule.unit) }
    }

    /// The session of a datagram; `None` if the group is the session, or in a shorter payload.
    pub fn session(&self, payload: &[u8]) -> Option<Session> {
        match self.rule.session {
            Some(session) => session(payload).map(|(_, session)| session),
            None => self.header.key_parts(payload).map(Session::of_key),
        }
    }
}

/// Whether a time is from 2000 to 2100.
pub(super) fn plausible(time: UnixTime) -> bool {
    const FROM: i64 = 946_684_800_000_000_000;
    const TO: i64 = 4_102_444_800_000_000_000;
    (FROM..TO).contains(&time.nanos())
}
