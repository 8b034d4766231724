//! One run of `mcast bench throughput`, from the plan to the verdict.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::judge::{self, Effort};
use super::results::{Completeness, SizeResults};
use super::search::{Outcome, Search};
use super::trial::{self, Sent};
use crate::commands::bench::asker::{Asker, Part};
use crate::commands::bench::collect::collect;
use crate::commands::bench::roster::{Reports, Roster};
use crate::event::{
    BenchingThroughput, Cause, Event, Program, TargetInfo, ThroughputName, ThroughputRow,
    ThroughputSummary, TrialInfo,
};
use crate::net::{self, Outbox};
use crate::notice::{bench, interface};
use crate::plan::{self, FrameSize};
use crate::report::Reporter;
use crate::verdict::{self, RunError, Stop, Verdict};

/// The stream that finds the receivers: slow enough for any network, and short.
const GREETING_RATE: f64 = 20.0;
const GREETING: Duration = Duration::from_millis(500);

/// How often mcast asks for the reports on a trial.
const QUESTIONS: usize = 6;

/// The fewest datagrams of a trial: fewer show no loss.
const FEWEST: f64 = 10.0;

/// Runs the `plan` of a throughput benchmark.
///
/// # Errors
/// The operation that the system refused. The summary is printed.
pub fn run(plan: &plan::Throughput, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    // The socket and its options are the same in each trial.
    let first = plan.trial_at(plan.sizes[0], GREETING_RATE, GREETING);
    let outbox = Outbox::open(&first.endpoints, &first.options, first.backend)?;
    net::set_timer_slack();
    let asker = Asker::new(first.backend);
    let mut bench = Bench { plan, start, outbox, asker, roster: Roster::default(), vanished: 0 };
    bench.announce(reporter)?;
    let mut rows = Vec::new();
    let ran = bench.run(&mut rows, reporter);
    let (stop, failure) = verdict::conclude(ran, reporter.signal());
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_throughput(&bench.evidence(&rows, stop)),
    };
    let summary = ThroughputSummary {
        bench: ThroughputName,
        elapsed: start.elapsed(),
        receivers: bench.roster.len(),
        trial: plan.trial,
        loss_max_ratio: plan.loss,
        results: rows,
        verdict: verdict.clone(),
    };
    let reported =
        reporter.final_output(|reporter| reporter.event(&Event::ThroughputSummary(summary)));
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// A throughput benchmark.
struct Bench<'a> {
    plan: &'a plan::Throughput,
    start: Instant,
    outbox: Outbox,
    asker: Asker,
    roster: Roster,
    /// The receivers that no longer report.
    vanished: usize,
}

/// The end of a trial.
enum Judged {
    /// A result for the search.
    Result(TrialInfo, Outcome),
    /// A receiver vanished: the trial says nothing about the rate.
    Void(TrialInfo),
}

