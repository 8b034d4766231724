//! Answers the senders that ask for replies or reports (`--reply`).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use tracing::debug;

use crate::event::AnswersInfo;
use crate::format::exchange::{REPLY_LEN, Reply, Request};
use crate::format::probe::{self, Probe, ProbeKind, Reading};
use crate::host;
use crate::iface::Cast;
use crate::net::{Answer, Datagram, Inbox, NetError, ReplyFrom};
use crate::notice::{Notice, receive};
use crate::plan;
use crate::replies::reporter::{Reporter, report};
use crate::replies::{
    Delayed, Limiter, Reason, Recipients, RequesterKey, Requesters, Seen, Withheld, is_of_share,
    random_delay,
};
use crate::stats::stream::{Arrival, Key, Stream, Streams};
use crate::sys::Meta;
use crate::units::{RandomSequence, UnixTime, random};

/// The flags of requests in the second byte of the flags: bit 0 for a reply, bit 2 for reports.
const WANTED: u8 = 0b101;

/// Answers the requests that a receiver takes.
pub struct Answering {
    receiver: u64,
    host: u64,
    start: Instant,
    limit: u64,
    limiter: Limiter,
    recipients: Recipients,
    /// The ports at which this receiver takes unicast.
    ports: Vec<u16>,
    requesters: Requesters,
    /// Replies that wait for their part of the window.
    delayed: Delayed<Waiting>,
    /// Replies to send at once.
    ready: Vec<Waiting>,
    reporter: Reporter,
    random: RandomSequence,
    withheld: Withheld,
    replies: u64,
    reports: u64,
    has_warned: bool,
}

/// A reply that waits.
struct Waiting {
    key: RequesterKey,
    header: Probe,
    /// Without the time of the reply and the counts of replies.
    reply: Reply,
    to: SocketAddr,
    from: ReplyFrom,
}

/// Where a request arrived.
struct Place<'a> {
    key: RequesterKey,
    meta: &'a Meta,
    read: UnixTime,
    from: ReplyFrom,
}

