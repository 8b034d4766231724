//! The loop of a receiver: waits, reads, counts and shows, until there is a reason to stop.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::clock::{ClockWatch, Moment};
use super::command::RunningCommand;
use super::count::{Classified, Counts};
use super::once_warnings::OnceWarnings;
use super::querier::{QuerierWatch, igmp_or_mld_version, specific_interfaces};
use super::silence_explainer::SilenceExplainer;
use super::stop_conditions::StopConditions;
use crate::diagnosis::Diagnosing;
use crate::event::{Event, IntervalReport, Payload, ProbeInfo, ReceivedDatagram};
use crate::format::probe::Damage;
use crate::net::{Datagram, Discards, Inbox};
use crate::notice::interface::Role;
use crate::notice::receive::{self, Waiting};
use crate::report::Reporter;
use crate::stats::flow::Seen;
use crate::stats::stream::{Pairs, StreamCounts};
use crate::target::{Listen, Zoned, without_zone};
use crate::units::{Pace, UnixTime};
use crate::verdict::{Ended, Limits, RunError, Stop};
use crate::{host, plan};

/// The longest time to read the datagrams that arrived before the end. A flood must not postpone
/// the end.
const MAX_CATCH_UP: Duration = Duration::from_millis(75);

/// The same after a signal. mcast then ends within a tenth of a second, which includes leaving the
/// groups and printing the summary.
const MAX_CATCH_UP_AFTER_SIGNAL: Duration = Duration::from_millis(35);

/// The longest time between two checks of everything except datagrams, if those keep arriving.
const TURN: Duration = Duration::from_millis(10);

/// The result of reading one batch of each ready socket.
struct ReadResult {
    /// The reason to stop, if the batches hold the last datagram that `--count` asks for.
    stop: Option<Stop>,
    /// All datagrams arrived after the end.
    only_late: bool,
}

/// A receiver, from the first datagram to the last.
pub struct RecvLoop<'a> {
    plan: &'a plan::Recv,
    conditions: StopConditions,
    pub counts: Counts,
    /// When to report.
    reports: Option<Pace>,
    queriers: QuerierWatch,
    explainer: SilenceExplainer<'a>,
    clock: ClockWatch,
    pub warnings: OnceWarnings,
}

impl<'a> RecvLoop<'a> {
    /// A receiver that begins at `start`, when every group is joined.
    pub fn new(plan: &'a plan::Recv, inbox: &Inbox, start: Instant) -> Self {
        let is_multihomed = on_several_interfaces(&plan.listens) || !plan.everywhere.is_empty();
        let may_be_copied = inbox.reports_interfaces() && is_multihomed;
        let mut counts = Counts::new(
            start,
            plan.listens.len(),
            plan.stats.is_some(),
            may_be_copied,
            plan.formats.clone(),
            &plan.beside,
        );
        counts.streams.pairs = Pairs::new(plan.pairs.clone());
        RecvLoop {
            plan,
            conditions: StopConditions::new(plan.limits, start),
            counts,
            reports: plan.stats.map(|every| Pace::after(start, every)),
            queriers: QuerierWatch::new(&specific_interfaces(&plan.listens, inbox), start),
            explainer: SilenceExplainer::new(plan, inbox, start),
            clock: ClockWatch::new(Moment::now()),
            warnings: OnceWarnings::default(),
        }
    }

    /// Waits and reads, until there is a reason to stop.
    pub fn run(
        &mut self,
        inbox: &mut Inbox,
        mut command: Option<&mut RunningCommand>,
        reporter: &mut Reporter,
    ) -> Result<Stop, RunError> {
        self.explainer.begin(reporter);
        // COMMAND writes on the same terminal and would overwrite the progress.
        let goal = self.conditions.goal().filter(|_| command.is_none());
        let mut progress = reporter.progress(goal, self.plan.show);
        loop {
            if let Some(signal) = reporter.signal() {
                return self.stop(Instant::now(), Stop::Interrupted(signal), inbox, reporter);
            }
            let now = Instant::now();
            let mut end = self.conditions.deadline();
            if let Some((at, stop)) = end.filter(|(at, _)| *at <= now) {
                return self.stop(at, stop, inbox, reporter);
            }
            if let Some(command) = command.as_deref_mut() {
                if let Some(stop) = self.check_command(command, inbox, reporter)? {
                    return Ok(stop);
                }
                end = self.conditions.deadline();
            }
            self.run_checks(now, inbox, reporter)?;
            progress.draw(now, None, self.counts.datagrams(), self.counts.meter());
            let end = end.map(|(at, _)| at);
            let wake_up = [end, self.next_check(now), progress.due()].into_iter().flatten().min();
            if let Some(stop) = self.receive(now, wake_up, inbox, reporter)? {
                return Ok(stop);
            }
            if let Some(stop) = self.follow(inbox, reporter)? {
                return Ok(stop);
            }
        }
    }

