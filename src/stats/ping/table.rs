//! All receivers that answer, by target, address and run.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::requests::Requests;
use super::session::Session;
use super::{Figures, Hops};
use crate::format::exchange::Reply;
use crate::format::probe::Probe;
use crate::stats::delay::{Delays, Precision};
use crate::units::UnixTime;
use crate::units::order::sort_by_key;

/// The most receivers with counts of their own. A large group is sampled, and each reply comes from
/// another receiver.
const MOST_SESSIONS: usize = 4096;

/// Up to this number of receivers, each may take more memory.
const MOST_GENEROUS: usize = 512;

/// A reply that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Its header: that of the request, with another kind.
    pub header: Probe,
    /// The body.
    pub reply: Reply,
    /// The sender of the reply.
    pub source: SocketAddr,
    /// When it arrived.
    pub arrived: UnixTime,
    /// The same since the start of the run, in ns.
    pub since_start: i64,
    /// Its TTL or hop limit as received.
    pub ttl: Option<u8>,
}

impl Answer {
    /// The send time of the request.
    pub fn sent_at(&self) -> UnixTime {
        UnixTime::from_nanos(i64::try_from(self.header.sent).unwrap_or(i64::MAX))
    }

    /// The round-trip time in ns, without the time that the receiver held the request. The clocks
    /// of both hosts need not agree.
    pub fn rtt(&self) -> i64 {
        let held = self.reply.replied.wrapping_sub(self.reply.arrived) as i64;
        self.arrived.since(self.sent_at()).saturating_sub(held)
    }

    /// The routers on the way to the receiver.
    pub fn hops_to(&self) -> Option<u8> {
        Hops::between(Some(self.header.ttl), self.reply.ttl)
    }

    /// The routers on the way back.
    pub fn hops_back(&self) -> Option<u8> {
        Hops::between(self.reply.reply_ttl, self.ttl)
    }
}

/// How the table took an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A reply to a request.
    Reply {
        /// The position of the target.
        target: usize,
        /// The first answer of this run of the receiver.
        is_first: bool,
        /// It had arrived before.
        is_duplicate: bool,
    },
    /// A reply to an end marker.
    End,
    /// It answers another sender, or a request that was not sent.
    Foreign,
}

/// A receiver at one target, over all of its runs.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The position of the target.
    pub target: usize,
    /// The address that replies, with the last port.
    pub source: SocketAddr,
    /// The random numbers of its runs, the last one last.
    pub ids: Vec<u64>,
    /// The time of the first reply since the start, in ns.
    pub first_seen: i64,
    /// The time of the last reply.
    pub last_seen: i64,
    /// The counts.
    pub figures: Figures,
}

/// One stream of requests.
#[derive(Clone, Debug)]
struct Target {
    stream: u64,
    requests: Requests,
    /// End markers were sent: no request follows.
    has_ended: bool,
    rtt: Delays,
    replies: u64,
}

/// All receivers that answer.
#[derive(Clone, Debug, Default)]
pub struct Table {
    targets: Vec<Target>,
    streams: HashMap<u64, usize>,
    sessions: Vec<Session>,
    /// The last session of each target, address and run.
    known: HashMap<(usize, IpAddr, u64), usize>,
    /// Replies of receivers without counts of their own.
    untracked: u64,
    /// Datagrams that answer other senders.
    foreign: u64,
}

impl Table {
    /// Adds a target, whose requests carry this stream id. Returns its position.
    pub fn add_target(&mut self, stream: u64) -> usize {
        let rtt = Delays::new(Precision::Fine);
        let requests = Requests::default();
        self.targets.push(Target { stream, requests, has_ended: false, rtt, replies: 0 });
        self.streams.insert(stream, self.targets.len() - 1);
        self.targets.len() - 1
    }

    /// The stream id of the requests to a target.
    pub fn stream(&self, target: usize) -> u64 {
        self.targets[target].stream
    }

    /// Notes that the next request to a target left.
    pub fn sent(&mut self, target: usize, time: UnixTime) {
        self.targets[target].requests.send(time);
    }

    /// Notes that the target gets end markers, and no request any more.
    pub fn end(&mut self, target: usize) {
        self.targets[target].has_ended = true;
    }

    /// How many requests to a target were sent.
    pub fn requests(&self, target: usize) -> u64 {
        self.targets[target].requests.sent()
    }

    /// The replies of all receivers to the requests of a target, without duplicates.
    pub fn replies(&self, target: usize) -> u64 {
        self.targets[target].replies
    }

    /// The round-trip times of all receivers of a target.
    pub fn rtt(&self, target: usize) -> &Delays {
        &self.targets[target].rtt
    }

