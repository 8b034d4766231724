//! What a receiver counts of all that it hears: over the whole run, and from one report to the
//! next.

use std::time::{Duration, Instant};

use super::clock::Moment;
use crate::event::{IntervalReport, MeasuredInfo, RecvFigures, StreamInfo, describe};
use crate::format::probe;
use crate::format::probe::{Damage, ProbeKind, Reading};
use crate::host;
use crate::net::{Datagram, InterfaceEvent, KernelDrops};
use crate::stats::stream::{Arrival, LocalClock, StreamCounts, Streams};
use crate::stats::{Copies, Meter, Tally};

/// What a datagram turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified {
    /// Nothing that is measured.
    Plain,
    /// One of a measured stream.
    Measured {
        /// The run.
        stream: u64,
        /// Its number.
        seq: u64,
        /// Its delay in ns, where the clocks agree.
        delay: Option<i64>,
    },
    /// It claims to be one, and is not to be believed.
    Damaged(Damage),
    /// The end of a stream, which is none of its datagrams.
    End,
}

/// What has come by some moment: it differs as soon as anything more has, be it the end of a
/// stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Datagrams.
    pub datagrams: u64,
    /// Measured streams.
    pub streams: StreamCounts,
}

impl Received {
    /// Whether nothing has come at all. The end of a stream is no datagram of it, and yet it came.
    pub fn is_nothing(&self) -> bool {
        *self == Received::default()
    }
}

/// What a receiver counts.
pub struct Counts {
    whole: Tally,
    interval: Option<Interval>,
    /// The measured streams.
    pub streams: Streams,
    /// Datagrams that arrived before on another interface, where that can be.
    pub copies: Option<Copies>,
    start: Instant,
}

/// What is counted from one report to the next.
struct Interval {
    since: Instant,
    tally: Tally,
    /// What had been counted when it began.
    before: Anomalies,
}

/// Counters that only rise.
#[derive(Clone, Copy, Default)]
struct Anomalies {
    kernel_drops: Option<KernelDrops>,
    interface_copies: Option<u64>,
    corrupt: u64,
    unsupported: u64,
    untracked: u64,
}

impl Counts {
    /// Starts counting at `start`. `listens` is how many things are listened to; `intervals` is
    /// whether there will be reports; `copies` is whether a datagram may arrive on two
    /// interfaces.
    pub fn new(start: Instant, listens: usize, intervals: bool, copies: bool) -> Self {
        let local = LocalClock { host: host::host_id(), synchronised: host::is_synchronised() };
        let interval =
            Interval { since: start, tally: Tally::default(), before: Anomalies::default() };
        Counts {
            whole: Tally::default(),
            interval: intervals.then_some(interval),
            streams: Streams::new(listens, intervals, local),
            copies: copies.then(Copies::default),
            start,
        }
    }

    /// Counts a datagram.
    pub fn take(&mut self, datagram: &Datagram) -> Classified {
        let Datagram { payload, meta, endpoint, iface, read } = *datagram;
        let arrival = Arrival {
            source: meta.source,
            group: endpoint.group,
            port: endpoint.port,
            iface: meta.ifindex.zip(iface),
            time: meta.time,
            read: meta.kernel_time.then_some(read),
            ttl: meta.ttl,
            traffic_class: meta.traffic_class,
            len: payload.len(),
        };
        let heard = match probe::read(payload, meta.truncated) {
            Reading::Probe(probe) => {
                let delay = self.streams.take(&probe, &arrival);
                match probe.kind {
                    ProbeKind::Data => {
                        Classified::Measured { stream: probe.stream, seq: probe.sequence, delay }
                    }
                    ProbeKind::End => return Classified::End,
                    ProbeKind::Reply => Classified::Plain,
                }
            }
            Reading::Damaged(damage, stream) => {
                self.streams.damaged(damage, stream, &arrival);
                Classified::Damaged(damage)
            }
            Reading::Plain => Classified::Plain,
        };
        let cut = meta.truncated || heard == Classified::Damaged(Damage::Truncated);
        for tally in
            [Some(&mut self.whole), self.interval.as_mut().map(|interval| &mut interval.tally)]
                .into_iter()
                .flatten()
        {
            tally.add(meta.source, meta.time, payload.len(), cut);
        }
        heard
    }

    /// Follows the interfaces: a stream goes on where its interface is now.
    pub fn follow(&mut self, events: &[InterfaceEvent]) {
        let changes = events.iter().filter_map(|event| event.change.as_ref());
        for change in changes.filter(|change| change.remade && change.old.index != change.new.index)
        {
            self.streams.moved(change.old.index, (change.new.index, &change.new.name));
        }
    }

    /// What was counted of all of them.
    pub fn meter(&self) -> &Meter {
        &self.whole.meter
    }

    /// How many datagrams were counted.
    pub fn datagrams(&self) -> u64 {
        self.whole.meter.datagrams
    }

    /// What has come by now.
    pub fn come(&self) -> Received {
        Received { datagrams: self.datagrams(), streams: self.streams.counts() }
    }

    /// What all of it came to by `now`. `kernel_drops` is what the kernel has dropped by then.
    pub fn figures(&self, now: Moment, kernel_drops: Option<KernelDrops>) -> RecvFigures {
        figures(
            now.steady - self.start,
            &self.whole,
            self.odd(kernel_drops),
            describe(&self.streams, false, now.system),
        )
    }

