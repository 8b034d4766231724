//! Counts the datagrams of a receiver: over the whole run, and from one report to the next.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::clock::Moment;
use crate::event::{IntervalReport, MeasuredInfo, RecvCounters, StreamInfo, describe, flow_totals};
use crate::format::probe;
use crate::format::probe::{Damage, ProbeKind, Reading};
use crate::net::{Datagram, Discards, InterfaceEvent};
use crate::stats::flow::{Flows, Seen, Settings};
use crate::stats::stream::{Arrival, LocalClock, StreamCounts, Streams};
use crate::stats::{Copies, Meter, Tally};
use crate::target::Listen;

/// The kind of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified {
    /// Not part of a measured stream.
    Plain,
    /// Part of a measured stream of probes.
    Measured {
        /// The stream id.
        stream: u64,
        /// The sequence number.
        seq: u64,
        /// The delay in ns, if the clocks agree.
        delay: Option<i64>,
    },
    /// A datagram of another sender, of a known format.
    Foreign(Seen),
    /// A probe that is not valid.
    Damaged(Damage),
    /// An announcement or a report beside the targets, which does not count as a datagram.
    Beside,
    /// The end marker of a stream, which does not count as a datagram.
    End,
}

/// How much has arrived at some moment. Any further datagram changes it, end markers too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub datagrams: u64,
    pub streams: StreamCounts,
}

impl Received {
    /// Whether nothing has arrived at all, not even an end marker.
    pub fn is_nothing(&self) -> bool {
        *self == Received::default()
    }
}

/// The counters of a receiver.
pub struct Counts {
    whole: Tally,
    interval: Option<Interval>,
    pub streams: Streams,
    pub flows: Flows,
    /// The endpoints whose datagrams only describe streams.
    beside: HashSet<(IpAddr, u16)>,
    /// Datagrams that arrived before on another interface; `None` if that cannot happen.
    pub copies: Option<Copies>,
    /// Observers take the reports.
    pub observed: bool,
    start: Instant,
    /// Observers draw the delays of each stream.
    pub spreads: bool,
}

/// The counters from one report to the next.
struct Interval {
    since: Instant,
    tally: Tally,
    /// The anomalies that had been counted when it began.
    before: Anomalies,
}

/// Counters that only rise.
#[derive(Clone, Copy, Default)]
struct Anomalies {
    discards: Option<Discards>,
    interface_copies: Option<u64>,
    corrupt: u64,
    foreign: u64,
    unsupported: u64,
    untracked: u64,
}

impl Counts {
    /// Starts counting at `start`. `listens` is the number of joined targets; `intervals` is
    /// whether there are reports; `copies` is whether a datagram may arrive on two interfaces;
    /// `clock` is the clock of the timestamps.
    pub fn new(
        start: Instant,
        listens: usize,
        intervals: bool,
        copies: bool,
        clock: LocalClock,
        settings: Settings,
        beside: &[Listen],
    ) -> Self {
        let interval =
            Interval { since: start, tally: Tally::default(), before: Anomalies::default() };
        Counts {
            whole: Tally::default(),
            interval: intervals.then_some(interval),
            streams: Streams::new(listens, intervals, clock),
            flows: Flows::new(listens, settings),
            beside: beside.iter().map(|Listen { at, .. }| (at.group, at.port)).collect(),
            copies: copies.then(Copies::default),
            observed: false,
            start,
            spreads: false,
        }
    }

    /// Takes a datagram beside the targets, which may describe streams.
    pub fn describe(&mut self, datagram: &Datagram) {
        self.flows.describe(datagram.payload, &Arrival::from(datagram), &mut self.streams);
    }

    /// Counts a datagram.
    #[inline(always)]
    pub fn count(&mut self, datagram: &Datagram) -> Classified {
        let Datagram { payload, meta, origin, .. } = *datagram;
        let arrival = Arrival::from(datagram);
        if !self.beside.is_empty() && self.beside.contains(&(arrival.group, arrival.port)) {
            self.flows.describe(payload, &arrival, &mut self.streams);
            return Classified::Beside;
        }
        let classified = match probe::read(payload, meta.truncated) {
            Reading::Probe(probe) => {
                let delay = self.streams.take(&probe, &arrival);
                match probe.kind {
                    ProbeKind::Data => {
                        Classified::Measured { stream: probe.stream, seq: probe.sequence, delay }
                    }
                    ProbeKind::End => return Classified::End,
                    ProbeKind::Reply | ProbeKind::Report => Classified::Plain,
                }
            }
            Reading::Damaged(damage, stream) => {
                self.streams.damaged(damage, stream, &arrival);
                Classified::Damaged(damage)
            }
            Reading::Plain => match self.flows.take(payload, &arrival, &mut self.streams) {
                Seen { format: None, .. } => Classified::Plain,
                seen => Classified::Foreign(seen),
            },
        };
        let cut = meta.truncated || matches!(classified, Classified::Damaged(Damage::Truncated));
        self.whole.add((&arrival.source, origin), meta.time, payload.len(), cut);
        if let Some(interval) = &mut self.interval {
            interval.tally.add((&arrival.source, origin), meta.time, payload.len(), cut);
        }
        classified
    }