    /// Waits and reads until `wake_up` at the latest, or until there is something else to do: after
    /// [`TURN`], or if no datagrams arrived. Returns the reason to stop.
    fn receive(
        &mut self,
        start: Instant,
        wake_up: Option<Instant>,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let mut now = start;
        let mut is_gone = inbox.wait(reporter.wake(), now, wake_up)?;
        loop {
            if is_gone {
                return Ok(Some(Stop::ReaderGone));
            }
            now = Instant::now();
            let is_over = wake_up.is_some_and(|at| at <= now);
            // If mcast was held up, the queue may contain datagrams that arrived after the end.
            let end = if is_over { self.conditions.deadline() } else { None };
            let end = end.filter(|(end, _)| *end <= now);
            let cutoff = end.map(|(end, _)| UnixTime::now().before(now.duration_since(end)));
            let has_read = inbox.is_ready();
            let ReadResult { stop, .. } = self.read(inbox, now, cutoff, reporter)?;
            reporter.flush()?;
            if stop.is_some()
                || is_over
                || !has_read
                || now.duration_since(start) >= TURN
                || inbox.has_interface_changes()
                || reporter.signal().is_some()
            {
                return Ok(stop);
            }
            // Whatever these datagrams changed, the next turn begins soon.
            is_gone = inbox.wait_briefly(reporter.wake(), now, wake_up)?;
        }
    }

