//! One run of `mcast bench join`, from the plan to the verdict.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tracing::debug;

use super::arrivals::Arrivals;
use super::cycle::Cycles;
use super::latencies::describe;
use super::wire::Wire;
use crate::event::{
    BenchingJoin, CycleInfo, Event, JoinFrom, JoinName, JoinSummary, Program, TargetInfo,
};
use crate::net::Frames;
use crate::notice::{bench, interface, receive};
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{self, RunError, Stop, Verdict};

/// Cycles without a latency, because the network forwards the group without a membership, that end
/// the run: more of them show nothing new.
const MOST_IN_VAIN: u32 = 3;

/// Runs the `plan` of a join benchmark.
///
/// # Errors
/// The operation that the system refused. The group is left, and the summary is printed.
pub fn run(plan: &plan::Join, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let frames = Frames::open().inspect_err(|error| debug!(%error, "cannot capture frames"));
    let mut cycles = Cycles::new(plan, frames.ok().map(|frames| Wire::new(frames, &plan.listen)));
    announce(plan, &cycles, reporter)?;
    let mut results = Results::default();
    let ran = run_cycles(plan, &mut cycles, &mut results, reporter);
    let (stop, failure) = verdict::conclude(ran, reporter.signal());
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_join(&results.evidence(plan, stop)),
    };
    let summary = results.summary(start.elapsed(), cycles.see_frames(), verdict.clone());
    let reported = reporter.final_output(|reporter| reporter.event(&Event::JoinSummary(summary)));
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// Reports that the benchmark begins.
fn announce(plan: &plan::Join, cycles: &Cycles, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    if let Some(warning) = receive::any_source_in_ssm_range(std::slice::from_ref(&plan.listen)) {
        reporter.warn(&warning)?;
    }
    if !cycles.see_frames() {
        reporter.warn(&bench::no_frames())?;
    }
    let Some(target) = TargetInfo::of(&plan.listen).into_iter().next() else { return Ok(()) };
    reporter.event(&Event::BenchingJoin(BenchingJoin {
        program: Program::default(),
        bench: JoinName,
        target,
        cycles: plan.cycles,
        join_wait: plan.join_wait,
        leave_wait: plan.leave_wait,
        sees_frames: cycles.see_frames(),
    }))?;
    Ok(reporter.flush()?)
}

/// Joins and leaves as often as planned. Returns the reason to stop.
fn run_cycles(
    plan: &plan::Join,
    cycles: &mut Cycles,
    results: &mut Results,
    reporter: &mut Reporter,
) -> Result<Stop, RunError> {
    if let ControlFlow::Break(stop) = cycles.begin(reporter)? {
        return Ok(stop);
    }
    for number in 1..=plan.cycles {
        let (info, arrivals) = match cycles.cycle(number, reporter)? {
            ControlFlow::Continue(result) => result,
            ControlFlow::Break(stop) => return Ok(stop),
        };
        reporter.event(&Event::Cycle(&info))?;
        reporter.flush()?;
        let is_first = results.sources.is_empty();
        results.add(info, arrivals);
        let local = results.sources.iter().find(|source| plan.local.contains(&source.ip()));
        if let (true, Some(source)) = (is_first, local) {
            reporter.warn(&bench::local_sender(*source))?;
        }
        let is_in_vain = results.in_vain() == number && number == MOST_IN_VAIN;
        if results.sources.is_empty() || is_in_vain {
            return Ok(Stop::Timeout);
        }
    }
    Ok(Stop::Complete)
}

/// The cycles of a run.
#[derive(Default)]
struct Results {
    cycles: Vec<CycleInfo>,
    gaps: Vec<Duration>,
    sources: BTreeSet<SocketAddr>,
}

impl Results {
    fn add(&mut self, info: CycleInfo, arrivals: Arrivals) {
        self.cycles.push(info);
        self.gaps.extend(arrivals.gaps);
        self.sources.extend(arrivals.sources);
    }

    fn number(&self, of: impl Fn(&CycleInfo) -> bool) -> u32 {
        self.cycles.iter().filter(|cycle| of(cycle)).count() as u32
    }

    /// Cycles whose group was forwarded before the join: they measured only this host.
    fn in_vain(&self) -> u32 {
        self.number(|cycle| cycle.forwarded_before == Some(true))
    }

    fn missed(&self) -> u32 {
        self.number(|cycle| cycle.datagrams == 0)
    }

    fn evidence(&self, plan: &plan::Join, stop: Stop) -> verdict::JoinEvidence {
        verdict::JoinEvidence {
            stop,
            cycles: self.cycles.len() as u32,
            planned: plan.cycles,
            missed: self.missed(),
            in_vain: self.in_vain(),
            join_wait: plan.join_wait,
        }
    }

    fn summary(mut self, elapsed: Duration, sees_frames: bool, verdict: Verdict) -> JoinSummary {
        self.gaps.sort_unstable();
        let counted = || self.cycles.iter().filter(|cycle| cycle.forwarded_before != Some(true));
        let is_by_report = counted().any(|cycle| cycle.join_from == JoinFrom::Report);
        let join_from = if is_by_report { JoinFrom::Report } else { JoinFrom::Call };
        let joins = counted().filter(|cycle| cycle.join_from == join_from);
        let joins: Vec<Duration> = joins.filter_map(|cycle| cycle.join).collect();
        let delays: Vec<Duration> = counted().filter_map(|cycle| cycle.report_delay).collect();
        let leaves: Vec<Duration> = self.cycles.iter().filter_map(|cycle| cycle.leave).collect();
        let gap = self.gaps.get(self.gaps.len() / 2).copied();
        let describe = |latencies| describe(latencies, gap.unwrap_or_default());
        JoinSummary {
            bench: JoinName,
            elapsed,
            cycles: self.cycles.len() as u32,
            missed: self.missed(),
            forwarded_before: sees_frames.then(|| self.in_vain()),
            not_stopped: sees_frames.then(|| self.number(|cycle| cycle.stopped == Some(false))),
            join_from,
            join: describe(&joins),
            report_delay: describe(&delays),
            leave: describe(&leaves),
            gap,
            gap_max: self.gaps.last().copied(),
            sources: self.sources.into_iter().collect(),
            verdict,
        }
    }
}
