//! The loop of one sender: sends the rounds that are due and waits, until there is a reason to
//! stop.

use std::time::{Duration, Instant};
use std::{hint, io};

use super::queue_sender::{QueueSender, SendContext};
use crate::net::Outbox;
use crate::notice::interface::Role;
use crate::plan;
use crate::report::{Goal, Reporter};
use crate::stats::delay::{Delays, Precision};
use crate::units::Pace;
use crate::verdict::{RunError, Stop};

/// How often a sender that has no time to wait checks for signals, changes of the interfaces and
/// a closed output.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The last part of a wait, which is spent spinning: a core that sleeps takes 30 to 70 us to wake
/// up, and now and then twice that.
///
/// It is zero on systems whose waits are exact only to the millisecond: the sender would spin for
/// that long.
const SPIN_TIME: Duration =
    Duration::from_micros(if cfg!(any(target_os = "linux", target_os = "freebsd")) {
        150
    } else {
        0
    });

/// A wait ends earlier by its length divided by this, because ppoll(2) may be late by a thousandth
/// of the wait (select_estimate_accuracy in fs/select.c).
const EARLY_WAKE_DIVISOR: u32 = 500;

/// A sender, from the first round to the last.
pub struct SendLoop<'a> {
    plan: &'a plan::Send,
    /// Sends the datagrams and counts them.
    pub sender: QueueSender,
    /// How many datagrams were due for each endpoint, whether they were sent or failed.
    pub sent: u64,
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
        let mut next_check = start + CHECK_INTERVAL;
        let mut pace = self.plan.period.map(|period| Pace::new(start, period));
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
                if now < next_check {
                    continue;
                }
            }
            let next = pace.as_ref().map_or(Some(now), Pace::next).into_iter().chain(end).min();
            let left = next.map(|next| next.saturating_duration_since(now));
            if let (Some(next), Some(left), true) = (next, left, now < next_check) {
                if left <= SPIN_TIME {
                    spin_until(next);
                    continue;
                }
            }
            // These checks are also due from time to time if there is no time to wait.
            next_check = now + CHECK_INTERVAL;
            reporter.flush()?;
            let next_round = if rounds > 0 { Some(now) } else { next };
            progress.draw(now, next_round, self.sent, &self.sender.meter);
            let early =
                left.map(|left| now + left.saturating_sub(SPIN_TIME + left / EARLY_WAKE_DIVISOR));
            let until = early.into_iter().chain(progress.due()).min();
            if outbox.wait(reporter.wake(), until)? {
                return Ok(Stop::ReaderGone);
            }
            reporter.interface_events(outbox.follow()?, Role::Sender)?;
        }
    }

    /// How many rounds to send together: one, or those that were missed; without a pace as many as
    /// fit in the queue.
    fn rounds_due(&mut self, pace: Option<&mut Pace>, now: Instant) -> u64 {
        let datagrams = self.plan.burst.saturating_mul(self.sender.targets() as u64);
        let together = (self.sender.queue_capacity() as u64 / datagrams).max(1);
        let Some(pace) = pace else { return together };
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

/// Waits without sleeping.
fn spin_until(time: Instant) {
    while Instant::now() < time {
        hint::spin_loop();
    }
}