    /// Adds an answer.
    pub fn take(&mut self, answer: &Answer) -> Taken {
        let Some(target) = self.streams.get(&answer.header.stream).copied() else {
            self.foreign += 1;
            return Taken::Foreign;
        };
        let Target { requests, has_ended, .. } = &self.targets[target];
        // An end marker carries the number of requests.
        let is_end = *has_ended && answer.header.sequence == requests.sent();
        if !is_end && answer.header.sequence >= requests.sent() {
            self.foreign += 1;
            return Taken::Foreign;
        }
        let key = (target, answer.source.ip(), answer.reply.receiver);
        let last = self.known.get(&key).copied();
        // A receiver that had forgotten this sender begins to count again.
        let known = last.filter(|last| !self.sessions[*last].is_over(&answer.reply));
        let position = match known {
            Some(position) => Some(position),
            None if self.sessions.len() < MOST_SESSIONS => {
                self.known.insert(key, self.sessions.len());
                let floor = last.map_or(0, |last| self.sessions[last].until());
                self.sessions.push(Session::new(answer, target, floor));
                Some(self.sessions.len() - 1)
            }
            None => None,
        };
        let may_grow = self.sessions.len() <= MOST_GENEROUS;
        let is_duplicate = match position {
            Some(position) => self.sessions[position].take(answer, requests, may_grow),
            None => {
                self.untracked += u64::from(!is_end);
                false
            }
        };
        if is_end {
            return Taken::End;
        }
        if !is_duplicate {
            let Target { rtt, replies, .. } = &mut self.targets[target];
            rtt.record(answer.rtt());
            *replies += 1;
        }
        Taken::Reply { target, is_first: known.is_none(), is_duplicate }
    }

    /// Replies of receivers without counts of their own.
    pub fn untracked(&self) -> u64 {
        self.untracked
    }

    /// Datagrams that answer other senders.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Whether the totals of a receiver of this target that may still run lack a request. A
    /// receiver counts as one that still runs until another run replaces it.
    pub fn awaits(&self, target: usize) -> bool {
        let sent = self.requests(target);
        let of_target = || self.sessions.iter().filter(|session| session.target == target);
        of_target().any(|session| {
            let is_replaced = of_target().any(|other| replaces(other, session));
            !session.is_complete(sent) && !is_replaced
        })
    }

    /// All receivers, in the order of targets and addresses.
    pub fn receivers(&self) -> Vec<Receiver> {
        let mut sessions: Vec<&Session> = self.sessions.iter().collect();
        let order = |session: &Session| {
            let first = session.span().map_or(session.from(), |(low, _)| low);
            (session.target, session.address(), first, session.first_seen)
        };
        sort_by_key(&mut sessions, |session| order(session));
        // Each chain holds the runs of one receiver.
        let mut chains: Vec<Vec<&Session>> = Vec::new();
        for session in sessions {
            let before = chains.iter_mut().rev();
            let mut same = before.take_while(|chain| is_same_place(chain[0], session));
            match same.find(|chain| chain.last().is_some_and(|last| replaces(session, last))) {
                Some(chain) => chain.push(session),
                None => chains.push(vec![session]),
            }
        }
        let chains = chains.iter().filter(|chain| chain.iter().any(|of| of.has_received()));
        chains.map(|chain| self.receiver(chain)).collect()
    }

    /// The receiver of a chain of sessions.
    fn receiver(&self, chain: &[&Session]) -> Receiver {
        let mut figures = Figures::default();
        let mut ids: Vec<u64> = Vec::new();
        for (position, session) in chain.iter().enumerate() {
            // The requests between two runs are unresolved.
            let next = chain.get(position + 1).map(|next| next.from());
            figures.add(&session.figures(next.unwrap_or(self.requests(session.target))));
            if ids.last() != Some(&session.id) {
                ids.push(session.id);
            }
        }
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        Receiver {
            target: first.target,
            source: last.source,
            ids,
            first_seen: first.first_seen,
            last_seen: last.last_seen,
            figures,
        }
    }
}

fn is_same_place(one: &Session, other: &Session) -> bool {
    (one.target, one.address()) == (other.target, other.address())
}

/// Whether a run began after all answers of an earlier one at the same address. Otherwise two
/// receivers run there. A run that received earlier requests was only not asked to answer them.
fn replaces(later: &Session, earlier: &Session) -> bool {
    let (Some((low, _)), Some((_, high))) = (later.span(), earlier.span()) else { return false };
    is_same_place(later, earlier) && high < low.min(later.first())
}
