//! One run of `mcast scan`, from the plan to the verdict.

use std::time::Instant;

use super::discovery::Discovery;
use super::scan_loop::ScanLoop;
use crate::event::{Event, Program, ScanSummary, ScannedTarget, Scanning};
use crate::notice::{interface, receive, scan};
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{self, RunError, Verdict};

/// Runs the `plan` of a scan, until all groups were scanned, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused. The scan still leaves every group and prints the summary.
pub fn run(plan: &plan::Scan, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let start = Instant::now();
    let discovery = Discovery::open(plan, reporter)?;
    announce(plan, &discovery, reporter)?;
    let mut scan = ScanLoop::new(plan, discovery, start);
    let (stop, failure) = verdict::conclude(scan.run(reporter), reporter.signal());
    let (groups, scanned) = (scan.schedule.groups(), scan.schedule.done());
    let alive = scan.counts.groups();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_scan(scanned, groups, alive, stop),
    };
    let summary = ScanSummary {
        elapsed: start.elapsed(),
        groups,
        scanned,
        skipped: scan.skipped,
        alive,
        over_budget: scan.schedule.over_budget(),
        kernel_drops: scan.drops.map(|drops| drops.count),
        untracked: scan.counts.untracked(),
        found: scan.found(),
        verdict: verdict.clone(),
    };
    let reported = reporter.final_output(|reporter| reporter.event(&Event::ScanSummary(summary)));
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// Reports that the scan begins.
fn announce(
    plan: &plan::Scan,
    discovery: &Discovery,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    if let Some(warning) = receive::any_source_in_ssm_range(&plan.listens) {
        reporter.warn(&warning)?;
    }
    if plan.discover.is_some() && !discovery.sees_frames() {
        reporter.warn(&scan::no_frames())?;
    }
    let targets = plan.listens.iter().map(ScannedTarget::from).collect();
    let ifaces = plan.interfaces.iter().map(|iface| iface.name.as_str()).collect();
    reporter.event(&Event::Scanning(Scanning {
        program: Program::default(),
        targets,
        ifaces,
        discover: plan.discover,
        dwell: plan.dwell,
        at_once: plan.at_once,
        budget: plan.budget.into(),
        sees_frames: discovery.sees_frames(),
    }))?;
    Ok(reporter.flush()?)
}
