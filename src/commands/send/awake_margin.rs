//! How long before each datagram a paced sender stops sleeping. It never reads a clock.
//!
//! A sleeping core wakes late. Spinning for a margin before each due time hides this, and costs CPU
//! time.

use std::time::Duration;

use super::late_wake_ups::{LONGEST, LateWakeUps};
use crate::plan::SpinLimit;

/// The margin if wake-ups are good: a core takes 30 to 70 us to wake up, and now and then twice
/// that.
const USUAL: Duration = Duration::from_micros(150);

/// The share of a core for a sender without a limit by the user.
const DEFAULT_BUDGET: f64 = 0.5;

/// This part of the budget remains for the margin even if sending takes all of it.
const LEAST_PART: f64 = 0.2;

/// The number of late wake-ups that proves anything.
const PROOF: u32 = 5;

/// The number of wake-ups in each judgement.
const JUDGED: u32 = 1000;

/// A sender that stopped sleeping tries again after this time: wake-ups may be better then.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// The margin of one sender.
pub struct AwakeMargin {
    period: Duration,
    limit: SpinLimit,
    wake_ups: LateWakeUps,
    /// The longest margin within the budget, in ns.
    affordable: f64,
    margin: Duration,
    /// Wake-ups since the last judgement, and those that were too late.
    judged: u32,
    too_late: u32,
    /// The time until the next attempt to sleep; zero while the sender sleeps.
    retry_in: Duration,
}

impl AwakeMargin {
    /// The margin of a sender with this time between two rounds.
    pub fn new(period: Duration, limit: SpinLimit) -> Self {
        let mut margin = AwakeMargin {
            period,
            limit,
            wake_ups: LateWakeUps::default(),
            affordable: 0.0,
            margin: USUAL,
            judged: 0,
            too_late: 0,
            retry_in: Duration::ZERO,
        };
        margin.afford(margin.budget());
        margin.adjust();
        margin
    }

    /// Notes another time between two rounds. The affordable share of it stays.
    pub fn set_period(&mut self, period: Duration) {
        if period != self.period {
            let share = self.affordable / self.period_nanos();
            self.period = period;
            self.afford(share);
            self.adjust();
        }
    }

    /// The time before a datagram that the sender spends spinning.
    pub fn margin(&self) -> Duration {
        if self.limit == SpinLimit::Core || !self.retry_in.is_zero() {
            Duration::MAX
        } else {
            self.margin
        }
    }

    /// Notes that a sleep ended `late` after the beginning of the margin.
    pub fn note_wake_up(&mut self, late: Duration) {
        self.wake_ups.add(late);
        self.judged += 1;
        self.too_late += u32::from(late > self.tolerated());
        let in_a_hundred = if self.spins_if_late() { 1 } else { 50 };
        if self.too_late >= PROOF && 100 * self.too_late > in_a_hundred * self.judged {
            self.retry_in = RETRY_INTERVAL;
            self.judge_again();
        } else if self.judged >= JUDGED {
            self.judge_again();
        }
    }

    /// Adjusts the margin to the wake-ups, and to the `cpu` time that the sender used in the last
    /// `elapsed`; `None` if the system does not report it.
    pub fn review(&mut self, elapsed: Duration, cpu: Option<Duration>) {
        if !self.retry_in.is_zero() {
            self.retry_in = self.retry_in.saturating_sub(elapsed);
            return;
        }
        if let (Some(cpu), false) = (cpu, elapsed.is_zero()) {
            let unused = self.budget() - cpu.as_secs_f64() / elapsed.as_secs_f64();
            let margin = self.margin.as_nanos() as f64 / self.period_nanos();
            // Half of a step, because CPU time varies.
            let share = self.affordable / self.period_nanos();
            self.afford((share + margin + unused) / 2.0);
        }
        self.adjust();
    }

    /// The margin that covers 999 of 1000 wake-ups, for a log.
    pub fn needed(&self) -> Duration {
        self.wake_ups.p999_within(LONGEST)
    }

    fn budget(&self) -> f64 {
        match self.limit {
            SpinLimit::Core => 1.0,
            SpinLimit::Budget(share) => share,
            SpinLimit::Usual => DEFAULT_BUDGET,
        }
    }

    /// Whether a sender that cannot be on time within its budget stops sleeping: the budget does not
    /// cover the usual margin. Otherwise it stops only if most sleeps are longer than the time
    /// between two datagrams, which would leave in bursts and save no CPU time.
    fn spins_if_late(&self) -> bool {
        self.limit == SpinLimit::Usual && self.period.mul_f64(DEFAULT_BUDGET) <= USUAL
    }

    /// A later wake-up makes a datagram late, or several if the sender may not spin more.
    fn tolerated(&self) -> Duration {
        if self.spins_if_late() { self.margin } else { self.margin.saturating_add(self.period) }
    }

    fn judge_again(&mut self) {
        (self.judged, self.too_late) = (0, 0);
    }

    /// Sets the affordable margin to this share of the period, within bounds.
    fn afford(&mut self, share: f64) {
        let most = (LONGEST.as_nanos() as f64).min(self.period_nanos());
        let least = (LEAST_PART * self.budget() * self.period_nanos()).min(most);
        self.affordable = (share * self.period_nanos()).clamp(least, most);
    }

    fn adjust(&mut self) {
        let affordable = Duration::from_nanos(self.affordable as u64);
        // A wake-up later than that is late with any margin: widening it would only cost.
        let needed = self.wake_ups.p999_within(affordable);
        self.margin = needed.max(USUAL).min(affordable);
    }

    fn period_nanos(&self) -> f64 {
        (self.period.as_nanos() as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests;