    /// Follows the interfaces: if one was made again, its streams continue on the new one.
    pub fn follow(&mut self, events: &[InterfaceEvent]) {
        let changes = events.iter().filter_map(|event| event.change.as_ref());
        for change in changes.filter(|change| change.remade && change.old.index != change.new.index)
        {
            let now = (change.new.index, change.new.name.as_str());
            self.streams.moved(change.old.index, now);
            self.flows.moved(change.old.index, now);
        }
    }

    /// The totals of all datagrams.
    pub fn meter(&self) -> &Meter {
        &self.whole.meter
    }

    pub fn datagrams(&self) -> u64 {
        self.whole.meter.datagrams
    }

    /// How much has arrived by now.
    pub fn received(&self) -> Received {
        Received { datagrams: self.datagrams(), streams: self.streams.counts() }
    }

    /// The counters of the whole run until `now`, with the kernel's drops until then.
    pub fn counters(&self, now: Moment, discards: Option<Discards>) -> RecvCounters {
        let hidden = self.flows.unmeasured_streams();
        counters(
            now.steady - self.start,
            &self.whole,
            self.anomalies(discards),
            describe(&self.streams, &hidden, false, false, now.system.into()),
        )
    }

    /// Brings the streams up to date before a report on them.
    pub fn settle(&mut self, now: Moment) {
        self.flows.settle(now.system.into(), &mut self.streams);
    }

    /// The counters since the last report. The next interval begins.
    pub fn report(&mut self, now: Moment, discards: Option<Discards>) -> Option<IntervalReport> {
        self.settle(now);
        let anomalies = self.anomalies(discards);
        let hidden = self.flows.unmeasured_streams();
        let interval = self.interval.as_mut()?;
        let since = interval.since;
        let report = IntervalReport {
            since: since - self.start,
            counters: counters(
                now.steady - since,
                &interval.tally,
                anomalies.since(&interval.before),
                describe(&self.streams, &hidden, true, self.spreads, now.system.into()),
            ),
            flows: if self.observed { flow_totals(&self.flows) } else { None },
        };
        *interval = Interval {
            since: now.steady,
            tally: interval.tally.next_interval(),
            before: anomalies,
        };
        self.streams.mark();
        Some(report)
    }

    /// Whether any counter rose since the last report, and the time since then. `discards` are the
    /// kernel's drops until now.
    pub fn unreported(&self, now: Instant, discards: Option<Discards>) -> Option<(bool, Duration)> {
        let interval = self.interval.as_ref()?;
        // An end marker, which is no datagram, reveals losses at the end of a stream.
        let lost = || self.streams.iter().any(|stream| stream.losses(true).lost > 0);
        let dropped = discards.map(|discards| discards.since(interval.before.discards));
        let has_dropped = |dropped: Discards| {
            dropped.drops.count > 0 || dropped.unclear > 0 || dropped.checksum_errors > Some(0)
        };
        let busy = interval.tally.meter.datagrams > 0 || dropped.is_some_and(has_dropped) || lost();
        Some((busy, now - interval.since))
    }

    fn anomalies(&self, discards: Option<Discards>) -> Anomalies {
        let Streams { corrupt, unsupported, untracked, .. } = self.streams;
        let corrupt = corrupt + self.flows.corrupt;
        let untracked = untracked + self.flows.untracked;
        Anomalies {
            discards,
            interface_copies: self.copies.as_ref().map(|copies| copies.count),
            corrupt,
            foreign: self.flows.foreign(),
            unsupported,
            untracked,
        }
    }
}