    /// What it came to since the last report, and begins to count anew.
    pub fn report(
        &mut self,
        now: Moment,
        kernel_drops: Option<KernelDrops>,
    ) -> Option<IntervalReport> {
        let odd = self.odd(kernel_drops);
        let interval = self.interval.as_mut()?;
        let since = interval.since;
        let report = IntervalReport {
            since: since - self.start,
            figures: figures(
                now.steady - since,
                &interval.tally,
                odd.less(&interval.before),
                describe(&self.streams, true, now.system),
            ),
        };
        *interval = Interval { since: now.steady, tally: interval.tally.anew(), before: odd };
        self.streams.mark();
        Some(report)
    }

    /// Whether anything was counted since the last report, and how long that was ago.
    /// `kernel_drops` is what the kernel has dropped by now.
    pub fn unreported(
        &self,
        now: Instant,
        kernel_drops: Option<KernelDrops>,
    ) -> Option<(bool, Duration)> {
        let interval = self.interval.as_ref()?;
        // What was lost last of all shows only by the end, which is no datagram.
        let lost = || self.streams.iter().any(|stream| stream.losses(true).lost > 0);
        let dropped = |drops: Option<KernelDrops>| drops.map_or(0, |drops| drops.count);
        let busy = interval.tally.meter.datagrams > 0
            || dropped(kernel_drops) > dropped(interval.before.kernel_drops)
            || lost();
        Some((busy, now - interval.since))
    }

    fn odd(&self, kernel_drops: Option<KernelDrops>) -> Anomalies {
        let Streams { corrupt, unsupported, untracked, .. } = self.streams;
        Anomalies {
            kernel_drops,
            interface_copies: self.copies.as_ref().map(|copies| copies.count),
            corrupt,
            unsupported,
            untracked,
        }
    }
}

impl Anomalies {
    fn less(self, before: &Anomalies) -> Anomalies {
        // The kernel counts its drops in 32 bits, which in a long run begin anew.
        let less = |now: Option<u64>, before: Option<u64>| {
            now.map(|now| now.saturating_sub(before.unwrap_or(0)))
        };
        Anomalies {
            kernel_drops: self.kernel_drops.map(|now| {
                let count =
                    now.count.saturating_sub(before.kernel_drops.map_or(0, |before| before.count));
                KernelDrops { count, exact: now.exact || count == 0 }
            }),
            interface_copies: less(self.interface_copies, before.interface_copies),
            corrupt: self.corrupt - before.corrupt,
            unsupported: self.unsupported - before.unsupported,
            untracked: self.untracked - before.untracked,
        }
    }
}

fn figures(
    elapsed: Duration,
    tally: &Tally,
    odd: Anomalies,
    (streams, measured): (Vec<StreamInfo>, Option<MeasuredInfo>),
) -> RecvFigures {
    RecvFigures {
        elapsed,
        meter: (&tally.meter).into(),
        kernel_drops: odd.kernel_drops.map(|drops| drops.count),
        kernel_drops_exact: odd.kernel_drops.map(|drops| drops.exact),
        truncated: tally.truncated,
        sources: tally.sources(),
        interface_copies: odd.interface_copies,
        gap: tally.gap(),
        corrupt: odd.corrupt,
        unsupported: odd.unsupported,
        untracked: odd.untracked,
        measured,
        streams,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::SystemTime;

    use super::*;
    use crate::format::probe::Probe;

    #[test]
    fn a_silence_that_goes_on_is_over_when_the_counting_is() {
        let start = Moment::now();
        let mut counts = Counts::new(start.steady, 1, false, false);
        let (probe, arrival) = at(start.system);
        counts.streams.take(&probe, &arrival);
        let later = Duration::from_secs(2);
        let figures = counts
            .figures(Moment { system: start.system + later, steady: start.steady + later }, None);
        assert_eq!(
            (figures.streams[0].figures.gap_ns, figures.elapsed),
            (Some(2_000_000_000), later)
        );
    }

    /// The only datagram of a stream that does not end.
    fn at(time: SystemTime) -> (Probe, Arrival<'static>) {
        let probe = Probe {
            kind: ProbeKind::Data,
            reply_wanted: false,
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
            iface: None,
            time,
            read: None,
            ttl: None,
            traffic_class: None,
            len: 48,
        };
        (probe, arrival)
    }

    #[test]
    fn drops_that_the_kernel_counts_anew_are_no_reason_to_fall_over() {
        let mut counts = Counts::new(Instant::now(), 1, true, false);
        let drops = [Some(u64::from(u32::MAX)), Some(7), Some(9), None];
        let drops = drops.map(|count| Some(KernelDrops { count: count?, exact: true }));
        let reported = drops.map(|drops| {
            counts.report(Moment::now(), drops).and_then(|report| report.figures.kernel_drops)
        });
        assert_eq!(reported, [Some(u64::from(u32::MAX)), Some(0), Some(2), None]);
    }

    #[test]
    fn an_interval_without_drops_has_exactly_none() {
        let mut counts = Counts::new(Instant::now(), 1, true, false);
        let drops = [(3, true), (5, false), (5, false), (6, false)]
            .map(|(count, exact)| Some(KernelDrops { count, exact }));
        let reported = drops.map(|drops| {
            let figures = counts.report(Moment::now(), drops).unwrap().figures;
            (figures.kernel_drops.unwrap(), figures.kernel_drops_exact.unwrap())
        });
        assert_eq!(reported, [(3, true), (2, false), (0, true), (1, false)]);
    }
}
