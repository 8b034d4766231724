//! The loop of a ping: sends requests, takes answers and waits, until there is a reason to stop.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::requester::{Outgoing, Requester};
use super::survey::Survey;
use super::unicast::Unicast;
use crate::event::{Event, ReplyInfo};
use crate::format::exchange::{Reply, Request};
use crate::format::probe::{self, END_INTERVAL, ENDS, ProbeKind, Reading};
use crate::net::{self, NetError, Outbox, Wake};
use crate::notice::interface::Role;
use crate::plan;
use crate::report::Reporter;
use crate::stats::ping::{Answer, Table, Taken};
use crate::sys;
use crate::target::Zoned;
use crate::units::random;
use crate::verdict::{RunError, Stop};

/// The longest time between two end markers.
const LONGEST_END_INTERVAL: Duration = Duration::from_millis(200);

/// How often a loop that does not sleep looks for signals and changes of the interfaces.
const SPIN_CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// Shows the progress of a ping to observers.
pub type ShowProgress<'s> = &'s dyn Fn(&PingLoop, &Outbox, &mut Reporter);

/// A ping.
pub struct PingLoop<'a> {
    plan: &'a plan::Ping,
    start: Instant,
    pub requester: Requester,
    pub table: Table,
    pub unicast: Unicast,
    /// The choice of the receivers that answer, for each multicast target.
    pub surveys: Vec<Survey>,
    /// How many rounds were sent.
    pub rounds: u64,
    /// When to report the progress to observers; `None` without observers.
    progress: Option<Instant>,
    batch: sys::Batch,
    /// Where the loop reads answers into before it shows them.
    arrived: Vec<(Answer, usize)>,
}

impl<'a> PingLoop<'a> {
    /// A ping that begins at `start`.
    pub fn new(plan: &'a plan::Ping, start: Instant) -> Self {
        let budget = (plan.reply_budget / plan.endpoints.len().max(1) as u64).max(1);
        let mut table = Table::default();
        for _ in &plan.endpoints {
            table.add_target(random());
        }
        PingLoop {
            plan,
            start,
            requester: Requester::new(plan),
            table,
            unicast: Unicast::default(),
            surveys: plan
                .endpoints
                .iter()
                .map(|at| Survey::new(at, plan.options.ttl, budget))
                .collect(),
            rounds: 0,
            progress: plan.progress.and_then(|every| start.checked_add(every)),
            batch: sys::Batch::new(plan.backend),
            arrived: Vec::new(),
        }
    }

