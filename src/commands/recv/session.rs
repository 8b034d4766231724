//! One receiver at work: waits, reads, counts, shows, until there is a reason to stop.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};
use std::{io, ptr};

use super::clock::{ClockWatch, Moment};
use super::command::Running;
use super::count::{Classified, Counts};
use super::querier::Querier;
use super::until::Until;
use super::why::Why;
use crate::event::{Event, IntervalReport, Payload, ProbeInfo, ReceivedDatagram};
use crate::iface::{Family, Via};
use crate::net::{Datagram, Inbox, KernelDrops};
use crate::notice::receive::{self, Waiting};
use crate::report::Reporter;
use crate::stats::stream::StreamCounts;
use crate::sys::Interrupt;
use crate::target::{Filter, Listen};
use crate::units::Pace;
use crate::verdict::{Ended, Limits, RunError, Stop};
use crate::{host, plan};

/// The longest to read on for datagrams that came before the end: a flood must not put it off.
const CATCH_UP: Duration = Duration::from_millis(75);

/// The same after a signal: leaving and summing up take time as well, and all of it is to be over
/// within a tenth of a second.
const CATCH_UP_IN_HASTE: Duration = Duration::from_millis(35);

/// What one batch of each ready socket came to.
struct Batch {
    /// The last datagram that was asked for is among them.
    stop: Option<Stop>,
    /// All of them came after the end.
    only_late: bool,
}

/// What changes while receiving.
pub(super) struct Session<'a> {
    plan: &'a plan::Recv,
    until: Until,
    /// What was counted.
    pub counts: Counts,
    /// When to report.
    reports: Option<Pace>,
    querier: Querier,
    /// Why nothing comes, where nothing does.
    pub why: Why<'a>,
    clock: ClockWatch,
    overflowed: bool,
    /// Streams were too many to be followed, and that was said.
    crowded: bool,
}

impl<'a> Session<'a> {
    /// A session that begins at `start`, when every group is joined.
    pub fn new(plan: &'a plan::Recv, inbox: &Inbox, start: Instant) -> Self {
        let may_be_copied = inbox.tells_interfaces() && on_several_interfaces(&plan.listens);
        Session {
            plan,
            until: Until::new(plan.limits, start),
            counts: Counts::new(start, plan.listens.len(), plan.stats.is_some(), may_be_copied),
            reports: plan.stats.map(|every| Pace::after(start, every)),
            querier: Querier::new(&specific_interfaces(&plan.listens, inbox), start),
            why: Why::new(plan, inbox, start),
            clock: ClockWatch::new(Moment::now()),
            overflowed: false,
            crowded: false,
        }
    }

