//! One run of `mcast ping`, from the sockets to the verdict.

use std::time::Instant;

use super::ping_loop::PingLoop;
use super::summary;
use crate::assertion::Assertion;
use crate::commands::address_wait::wait_for_addresses;
use crate::event::{Event, PingTarget, Pinging, Program, TargetInfo};
use crate::net::{self, Outbox};
use crate::notice::{interface, ping};
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{self, PingEvidence, RunError, Stop, Verdict};

/// Runs the `plan` of a ping, until a limit, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused. A request that cannot be sent is no error here: it is
/// counted, warned of once, and judged at the end.
pub fn run(plan: &plan::Ping, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    wait_for_addresses(plan.endpoints.iter(), reporter)?;
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    net::set_timer_slack();
    announce(plan, &outbox, reporter)?;
    let start = Instant::now();
    let mut ping = PingLoop::new(plan, start);
    let ran = ping.run(&mut outbox, reporter, &|ping, outbox, reporter| {
        let progress = summary::describe(plan, ping, outbox, start.elapsed());
        reporter.observe(&Event::PingProgress(&progress));
    });
    let elapsed = start.elapsed();
    let (stop, mut failure) = verdict::conclude(ran, reporter.signal());
    // Receivers still wait for the end markers if only the output failed.
    if !matches!(failure, Some(RunError::Net(_))) {
        let ended = ping.end(&mut outbox, reporter);
        failure = failure.or(verdict::conclude(ended.map(|()| stop), reporter.signal()).1);
    }
    let mut summary = summary::describe(plan, &ping, &outbox, elapsed);
    let judge = |assertion: &Assertion| assertion.judge(|metric| summary.value(metric));
    summary.assertions = plan.assertions.iter().map(judge).collect();
    let sum = |of: fn(&PingTarget) -> u64| summary.targets.iter().map(of).sum::<u64>();
    let evidence = PingEvidence {
        stop,
        count: plan.count,
        rounds: ping.rounds,
        requests: sum(|target| target.requests),
        errors: sum(|target| target.errors),
        is_answered: sum(|target| target.replies) > 0,
        missing: summary.missing.as_deref().unwrap_or_default(),
        judgements: &summary.assertions,
    };
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_ping(&evidence),
    };
    let is_silent = !evidence.is_answered && evidence.requests > 0 && stop != Stop::ReaderGone;
    let (ttl, first) = (outbox.ttl(0), plan.endpoints.first());
    summary.verdict = verdict.clone();
    let reported = reporter.final_output(|reporter| {
        if let (true, Some(at), None) = (is_silent, first, &failure) {
            reporter.warn(&ping::no_answer(at, ttl))?;
        }
        reporter.event(&Event::PingSummary(Box::new(summary)))
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// Reports the targets and the pace.
fn announce(plan: &plan::Ping, outbox: &Outbox, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    let described = |(position, (at, source))| TargetInfo::to(at, source, outbox.ttl(position));
    reporter.event(&Event::Pinging(Pinging {
        program: Program::default(),
        targets: outbox.endpoints().enumerate().map(described).collect(),
        interval: plan.interval,
        count: plan.count,
        wait: plan.wait,
        len_bytes: plan.size,
        unicast: plan.unicast,
        reply_budget_pps: plan.reply_budget,
        expected: plan.expected.as_ref().map(Vec::len),
    }))?;
    Ok(reporter.flush()?)
}
