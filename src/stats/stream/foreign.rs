//! Streams that mcast did not send: numbers of any width, restarts, ends.

use super::Arrival;
use super::detail::Detail;
use crate::format::kind::{Format, How};
use crate::format::numbered::{Numbered, Numbering, Unit};
use crate::stats::extension::Extension;
use crate::stats::sequence::Losses;
use crate::units::UnixTime;

/// What distinguishes a stream from the others of its flow, and how it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The format.
    pub format: Format,
    /// How the format is known.
    pub how: How,
    /// The key of the stream within its flow: SSRC, session, unit, universe.
    pub key: u64,
    /// How the format numbers its datagrams or messages.
    pub numbering: Numbering,
}

/// The properties of a stream that mcast did not send.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// What distinguishes the stream.
    pub identity: Identity,
    /// The measurements that only its format has.
    pub detail: Detail,
    pub(super) extension: Extension,
    pub(super) held: Option<Held>,
    /// Datagrams that are neither data nor an end.
    pub asides: u64,
    /// Heartbeats.
    pub heartbeats: u64,
}

/// The arrival of a datagram whose number is far from the others: the first one of a new run, or an
/// outlier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) sent: Option<UnixTime>,
    time: UnixTime,
    read: Option<UnixTime>,
    len: usize,
}

impl Foreign {
    pub(super) fn new(identity: Identity, detail: Detail) -> Self {
        Foreign {
            identity,
            detail,
            extension: Extension::new(identity.numbering),
            held: None,
            asides: 0,
            heartbeats: 0,
        }
    }

    /// What the numbers count.
    pub fn unit(&self) -> Unit {
        self.identity.numbering.unit
    }

    /// How many outages may hide further multiples of the modulus.
    pub fn ambiguous(&self) -> u64 {
        self.extension.ambiguous()
    }

    /// The numbers have 32 bits; the highest one so far is `number`.
    pub(super) fn widen(&mut self, number: u64) {
        self.extension.widen(1 << 32, number + 1);
    }

    /// The memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Foreign>() + self.detail.bytes()
    }

    /// The extended number that the sender began with, if the format fixes it.
    pub(super) fn start(&self) -> Option<u64> {
        self.identity.numbering.first.map(|first| self.extension.base().saturating_add(first))
    }

    pub(super) fn losses(&self, interval: bool) -> Option<Losses> {
        self.detail.losses(interval)
    }

    pub(super) fn mark(&mut self) {
        self.detail.mark();
    }
}

impl Held {
    pub(super) fn new(numbered: &Numbered, arrival: &Arrival) -> Self {
        let Arrival { time, read, len, .. } = *arrival;
        Held { sent: numbered.sent, time, read, len }
    }

    /// Its arrival; `later` is another arrival of the same flow.
    pub(super) fn arrival<'a>(&self, later: &Arrival<'a>) -> Arrival<'a> {
        let Held { time, read, len, .. } = *self;
        Arrival { time, read, len, ..*later }
    }
}
