//! The loop of a receiver: waits, reads, counts and shows, until there is a reason to stop.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::answering::Answering;
use super::clock::{ClockWatch, Moment};
use super::command::RunningCommand;
use super::count::Counts;
use super::effort::Effort;
use super::measurement::Measurement;
use super::querier::{QuerierWatch, igmp_or_mld_version, specific_interfaces};
use super::recording::Recorder;
use super::silence_explainer::SilenceExplainer;
use crate::diagnosis::Diagnosing;
use crate::event::{AnswersInfo, Event};
use crate::net::Inbox;
use crate::notice::Notice;
use crate::notice::interface::Role;
use crate::notice::receive::{self, Waiting};
use crate::report::Reporter;
use crate::stats::stream::{LocalClock, StreamCounts};
use crate::target::Listen;
use crate::units::{Pace, UnixTime};
use crate::verdict::{Ended, Limits, RunError, Stop};
use crate::{host, plan};

/// The longest CPU time to read the datagrams that arrived before the end. A flood must not
/// postpone the end.
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
    pub measurement: Measurement<'a>,
    queriers: QuerierWatch,
    explainer: SilenceExplainer<'a>,
    clock: ClockWatch,
    /// Answers senders, if the plan says so.
    answering: Option<Answering>,
}

impl<'a> RecvLoop<'a> {
    /// A receiver that begins at `start`, when every group is joined.
    pub fn new(
        plan: &'a plan::Recv,
        inbox: &Inbox,
        recorder: Option<Recorder<'a>>,
        answering: Option<Answering>,
        start: Instant,
    ) -> Self {
        let is_multihomed = on_several_interfaces(&plan.listens) || !plan.everywhere.is_empty();
        let may_be_copied = inbox.reports_interfaces() && is_multihomed;
        let counts = Counts::new(
            start,
            plan.listens.len(),
            plan.measuring.stats.is_some(),
            may_be_copied,
            LocalClock {
                host: host::host_id(),
                synchronised: host::is_synchronised(),
                asserted: plan.measuring.formats.trust_clock,
            },
            plan.measuring.formats.clone(),
            &plan.beside,
        );
        RecvLoop {
            plan,
            measurement: Measurement::new(&plan.measuring, start, counts, recorder),
            queriers: QuerierWatch::new(&specific_interfaces(&plan.listens, inbox), start),
            explainer: SilenceExplainer::new(plan, inbox, start),
            clock: ClockWatch::new(Moment::now()),
            answering,
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
        let goal = self.measurement.conditions.goal().filter(|_| command.is_none());
        let mut progress = reporter.progress(goal, self.plan.measuring.show);
        loop {
            if let Some(signal) = reporter.signal() {
                return self.stop(Instant::now(), Stop::Interrupted(signal), inbox, reporter);
            }
            let now = Instant::now();
            let mut end = self.measurement.conditions.deadline();
            if let Some((at, stop)) = end.filter(|(at, _)| *at <= now) {
                return self.stop(at, stop, inbox, reporter);
            }
            if let Some(command) = command.as_deref_mut() {
                if let Some(stop) = self.check_command(command, inbox, reporter)? {
                    return Ok(stop);
                }
                end = self.measurement.conditions.deadline();
            }
            self.run_checks(now, inbox, reporter)?;
            progress.draw(
                now,
                None,
                self.measurement.counts.datagrams(),
                self.measurement.counts.meter(),
            );
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
            let end = if is_over { self.measurement.conditions.deadline() } else { None };
            let end = end.filter(|(end, _)| *end <= now);
            let cutoff = end.map(|(end, _)| UnixTime::now().before(now.duration_since(end)));
            let has_read = inbox.is_ready();
            let ReadResult { stop, .. } = self.read(inbox, now, cutoff, reporter)?;
            reporter.flush()?;
            if let Some(recorder) = &mut self.measurement.recorder {
                recorder.flush_to_reader();
            }
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
        let drops = self.measurement.warnings.check_drops(now, inbox, reporter)?;
        self.measurement.check_recorder(now, drops, reporter)?;
        if let Some(answering) = &mut self.answering {
            answering.poll(now, &self.measurement.counts.streams, inbox);
            answering.warning().map_or(Ok(()), |warning| reporter.warn(&warning))?;
        }
        if self.clock.is_due(now) {
            self.check_clock(Moment::now());
        }
        if self.queriers.due().is_some_and(|due| due <= now) {
            reporter.warn_all(&self.queriers.poll(now, inbox.interfaces(), igmp_or_mld_version))?;
        }
        self.explainer.poll(now, &self.measurement.counts, inbox, reporter)
    }

    /// When [`RecvLoop::run_checks`] is due again.
    fn next_check(&self, now: Instant) -> Option<Instant> {
        let report = self.measurement.reports.as_ref().and_then(Pace::next);
        let recorder = self.measurement.recorder.as_ref().and_then(Recorder::due);
        let answer = self.answering.as_ref().and_then(Answering::due);
        let checks = [report, recorder, answer, self.queriers.due(), self.explainer.due(now)];
        checks.into_iter().flatten().min()
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
            self.measurement.counts.follow(&events.events);
            self.answering.iter_mut().for_each(Answering::follow);
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
        let copied = |first: u32, second: &str| arrives_twice(&self.plan.listens, first, second);
        let flow = inbox.read(|datagram| {
            let meta = datagram.meta;
            if cutoff.is_some_and(|cutoff| meta.kernel_time && meta.time > cutoff) {
                late += 1;
                return Ok::<_, RunError>(ControlFlow::Continue(()));
            }
            timely += 1;
            let stop = self.measurement.take(now, &datagram, copied, reporter)?;
            if let Some(answering) = &mut self.answering {
                answering.take(now, &datagram);
            }
            Ok(stop.map_or(ControlFlow::Continue(()), ControlFlow::Break))
        })?;
        if let Some(answering) = &mut self.answering {
            answering.answer(now, inbox)?;
        }
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
        let effort = Effort::begin();
        let cutoff = until
            .map(|until| UnixTime::now().before(effort.start().saturating_duration_since(until)));
        let mut reached = None;
        let most =
            if reporter.signal().is_some() { MAX_CATCH_UP_AFTER_SIGNAL } else { MAX_CATCH_UP };
        while reached.is_none() && !effort.exceeds(most) {
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

    /// Notes that COMMAND has ended, and warns if the receiver still waits for something.
    fn note_command_end(&mut self, failed: bool, reporter: &mut Reporter) -> io::Result<()> {
        let decides = self.measurement.conditions.note_command_end(Instant::now(), failed);
        if decides {
            return Ok(());
        }
        let forever = self.measurement.conditions.deadline().is_none();
        let StreamCounts { streams, open, .. } = self.measurement.counts.streams.counts();
        let Limits { count, once, .. } = *self.measurement.conditions.limits();
        let waiting = match count {
            Some(count) => {
                Some(Waiting::Datagrams { received: self.measurement.counts.datagrams(), count })
            }
            None if once && streams == 0 => Some(Waiting::FirstStream),
            None if once && open > 0 => Some(Waiting::Ends { open, streams }),
            None => None,
        };
        waiting.map_or(Ok(()), |waiting| reporter.warn(&receive::still_waiting(waiting, forever)))
    }

    /// The counts of answers.
    pub fn answers(&self) -> AnswersInfo {
        self.answering.as_ref().map_or_else(AnswersInfo::default, Answering::info)
    }

    /// Sends the last answers, at the end of the run.
    pub fn finish_answering(&mut self, inbox: &Inbox) {
        if let Some(answering) = &mut self.answering {
            answering.finish(Instant::now(), &self.measurement.counts.streams, inbox);
        }
    }

    /// Starts to diagnose why nothing arrived, at the end of the run and before the groups are
    /// left.
    pub fn start_final_diagnosis(
        &mut self,
        now: Instant,
        inbox: &Inbox,
        stop: Stop,
    ) -> Option<Diagnosing> {
        self.explainer.start_final_diagnosis(now, &self.measurement.counts, inbox, stop)
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
            self.measurement.counts.streams.trust_clock(false);
        }
        set_by
    }

    /// Checks whether the clock was set, and whether it is still synchronised.
    fn check_clock(&mut self, now: Moment) {
        self.clock.compare(now);
        self.measurement.counts.streams.trust_clock(host::is_synchronised());
    }

    /// Reports on an interval that is over.
    fn report_if_due(
        &mut self,
        now: Instant,
        inbox: &Inbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let Some(reports) = &mut self.measurement.reports else { return Ok(()) };
        if reports.due(now).is_none() {
            return Ok(());
        }
        let now = Moment::now();
        if let Some(report) = self.measurement.counts.report(now, inbox.discards()) {
            reporter.event(&Event::Interval(report))?;
            reporter.flush()?;
        }
        if let Some(recorder) = &mut self.measurement.recorder {
            recorder.flush();
        }
        // Reports that fell due meanwhile are merged with the next one: slow output must not starve
        // reading.
        let now = Instant::now();
        while reports.due(now).is_some() {}
        Ok(())
    }
}

/// The warning that the datagrams of the interface with the index `first` arrive on `second` too.
fn arrives_twice(listens: &[Listen], first: u32, second: &str) -> Notice {
    let first = listens.iter().map(|listen| &listen.at.via).find(|via| via.index == first);
    let first = first.map_or("another interface", |via| via.name.as_str());
    receive::arrives_twice(first, second)
}

/// Whether a group is joined on more than one interface: its datagrams may arrive twice.
fn on_several_interfaces(listens: &[Listen]) -> bool {
    let mut interfaces: HashMap<(IpAddr, u16), u32> = HashMap::new();
    listens.iter().any(|Listen { at, .. }| {
        *interfaces.entry((at.group, at.port)).or_insert(at.via.index) != at.via.index
    })
}