    /// One wait, one batch, until there is a reason to stop.
    pub fn receive(
        &mut self,
        inbox: &mut Inbox,
        mut command: Option<&mut Running>,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Stop, RunError> {
        self.why.begin(reporter);
        // COMMAND writes on the same terminal, and nobody could make way for it.
        let mut progress =
            reporter.progress(self.until.goal().filter(|_| command.is_none()), self.plan.show);
        loop {
            // What came before the reason to stop still counts, though it was not read yet: the
            // queue may be long, or the program was held up.
            if let Some(signal) = interrupt.signal() {
                let reached = self.catch_up(inbox, Some(Instant::now()), reporter, interrupt)?;
                return Ok(reached.unwrap_or(Stop::Interrupted(signal)));
            }
            let now = Instant::now();
            let end = self.until.deadline();
            if let Some((at, stop)) = end.filter(|(at, _)| *at <= now) {
                let reached = self.catch_up(inbox, Some(at), reporter, interrupt)?;
                return Ok(reached.unwrap_or(stop));
            }
            if let Some(ended) = command.as_mut().and_then(|running| running.newly_ended()) {
                let failed = matches!(ended, Ended::Failed(_));
                // Receiving goes on, so nothing is too late.
                if let Some(stop) = self.catch_up(inbox, None, reporter, interrupt)? {
                    return Ok(stop);
                }
                self.command_ended(failed, reporter)?;
            }
            self.report_if_due(now, inbox, reporter)?;
            if self.clock.is_due(now) {
                self.look_at_clock(Moment::now());
            }
            if self.querier.due().is_some_and(|due| due <= now) {
                reporter.warn_all(&self.querier.look(
                    now,
                    inbox.interfaces(),
                    igmp_or_mld_version,
                ))?;
            }
            self.why.tick(now, &self.counts, inbox, reporter)?;
            progress.draw(now, None, self.counts.datagrams(), self.counts.meter());
            // What came by now may have moved the end.
            let end = if command.is_some() { self.until.deadline() } else { end }.map(|(at, _)| at);
            let report = self.reports.as_ref().and_then(Pace::next);
            let deadline = [end, self.querier.due(), self.why.due(now), report, progress.due()]
                .into_iter()
                .flatten()
                .min();
            if inbox.wait(reporter.wake(interrupt), deadline)? {
                return Ok(Stop::ReaderGone);
            }
            // Who was held up may find what came after the end.
            let now = Instant::now();
            let cutoff = end
                .filter(|end| *end <= now)
                .map(|end| SystemTime::now() - now.duration_since(end));
            let Batch { mut stop, .. } = self.read(inbox, now, cutoff, reporter)?;
            if stop.is_none() && inbox.has_news() {
                // What came before an interface went is read before its memberships are given up.
                stop = self.catch_up(inbox, None, reporter, interrupt)?;
            }
            let events = inbox.follow()?;
            if !events.events.is_empty() || !events.failed.is_empty() {
                self.counts.follow(&events.events);
                reporter.interface_events(events)?;
            }
            reporter.flush()?;
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    /// Reads one batch of each ready socket `now`. What is later than `cutoff` came after the end,
    /// and is left out.
    fn read(
        &mut self,
        inbox: &mut Inbox,
        now: Instant,
        cutoff: Option<SystemTime>,
        reporter: &mut Reporter,
    ) -> Result<Batch, RunError> {
        let (mut timely, mut late) = (0, 0);
        let flow = inbox.read(|datagram| {
            let meta = datagram.meta;
            if cutoff.is_some_and(|cutoff| meta.kernel_time && meta.time > cutoff) {
                late += 1;
                return Ok::<_, RunError>(ControlFlow::Continue(()));
            }
            timely += 1;
            self.note_drops(&datagram, reporter)?;
            let heard = self.counts.take(&datagram);
            self.until.streams(now, self.counts.streams.all_ended());
            if heard == Classified::End {
                self.until.end(now);
                return Ok(ControlFlow::Continue(()));
            }
            self.note_crowd(reporter)?;
            self.note_copy(&datagram, reporter)?;
            if self.plan.show {
                reporter.event(&Event::Received(received(&datagram, heard)))?;
            }
            Ok(self.until.datagram(now).map_or(ControlFlow::Continue(()), ControlFlow::Break))
        })?;
        let stop = match flow {
            ControlFlow::Break(stop) => Some(stop),
            ControlFlow::Continue(()) => None,
        };
        Ok(Batch { stop, only_late: late > 0 && timely == 0 })
    }

    /// Reads what nobody has read yet; with `until`, only what the kernel had taken by then.
    /// Answers whether that reached what was asked.
    fn catch_up(
        &mut self,
        inbox: &mut Inbox,
        until: Option<Instant>,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Option<Stop>, RunError> {
        let start = Instant::now();
        let cutoff = until.map(|until| SystemTime::now() - start.saturating_duration_since(until));
        let mut reached = None;
        let most = if interrupt.signal().is_some() { CATCH_UP_IN_HASTE } else { CATCH_UP };
        while reached.is_none() && start.elapsed() < most {
            inbox.look(reporter.wake(interrupt))?;
            if !inbox.is_ready() {
                break;
            }
            let covered = inbox.covers_all();
            let batch = self.read(inbox, Instant::now(), cutoff, reporter)?;
            reached = batch.stop;
            // Each socket's datagrams come in the order of their times, so nothing timely is behind
            // these.
            if batch.only_late && covered {
                break;
            }
        }
        reporter.flush()?;
        Ok(reached)
    }

    /// Says once that the receive buffer has overflowed; the summary has the number.
    fn note_drops(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        let count = datagram.meta.drops.unwrap_or(0);
        if count == 0 || self.overflowed {
            return Ok(());
        }
        self.overflowed = true;
        let dropped = KernelDrops { count: count.into(), exact: datagram.meta.drops_exact };
        reporter.warn(&receive::kernel_drops(dropped))
    }

    /// Says once that there are too many streams; the summary has the number of their datagrams.
    fn note_crowd(&mut self, reporter: &mut Reporter) -> io::Result<()> {
        if self.crowded || self.counts.streams.untracked == 0 {
            return Ok(());
        }
        self.crowded = true;
        let StreamCounts { streams: followed, .. } = self.counts.streams.counts();
        reporter.warn(&receive::too_many_streams(followed))
    }

    /// Says once that datagrams arrive on two interfaces; the summary has the number.
    fn note_copy(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        let Datagram { payload, meta, endpoint, iface, .. } = datagram;
        let (Some(copies), Some(ifindex)) = (&mut self.counts.copies, meta.ifindex) else {
            return Ok(());
        };
        let to = SocketAddr::new(endpoint.group, endpoint.port);
        let before = copies.add(meta.time, ifindex, meta.source, to, payload);
        match (before, iface, copies.count) {
            (Some(first), Some(second), 1) => {
                let first = self
                    .plan
                    .listens
                    .iter()
                    .map(|listen| &listen.at.via)
                    .find(|via| via.index == first);
                let first =
                    first.map_or_else(|| "another interface".to_owned(), |via| via.name.clone());
                reporter.warn(&receive::arrives_twice(&first, second))
            }
            _ => Ok(()),
        }
    }

    fn command_ended(&mut self, failed: bool, reporter: &mut Reporter) -> io::Result<()> {
        let decides = self.until.command_ended(Instant::now(), failed);
        if decides {
            return Ok(());
        }
        let forever = self.until.deadline().is_none();
        let StreamCounts { streams, open, .. } = self.counts.streams.counts();
        let Limits { count, once, .. } = *self.until.limits();
        let waiting = match count {
            Some(count) => Some(Waiting::Datagrams { received: self.counts.datagrams(), count }),
            None if once && streams == 0 => Some(Waiting::FirstStream),
            None if once && open > 0 => Some(Waiting::Ends { open, streams }),
            None => None,
        };
        waiting.map_or(Ok(()), |waiting| reporter.warn(&receive::still_waiting(waiting, forever)))
    }

    /// By how many seconds the clock was set while it ran. What it told is then good for no delay
    /// from another host.
    pub fn clock_set_by(&mut self, now: Moment) -> Option<f64> {
        self.look_at_clock(now);
        let set_by = self.clock.set_by();
        if set_by.is_some() {
            self.counts.streams.trust_clock(false);
        }
        set_by
    }

    /// Looks whether the clock was set, and whether it still follows a reference.
    fn look_at_clock(&mut self, now: Moment) {
        self.clock.look(now);
        self.counts.streams.trust_clock(host::is_synchronised());
    }

    /// Reports on the interval that is over.
    fn report_if_due(
        &mut self,
        now: Instant,
        inbox: &Inbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let Some(reports) = &mut self.reports else { return Ok(()) };
        if reports.due(now).is_none() {
            return Ok(());
        }
        let now = Moment::now();
        if let Some(report) = self.counts.report(now, inbox.kernel_drops()) {
            reporter.event(&Event::Interval(report))?;
            reporter.flush()?;
        }
        // Whatever fell due meanwhile is one with the next: who is slow to tell must still read.
        let now = Instant::now();
        while reports.due(now).is_some() {}
        Ok(())
    }

    /// The report on the interval in which it ended, where there is something to tell: the reports
    /// add up to the summary.
    pub fn last_report(
        &mut self,
        now: Moment,
        kernel_drops: Option<KernelDrops>,
    ) -> Option<IntervalReport> {
        let every = self.reports.as_ref()?.period().to_duration();
        let (busy, since) = self.counts.unreported(now.steady, kernel_drops)?;
        (busy || since >= every / 2).then(|| self.counts.report(now, kernel_drops))?
    }
}

/// Which of the interfaces that the inbox follows are joined from sources, by their position among
/// them.
fn specific_interfaces(listens: &[Listen], inbox: &Inbox) -> Vec<usize> {
    let is_specific = |via: &Via, family: Family| {
        let on_it = |listen: &&Listen| {
            ptr::eq(&*listen.at.via, via) && Family::of(listen.at.group) == family
        };
        listens.iter().filter(on_it).any(|listen| matches!(*listen.filter, Filter::Include(_)))
    };
    let interfaces = inbox.interfaces().enumerate();
    interfaces
        .filter(|(_, (via, family, _))| is_specific(via, *family))
        .map(|(position, _)| position)
        .collect()
}

fn igmp_or_mld_version(iface: &str, family: Family) -> Option<u8> {
    if family == Family::V4 { host::igmp_version(iface) } else { host::mld_version(iface) }
}

/// Whether some group is joined on more than one interface, so that one datagram may arrive twice.
fn on_several_interfaces(listens: &[Listen]) -> bool {
    let mut interfaces: HashMap<(IpAddr, u16), u32> = HashMap::new();
    listens.iter().any(|Listen { at, .. }| {
        *interfaces.entry((at.group, at.port)).or_insert(at.via.index) != at.via.index
    })
}

/// A datagram, as an event.
fn received<'a>(datagram: &Datagram<'a>, heard: Classified) -> ReceivedDatagram<'a> {
    let Datagram { payload, meta, endpoint, iface, .. } = *datagram;
    let probe = match heard {
        Classified::Measured { stream, seq, delay } => {
            Some(ProbeInfo::Whole { stream, seq, delay_ns: delay })
        }
        Classified::Damaged(damage) => Some(ProbeInfo::Damaged { damage: damage.name() }),
        Classified::Plain | Classified::End => None,
    };
    ReceivedDatagram {
        time: meta.time,
        source: meta.source,
        group: endpoint.group,
        port: endpoint.port,
        iface,
        ttl: meta.ttl,
        dscp: meta.dscp(),
        len_bytes: payload.len(),
        probe,
        payload: Payload(payload),
    }
}
