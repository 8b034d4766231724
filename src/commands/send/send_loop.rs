//! The loop of one sender: sends the rounds that are due and waits, until there is a reason to
//! stop.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::catch_up::{CatchUp, Turn};
use super::intervals::Intervals;
use super::paced_wait::PacedWait;
use super::queue_sender::{QueueSender, SendContext};
use super::report_collector::ReportCollector;
use super::source::{Source, Supply};
use crate::net::{Marks, Outbox};
use crate::notice::interface::Role;
use crate::plan;
use crate::report::{Goal, Reporter};
use crate::stats::delay::{Delays, Precision};
use crate::units::{Period, Schedule, Shape};
use crate::verdict::{RunError, Stop};

/// The last rounds of a run may wait this long for space after its end.
const LAST_ROUNDS: Duration = Duration::from_millis(10);

/// A sender, from the first round to the last.
pub struct SendLoop<'a> {
    plan: &'a plan::Send,
    /// Sends the datagrams and counts them.
    pub sender: QueueSender,
    /// How many datagrams were due for each endpoint, whether they were sent or failed.
    pub sent: u64,
    start: Instant,
    /// The schedule of the rounds; `None` without pacing.
    schedule: Option<Schedule>,
    catch_up: CatchUp,
    /// The source has had nothing to send since the last round.
    starved: bool,
    /// The marks of the datagrams in the queue.
    marks: Marks,
    /// How late the rounds were.
    pub lateness: Delays,
    /// How many rounds were due before the end of the run and were left out.
    pub skipped: u64,
    /// Collects the reports of receivers, if the plan asks for them.
    pub reports: Option<ReportCollector<'a>>,
    /// Reports on each interval, if the plan asks for that.
    pub intervals: Option<Intervals>,
}

/// What a sender does next.
enum Next {
    /// Sends this many rounds.
    Send(u64),
    /// Waits until a time, or for its input.
    Wait(Option<Instant>),
    /// Stops: the input has ended.
    Stop,
}

impl<'a> SendLoop<'a> {
    /// Sends what `plan` says, from `start` on; `source` supplies the datagrams if the plan has an
    /// input.
    pub fn new(
        plan: &'a plan::Send,
        source: Option<Box<dyn Source>>,
        outbox: &Outbox,
        start: Instant,
    ) -> Self {
        let mut sender = QueueSender::new(plan, source, outbox);
        sender.payload.source().into_iter().for_each(|source| source.begin(outbox));
        let own_pace = sender.payload.source().is_some_and(|source| source.has_own_pace());
        let period = plan.period.filter(|_| !own_pace);
        let stream = sender.payload.stream();
        let reports = stream.and_then(|stream| ReportCollector::new(plan, stream, start));
        reports.iter().for_each(|reports| sender.payload.set_request(reports.request()));
        SendLoop {
            plan,
            sender,
            marks: Marks::default(),
            sent: 0,
            start,
            schedule: period.map(|period| Schedule::new(start, period, plan.shape)),
            starved: false,
            catch_up: CatchUp::new(
                plan.period.map_or(Duration::ZERO, Period::to_duration),
                plan.shape,
            ),
            lateness: Delays::new(Precision::Coarse),
            skipped: 0,
            reports,
            intervals: Intervals::new(plan, start),
        }
    }

