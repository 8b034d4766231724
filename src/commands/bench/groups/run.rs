//! One run of `mcast bench groups`, from the plan to the verdict.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::capacity::Capacity;
use super::group_source::GroupSource;
use crate::commands::bench::asker::{Asker, Part};
use crate::commands::bench::collect::collect;
use crate::commands::bench::roster::{Reported, Roster};
use crate::commands::send::SendLoop;
use crate::event::{
    BenchingGroups, Event, GroupsName, GroupsSummary, Program, StepInfo, StepReceiver, TargetInfo,
};
use crate::net::{self, Outbox};
use crate::notice::{bench, interface};
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{self, RunError, Stop, Verdict};

/// The most groups that mcast asks at: a receiver answers if the question reaches it at one of them.
const QUESTIONS: usize = 16;

/// Runs the `plan` of a benchmark of groups.
///
/// # Errors
/// The operation that the system refused. The summary is printed.
pub fn run(plan: &plan::Groups, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let all = plan.trial_with(plan.endpoints.len());
    let outbox = Outbox::open(&all.endpoints, &all.options, all.backend)?;
    net::set_timer_slack();
    let asker = Asker::new(all.backend);
    let mut bench = Bench {
        plan,
        start,
        outbox,
        asker,
        roster: Roster::default(),
        vanished: 0,
        capacity: Capacity::new(plan.endpoints.len()),
        steps: Vec::new(),
    };
    bench.announce(reporter)?;
    let ran = bench.run(reporter);
    let (stop, failure) = verdict::conclude(ran, reporter.signal());
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_groups(&bench.evidence(stop)),
    };
    let summary = GroupsSummary {
        bench: GroupsName,
        elapsed: start.elapsed(),
        receivers: bench.roster.len(),
        capacity: bench.capacity.passed(),
        failed: bench.capacity.failed(),
        steps: bench.steps,
        verdict: verdict.clone(),
    };
    let reported = reporter.final_output(|reporter| reporter.event(&Event::GroupsSummary(summary)));
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// A benchmark of groups.
struct Bench<'a> {
    plan: &'a plan::Groups,
    start: Instant,
    outbox: Outbox,
    asker: Asker,
    roster: Roster,
    /// The receivers that no longer report.
    vanished: usize,
    capacity: Capacity,
    steps: Vec<StepInfo>,
}

impl Bench<'_> {
    fn announce(&self, reporter: &mut Reporter) -> Result<(), RunError> {
        reporter.advise(&self.plan.advice)?;
        if let Some(warning) = interface::about_netlink() {
            reporter.warn(&warning)?;
        }
        let Some((at, source)) = self.outbox.endpoints().next() else { return Ok(()) };
        reporter.event(&Event::BenchingGroups(BenchingGroups {
            program: Program::default(),
            bench: GroupsName,
            target: TargetInfo::to(at, source, self.outbox.ttl(0)),
            groups: self.plan.endpoints.len(),
            rate_pps: self.plan.period().per_second(),
            datagrams_per_group: self.plan.count,
            time_limit: self.plan.time_limit,
        }))?;
        Ok(reporter.flush()?)
    }

    fn evidence(&self, stop: Stop) -> verdict::GroupsEvidence {
        verdict::GroupsEvidence {
            stop,
            receivers: self.roster.len(),
            vanished: self.vanished,
            capacity: self.capacity.passed(),
            time_limit: self.plan.time_limit,
        }
    }

    fn run(&mut self, reporter: &mut Reporter) -> Result<Stop, RunError> {
        // The first group finds the receivers.
        if let ControlFlow::Break(stop) = self.trial(1, reporter)? {
            return Ok(stop);
        }
        while let Some(groups) = self.capacity.next() {
            if self.roster.is_empty() {
                return Ok(Stop::Timeout);
            }
            if self.start.elapsed() + self.time_of(groups) > self.plan.time_limit {
                return Ok(Stop::Duration);
            }
            let reported = match self.trial(groups, reporter)? {
                ControlFlow::Continue(reported) => reported,
                ControlFlow::Break(stop) => return Ok(stop),
            };
            let step = step(groups, &reported);
            reporter.event(&Event::Step(&step))?;
            reporter.flush()?;
            if step.receivers.iter().any(|receiver| receiver.groups.is_none()) {
                self.remove_silent(&step, reporter)?;
            } else {
                self.capacity.take(groups, step.passed);
            }
            self.steps.push(step);
        }
        Ok(Stop::Complete)
    }

    /// How long a trial sends.
    fn time_of(&self, groups: usize) -> Duration {
        let datagrams = self.plan.count.saturating_mul(groups as u64);
        self.plan.period().after(datagrams).unwrap_or(Duration::MAX)
    }

    /// Sends to the first `groups` groups, and collects the reports.
    fn trial(&mut self, groups: usize, reporter: &mut Reporter) -> Part<Vec<Reported>> {
        let plan = self.plan.trial_with(groups);
        let ttls = (0..groups).map(|position| self.outbox.ttl(position).unwrap_or(0)).collect();
        let source = GroupSource::new(self.plan.size(), ttls, self.plan.count);
        let stream = source.stream();
        let mut send_loop =
            SendLoop::new(&plan, Some(Box::new(source)), &self.outbox, Instant::now());
        let stop = send_loop.run(&mut self.outbox, reporter)?;
        if stop != Stop::InputEnd {
            return Ok(ControlFlow::Break(stop));
        }
        let questions = spread(groups).take(QUESTIONS).map(|position| (position, self.plan.count));
        let Bench { roster, asker, outbox, .. } = self;
        match collect(stream, questions, roster, asker, outbox, reporter)? {
            ControlFlow::Continue(reports) => Ok(ControlFlow::Continue(self.roster.take(&reports))),
            ControlFlow::Break(stop) => Ok(ControlFlow::Break(stop)),
        }
    }

    /// Leaves out the receivers that sent no report.
    fn remove_silent(&mut self, step: &StepInfo, reporter: &mut Reporter) -> Result<(), RunError> {
        for receiver in step.receivers.iter().filter(|receiver| receiver.groups.is_none()) {
            self.roster.remove(receiver.receiver);
            self.vanished += 1;
            reporter.warn(&bench::vanished(receiver.address, self.roster.len()))?;
        }
        Ok(())
    }
}