    /// Sends the requests and takes the answers. Observers see the progress by `show`. Returns the
    /// reason to stop.
    pub fn run(
        &mut self,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
        show: ShowProgress,
    ) -> Result<Stop, RunError> {
        let end = self.plan.duration.and_then(|duration| self.start.checked_add(duration));
        let mut due = self.start;
        let stop = loop {
            if let Some(signal) = reporter.signal() {
                break Stop::Interrupted(signal);
            }
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                break Stop::Duration;
            }
            if due <= now {
                let gap = self.send_round(outbox, reporter)?;
                // Missed rounds are not made up for: they would leave as a burst.
                let next = due.checked_add(gap);
                due = next.unwrap_or(now + Duration::from_secs(1 << 30)).max(now);
                if self.plan.count.is_some_and(|count| self.rounds >= count) {
                    break Stop::Count;
                }
            }
            self.show_progress(now, outbox, reporter, show);
            let until = [Some(due), end, self.progress].into_iter().flatten().min();
            let until = until.unwrap_or(due);
            if self.listen(until, outbox, reporter)? {
                return Ok(Stop::ReaderGone);
            }
        };
        // The answers to the last requests are still on their way.
        let window = self.surveys.iter().map(|survey| survey.last.window).max();
        let until = Instant::now().checked_add(self.plan.wait + window.unwrap_or_default());
        while let Some(until) = until.filter(|until| Instant::now() < *until) {
            self.show_progress(Instant::now(), outbox, reporter, show);
            let until = self.progress.map_or(until, |progress| progress.min(until));
            if reporter.signal().is_some() {
                break;
            }
            if self.listen(until, outbox, reporter)? {
                return Ok(Stop::ReaderGone);
            }
        }
        Ok(match reporter.signal() {
            // All requests were sent: only the wait was cut short.
            Some(signal) if stop != Stop::Count => Stop::Interrupted(signal),
            _ => stop,
        })
    }

    /// Shows the progress if that is due. The description of many receivers takes time, and must not
    /// take more than a twentieth of it.
    fn show_progress(
        &mut self,
        now: Instant,
        outbox: &Outbox,
        reporter: &mut Reporter,
        show: ShowProgress,
    ) {
        let Some(every) = self.plan.progress.filter(|_| self.progress.is_some_and(|at| at <= now))
        else {
            return;
        };
        show(self, outbox, reporter);
        self.progress = now.checked_add(every.max(20 * now.elapsed()));
    }

    /// Sends end markers, which ask for the totals of receivers whose last answers are missing.
    pub fn end(&mut self, outbox: &mut Outbox, reporter: &mut Reporter) -> Result<(), RunError> {
        let targets = 0..outbox.endpoints().count();
        targets.clone().for_each(|target| self.table.end(target));
        let interval = self.end_interval();
        let mut due = Instant::now();
        for turn in 0..=ENDS {
            for target in targets.clone().filter(|_| turn < ENDS) {
                let outgoing = self.end_marker(target);
                if let Some(sample) = self.surveys.get(target).and_then(Survey::end) {
                    let end = Outgoing { reply_wanted: false, sample: Some(sample), ..outgoing };
                    self.requester.send(end, &mut self.table, outbox, reporter)?;
                }
                self.requester.send(outgoing, &mut self.table, outbox, reporter)?;
            }
            due += if turn < ENDS { END_INTERVAL } else { interval };
            loop {
                let is_awaited = targets.clone().any(|target| self.is_awaited(target));
                let until = if is_awaited && turn < ENDS {
                    due.max(due + interval - END_INTERVAL)
                } else {
                    due
                };
                if Instant::now() >= until || (turn == ENDS && !is_awaited) {
                    due = due.max(Instant::now());
                    break;
                }
                self.take_answers(outbox, reporter)?;
                // A signal would end each wait at once.
                let wake = Wake { output: None, ..reporter.wake() };
                if reporter.signal().is_some() {
                    std::thread::sleep(Duration::from_millis(1));
                } else {
                    outbox.wait(None, wake, Some(until))?;
                }
            }
        }
        self.take_answers(outbox, reporter).map(drop)
    }

    /// The end marker of a target. Only if all receivers answer, their totals can be complete.
    fn end_marker(&self, target: usize) -> Outgoing {
        let survey = self.surveys.get(target);
        let asks_all = survey.is_none_or(Survey::asks_all);
        Outgoing {
            target,
            kind: ProbeKind::End,
            reply_wanted: asks_all && self.table.awaits(target),
            request: survey.map_or(Request::AT_ONCE, |survey| survey.last),
            sample: None,
        }
    }

    /// Whether the last answers of receivers are missing, and they will answer end markers.
    fn is_awaited(&self, target: usize) -> bool {
        self.surveys.get(target).is_none_or(Survey::asks_all) && self.table.awaits(target)
    }

    /// The time between two end markers that ask for answers: enough for the slowest receiver.
    fn end_interval(&self) -> Duration {
        let targets = 0..self.requester.errors.len();
        let slowest = targets.filter_map(|target| self.table.rtt(target).quantiles());
        let slowest = slowest.map(|rtt| rtt.max.max(0).unsigned_abs()).max().unwrap_or(0);
        let window = self.surveys.iter().map(|survey| survey.last.window).max();
        let trip = (2 * Duration::from_nanos(slowest)).clamp(END_INTERVAL, LONGEST_END_INTERVAL);
        trip + window.unwrap_or_default().min(Duration::from_secs(1))
    }

    /// Sends a request to each target, and to each receiver by unicast; or samples, at the start.
    /// Returns the time to the next requests.
    fn send_round(
        &mut self,
        outbox: &Outbox,
        reporter: &mut Reporter,
    ) -> Result<Duration, RunError> {
        let interval = self.plan.interval;
        let now = self.start.elapsed();
        let choices = self.surveys.iter_mut().map(|survey| survey.choose(now, interval));
        let is_sample = choices.fold(false, |any, is_sample| any | is_sample);
        for target in 0..self.surveys.len() {
            let survey = &self.surveys[target];
            let sample = is_sample.then_some((survey.stream, survey.samples));
            let number = self.table.requests(target);
            let is_sent = self.send(target, survey.last, sample, outbox, reporter)?;
            match is_sample {
                true => self.surveys[target].sampled(now),
                false if is_sent => self.surveys[target].sent(number, now),
                false => {}
            }
        }
        if is_sample {
            let gaps = self.surveys.iter().map(|survey| survey.gap(interval));
            return Ok(gaps.min().unwrap_or(interval));
        }
        // The unicast replies stay below the budget, too.
        let most = (self.plan.reply_budget as f64 * interval.as_secs_f64()).ceil() as usize;
        let unicast: Vec<usize> = self.unicast.positions().take(most).collect();
        for target in unicast {
            self.send(target, Request::AT_ONCE, None, outbox, reporter)?;
        }
        self.rounds += 1;
        Ok(interval)
    }

    fn send(
        &mut self,
        target: usize,
        request: Request,
        sample: Option<(u64, u64)>,
        outbox: &Outbox,
        reporter: &mut Reporter,
    ) -> Result<bool, RunError> {
        let kind = ProbeKind::Data;
        let outgoing = Outgoing { target, kind, reply_wanted: true, request, sample };
        Ok(self.requester.send(outgoing, &mut self.table, outbox, reporter)?)
    }

    /// Takes answers until `until` or until something else needs attention. Returns whether the
    /// reader of the output is gone.
    fn listen(
        &mut self,
        until: Instant,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<bool, RunError> {
        let mut more = self.take_answers(outbox, reporter)?;
        if self.plan.spin {
            let check = Instant::now() + SPIN_CHECK_INTERVAL;
            while Instant::now() < until.min(check) {
                more = self.take_answers(outbox, reporter)?;
            }
        }
        reporter.flush()?;
        let now = Some(Instant::now());
        let until = if more || self.plan.spin { now } else { Some(until) };
        let reader_gone = outbox.wait(None, reporter.wake(), until)?;
        reporter.interface_events(outbox.follow()?, Role::Sender)?;
        Ok(reader_gone)
    }

    /// Reads the answers that arrived, and shows them. Returns whether there may be more.
    fn take_answers(
        &mut self,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<bool, RunError> {
        let since_start = i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let arrived = &mut self.arrived;
        arrived.clear();
        let more = outbox.read_answers::<NetError>(&mut self.batch, |answer| {
            arrived.extend(read(&answer, since_start));
            Ok(ControlFlow::Continue(()))
        })?;
        for (answer, len) in std::mem::take(&mut self.arrived) {
            self.take(&answer, len, outbox, reporter)?;
        }
        Ok(more)
    }

    fn take(
        &mut self,
        answer: &Answer,
        len: usize,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let stream = answer.header.stream;
        if let Some(survey) = self.surveys.iter_mut().find(|survey| survey.stream == stream) {
            survey.reply(answer.header.sequence, true, &answer.reply);
            return Ok(());
        }
        let Taken::Reply { target, is_duplicate, .. } = self.table.take(answer) else {
            return Ok(());
        };
        if let Some(survey) = self.surveys.get_mut(target) {
            survey.reply(answer.header.sequence, false, &answer.reply);
        }
        let multicast = target < self.plan.endpoints.len();
        if multicast && self.plan.unicast {
            let receiver = answer.reply.receiver;
            self.unicast.add(answer.source, receiver, target, &mut self.table, outbox);
        }
        let at = outbox.endpoint(target);
        Ok(reporter.event(&Event::Reply(ReplyInfo {
            source: Zoned::socket(answer.source, Some(&at.via.name)),
            receiver: answer.reply.receiver,
            group: at.group,
            port: at.port,
            iface: &at.via.name,
            unicast: !multicast,
            seq: answer.header.sequence,
            len_bytes: len,
            rtt_ns: answer.rtt(),
            hops_to: answer.hops_to(),
            hops_back: answer.hops_back(),
            duplicate: is_duplicate,
            names_target: multicast && self.plan.endpoints.len() > 1,
        }))?)
    }
}

/// The reply in a datagram, with its length.
fn read(answer: &net::Answer, since_start: i64) -> Option<(Answer, usize)> {
    let Reading::Probe(header) = probe::read(answer.payload, answer.meta.truncated) else {
        return None;
    };
    let reply = Reply::read(answer.payload).filter(|_| header.kind == ProbeKind::Reply)?;
    let answer_of = Answer {
        header,
        reply,
        source: answer.meta.source,
        arrived: answer.meta.time,
        since_start,
        ttl: answer.meta.ttl,
    };
    Some((answer_of, answer.payload.len()))
}
