//! Answers the senders that ask for reports (`--reply`).

use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use tracing::debug;

use crate::format::probe::{self, Probe, ProbeKind, Reading};
use crate::host;
use crate::net::{Datagram, ReplySockets};
use crate::replies::reporter::{Reporter, report};
use crate::stats::stream::{Arrival, Key, Stream, Streams};
use crate::units::random;

/// The most answers a second to all senders.
const LIMIT: u32 = 1000;

/// Answers the requests that a receiver takes.
pub struct Answering {
    receiver: u64,
    start: Instant,
    reporter: Reporter,
    sockets: ReplySockets,
    /// The second in which answers were counted last, and their number.
    budget: (u64, u32),
    /// Reports sent.
    pub reports: u64,
    /// Reports that were not sent because of the limit, or because they failed.
    pub withheld: u64,
}

impl Answering {
    pub fn new(start: Instant) -> Self {
        Answering {
            receiver: random(),
            start,
            reporter: Reporter::new(random()),
            sockets: ReplySockets::default(),
            budget: (0, 0),
            reports: 0,
            withheld: 0,
        }
    }

    /// Takes a datagram, which may ask for reports.
    pub fn take(&mut self, now: Instant, datagram: &Datagram) {
        // Most datagrams ask for nothing.
        if datagram.payload.get(7).is_none_or(|flags| flags & 4 == 0) {
            return;
        }
        let Reading::Probe(probe) = probe::read(datagram.payload, datagram.meta.truncated) else {
            return;
        };
        if !may_answer(datagram.meta.source.ip()) || datagram.meta.source.port() == 0 {
            self.withheld += 1;
            return;
        }
        let arrival = Arrival::from(datagram);
        let key = Key {
            stream: probe.stream,
            group: arrival.group,
            port: arrival.port,
            ifindex: arrival.iface.map_or(0, |(index, _)| index),
        };
        let now = now.saturating_duration_since(self.start);
        let (source, ttl) = (datagram.meta.source, datagram.meta.ttl);
        self.reporter.ask(key, source, &probe, datagram.payload, ttl, now);
    }

    /// When the next report is due.
    pub fn due(&self) -> Option<Instant> {
        self.start.checked_add(self.reporter.due()?)
    }

    /// Sends the reports that are due at `now`. `kernel_drops` are those of the receiver.
    pub fn poll(&mut self, now: Instant, streams: &Streams, kernel_drops: Option<u64>) {
        let now = now.saturating_duration_since(self.start);
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
                host: host::host_id(),
            };
            if !self.is_within_limit(now) {
                self.withheld += 1;
                continue;
            }
            match self.sockets.send(&report.datagram(&header), asking.source) {
                Ok(()) => {
                    self.reporter.count_sent(position);
                    self.reports += 1;
                }
                Err(error) => {
                    debug!(%error, "cannot send a report to {}", asking.source);
                    self.withheld += 1;
                }
            }
        }
    }

    /// Sends the reports on ends that still wait.
    pub fn finish(&mut self, now: Instant, streams: &Streams, kernel_drops: Option<u64>) {
        self.reporter.hurry(now.saturating_duration_since(self.start));
        self.poll(now, streams, kernel_drops);
    }

    fn is_within_limit(&mut self, now: Duration) -> bool {
        let (second, sent) = &mut self.budget;
        if *second != now.as_secs() {
            (*second, *sent) = (now.as_secs(), 0);
        }
        *sent += 1;
        *sent <= LIMIT
    }
}

/// At how many groups and ports datagrams of a run arrived from one host: also of those that asked
/// for no report.
fn groups(streams: &Streams, run: u64, host: IpAddr) -> u32 {
    let is_same = |stream: &&Stream| stream.key.stream == run && stream.source.ip() == host;
    u32::try_from(streams.iter().filter(is_same).count()).unwrap_or(u32::MAX)
}

/// Whether an address may receive answers: never a group.
fn may_answer(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !address.is_multicast() && !address.is_unspecified() && !is_broadcast
}

fn unix_nanos() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