    /// Sends the rounds that are due and waits, until there is a reason to stop.
    pub fn run(&mut self, outbox: &mut Outbox, reporter: &mut Reporter) -> Result<Stop, RunError> {
        let end = self.plan.duration.and_then(|duration| self.start.checked_add(duration));
        let gap = self.sender.payload.source().and_then(|source| source.usual_gap());
        let gap = gap.or(self.plan.period.map(Period::to_duration));
        let mut wait = PacedWait::new(gap, self.plan.spin, self.start);
        let mut progress = reporter.progress(self.goal(self.start), self.plan.show);
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if self.plan.count.is_some_and(|count| self.sent >= count) {
                return Ok(Stop::Count);
            }
            let now = Instant::now();
            if let Some(end) = end.filter(|end| *end <= now) {
                self.send_last_rounds(end, now, outbox, reporter)?;
                if self.plan.count.is_some_and(|count| self.sent >= count) {
                    return Ok(Stop::Count);
                }
                // Other rounds that were due before the end are left out.
                self.skipped = self.skipped_until(end);
                return Ok(Stop::Duration);
            }
            if self.sender.next_release().is_some_and(|release| release <= now) {
                self.sender.release(&mut SendContext { outbox, reporter, end })?;
            }
            let next = match self.next(now, outbox, reporter)? {
                Next::Stop => return Ok(Stop::InputEnd),
                Next::Wait(next) => {
                    next.into_iter().chain(end).chain(self.sender.next_release()).min()
                }
                Next::Send(rounds) => {
                    self.send_rounds(rounds, SendContext { outbox, reporter, end })?;
                    if !wait.is_check_due(now) {
                        continue;
                    }
                    Some(now)
                }
            };
            if next != Some(now) && wait.spin(now, next) {
                continue;
            }
            if let Some(schedule) = &self.schedule {
                wait.set_period(schedule.period());
            }
            // These checks are also due from time to time if there is no time to wait.
            reporter.flush()?;
            progress.draw(now, next, self.sent, &self.sender.meter);
            self.report_interval(now, reporter)?;
            let input = self.sender.payload.input().filter(|_| self.starved);
            let reports_due = self.reports.as_ref().and_then(ReportCollector::due);
            let interval_due = self.intervals.as_ref().and_then(Intervals::due);
            let other = [progress.due(), reports_due, interval_due].into_iter().flatten().min();
            if wait.sleep(next, other, outbox, input, reporter.wake())? {
                return Ok(Stop::ReaderGone);
            }
            reporter.interface_events(outbox.follow()?, Role::Sender)?;
            self.collect(outbox, reporter)?;
        }
    }

    /// Reports on an interval that is over.
    fn report_interval(&mut self, now: Instant, reporter: &mut Reporter) -> Result<(), RunError> {
        let skipped = self.schedule.as_ref().map_or(0, |schedule| schedule.skipped());
        let intervals = self.intervals.as_mut();
        intervals.map_or(Ok(()), |of| of.poll(now, &self.sender, skipped, reporter))
    }

    /// Reads the reports of receivers, and shows them if that is due.
    fn collect(&mut self, outbox: &Outbox, reporter: &mut Reporter) -> Result<(), RunError> {
        let Some(reports) = &mut self.reports else { return Ok(()) };
        reports.read(outbox)?;
        if reports.poll(Instant::now(), outbox, reporter)? {
            self.sender.payload.set_request(reports.request());
        }
        Ok(())
    }

    /// Sends the end markers of measured streams, and waits for the last reports of the receivers.
    pub fn end_streams(
        &mut self,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        if let Some(reports) = &mut self.reports {
            reports.read(outbox)?;
            reports.adapt();
            self.sender.payload.set_request(reports.request());
        }
        self.sender.end_streams(outbox, reporter)?;
        let Some(reports) = &mut self.reports else { return Ok(()) };
        reports.wait_for_last(&mut self.sender, outbox, reporter)
    }

    /// Decides at `now` what to do next.
    fn next(
        &mut self,
        now: Instant,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<Next, RunError> {
        if let Some(source) = self.sender.payload.source() {
            match source.fill(now - self.start)? {
                Supply::End => return Ok(Next::Stop),
                Supply::Pending => {
                    self.starved = true;
                    let retry = source.retry().and_then(|retry| self.start.checked_add(retry));
                    return Ok(Next::Wait(retry));
                }
                Supply::Later => return Ok(Next::Wait(Some(now))),
                Supply::Attention => {
                    let notices = source.attend(now - self.start, outbox);
                    self.sender.follow(outbox);
                    reporter.warn_all(&notices)?;
                    return Ok(Next::Wait(Some(now)));
                }
                Supply::Ready => {}
            }
            let starved = std::mem::take(&mut self.starved);
            if let Some(due) = source.due() {
                return Ok(match self.start.checked_add(due) {
                    Some(due) if due <= now => Next::Send(1),
                    due => Next::Wait(due),
                });
            }
            if let (true, Some(schedule)) = (starved, &mut self.schedule) {
                schedule.postpone(now);
            }
        }
        Ok(self.next_by_pace(now))
    }

    /// How many rounds to send together: one, or many that were missed; without a pace as many as
    /// fit in the queue.
    fn next_by_pace(&mut self, now: Instant) -> Next {
        let together = self.most_together();
        let Some(schedule) = &mut self.schedule else { return Next::Send(together) };
        if matches!(self.plan.shape, Shape::Ramp { .. }) {
            self.catch_up.set_period(schedule.period());
        }
        let Some(due) = schedule.next() else { return Next::Wait(None) };
        let together = match self.catch_up.turn(due, now) {
            Turn::Wait => return Next::Wait(Some(self.catch_up.earliest(due, now))),
            Turn::One => 1,
            Turn::All => together,
        };
        let lateness = &mut self.lateness;
        Next::Send(schedule.due_together(now, together, |late| record(lateness, late)))
    }

    /// Sends the rounds that were due just before `end`, at most as many as fit in the queue: the
    /// last round of a run may be due a few microseconds before it.
    fn send_last_rounds(
        &mut self,
        end: Instant,
        now: Instant,
        outbox: &Outbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let most = self.most_together();
        let Some(schedule) = &mut self.schedule else { return Ok(()) };
        if let Some(source) = self.sender.payload.source() {
            if self.starved || source.fill(now - self.start)? != Supply::Ready {
                return Ok(());
            }
        }
        let lateness = &mut self.lateness;
        let rounds = schedule.due_before(end, now, most, |late| record(lateness, late));
        if rounds == 0 {
            return Ok(());
        }
        let end = Some(now + LAST_ROUNDS);
        self.send_rounds(rounds, SendContext { outbox, reporter, end })
    }

    /// How many rounds fit in the queue.
    fn most_together(&self) -> u64 {
        let datagrams = self.plan.burst.saturating_mul(self.sender.targets() as u64);
        (self.sender.queue_capacity() as u64 / datagrams.max(1)).max(1)
    }

    /// The time between two rounds; `None` without rounds at a pace.
    pub fn interval(&self) -> Option<Duration> {
        self.schedule.as_ref().map(|schedule| schedule.period())
    }

    /// How many rounds were left out by the `end` of the run.
    fn skipped_until(&self, end: Instant) -> u64 {
        self.schedule.as_ref().map_or(0, |schedule| {
            let owed = if self.starved { 0 } else { schedule.owed(end) };
            schedule.skipped().saturating_add(owed)
        })
    }

    /// The goal that the progress shows, if the run ends by itself.
    fn goal(&mut self, start: Instant) -> Option<Goal> {
        let plan::Send { count, duration, burst, .. } = *self.plan;
        let length = self.sender.payload.source().map(|source| source.length()).unwrap_or_default();
        let count = count.into_iter().chain(length.datagrams).min();
        let duration = duration.into_iter().chain(length.duration).min();
        // The first round takes no time.
        let planned = count
            .zip(self.schedule.as_ref())
            .map(|(count, schedule)| schedule.planned((count - 1) / burst));
        (count.is_some() || duration.is_some()).then_some(Goal {
            count,
            duration,
            planned,
            ..Goal::open(start)
        })
    }

    /// Sends `rounds` bursts to each endpoint. A signal and the end of the run leave the round
    /// unfinished.
    fn send_rounds(&mut self, rounds: u64, mut context: SendContext) -> Result<(), RunError> {
        let left = self.plan.count.map_or(u64::MAX, |count| count - self.sent);
        let burst = self.plan.burst.saturating_mul(rounds).min(left);
        if self.sender.payload.source().is_some() {
            return self.send_from_source(burst, left, context);
        }
        for position in 0..self.sender.targets() {
            for _ in 0..burst {
                if !self.sender.put(position, &mut context)? {
                    return Ok(());
                }
            }
        }
        if self.sender.finish(&mut context)? {
            self.sent += burst;
        }
        Ok(())
    }

    /// The endpoints of the next datagram of the source; `None` if none is due at `now`. Those
    /// without a due time are due as part of a burst.
    fn offer(&mut self, now: Instant, in_burst: bool) -> Result<Option<Range<usize>>, RunError> {
        let targets = self.sender.targets();
        let Some(source) = self.sender.payload.source() else { return Ok(None) };
        if source.fill(now - self.start)? != Supply::Ready {
            return Ok(None);
        }
        let is_due = match source.due() {
            None => in_burst,
            Some(due) => {
                let late =
                    self.start.checked_add(due).and_then(|due| now.checked_duration_since(due));
                late.into_iter().for_each(|late| record(&mut self.lateness, late));
                late.is_some()
            }
        };
        Ok(is_due.then(|| source.endpoints().unwrap_or(0..targets)))
    }

    /// Sends the next `burst` datagrams of the source, or all that are due if it has due times, at
    /// most `left`. Each goes to its endpoint, or to all.
    fn send_from_source(
        &mut self,
        burst: u64,
        left: u64,
        mut context: SendContext,
    ) -> Result<(), RunError> {
        let now = Instant::now();
        let mut queued = 0;
        while queued < left {
            let Some(positions) = self.offer(now, queued < burst)? else { break };
            let marks = self.sender.payload.source().map(|source| source.marks());
            let marks = marks.unwrap_or_default();
            // The marks belong to the socket, and the datagrams in the queue have others.
            if marks != std::mem::replace(&mut self.marks, marks)
                && !self.sender.finish(&mut context)?
            {
                return Ok(());
            }
            for position in positions {
                context.outbox.mark(position, marks);
                if !self.sender.put(position, &mut context)? {
                    return Ok(());
                }
            }
            self.sender.payload.source().into_iter().for_each(Source::advance);
            queued += 1;
        }
        if self.sender.finish(&mut context)? {
            self.sent += queued;
        }
        Ok(())
    }
}

fn record(lateness: &mut Delays, late: Duration) {
    lateness.record(i64::try_from(late.as_nanos()).unwrap_or(i64::MAX));
}
