//! The reports of a sender on each interval, which add up to its summary.

use std::time::{Duration, Instant};

use super::queue_sender::QueueSender;
use crate::event::{Event, SendInterval, TargetTotals, Totals};
use crate::plan;
use crate::report::Reporter;
use crate::stats::Meter;
use crate::units::Pace;
use crate::verdict::RunError;

/// Reports on a sender from time to time.
pub struct Intervals {
    start: Instant,
    pace: Pace,
    /// When the interval began, and the counters until then.
    since: Instant,
    before: Counters,
}

/// Counters that only rise.
#[derive(Clone, Debug, Default)]
struct Counters {
    meter: Meter,
    targets: Vec<TargetTotals>,
    skipped: u64,
    waits: u64,
}

impl Intervals {
    /// Reports as often as `plan` says, from `start` on; `None` without reports.
    pub fn new(plan: &plan::Send, start: Instant) -> Option<Self> {
        let pace = Pace::after(start, plan.stats?);
        Some(Intervals { start, pace, since: start, before: Counters::default() })
    }

    /// When the next report is due.
    pub fn due(&self) -> Option<Instant> {
        self.pace.next()
    }

    /// Reports if that is due. `skipped` is the number of skipped rounds until now.
    pub fn poll(
        &mut self,
        now: Instant,
        sender: &QueueSender,
        skipped: u64,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        if self.pace.due(now).is_none() {
            return Ok(());
        }
        let report = self.report(now, sender, skipped);
        Ok(reporter.event(&Event::SendInterval(report))?)
    }

    /// The report on the interval in which the run ended; `None` if it is short and empty.
    pub fn last(
        &mut self,
        now: Instant,
        sender: &QueueSender,
        skipped: u64,
    ) -> Option<SendInterval> {
        let period = self.pace.period().to_duration();
        let is_long = now.saturating_duration_since(self.since) >= period / 2;
        let report = self.report(now, sender, skipped);
        let is_busy = report.meter.datagrams > 0 || report.errors > 0 || report.skipped > 0;
        (is_busy || is_long).then_some(report)
    }

    fn report(&mut self, now: Instant, sender: &QueueSender, skipped: u64) -> SendInterval {
        let counters = Counters {
            meter: sender.meter.clone(),
            targets: sender.totals.clone(),
            skipped,
            waits: sender.waits,
        };
        let before = std::mem::replace(&mut self.before, counters);
        let since = std::mem::replace(&mut self.since, now);
        let after = &self.before;
        let targets = after.targets.iter().enumerate().map(|(position, target)| {
            let before = before.targets.get(position);
            let rise = |of: fn(&TargetTotals) -> u64| of(target) - before.map_or(0, of);
            TargetTotals {
                datagrams: rise(|target| target.datagrams),
                bytes: rise(|target| target.bytes),
                errors: rise(|target| target.errors),
                ..target.clone()
            }
        });
        let targets: Vec<TargetTotals> = targets.collect();
        SendInterval {
            since: since.saturating_duration_since(self.start),
            elapsed: now.saturating_duration_since(since),
            meter: between(&before.meter, &after.meter),
            errors: targets.iter().map(|target| target.errors).sum(),
            skipped: after.skipped - before.skipped.min(after.skipped),
            waits: after.waits - before.waits,
            targets,
        }
    }
}

/// The datagrams of an interval. Their rates are measured from the last datagram before it.
fn between(before: &Meter, after: &Meter) -> Totals {
    let (datagrams, bytes) = (after.datagrams - before.datagrams, after.bytes - before.bytes);
    let Some(last) = before.last() else { return Totals::from(after) };
    let span = after.last().map(|now| now.duration_since(last));
    let span = span.filter(|span| !span.is_zero() && datagrams > 0);
    let a_second = |number: f64| span.map(|span: Duration| number / span.as_secs_f64());
    Totals {
        datagrams,
        bytes,
        rate_pps: a_second(datagrams as f64),
        bitrate_bps: a_second(bytes as f64 * 8.0),
        span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::UnixTime;

    #[test]
    fn the_rate_of_an_interval_counts_from_the_last_datagram_before_it() {
        let at = |millis: u64| UnixTime::from_nanos(millis as i64 * 1_000_000);
        let mut meter = Meter::default();
        (0..10).for_each(|turn| meter.add(at(turn * 100), 125));
        let before = meter.clone();
        (10..20).for_each(|turn| meter.add(at(turn * 100), 125));
        let totals = between(&before, &meter);
        assert_eq!((totals.datagrams, totals.bytes), (10, 1250));
        assert_eq!((totals.rate_pps, totals.bitrate_bps), (Some(10.0), Some(10_000.0)));
        let silent = between(&meter, &meter);
        assert_eq!((silent.datagrams, silent.rate_pps), (0, None));
    }
}