impl Answering {
    /// Opens the sockets for answers.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn open(plan: &plan::Recv, inbox: &mut Inbox, start: Instant) -> Result<Self, NetError> {
        inbox.open_replies(&plan.listens)?;
        let targets = plan.listens.iter().map(|listen| &listen.at);
        let unicast = targets.filter(|at| at.cast == Cast::Unicast);
        let ports: Vec<u16> = unicast.map(|at| at.port).chain(inbox.reply_ports()).collect();
        let mut answering = Answering {
            receiver: random(),
            host: host::host_id(),
            start,
            limit: plan.reply_limit,
            limiter: Limiter::new(plan.reply_limit),
            recipients: Recipients::default(),
            ports,
            requesters: Requesters::default(),
            delayed: Delayed::default(),
            ready: Vec::new(),
            reporter: Reporter::new(random()),
            random: RandomSequence::new(random(), 0),
            withheld: Withheld::default(),
            replies: 0,
            reports: 0,
            has_warned: false,
        };
        answering.follow();
        Ok(answering)
    }

    /// Reads the addresses of this host again: their interfaces have changed.
    pub fn follow(&mut self) {
        match host::interfaces() {
            Ok(interfaces) => {
                self.recipients = Recipients::new(&interfaces, self.ports.clone());
            }
            Err(error) => debug!(%error, "cannot list the interfaces"),
        }
    }

    /// Takes a datagram, which may ask for an answer.
    pub fn take(&mut self, now: Instant, datagram: &Datagram) {
        let Some(probe) = request(datagram.payload, datagram.meta.truncated) else { return };
        let Datagram { endpoint, meta, read, .. } = *datagram;
        let arrival = Arrival::from(datagram);
        let ifindex = meta.ifindex.unwrap_or(endpoint.via.index);
        let key = Key {
            stream: probe.stream,
            group: arrival.group,
            port: arrival.port,
            ifindex: arrival.iface.map_or(0, |(index, _)| index),
        };
        if let Err(reason) = self.recipients.check(meta.source, key.port, Some(ifindex)) {
            self.withheld.add(reason, 1);
            return;
        }
        if probe.report_wanted {
            let now = now.saturating_duration_since(self.start);
            self.reporter.ask(key, meta.source, &probe, datagram.payload, meta.ttl, now);
        }
        if probe.reply_wanted {
            let is_unicast = endpoint.cast == Cast::Unicast && !key.group.is_multicast();
            let from = match is_unicast {
                true => ReplyFrom::Receiver(endpoint.clone()),
                false => ReplyFrom::Interface(endpoint.clone()),
            };
            let key = RequesterKey {
                stream: key.stream,
                source: meta.source,
                group: key.group,
                port: key.port,
                ifindex,
            };
            self.request(now, probe, datagram.payload, Place { key, meta, read, from });
        }
    }

    /// Takes a datagram that arrived at a socket for answers.
    fn take_unicast(&mut self, now: Instant, position: usize, port: u16, answer: &Answer) {
        let Answer { payload, meta, read } = *answer;
        let Some(probe) = request(payload, meta.truncated).filter(|probe| probe.reply_wanted)
        else {
            return;
        };
        if let Err(reason) = self.recipients.check(meta.source, port, meta.ifindex) {
            self.withheld.add(reason, 1);
            return;
        }
        let key = RequesterKey {
            stream: probe.stream,
            source: meta.source,
            group: meta.destination.unwrap_or(meta.source.ip()),
            port,
            ifindex: meta.ifindex.unwrap_or(0),
        };
        let from = ReplyFrom::Socket(position);
        self.request(now, probe, payload, Place { key, meta, read, from });
    }

    fn request(&mut self, now: Instant, header: Probe, payload: &[u8], place: Place) {
        let Place { key, meta, read, from } = place;
        let now = now.saturating_duration_since(self.start);
        let request = Request::read(payload).filter(|_| payload.len() >= REPLY_LEN);
        let Some(request) = request else {
            self.withheld.add(Reason::TooShort, 1);
            return;
        };
        let Some(requester) = self.requesters.find(key, header.sequence, now) else {
            self.withheld.add(Reason::Full, 1);
            return;
        };
        // A duplicate gets no reply: the network must not multiply the answers.
        if header.kind == ProbeKind::Data && requester.count(header.sequence) == Seen::Duplicate {
            return;
        }
        if !is_of_share(&request, &mut self.random) {
            requester.withheld = requester.withheld.saturating_add(1);
            self.withheld.add(Reason::Share, 1);
            return;
        }
        let queued = u64::try_from(read.since(meta.time)).unwrap_or(0);
        let listening = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).saturating_sub(queued);
        let reply = Reply {
            arrived: u64::try_from(meta.time.nanos()).unwrap_or(0),
            receiver: self.receiver,
            first: requester.first,
            listening,
            received: requester.received,
            duplicates: requester.duplicates,
            ttl: meta.ttl,
            kernel_time: meta.kernel_time,
            ..Reply::default()
        };
        let waiting = Waiting { key, header, reply, to: meta.source, from };
        let delay = random_delay(&request, &mut self.random);
        if delay.is_zero() {
            self.ready.push(waiting);
        } else if !self.delayed.add(now + delay, waiting) {
            self.withhold(&key, Reason::Full);
        }
    }

    fn withhold(&mut self, key: &RequesterKey, reason: Reason) {
        self.withheld.add(reason, 1);
        if let Some(requester) = self.requesters.get(key) {
            requester.withheld = requester.withheld.saturating_add(1);
        }
    }

    /// When the next answer is due.
    pub fn due(&self) -> Option<Instant> {
        let due = self.reporter.due().into_iter().chain(self.delayed.due()).min()?;
        self.start.checked_add(due)
    }

    /// Takes the requests at the sockets for answers, and sends the replies to all requests that
    /// were just read.
    ///
    /// # Errors
    /// The sockets cannot be read.
    pub fn answer(&mut self, now: Instant, inbox: &mut Inbox) -> Result<(), NetError> {
        inbox.read_requests(|position, port, answer| {
            self.take_unicast(now, position, port, &answer);
            Ok::<_, NetError>(ControlFlow::Continue(()))
        })?;
        self.send_ready(now, inbox);
        Ok(())
    }

    fn send_ready(&mut self, now: Instant, inbox: &Inbox) {
        let now = now.saturating_duration_since(self.start);
        let mut ready = std::mem::take(&mut self.ready);
        ready.drain(..).for_each(|waiting| self.send_reply(waiting, now, inbox));
        self.ready = ready;
    }

    /// Sends the answers that are due at `now`.
    pub fn poll(&mut self, now: Instant, streams: &Streams, inbox: &Inbox) {
        let since_start = now.saturating_duration_since(self.start);
        while let Some(waiting) = self.delayed.take_due(since_start) {
            self.send_reply(waiting, since_start, inbox);
        }
        if self.reporter.due().is_some_and(|due| due <= since_start) {
            self.send_reports(since_start, streams, inbox);
        }
    }

    fn send_reply(&mut self, waiting: Waiting, now: Duration, inbox: &Inbox) {
        let Waiting { key, header, reply, to, from } = waiting;
        if let Err(reason) = self.limiter.check(to.ip(), now) {
            return self.withhold(&key, reason);
        }
        // Another sender took its place.
        let Some(requester) = self.requesters.get(&key) else {
            self.withheld.add(Reason::Full, 1);
            return;
        };
        let is_numbered = header.kind == ProbeKind::Data;
        let reply = Reply {
            replied: unix_nanos(),
            replies: requester.replies.saturating_add(is_numbered.into()),
            withheld: requester.withheld,
            reply_ttl: inbox.reply_ttl(&from),
            ..reply
        };
        let header = Probe { kind: ProbeKind::Reply, host: self.host, ..header };
        let sent = inbox.reply(&from, &reply.datagram(&header), to);
        self.limiter.count(to.ip(), self.start.elapsed());
        // No limit withheld a reply that the system refused: for the sender, it is lost on the way.
        requester.replies = reply.replies;
        match sent {
            Ok(()) => self.replies += 1,
            Err(error) => {
                debug!(%error, "cannot send a reply to {to}");
                self.withheld.add(Reason::Failed, 1);
            }
        }
    }

    fn send_reports(&mut self, now: Duration, streams: &Streams, inbox: &Inbox) {
        let kernel_drops = inbox.discards().and_then(|discards| discards.known_drops());
        while let Some(position) = self.reporter.take_due(now) {
            let asking = *self.reporter.stream(position);
            let source = crate::target::without_zone(asking.source);
            let Some(stream) = streams.find(&asking.key, source) else { continue };
            let groups = groups(streams, asking.key.stream, source.ip());
            let report = report(stream, &asking, self.receiver, groups, kernel_drops);
            let header = Probe {
                kind: ProbeKind::Report,
                reply_wanted: false,
                report_wanted: false,
                synchronised: host::is_synchronised(),
                stream: asking.key.stream,
                sequence: asking.sent,
                sent: unix_nanos(),
                ttl: 0,
                traffic_class: 0,
                host: self.host,
            };
            let sent = self.limiter.check(asking.source.ip(), now).and_then(|()| {
                let payload = report.datagram(&header);
                let sent = send_report(inbox, &asking.key, &payload, asking.source);
                self.limiter.count(asking.source.ip(), self.start.elapsed());
                sent.map_err(|error| {
                    debug!(%error, "cannot send a report to {source}");
                    Reason::Failed
                })
            });
            match sent {
                Ok(()) => {
                    self.reporter.count_sent(position);
                    self.reports += 1;
                }
                Err(reason) => self.withheld.add(reason, 1),
            }
        }
    }

    /// Sends the reports on ends that still wait.
    pub fn finish(&mut self, now: Instant, streams: &Streams, inbox: &Inbox) {
        self.reporter.hurry(now.saturating_duration_since(self.start));
        self.poll(now, streams, inbox);
    }

    /// The warning about the first answers that a limit withheld.
    pub fn warning(&mut self) -> Option<Notice> {
        if self.has_warned || self.withheld.limited() == 0 {
            return None;
        }
        self.has_warned = true;
        let is_total = self.withheld.of(Reason::TotalRate) > 0;
        Some(receive::answers_withheld(is_total.then_some(self.limit)))
    }

    /// The counts of the run.
    pub fn info(&self) -> AnswersInfo {
        let mut withheld = self.withheld;
        withheld.add(Reason::TooShort, self.reporter.too_short);
        withheld.add(Reason::Share, self.reporter.of_share);
        withheld.add(Reason::Full, self.reporter.full);
        AnswersInfo::new(self.replies, self.reports, &withheld)
    }
}

/// At how many groups and ports datagrams of a run arrived from one host: also of those that asked
/// for no report.
fn groups(streams: &Streams, run: u64, host: IpAddr) -> u32 {
    let is_same = |stream: &&Stream| stream.key.stream == run && stream.source.ip() == host;
    u32::try_from(streams.iter().filter(is_same).count()).unwrap_or(u32::MAX)
}

/// The probe of a payload, if it asks for an answer.
fn request(payload: &[u8], truncated: bool) -> Option<Probe> {
    // Most datagrams ask for nothing, and the checksum of a probe has its price.
    if payload.get(7).is_none_or(|flags| flags & WANTED == 0) {
        return None;
    }
    let Reading::Probe(probe) = probe::read(payload, truncated) else { return None };
    // An answer is never answered, whatever its flags are.
    probe.kind.is_of_stream().then_some(probe)
}

fn send_report(inbox: &Inbox, key: &Key, payload: &[u8], to: SocketAddr) -> io::Result<()> {
    inbox.reply(&inbox.reply_from(key.group, key.port, key.ifindex), payload, to)
}

fn unix_nanos() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
