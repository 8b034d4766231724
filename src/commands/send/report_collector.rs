//! Collects the reports of receivers, and decides how they report (`--reports`).

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use super::queue_sender::QueueSender;
use crate::event::{Event, MOST_LISTED, ReceiversInfo, ReceiversReport, ReportFacts, ReportTarget};
use crate::format::exchange::{ALL, Report, Request};
use crate::format::probe::{self, Reading};
use crate::net::{Answer, NetError, Outbox, Wake};
use crate::plan;
use crate::report::Reporter;
use crate::stats::receivers::{Receivers, Taken};
use crate::sys::Batch;
use crate::units::{Pace, Period, Shape};
use crate::verdict::RunError;

/// After the window of the last reports, the sender waits this long for them.
const GRACE: Duration = Duration::from_secs(1);

/// Receivers that never reported before may report for the first time this long after the window.
const LEAST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait after a signal.
const MOST_AFTER_SIGNAL: Duration = Duration::from_millis(400);

/// A receiver sends at most 20 answers a second to one address.
const ANSWERS_PER_RECEIVER: f64 = 20.0;

/// The longest window of the last reports.
const LONGEST_WINDOW: Duration = Duration::from_secs(60);

/// Collects the reports of receivers.
pub struct ReportCollector<'a> {
    plan: &'a plan::Reports,
    /// The longest time between two datagrams: a receiver cannot report more often.
    gap: Duration,
    receivers: Receivers,
    start: Instant,
    batch: Batch,
    request: Request,
    /// When to show the receivers.
    pace: Pace,
    /// Datagrams that are no reports on this run.
    foreign: u64,
}

impl<'a> ReportCollector<'a> {
    /// Collects the reports on the run with the number `stream`, which begins at `start`.
    pub fn new(plan: &'a plan::Send, stream: u64, start: Instant) -> Option<Self> {
        let reports = plan.reports.as_ref()?;
        let gap = longest_gap(plan);
        let request = request_for(reports, gap, 0, 0);
        let mut receivers = Receivers::new(stream);
        receivers.request(&request);
        Some(ReportCollector {
            plan: reports,
            gap,
            receivers,
            start,
            batch: Batch::new(plan.backend),
            request,
            pace: Pace::after(start, reports.interval),
            foreign: 0,
        })
    }

    /// What the next datagrams ask for.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// When to show the receivers again.
    pub fn due(&self) -> Option<Instant> {
        self.pace.next()
    }