impl Anomalies {
    fn since(self, before: &Anomalies) -> Anomalies {
        let risen = |now: Option<u64>, before: Option<u64>| {
            now.map(|now| now.saturating_sub(before.unwrap_or(0)))
        };
        Anomalies {
            discards: self.discards.map(|now| now.since(before.discards)),
            interface_copies: risen(self.interface_copies, before.interface_copies),
            corrupt: self.corrupt - before.corrupt,
            // A flow may cease to be a measured one.
            foreign: self.foreign.saturating_sub(before.foreign),
            unsupported: self.unsupported - before.unsupported,
            untracked: self.untracked - before.untracked,
        }
    }
}

fn counters(
    elapsed: Duration,
    tally: &Tally,
    anomalies: Anomalies,
    (streams, measured): (Vec<StreamInfo>, Option<MeasuredInfo>),
) -> RecvCounters {
    RecvCounters {
        elapsed,
        meter: (&tally.meter).into(),
        kernel_drops: anomalies.discards.map(|discards| discards.drops.count),
        kernel_drops_exact: anomalies.discards.map(|discards| discards.drops.exact),
        checksum_errors: anomalies.discards.and_then(|discards| discards.checksum_errors),
        truncated: tally.truncated,
        sources: tally.sources(),
        interface_copies: anomalies.interface_copies,
        gap: tally.gap(),
        corrupt: anomalies.corrupt,
        foreign: anomalies.foreign,
        unsupported: anomalies.unsupported,
        untracked: anomalies.untracked,
        measured,
        streams,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use crate::units::UnixTime;

    use super::*;
    use crate::format::probe::Probe;
    use crate::net::KernelDrops;

    fn discards(count: u64, exact: bool) -> Option<Discards> {
        Some(Discards { drops: KernelDrops { count, exact }, ..Discards::default() })
    }

    #[test]
    fn the_gap_of_an_open_stream_ends_with_the_run() {
        let start = Moment::now();
        let mut counts = Counts::new(
            start.steady,
            1,
            false,
            false,
            LocalClock::default(),
            Settings::default(),
            &[],
        );
        let (probe, arrival) = at(start.system.into());
        counts.streams.take(&probe, &arrival);
        let later = Duration::from_secs(2);
        let counters = counts
            .counters(Moment { system: start.system + later, steady: start.steady + later }, None);
        assert_eq!(
            (counters.streams[0].counters.gap_ns, counters.elapsed),
            (Some(2_000_000_000), later)
        );
    }

    /// The only datagram of a stream without an end marker.
    fn at(time: UnixTime) -> (Probe, Arrival<'static>) {
        let probe = Probe {
            kind: ProbeKind::Data,
            reply_wanted: false,
            report_wanted: false,
            synchronised: false,
            stream: 1,
            sequence: 0,
            sent: 0,
            ttl: 1,
            traffic_class: 0,
            host: 0,
        };
        let arrival = Arrival {
            source: SocketAddr::from(([10, 0, 0, 5], 4000)),
            group: Ipv4Addr::new(239, 1, 1, 1).into(),
            port: 5000,
            zone: None,
            iface: None,
            time,
            read: None,
            ttl: None,
            traffic_class: None,
            len: 48,
            origin: None,
        };
        (probe, arrival)
    }

    /// Counters of one target that begin now and are reported.
    fn with_reports() -> Counts {
        let (clock, settings) = (LocalClock::default(), Settings::default());
        Counts::new(Instant::now(), 1, true, false, clock, settings, &[])
    }

    #[test]
    fn an_overflow_of_the_drop_counter_does_not_panic() {
        let mut counts = with_reports();
        let drops = [Some(u64::from(u32::MAX)), Some(7), Some(9), None];
        let drops = drops.map(|count| discards(count?, true));
        let reported = drops.map(|drops| {
            counts.report(Moment::now(), drops).and_then(|report| report.counters.kernel_drops)
        });
        assert_eq!(reported, [Some(u64::from(u32::MAX)), Some(0), Some(2), None]);
    }

    #[test]
    fn an_interval_without_drops_has_exactly_none() {
        let mut counts = with_reports();
        let drops = [(3, true), (5, false), (5, false), (6, false)]
            .map(|(count, exact)| discards(count, exact));
        let reported = drops.map(|drops| {
            let counters = counts.report(Moment::now(), drops).unwrap().counters;
            (counters.kernel_drops.unwrap(), counters.kernel_drops_exact.unwrap())
        });
        assert_eq!(reported, [(3, true), (2, false), (0, true), (1, false)]);
    }
}
