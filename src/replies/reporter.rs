//! Decides when a receiver reports on the streams that ask for it. It sends nothing and reads no
//! clock.
//!
//! A receiver sends at most one report for each datagram that asks, and at most one in an interval.
//! After the end of a stream it reports once more, at a random time of the window.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::is_of_share;
use crate::format::exchange::{REPORT_LEN, Report, Request, group_hash};
use crate::format::probe::{Probe, ProbeKind};
use crate::stats::stream::{Clock, Key, Stream};
use crate::units::RandomSequence;

/// The most streams that a receiver reports on.
const MOST: usize = 4096;

/// After this long without a request, another stream may replace a stream.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// A sender repeats an end that was answered only if the answer is missing, and not before this
/// time. The end markers of a stream arrive within 80 ms.
const ASKED_AGAIN: Duration = Duration::from_millis(200);

/// A stream that asks for reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asking {
    /// The stream.
    pub key: Key,
    /// The address that asks, with its zone.
    pub source: SocketAddr,
    /// How many datagrams asked.
    pub asked: u64,
    /// How many reports were sent.
    pub sent: u64,
    /// The TTL or hop limit of the last datagram as received.
    pub ttl: Option<u8>,
    request: Request,
    /// When it asked last.
    last: Duration,
    /// It asked since the last report.
    is_fresh: bool,
    due: Option<Duration>,
    /// When the report on the end was decided.
    ended: Option<Duration>,
    /// The next report is that on the end.
    is_final: bool,
}

/// The streams that ask for reports.
#[derive(Clone, Debug)]
pub struct Reporter {
    streams: Vec<Asking>,
    positions: HashMap<(Key, SocketAddr), usize>,
    /// The stream of the previous datagram, which most datagrams share.
    recent: usize,
    /// No report is due before; `None` if none is due at all.
    next: Option<Duration>,
    random: RandomSequence,
    most: usize,
    /// Requests that are shorter than a report.
    pub too_short: u64,
    /// Reports that were not sent, because only a share of the receivers was asked.
    pub of_share: u64,
    /// Requests of streams beyond the limit.
    pub full: u64,
}

impl Reporter {
    /// A receiver without streams; `seed` decides its random times.
    pub fn new(seed: u64) -> Self {
        Reporter {
            streams: Vec::new(),
            positions: HashMap::new(),
            recent: 0,
            next: None,
            random: RandomSequence::new(seed, 0),
            most: MOST,
            too_short: 0,
            of_share: 0,
            full: 0,
        }
    }

    /// Takes a data probe or an end of the stream `key` that arrived from `source` at `now`, from
    /// the start of the receiver. `payload` holds its request.
    pub fn ask(
        &mut self,
        key: Key,
        source: SocketAddr,
        probe: &Probe,
        payload: &[u8],
        ttl: Option<u8>,
        now: Duration,
    ) {
        if !probe.report_wanted || !probe.kind.is_of_stream() {
            return;
        }
        let request = Request::read(payload).filter(|_| payload.len() >= REPORT_LEN);
        let Some(request) = request else {
            self.too_short += 1;
            return;
        };
        let Some(position) = self.position(key, source, &request, now) else {
            self.full += 1;
            return;
        };
        let stream = &mut self.streams[position];
        stream.asked += 1;
        stream.is_fresh = true;
        (stream.last, stream.ttl) = (now, ttl);
        if probe.kind == ProbeKind::End {
            return self.end(position, request, now);
        }
        let is_new = stream.due.is_none() && !stream.is_final && !request.interval.is_zero();
        let is_shorter = stream.due.is_some_and(|due| due > now + request.interval)
            && !stream.is_final
            && !request.interval.is_zero();
        stream.request = request;
        if is_new || is_shorter {
            // A random phase: receivers that hear the same datagram must not report together.
            let due = now + request.interval.mul_f64(self.random.fraction());
            self.schedule(position, due);
        }
    }

    fn end(&mut self, position: usize, request: Request, now: Duration) {
        let stream = &mut self.streams[position];
        stream.request = request;
        let is_answered = stream.ended.is_some_and(|ended| now < ended.saturating_add(ASKED_AGAIN));
        if stream.is_final || is_answered {
            return;
        }
        stream.is_final = true;
        let due = now + request.window.mul_f64(self.random.fraction());
        self.schedule(position, due);
    }

    fn schedule(&mut self, position: usize, due: Duration) {
        self.streams[position].due = Some(due);
        self.next = Some(self.next.map_or(due, |next| next.min(due)));
    }