impl Bench<'_> {
    fn announce(&self, reporter: &mut Reporter) -> Result<(), RunError> {
        reporter.advise(&self.plan.advice)?;
        if let Some(warning) = interface::about_netlink() {
            reporter.warn(&warning)?;
        }
        let Some((at, source)) = self.outbox.endpoints().next() else { return Ok(()) };
        reporter.event(&Event::BenchingThroughput(BenchingThroughput {
            program: Program::default(),
            bench: ThroughputName,
            target: TargetInfo::to(at, source, self.outbox.ttl(0)),
            frame_bytes: self.plan.sizes.iter().map(|size| size.frame).collect(),
            trial: self.plan.trial,
            loss_max_ratio: self.plan.loss,
            max: self.plan.max.into(),
            resolution_ratio: self.plan.resolution,
            time_limit: self.plan.time_limit,
        }))?;
        Ok(reporter.flush()?)
    }

    fn evidence(&self, rows: &[ThroughputRow], stop: Stop) -> verdict::ThroughputEvidence {
        let bound_by = |cause| rows.iter().filter(|row| row.bound == Some(cause)).count();
        verdict::ThroughputEvidence {
            stop,
            receivers: self.roster.len(),
            vanished: self.vanished,
            sizes: self.plan.sizes.len(),
            done: rows.len() - bound_by(Cause::TimeLimit),
            without_rate: rows.iter().filter(|row| row.throughput_pps.is_none()).count(),
            time_limit: self.plan.time_limit,
        }
    }

    /// Finds the receivers, and searches for each frame size.
    fn run(
        &mut self,
        rows: &mut Vec<ThroughputRow>,
        reporter: &mut Reporter,
    ) -> Result<Stop, RunError> {
        let greeting = self.plan.trial_at(self.plan.sizes[0], GREETING_RATE, GREETING);
        if let ControlFlow::Break(stop) = self.greet(&greeting, reporter)? {
            return Ok(stop);
        }
        for size in &self.plan.sizes {
            if self.roster.is_empty() {
                return Ok(Stop::Timeout);
            }
            let max = size.packets(self.plan.max);
            let floor = FEWEST / self.plan.trial.as_secs_f64();
            let mut search = Search::new(max, floor, self.plan.resolution);
            let mut results = SizeResults::default();
            let ended = self.search(*size, &mut search, &mut results, reporter);
            let (complete, stop) = match &ended {
                Ok(None) => (Completeness::Whole, None),
                Ok(Some(Stop::Duration)) => (Completeness::TimeLimit, Some(Stop::Duration)),
                Ok(stop) => (Completeness::Interrupted, *stop),
                Err(_) => (Completeness::Interrupted, None),
            };
            rows.push(results.row(*size, &search, self.plan.loss, complete));
            ended?;
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
        Ok(Stop::Complete)
    }

    /// Finds the receivers.
    fn greet(&mut self, plan: &plan::Send, reporter: &mut Reporter) -> Part<()> {
        let sent = match trial::send(plan, &mut self.outbox, reporter)? {
            ControlFlow::Continue(sent) => sent,
            ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
        };
        match self.reports(&sent, reporter)? {
            ControlFlow::Continue(reports) => drop(self.roster.take(&reports)),
            ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn reports(&mut self, sent: &Sent, reporter: &mut Reporter) -> Part<Reports> {
        let questions = std::iter::repeat_n((0, sent.datagrams), QUESTIONS);
        let Bench { roster, asker, outbox, .. } = self;
        collect(sent.stream, questions, roster, asker, outbox, reporter)
    }

    /// Searches the highest rate of one frame size. Returns the reason to stop if the search is
    /// incomplete.
    fn search(
        &mut self,
        size: FrameSize,
        search: &mut Search,
        results: &mut SizeResults,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        while let Some(rate) = search.next() {
            if self.roster.is_empty() {
                return Ok(Some(Stop::Timeout));
            }
            if self.start.elapsed() + self.plan.trial > self.plan.time_limit {
                return Ok(Some(Stop::Duration));
            }
            let number = results.count() + 1;
            match self.trial(size, rate, number, reporter)? {
                ControlFlow::Break(stop) => return Ok(Some(stop)),
                ControlFlow::Continue(Judged::Void(info)) => {
                    reporter.event(&Event::Trial(&info))?;
                    self.remove_silent(&info, reporter)?;
                }
                ControlFlow::Continue(Judged::Result(info, outcome)) => {
                    reporter.event(&Event::Trial(&info))?;
                    search.take(rate, outcome);
                    results.add(info);
                }
            }
            reporter.flush()?;
        }
        Ok(None)
    }

    /// Runs the trial with this number.
    fn trial(
        &mut self,
        size: FrameSize,
        rate: f64,
        number: u32,
        reporter: &mut Reporter,
    ) -> Part<Judged> {
        let plan = self.plan.trial_at(size, rate, self.plan.trial);
        let sent = match trial::send(&plan, &mut self.outbox, reporter)? {
            ControlFlow::Continue(sent) => sent,
            ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
        };
        let reports = match self.reports(&sent, reporter)? {
            ControlFlow::Continue(reports) => reports,
            ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
        };
        let receivers = self.roster.take(&reports);
        let receivers = receivers.iter().map(|of| judge::receiver(of, sent.datagrams)).collect();
        Ok(ControlFlow::Continue(self.judge(size, rate, number, &sent, receivers)))
    }

    fn judge(
        &self,
        size: FrameSize,
        rate: f64,
        number: u32,
        sent: &Sent,
        receivers: Vec<crate::event::TrialReceiver>,
    ) -> Judged {
        let trial = self.plan.trial.as_secs_f64();
        let effort = Effort { planned: rate * trial, sent: sent.datagrams, errors: sent.errors };
        let lossy = judge::cause(&receivers, sent.datagrams, self.plan.loss);
        let reached = (!effort.reached()).then(|| sent.datagrams as f64 / trial);
        let info = TrialInfo {
            frame_bytes: size.frame,
            trial: number,
            offered_pps: rate,
            sent: sent.datagrams,
            sent_pps: sent.pps,
            sent_bps: sent.pps.map(|pps| size.bits(pps)),
            send_errors: sent.errors,
            passed: lossy.is_none() && reached.is_none(),
            cause: lossy.or(reached.map(|_| Cause::Sender)),
            receivers,
        };
        match lossy {
            Some(Cause::ReceiverSilent) => Judged::Void(info),
            _ => Judged::Result(info, Outcome { reached, passed: lossy.is_none() }),
        }
    }

    /// Leaves out the receivers that sent no report.
    fn remove_silent(
        &mut self,
        trial: &TrialInfo,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        for receiver in trial.receivers.iter().filter(|receiver| receiver.received.is_none()) {
            self.roster.remove(receiver.receiver);
            self.vanished += 1;
            reporter.warn(&bench::vanished(receiver.address, self.roster.len()))?;
        }
        Ok(())
    }
}
