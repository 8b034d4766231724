//! The waits of a sender: it sleeps, and spins for the last part.

use std::hint;
use std::time::{Duration, Instant};

use tracing::debug;

use super::awake_margin::AwakeMargin;
use super::catch_up::LONGEST_GAP;
use crate::host;
use crate::net::{NetError, Outbox, Wake};
use crate::plan::SpinLimit;
use crate::sys::PollSource;

/// How often a sender that has no time to wait checks for signals, changes of the interfaces and
/// a closed output.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The checks may take this long: they wait for the end of a datagram that is due earlier.
const CHECK_TIME: Duration = Duration::from_micros(100);

/// How often the margin is adjusted.
const REVIEW_INTERVAL: Duration = Duration::from_millis(50);

/// A wait ends earlier by its length divided by this, because ppoll(2) may be late by a thousandth
/// of the wait (select_estimate_accuracy in fs/select.c).
const EARLY_WAKE_DIVISOR: u32 = 500;

/// Elsewhere waits are exact only to the millisecond: the sender would spin for that long.
const WAITS_ARE_EXACT: bool = cfg!(any(target_os = "linux", target_os = "freebsd"));

/// Waits for the due times of a sender.
pub struct PacedWait {
    /// `None` if the sender does not spin.
    margin: Option<AwakeMargin>,
    next_check: Instant,
    /// The time of the last review, and the CPU time until then.
    reviewed: (Instant, Option<Duration>),
    /// The margin of the last report in the log.
    logged: Duration,
}

impl PacedWait {
    /// The waits of a sender with this time between two rounds; `None` if it never waits for one.
    pub fn new(gap: Option<Duration>, spin: SpinLimit, start: Instant) -> Self {
        let gap = gap.filter(|_| WAITS_ARE_EXACT || spin == SpinLimit::Core);
        let margin = gap.map(|gap| AwakeMargin::new(gap, spin));
        let logged = margin.as_ref().map_or(Duration::ZERO, AwakeMargin::margin);
        let reviewed = (start, host::cpu_time());
        PacedWait { margin, next_check: start + CHECK_INTERVAL, reviewed, logged }
    }

    /// Notes the present time between two rounds, which a ramp changes.
    pub fn set_period(&mut self, period: Duration) {
        if let Some(awake) = &mut self.margin {
            awake.set_period(period);
        }
    }

    /// Whether the checks for signals, interfaces and the output are due.
    pub fn is_check_due(&self, now: Instant) -> bool {
        now >= self.next_check
    }

    /// Spins until `next`, or until the checks are due. Returns `false` if it is too early to spin,
    /// or time for the checks.
    pub fn spin(&self, now: Instant, next: Option<Instant>) -> bool {
        let Some(next) = next else { return false };
        let left = next.saturating_duration_since(now);
        let is_check_due = self.is_check_due(now);
        // No system sleeps for as short as the gap of a sender that catches up.
        if left > self.margin().max(LONGEST_GAP) || (is_check_due && left > CHECK_TIME) {
            return false;
        }
        let until = if is_check_due { next } else { next.min(self.next_check) };
        while Instant::now() < until {
            hint::spin_loop();
        }
        true
    }

    /// Sleeps until the margin before `next`, or until `drawing` is due, or until an event or more
    /// of the `input`. Returns whether the reader of the output is gone.
    ///
    /// # Errors
    /// The error of the system.
    pub fn sleep(
        &mut self,
        next: Option<Instant>,
        drawing: Option<Instant>,
        outbox: &mut Outbox,
        input: Option<PollSource>,
        wake: Wake,
    ) -> Result<bool, NetError> {
        let now = Instant::now();
        self.next_check = now + CHECK_INTERVAL;
        self.review(now);
        let margin = self.margin();
        let left = next.map(|next| next.saturating_duration_since(now).saturating_sub(margin));
        let early = left.map(|left| now + (left - left / EARLY_WAKE_DIVISOR));
        let until = early.into_iter().chain(drawing).min();
        let reader_gone = outbox.wait(input, wake, until)?;
        if let (Some(awake), Some(left)) = (&mut self.margin, left) {
            let slept = now.elapsed();
            // Events and drawing end a sleep early.
            if until == early && !left.is_zero() && slept >= left - left / EARLY_WAKE_DIVISOR {
                awake.note_wake_up(slept.saturating_sub(left));
            }
        }
        Ok(reader_gone)
    }

    /// How long before a due time the sender spins.
    fn margin(&self) -> Duration {
        self.margin.as_ref().map_or(Duration::ZERO, AwakeMargin::margin)
    }

    fn review(&mut self, now: Instant) {
        let Some(awake) = &mut self.margin else { return };
        let elapsed = now.saturating_duration_since(self.reviewed.0);
        if elapsed < REVIEW_INTERVAL {
            return;
        }
        let cpu = host::cpu_time();
        let used = cpu.zip(self.reviewed.1).map(|(now, then)| now.saturating_sub(then));
        awake.review(elapsed, used);
        self.reviewed = (now, cpu);
        let (margin, needed) = (awake.margin(), awake.needed());
        if margin.abs_diff(self.logged) > self.logged / 4 {
            self.logged = margin;
            if margin == Duration::MAX {
                debug!("no longer sleeping: {needed:?} to wake up is too long for this rate");
            } else {
                debug!(
                    "sleeping until {margin:?} before each datagram; 99.9 % of the wake-ups take up to {needed:?}"
                );
            }
        }
    }
}
