//! One run of a receiver, as its replies to the requests of one target show it.

use std::net::{IpAddr, SocketAddr};

use super::requests::Requests;
use super::{Answer, Figures, Hops};
use crate::format::exchange::Reply;
use crate::stats::delay::{Delays, Precision};
use crate::stats::sequence::{Order, Sequence};
use crate::units::UnixTime;

/// No gap needs its place: replies have no extent of reordering.
const NO_GAPS: usize = 0;

/// One run of a receiver.
#[derive(Clone, Debug)]
pub struct Session {
    /// The position of the target.
    pub target: usize,
    /// The address that replies, with its last port.
    pub source: SocketAddr,
    /// The random number of the run.
    pub id: u64,
    /// The time of the first reply since the start, in ns.
    pub first_seen: i64,
    /// The time of the last reply.
    pub last_seen: i64,
    /// The numbers of the answered requests.
    answered: Option<Sequence>,
    /// The lowest and the highest of them.
    span: Option<(u64, u64)>,
    /// The numbers that the receiver gave its replies.
    replies: Option<Sequence>,
    /// Replies that arrived again.
    duplicates: u64,
    /// The newest totals of the receiver.
    received: u64,
    replied: u64,
    withheld: u64,
    request_duplicates: u64,
    /// The first request that the receiver received.
    first: u64,
    /// The first request that the receiver could receive.
    from: u64,
    /// An earlier session of the same run counts the requests below this number.
    floor: u64,
    /// The receiver's totals include the requests below this number.
    until: u64,
    rtt: Delays,
    hops_to: Option<Hops>,
    hops_back: Option<Hops>,
}

impl Session {
    /// The session of a receiver's first answer. It counts requests from `floor` on.
    pub fn new(answer: &Answer, target: usize, floor: u64) -> Self {
        Session {
            target,
            source: answer.source,
            id: answer.reply.receiver,
            first_seen: answer.since_start,
            last_seen: answer.since_start,
            answered: None,
            span: None,
            replies: None,
            duplicates: 0,
            received: 0,
            replied: 0,
            withheld: 0,
            request_duplicates: 0,
            first: answer.reply.first,
            from: u64::MAX,
            floor,
            until: 0,
            rtt: Delays::new(Precision::Coarse),
            hops_to: None,
            hops_back: None,
        }
    }

    /// The address that replies.
    pub fn address(&self) -> IpAddr {
        self.source.ip()
    }

    /// Adds an answer. Returns whether it arrived again.
    pub fn take(&mut self, answer: &Answer, requests: &Requests, may_grow: bool) -> bool {
        let Answer { header, reply, .. } = answer;
        self.source = answer.source;
        self.last_seen = answer.since_start;
        self.received = self.received.max(reply.received.into());
        self.replied = self.replied.max(reply.replies.into());
        self.withheld = self.withheld.max(reply.withheld.into());
        self.request_duplicates = self.request_duplicates.max(reply.duplicates.into());
        let since = reply.first.min(self.listening_since(answer, requests));
        self.from = self.from.min(since).max(self.floor);
        if header.sequence == requests.sent() {
            // The reply to an end marker has no number.
            self.until = header.sequence;
            return false;
        }
        self.until = self.until.max(header.sequence + 1);
        let number = u64::from(reply.replies);
        let order = arrive(&mut self.replies, number, may_grow);
        if order == Order::Duplicate {
            self.duplicates += 1;
            return true;
        }
        arrive(&mut self.answered, header.sequence, may_grow);
        let (low, high) = self.span.unwrap_or((header.sequence, header.sequence));
        self.span = Some((low.min(header.sequence), high.max(header.sequence)));
        self.rtt.record_within(answer.rtt(), may_grow);
        self.hops_to = Hops::add(self.hops_to, answer.hops_to());
        self.hops_back = Hops::add(self.hops_back, answer.hops_back());
        false
    }

    /// The first request that certainly left after the receiver began to listen. The request of
    /// this answer arrived between its send time and the end of the round trip; the later time
    /// is certain.
    fn listening_since(&self, answer: &Answer, requests: &Requests) -> u64 {
        let arrived = answer.sent_at().nanos().saturating_add(answer.rtt().max(0));
        let listening = i64::try_from(answer.reply.listening).unwrap_or(i64::MAX);
        requests.since(UnixTime::from_nanos(arrived.saturating_sub(listening)))
    }

    /// The lowest and the highest number of the answered requests.
    pub fn span(&self) -> Option<(u64, u64)> {
        self.span
    }

    /// The first request that the receiver received.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Whether the receiver counts from a request on that follows all of this session.
    pub fn is_over(&self, reply: &Reply) -> bool {
        reply.first != self.first && reply.first >= self.until
    }

    /// Whether the receiver received a request.
    pub fn has_received(&self) -> bool {
        self.received > 0
    }

    /// The first request that the receiver could receive.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// The number after the newest answered request.
    pub fn until(&self) -> u64 {
        self.until
    }

    /// Whether the receiver's totals include all of `sent` requests.
    pub fn is_complete(&self, sent: u64) -> bool {
        self.until >= sent
    }

    /// The counts up to the request `end`, which the receiver cannot have received any more.
    pub fn figures(&self, end: u64) -> Figures {
        let end = end.max(self.until);
        let received = |sequence: &Option<Sequence>| {
            sequence.as_ref().map_or(0, |sequence| sequence.received())
        };
        let replies = received(&self.replies);
        Figures {
            expected: end.saturating_sub(self.from),
            received: self.received,
            answered: received(&self.answered),
            lost_to: self.until.saturating_sub(self.from).saturating_sub(self.received),
            lost_back: self.replied.saturating_sub(replies),
            withheld: self.withheld,
            unresolved: end - self.until,
            duplicates: self.duplicates,
            request_duplicates: self.request_duplicates,
            rtt: self.rtt.clone(),
            hops_to: self.hops_to,
            hops_back: self.hops_back,
        }
    }
}

fn arrive(sequence: &mut Option<Sequence>, number: u64, may_grow: bool) -> Order {
    match sequence {
        Some(sequence) => sequence.arrive_within(number, may_grow),
        None => {
            *sequence = Some(Sequence::starting_with(number, NO_GAPS));
            Order::InOrder
        }
    }
}