/// The result of a trial.
fn step(groups: usize, reported: &[Reported]) -> StepInfo {
    let receivers: Vec<StepReceiver> = reported
        .iter()
        .map(|of| StepReceiver {
            address: of.address,
            receiver: of.receiver,
            groups: of.report.map(|report| report.groups.into()),
        })
        .collect();
    let fewest = receivers.iter().map(|of| of.groups).min().flatten();
    let passed = fewest.is_some_and(|fewest| fewest >= groups as u64);
    StepInfo { groups, passed, fewest, receivers }
}

/// The positions of groups, first those at the ends, then those between: a network that forwards
/// few groups forwards one of them.
fn spread(groups: usize) -> impl Iterator<Item = usize> {
    let bits = groups.next_power_of_two().trailing_zeros();
    let reversed = move |number: usize| match bits {
        0 => 0,
        bits => number.reverse_bits() >> (usize::BITS - bits),
    };
    // The first group carried the first trial; asking there twice bridges a lost question.
    [0, groups.saturating_sub(1), 0]
        .into_iter()
        .chain((1..groups.next_power_of_two()).map(reversed))
        .filter(move |position| *position < groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::exchange::Report;

    #[test]
    fn questions_are_spread_over_the_groups() {
        let positions = |groups| spread(groups).take(8).collect::<Vec<_>>();
        assert_eq!(positions(1), [0, 0, 0]);
        assert_eq!(positions(2), [0, 1, 0, 1]);
        assert_eq!(positions(8), [0, 7, 0, 4, 2, 6, 1, 5]);
        assert!(positions(1000).iter().all(|position| *position < 1000));
    }

    #[test]
    fn the_receiver_with_the_fewest_groups_decides() {
        let reported = |groups: Option<u32>| Reported {
            receiver: 1,
            address: "10.0.0.5".parse().unwrap(),
            report: groups.map(|groups| Report { groups, ..Report::default() }),
            drops: None,
        };
        let judge = |all: &[Option<u32>]| {
            let all: Vec<_> = all.iter().copied().map(reported).collect();
            let step = step(4, &all);
            (step.passed, step.fewest)
        };
        assert_eq!(judge(&[Some(4), Some(4)]), (true, Some(4)));
        assert_eq!(judge(&[Some(4), Some(3)]), (false, Some(3)));
        assert_eq!(judge(&[Some(4), None]), (false, None));
        assert_eq!(judge(&[]), (false, None));
    }
}