    /// Stops at `at` because of `stop`. Datagrams that arrived before still count, although they
    /// were not read yet: the queue may be long, or mcast was held up. They may hold the last
    /// datagram that `--count` asks for, which is then the reason to stop.
    fn stop(
        &mut self,
        at: Instant,
        stop: Stop,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> Result<Stop, RunError> {
        Ok(self.catch_up(inbox, Some(at), reporter)?.unwrap_or(stop))
    }

    /// Checks whether COMMAND has ended. Returns the reason to stop, if the datagrams that arrived
    /// until then contain one.
    fn check_command(
        &mut self,
        command: &mut RunningCommand,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let Some(ended) = command.newly_ended() else { return Ok(None) };
        let failed = matches!(ended, Ended::Failed(_));
        // The receiver stays for a moment. No datagram is too late yet.
        let stop = self.catch_up(inbox, None, reporter)?;
        if stop.is_none() {
            self.note_command_end(failed, reporter)?;
        }
        Ok(stop)
    }

    /// Writes the report if it is due, and checks for a clock that was set, for old queriers and
    /// for silence.
    fn run_checks(
        &mut self,
        now: Instant,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        self.report_if_due(now, inbox, reporter)?;
        self.warnings.check_drops(now, inbox, reporter)?;
        if self.clock.is_due(now) {
            self.check_clock(Moment::now());
        }
        if self.queriers.due().is_some_and(|due| due <= now) {
            reporter.warn_all(&self.queriers.poll(now, inbox.interfaces(), igmp_or_mld_version))?;
        }
        self.explainer.poll(now, &self.counts, inbox, reporter)
    }

    /// When [`RecvLoop::run_checks`] is due again.
    fn next_check(&self, now: Instant) -> Option<Instant> {
        let report = self.reports.as_ref().and_then(Pace::next);
        [report, self.queriers.due(), self.explainer.due(now)].into_iter().flatten().min()
    }

    /// Follows the interfaces. Returns the reason to stop.
    fn follow(
        &mut self,
        inbox: &mut Inbox,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let mut stop = None;
        if inbox.has_interface_changes() {
            // If an interface disappeared, its datagrams are read before its memberships are
            // given up.
            stop = self.catch_up(inbox, None, reporter)?;
        }
        let events = inbox.follow()?;
        if !events.events.is_empty() || !events.failed.is_empty() {
            self.counts.follow(&events.events);
            reporter.interface_events(events, Role::Receiver)?;
        }
        reporter.flush()?;
        Ok(stop)
    }

    /// Reads one batch of each ready socket. Datagrams later than `cutoff` arrived after the end
    /// and are discarded.
    fn read(
        &mut self,
        inbox: &mut Inbox,
        now: Instant,
        cutoff: Option<UnixTime>,
        reporter: &mut Reporter,
    ) -> Result<ReadResult, RunError> {
        let (mut timely, mut late) = (0, 0);
        let flow = inbox.read(|datagram| {
            let meta = datagram.meta;
            if cutoff.is_some_and(|cutoff| meta.kernel_time && meta.time > cutoff) {
                late += 1;
                return Ok::<_, RunError>(ControlFlow::Continue(()));
            }
            timely += 1;
            let classified = self.counts.count(&datagram);
            self.conditions.note_streams(now, self.counts.streams.all_ended());
            if matches!(classified, Classified::Beside) {
                return Ok(ControlFlow::Continue(()));
            }
            if matches!(classified, Classified::End) {
                self.conditions.note_end_marker(now);
                return Ok(ControlFlow::Continue(()));
            }
            self.warnings.check_untracked(&self.counts.streams, &self.counts.flows, reporter)?;
            self.warnings.check_peers(&mut self.counts.streams, reporter)?;
            self.count_copy(&datagram, reporter)?;
            if self.plan.show {
                reporter.event(&Event::Received(received(&datagram, classified)))?;
            }
            Ok(self
                .conditions
                .count_datagram(now)
                .map_or(ControlFlow::Continue(()), ControlFlow::Break))
        })?;
        let stop = match flow {
            ControlFlow::Break(stop) => Some(stop),
            ControlFlow::Continue(()) => None,
        };
        Ok(ReadResult { stop, only_late: late > 0 && timely == 0 })
    }

    /// Reads the datagrams that are queued; with `until`, only those that the kernel had received
    /// by then. Returns the reason to stop, if they hold the last datagram that `--count` asks
    /// for.
    fn catch_up(
        &mut self,
        inbox: &mut Inbox,
        until: Option<Instant>,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let start = Instant::now();
        let cutoff =
            until.map(|until| UnixTime::now().before(start.saturating_duration_since(until)));
        let mut reached = None;
        let most =
            if reporter.signal().is_some() { MAX_CATCH_UP_AFTER_SIGNAL } else { MAX_CATCH_UP };
        while reached.is_none() && start.elapsed() < most {
            inbox.poll_ready(reporter.wake())?;
            if !inbox.is_ready() {
                break;
            }
            let covered = inbox.found_all_ready();
            let batch = self.read(inbox, Instant::now(), cutoff, reporter)?;
            reached = batch.stop;
            // Each socket returns its datagrams in the order of arrival: the rest is late, too.
            if batch.only_late && covered {
                break;
            }
        }
        reporter.flush()?;
        Ok(reached)
    }

    /// Counts a datagram that arrived before on another interface. Warns of the first; the summary
    /// has the total.
    fn count_copy(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        let Datagram { payload, meta, endpoint, iface, .. } = datagram;
        let (Some(copies), Some(ifindex)) = (&mut self.counts.copies, meta.ifindex) else {
            return Ok(());
        };
        let to = SocketAddr::new(endpoint.group, endpoint.port);
        let before = copies.add(meta.time, ifindex, without_zone(meta.source), to, payload);
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

    /// Notes that COMMAND has ended, and warns if the receiver still waits for something.
    fn note_command_end(&mut self, failed: bool, reporter: &mut Reporter) -> io::Result<()> {
        let decides = self.conditions.note_command_end(Instant::now(), failed);
        if decides {
            return Ok(());
        }
        let forever = self.conditions.deadline().is_none();
        let StreamCounts { streams, open, .. } = self.counts.streams.counts();
        let Limits { count, once, .. } = *self.conditions.limits();
        let waiting = match count {
            Some(count) => Some(Waiting::Datagrams { received: self.counts.datagrams(), count }),
            None if once && streams == 0 => Some(Waiting::FirstStream),
            None if once && open > 0 => Some(Waiting::Ends { open, streams }),
            None => None,
        };
        waiting.map_or(Ok(()), |waiting| reporter.warn(&receive::still_waiting(waiting, forever)))
    }

    /// Starts to diagnose why nothing arrived, at the end of the run and before the groups are
    /// left.
    pub fn start_final_diagnosis(
        &mut self,
        now: Instant,
        inbox: &Inbox,
        stop: Stop,
    ) -> Option<Diagnosing> {
        self.explainer.start_final_diagnosis(now, &self.counts, inbox, stop)
    }

    /// Whether the silence was explained during the run.
    pub fn has_explained_silence(&self) -> bool {
        self.explainer.has_explained()
    }

    /// By how many seconds the clock was set during the run. If it was set, delays from other hosts
    /// are not trusted.
    pub fn clock_set_by(&mut self, now: Moment) -> Option<f64> {
        self.check_clock(now);
        let set_by = self.clock.set_by();
        if set_by.is_some() {
            self.counts.streams.trust_clock(false);
        }
        set_by
    }

    /// Checks whether the clock was set, and whether it is still synchronised.
    fn check_clock(&mut self, now: Moment) {
        self.clock.compare(now);
        self.counts.streams.trust_clock(host::is_synchronised());
    }

    /// Reports on an interval that is over.
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
        if let Some(report) = self.counts.report(now, inbox.discards()) {
            reporter.event(&Event::Interval(report))?;
            reporter.flush()?;
        }
        // Reports that fell due meanwhile are merged with the next one: slow output must not starve
        // reading.
        let now = Instant::now();
        while reports.due(now).is_some() {}
        Ok(())
    }

    /// The report on the interval in which the run ended; `None` if it is short and empty. The
    /// reports add up to the summary.
    pub fn last_report(
        &mut self,
        now: Moment,
        discards: Option<Discards>,
    ) -> Option<IntervalReport> {
        let every = self.reports.as_ref()?.period().to_duration();
        let (busy, since) = self.counts.unreported(now.steady, discards)?;
        (busy || since >= every / 2).then(|| self.counts.report(now, discards))?
    }
}

/// Whether a group is joined on more than one interface: its datagrams may arrive twice.
fn on_several_interfaces(listens: &[Listen]) -> bool {
    let mut interfaces: HashMap<(IpAddr, u16), u32> = HashMap::new();
    listens.iter().any(|Listen { at, .. }| {
        *interfaces.entry((at.group, at.port)).or_insert(at.via.index) != at.via.index
    })
}

/// The event that shows a datagram.
fn received<'a>(datagram: &Datagram<'a>, classified: Classified) -> ReceivedDatagram<'a> {
    let Datagram { payload, meta, endpoint, iface, zone, .. } = *datagram;
    let probe = match classified {
        Classified::Measured { stream, seq, delay } => {
            Some(ProbeInfo::Whole { stream, seq, delay_ns: delay })
        }
        Classified::Damaged(damage) => Some(ProbeInfo::Damaged { damage: damage.name() }),
        Classified::Foreign(Seen { format: Some(format), number, delay, corrupt }) => {
            let format = format.name();
            Some(match corrupt {
                true => ProbeInfo::Misfit { format, damage: Damage::Corrupt.name() },
                false => ProbeInfo::Foreign { format, seq: number, delay_ns: delay },
            })
        }
        Classified::Plain | Classified::Foreign(_) | Classified::Beside | Classified::End => None,
    };
    ReceivedDatagram {
        time: meta.time.into(),
        source: Zoned::socket(meta.source, zone),
        group: datagram.group(),
        port: endpoint.port,
        iface,
        ttl: meta.ttl,
        dscp: meta.dscp(),
        ecn: meta.ecn(),
        len_bytes: payload.len(),
        probe,
        payload: Payload(payload),
    }
}
