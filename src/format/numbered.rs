//! The place of a datagram in a numbered stream, as every format with numbers reports it.

use std::num::NonZeroU64;

use crate::units::UnixTime;

/// The place of a datagram in a numbered stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Distinguishes the streams of one flow: a session, a unit, a universe. 0 if the flow is one
    /// stream.
    pub key: u64,
    /// The numbers that it contains or announces.
    pub content: Content,
    /// The send time by the sender's clock, if the format has one.
    pub sent: Option<UnixTime>,
}

/// The numbers of a datagram, as sent: below the modulus of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The numbers from `first` on.
    Data {
        /// The first number.
        first: u64,
        /// How many consecutive numbers the datagram holds, at least 1.
        count: u64,
    },
    /// A heartbeat without data.
    Heartbeat {
        /// The next number that the sender will use.
        next: u64,
    },
    /// The end of the stream.
    End {
        /// The last number plus one, if the sender states it.
        next: Option<u64>,
    },
    /// Part of the format, but not of the numbered data: a warm-up, a retransmission, a refresh.
    Aside,
}

/// How a format numbers its datagrams or messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The number after which the count begins again with 0; `None` is 2^64.
    pub modulus: Option<NonZeroU64>,
    /// The first number of each stream, if the format fixes it.
    pub first: Option<u64>,
    /// What the numbers count.
    pub unit: Unit,
}

/// What a number counts, and a loss is therefore a loss of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Datagrams.
    Datagrams,
    /// Messages, of which a datagram holds any number.
    Messages,
    /// Packets of an MPEG transport stream.
    TsPackets,
}

impl Unit {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Datagrams => "datagrams",
            Unit::Messages => "messages",
            Unit::TsPackets => "ts_packets",
        }
    }
}

impl Numbering {
    /// Numbers of a width in bits, from 1 to 64.
    pub const fn bits(bits: u32, unit: Unit) -> Self {
        let modulus = if bits < 64 { NonZeroU64::new(1 << bits) } else { None };
        Numbering { modulus, first: None, unit }
    }

    /// The same numbers, of which each stream begins with `first`.
    pub const fn from(self, first: u64) -> Self {
        Numbering { first: Some(first), ..self }
    }
}