    /// The position of a stream, which is added if the limit allows it.
    fn position(
        &mut self,
        key: Key,
        source: SocketAddr,
        request: &Request,
        now: Duration,
    ) -> Option<usize> {
        let is_of = |stream: &Asking| stream.key == key && stream.source == source;
        if self.streams.get(self.recent).is_some_and(is_of) {
            return Some(self.recent);
        }
        let known = self.positions.get(&(key, source)).copied();
        let position = match known {
            Some(position) => position,
            None => {
                let place = self.place(now)?;
                let asking = Asking {
                    key,
                    source,
                    asked: 0,
                    sent: 0,
                    ttl: None,
                    request: *request,
                    last: now,
                    is_fresh: false,
                    due: None,
                    ended: None,
                    is_final: false,
                };
                match self.streams.get_mut(place) {
                    Some(old) => {
                        self.positions.remove(&(old.key, old.source));
                        *old = asking;
                    }
                    None => self.streams.push(asking),
                }
                self.positions.insert((key, source), place);
                place
            }
        };
        self.recent = position;
        Some(position)
    }

    /// The place for another stream: a new one, or that of a stream that asks no longer.
    fn place(&self, now: Duration) -> Option<usize> {
        if self.streams.len() < self.most {
            return Some(self.streams.len());
        }
        let oldest = (0..self.streams.len()).min_by_key(|at| self.streams[*at].last)?;
        let is_forgotten = now.saturating_sub(self.streams[oldest].last) >= FORGOTTEN;
        is_forgotten.then_some(oldest)
    }

    /// When the next report is due, from the start of the receiver.
    pub fn due(&self) -> Option<Duration> {
        self.next
    }

    /// The stream of a report that is due at `now`. The caller sends it, or withholds it because of
    /// a limit, and calls again until none is due.
    pub fn take_due(&mut self, now: Duration) -> Option<usize> {
        if self.next.is_none_or(|next| next > now) {
            return None;
        }
        for position in 0..self.streams.len() {
            if self.streams[position].due.is_some_and(|due| due <= now)
                && self.fall_due(position, now)
            {
                return Some(position);
            }
        }
        self.next = self.streams.iter().filter_map(|stream| stream.due).min();
        None
    }

    /// Plans the report after one that is due. Returns whether to send this one.
    fn fall_due(&mut self, position: usize, now: Duration) -> bool {
        let stream = &mut self.streams[position];
        let request = stream.request;
        let interval = request.interval;
        let is_final = std::mem::take(&mut stream.is_final);
        if is_final {
            stream.ended = Some(now);
        }
        // The next datagram asks again.
        let is_fresh = std::mem::take(&mut stream.is_fresh);
        let continues = is_fresh && !is_final && !interval.is_zero();
        // A receiver that was held up does not catch up.
        let next = stream.due.map_or(now, |due| due + interval);
        stream.due = continues.then(|| if next > now { next } else { now + interval });
        let is_chosen = is_of_share(&request, &mut self.random);
        self.of_share += u64::from(is_fresh && !is_chosen);
        is_fresh && is_chosen
    }

    /// The receiver ends: the reports on ends that wait are due at once.
    pub fn hurry(&mut self, now: Duration) {
        for stream in self.streams.iter_mut().filter(|stream| stream.is_final) {
            stream.due = Some(now);
            self.next = Some(now);
        }
    }

    /// The stream at a position.
    pub fn stream(&self, position: usize) -> &Asking {
        &self.streams[position]
    }

    /// Counts a report as sent.
    pub fn count_sent(&mut self, position: usize) {
        self.streams[position].sent += 1;
    }
}

/// The report on a stream.
pub fn report(
    stream: &Stream,
    asking: &Asking,
    receiver: u64,
    groups: u32,
    kernel_drops: Option<u64>,
) -> Report {
    let (counters, losses) = (stream.counters(false), stream.losses(false));
    let most = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    // All bits set mean that a value is unknown.
    let known = |value: u64| most(value).min(u32::MAX - 1);
    let span = counters.meter.span().unwrap_or_default();
    Report {
        receiver,
        received: counters.received,
        lost: losses.lost,
        end: stream.end_number(),
        span: u64::try_from(span.as_nanos()).unwrap_or(u64::MAX),
        delay: counters.delays.quantiles().map(|of| [of.p50, of.p99, of.max]),
        jitter: stream.jitter().map(|jitter| known(jitter.round() as u64)),
        duplicates: most(counters.duplicates),
        reordered: most(counters.reordered),
        corrupt: most(counters.corrupt),
        kernel_drops: kernel_drops.map(known),
        groups,
        ttl: asking.ttl,
        ended: stream.ended,
        comparable: stream.clock() > Clock::Unknown,
        port: stream.key.port,
        group: group_hash(stream.key.group),
    }
}

#[cfg(test)]
mod tests;
