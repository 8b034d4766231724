//! The loop of one sender: sends the rounds that are due and waits, until there is a reason to
//! stop.

use std::io;
use std::time::{Duration, Instant};

use super::catch_up::{CatchUp, Turn};
use super::paced_wait::PacedWait;
use super::queue_sender::{QueueSender, SendContext};
use crate::net::Outbox;
use crate::notice::interface::Role;
use crate::plan;
use crate::report::{Goal, Reporter};
use crate::stats::delay::{Delays, Precision};
use crate::units::{Pace, Period};
use crate::verdict::{RunError, Stop};

/// A sender, from the first round to the last.
pub struct SendLoop<'a> {
    plan: &'a plan::Send,
    /// Sends the datagrams and counts them.
    pub sender: QueueSender,
    /// How many datagrams were due for each endpoint, whether they were sent or failed.
    pub sent: u64,
    catch_up: CatchUp,
    /// How late the rounds were.
    pub lateness: Delays,
    /// How many rounds were due before the end of the run and were left out.
    pub skipped: u64,
}

impl<'a> SendLoop<'a> {
    pub fn new(plan: &'a plan::Send, outbox: &Outbox) -> Self {
        SendLoop {
            plan,
            sender: QueueSender::new(plan, outbox),
            sent: 0,
            catch_up: CatchUp::new(plan.period.map_or(Duration::ZERO, Period::to_duration)),
            lateness: Delays::new(Precision::Coarse),
            skipped: 0,
        }
    }

    /// Sends the rounds that are due and waits, until there is a reason to stop.
    pub fn run(
        &mut self,
        outbox: &mut Outbox,
        start: Instant,
        reporter: &mut Reporter,
    ) -> Result<Stop, RunError> {
        let end = self.plan.duration.and_then(|duration| start.checked_add(duration));
        let mut pace = self.plan.period.map(|period| Pace::new(start, period));
        let mut wait = PacedWait::new(self.plan, start);
        let mut progress = reporter.progress(self.goal(start), self.plan.show);
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if self.plan.count.is_some_and(|count| self.sent >= count) {
                return Ok(Stop::Count);
            }
            let now = Instant::now();
            if let Some(end) = end.filter(|end| *end <= now) {
                // Rounds that were due by the end and were not sent are left out.
                self.skipped =
                    pace.as_ref().map_or(0, |pace| pace.skipped().saturating_add(pace.owed(end)));
                return Ok(Stop::Duration);
            }
            let rounds = self.rounds_due(pace.as_mut(), now);
            if rounds > 0 {
                self.send_rounds(rounds, SendContext { outbox, reporter, end })?;
                if !wait.is_check_due(now) {
                    continue;
                }
            }
            let due = pace.as_ref().map_or(Some(now), Pace::next);
            let next = due.map(|due| self.catch_up.earliest(due, now));
            let next = next.into_iter().chain(end).min();
            if rounds == 0 && wait.spin(now, next) {
                continue;
            }
            // These checks are also due from time to time if there is no time to wait.
            reporter.flush()?;
            let next_round = if rounds > 0 { Some(now) } else { next };
            progress.draw(now, next_round, self.sent, &self.sender.meter);
            if wait.sleep(next, progress.due(), outbox, reporter.wake())? {
                return Ok(Stop::ReaderGone);
            }
            reporter.interface_events(outbox.follow()?, Role::Sender)?;
        }
    }

    /// How many rounds to send together: one, or many that were missed; without a pace as many as
    /// fit in the queue.
    fn rounds_due(&mut self, pace: Option<&mut Pace>, now: Instant) -> u64 {
        let datagrams = self.plan.burst.saturating_mul(self.sender.targets() as u64);
        let together = (self.sender.queue_capacity() as u64 / datagrams).max(1);
        let Some(pace) = pace else { return together };
        let Some(due) = pace.next() else { return 0 };
        let together = match self.catch_up.turn(due, now) {
            Turn::Wait => return 0,
            Turn::One => 1,
            Turn::All => together,
        };
        let lateness = &mut self.lateness;
        pace.due_together(now, together, |late| {
            lateness.record(i64::try_from(late.as_nanos()).unwrap_or(i64::MAX))
        })
    }

    /// The goal that the progress shows, if the run ends by itself.
    fn goal(&self, start: Instant) -> Option<Goal> {
        let plan::Send { count, duration, period, burst, .. } = *self.plan;
        // The first round takes no time.
        let planned = count
            .zip(period)
            .map(|(count, period)| period.times((count - 1) / burst).to_duration());
        (count.is_some() || duration.is_some()).then_some(Goal {
            count,
            duration,
            planned,
            ..Goal::open(start)
        })
    }

    /// Sends `rounds` bursts to each endpoint. A signal and the end of the run leave the round
    /// unfinished.
    fn send_rounds(&mut self, rounds: u64, mut context: SendContext) -> io::Result<()> {
        let left = self.plan.count.map_or(u64::MAX, |count| count - self.sent);
        let burst = self.plan.burst.saturating_mul(rounds).min(left);
        for position in 0..self.sender.targets() {
            for _ in 0..burst {
                if !self.sender.has_room(position)
                    && (!self.sender.send(&mut context)? || context.is_over())
                {
                    return Ok(());
                }
                self.sender.queue(position);
            }
        }
        if self.sender.send(&mut context)? {
            self.sent += burst;
        }
        Ok(())
    }
}