    /// Reads the reports that arrived, at most one batch of each socket: reading must not delay the
    /// datagrams of the run. Returns whether more may wait.
    pub fn read(&mut self, outbox: &Outbox) -> Result<bool, NetError> {
        let ReportCollector { receivers, start, batch, foreign, .. } = self;
        let now = start.elapsed();
        outbox.read_answers(batch, |answer| {
            *foreign += u64::from(!take(receivers, &answer, now));
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Shows the receivers if that is due, and asks for fewer reports if there are too many.
    /// Returns whether the request changed.
    pub fn poll(
        &mut self,
        now: Instant,
        outbox: &Outbox,
        reporter: &mut Reporter,
    ) -> Result<bool, RunError> {
        if self.pace.due(now).is_none() {
            return Ok(false);
        }
        let receivers = self.describe(now, outbox, MOST_LISTED);
        let elapsed = now.saturating_duration_since(self.start);
        reporter.event(&Event::Receivers(ReceiversReport { elapsed, receivers }))?;
        Ok(self.adapt())
    }

    /// Adapts the request to the number of receivers. Returns whether it changed.
    pub fn adapt(&mut self) -> bool {
        let request = request_for(
            self.plan,
            self.gap,
            self.receivers.len() as u64 + self.receivers.untracked,
            self.receivers.most_groups(),
        );
        self.receivers.request(&request);
        std::mem::replace(&mut self.request, request) != request
    }

    /// Waits for the last reports, after the end markers were sent: until each known receiver has
    /// reported the end, at most for the window and [`GRACE`]. Asks again if some are missing.
    pub fn wait_for_last(
        &mut self,
        sender: &mut QueueSender,
        outbox: &mut Outbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        let (begin, window) = (Instant::now(), self.request.window);
        let mut ask_again = begin + window + LEAST_WAIT;
        loop {
            while self.read(outbox)? {}
            let now = Instant::now();
            let is_stopped = reporter.signal().is_some();
            let grace = if is_stopped { MOST_AFTER_SIGNAL } else { window + GRACE };
            let least = if is_stopped { Duration::ZERO } else { window + LEAST_WAIT };
            let are_complete = self.receivers.have_all_ended(now - self.start);
            if now >= begin + grace || (are_complete && now >= begin + least) {
                break;
            }
            if now >= ask_again {
                sender.ask_again(outbox, reporter)?;
                ask_again = now + window + LEAST_WAIT;
            }
            if is_stopped {
                // After a signal, each wait ends at once.
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            let until = if are_complete { begin + least } else { (begin + grace).min(ask_again) };
            outbox.wait(None, Wake { output: None, ..reporter.wake() }, Some(until))?;
        }
        self.receivers.finish();
        Ok(())
    }

    /// All receivers, or the `most` worst ones.
    pub fn describe(&self, now: Instant, outbox: &Outbox, most: usize) -> ReceiversInfo {
        let targets: Vec<ReportTarget> = outbox
            .endpoints()
            .enumerate()
            .map(|(position, (at, _))| ReportTarget {
                group: at.group,
                port: at.port,
                ttl: outbox.ttl(position),
            })
            .collect();
        let facts = ReportFacts {
            now: now.saturating_duration_since(self.start),
            interval: self.request.interval,
            foreign: self.foreign,
        };
        let name = |index: u32| {
            let mut vias = outbox.endpoints().map(|(at, _)| &at.via);
            vias.find(|via| via.index == index).map(|via| via.name.clone())
        };
        ReceiversInfo::new(&self.receivers, &targets, facts, most, name)
    }
}

/// Takes a report. Returns whether it belongs to the run.
fn take(receivers: &mut Receivers, answer: &Answer, now: Duration) -> bool {
    let Reading::Probe(header) = probe::read(answer.payload, answer.meta.truncated) else {
        return false;
    };
    let source: SocketAddr = answer.meta.source;
    Report::read(answer.payload)
        .is_some_and(|report| receivers.take(&header, &report, source, now) != Taken::Foreign)
}

/// The longest time between two datagrams to a target.
fn longest_gap(plan: &plan::Send) -> Duration {
    let period = plan.period.map_or(Duration::ZERO, Period::to_duration);
    match plan.shape {
        Shape::OnOff { off, .. } => period.max(off),
        _ => period,
    }
}

/// The request for `receivers` receivers that report on up to `groups` groups each: all of them
/// together stay below the budget, and each of them below its own limit.
fn request_for(plan: &plan::Reports, gap: Duration, receivers: u64, groups: u32) -> Request {
    let groups = f64::from(groups);
    let seconds =
        (receivers as f64 * groups / plan.budget as f64).max(groups / ANSWERS_PER_RECEIVER);
    let needed = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    // A few answers at once fit every queue.
    let is_few = receivers as f64 * groups <= ANSWERS_PER_RECEIVER;
    Request {
        window: if is_few { Duration::ZERO } else { needed.min(LONGEST_WINDOW) },
        share: ALL,
        interval: plan.interval.max(needed).max(gap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(receivers: u64, groups: u32) -> Request {
        let plan = plan::Reports {
            interval: Duration::from_secs(1),
            budget: 1000,
            assertions: Vec::new(),
        };
        request_for(&plan, Duration::ZERO, receivers, groups)
    }

    #[test]
    fn few_receivers_report_as_asked_and_at_once() {
        for (receivers, groups) in [(0, 0), (1, 1), (20, 1), (10, 2)] {
            let few = request(receivers, groups);
            assert_eq!((few.window, few.interval), (Duration::ZERO, Duration::from_secs(1)));
        }
    }

    #[test]
    fn many_receivers_stay_below_the_budget() {
        for (receivers, groups) in [(500, 1), (1001, 1), (5000, 3), (1_000_000, 1), (1, 100)] {
            let many = request(receivers, groups);
            let rate = |time: Duration| receivers as f64 * f64::from(groups) / time.as_secs_f64();
            assert!(rate(many.interval) <= 1000.5, "{many:?}");
            assert!(many.window == LONGEST_WINDOW || rate(many.window) <= 1000.5, "{many:?}");
            assert!(f64::from(groups) / many.interval.as_secs_f64() <= 20.0, "{many:?}");
            assert_eq!(many.share, ALL);
        }
    }
}
