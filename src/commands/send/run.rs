//! One run of `mcast send`, from the sockets to the verdict.

use std::time::{Duration, Instant};

use super::queue_sender::QueueSender;
use super::send_loop::SendLoop;
use crate::commands::address_wait::wait_for_addresses;
use crate::event::{Event, LatenessInfo, Program, SendSummary, Sending, TargetInfo, Totals};
use crate::iface::Cast;
use crate::net::{self, Outbox};
use crate::notice::interface;
use crate::notice::send::loopback_loops;
use crate::report::Reporter;
use crate::target::Endpoint;
use crate::units::Period;
use crate::verdict::{self, RunError, Verdict};
use crate::{host, plan};

/// Runs the `plan` of a sender, until a limit, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused before the first datagram. A datagram that cannot be sent
/// is no error here: it is counted, warned of once, and judged at the end.
pub fn run(plan: &plan::Send, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    wait_for_addresses(plan.endpoints.iter(), reporter)?;
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    net::set_timer_slack();
    let (start, cpu_at_start) = (Instant::now(), host::cpu_time());
    let mut send_loop = SendLoop::new(plan, &outbox);

    let announced = announce(plan, &outbox, send_loop.sender.payload.stream(), reporter);
    let sent = announced.and_then(|()| send_loop.run(&mut outbox, start, reporter));
    let (stop, mut failure) = verdict::conclude(sent, reporter.signal());
    let elapsed = start.elapsed();
    let cpu = host::cpu_time().zip(cpu_at_start).map(|(now, then)| now.saturating_sub(then));
    // If only the output failed, receivers still wait for the end markers.
    if !matches!(failure, Some(RunError::Net(_))) {
        failure = failure.or(send_loop.sender.end_streams(&mut outbox, reporter).err());
    }

    let errors = send_loop.sender.totals.iter().map(|target| target.errors).sum();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_send(send_loop.sent, plan.count, errors, stop),
    };
    let reported = reporter.final_output(|reporter| {
        let summary = summary(plan, send_loop, elapsed, cpu, verdict.clone());
        reporter.event(&Event::SendSummary(summary))
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

fn summary(
    plan: &plan::Send,
    send_loop: SendLoop,
    elapsed: Duration,
    cpu: Option<Duration>,
    verdict: Verdict,
) -> SendSummary {
    let SendLoop { sender: QueueSender { meter, totals, waits, .. }, lateness, skipped, .. } =
        send_loop;
    // A flood has no rounds.
    let first_round = if plan.period.is_some() {
        plan.burst.saturating_mul(plan.endpoints.len() as u64)
    } else {
        1
    };
    SendSummary {
        elapsed,
        meter: Totals::of_rounds(&meter, first_round, plan.content.len()),
        errors: totals.iter().map(|target| target.errors).sum(),
        targets: totals,
        skipped,
        waits,
        pace_ns: lateness.quantiles().map(LatenessInfo::from),
        cpu,
        verdict,
    }
}

/// Reports the targets, the pace and the payload.
fn announce(
    plan: &plan::Send,
    outbox: &Outbox,
    stream: Option<u64>,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    let looped = |at: &&Endpoint| {
        at.cast == Cast::Multicast && at.via.address.is_some_and(|address| address.is_loopback())
    };
    let on_loopback = plan.endpoints.iter().find(looped);
    if let (Some(at), false) = (on_loopback, plan.options.loopback) {
        reporter.warn(&loopback_loops(&at.via.name))?;
    }
    let described = |(position, (at, source))| TargetInfo::to(at, source, outbox.ttl(position));
    let targets = outbox.endpoints().enumerate().map(described).collect();
    reporter.event(&Event::Sending(Sending {
        program: Program::default(),
        targets,
        ttl: plan.options.ttl.or(outbox.ttl(0)),
        dscp: plan.options.dscp,
        interval: plan.period.map(Period::to_duration),
        burst: plan.burst,
        len_bytes: plan.content.len(),
        stream,
    }))?;
    Ok(reporter.flush()?)
}
