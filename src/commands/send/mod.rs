//! `mcast send`: opens, sends round after round, says the end, closes.

mod payload;
mod session;

use std::time::Instant;

use session::Session;

use crate::event::{Event, LatenessInfo, SendSummary, Sending, TargetInfo, Totals};
use crate::iface::Cast;
use crate::net::{self, Outbox};
use crate::notice::Warning;
use crate::report::Reporter;
use crate::sys::Interrupt;
use crate::target::Endpoint;
use crate::units::Period;
use crate::verdict::{self, RunError, Verdict};
use crate::{host, plan};

/// Sends as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused before the first datagram. A datagram that cannot be sent is counted,
/// warned of once, and judged at the end.
pub fn run(
    plan: &plan::Send,
    reporter: &mut Reporter,
    interrupt: &Interrupt,
) -> Result<Verdict, RunError> {
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    net::be_punctual();
    let (start, processor) = (Instant::now(), host::processor_time());
    let mut session = Session::new(plan, &outbox);

    let announced = announce(plan, &outbox, session.payload.stream(), reporter);
    let sent = announced.and_then(|()| session.send(&mut outbox, start, reporter, interrupt));
    let (stop, mut failure) = verdict::conclude(sent, interrupt);
    let elapsed = start.elapsed();
    let processor =
        host::processor_time().zip(processor).map(|(now, then)| now.saturating_sub(then));
    // Where only the output failed, receivers still want to know the end.
    if !matches!(failure, Some(RunError::Net(_))) {
        failure = failure.or(session.end(&mut outbox, interrupt).err());
    }

    let Session { meter, totals, sent, lateness, skipped, waits, .. } = session;
    let errors = totals.iter().map(|target| target.errors).sum();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_send(sent, plan.count, errors, stop),
    };
    // A flood has no rounds.
    let first_round = if plan.period.is_some() {
        plan.burst.saturating_mul(plan.endpoints.len() as u64)
    } else {
        1
    };
    let said = reporter.final_output(|reporter| {
        reporter.event(&Event::SendSummary(SendSummary {
            elapsed,
            meter: Totals::of_rounds(&meter, first_round, plan.content.len()),
            errors,
            targets: totals,
            skipped,
            waits,
            pace_ns: lateness.quantiles().map(LatenessInfo::from),
            cpu: processor,
            verdict: verdict.clone(),
        }))
    });
    failure.map_or(Ok(()), Err)?;
    said?;
    Ok(verdict)
}

/// Says where datagrams go, and what they carry.
fn announce(
    plan: &plan::Send,
    outbox: &Outbox,
    stream: Option<u64>,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    let looped = |at: &&Endpoint| {
        at.cast == Cast::Multicast && at.via.address.is_some_and(|address| address.is_loopback())
    };
    let on_loopback = plan.endpoints.iter().find(looped);
    if let (Some(at), false) = (on_loopback, plan.options.loopback) {
        reporter.warn(&Warning::LoopbackLoops { iface: at.via.name.clone() })?;
    }
    let described = |(position, (at, source))| TargetInfo::to(at, source, outbox.ttl(position));
    let targets = outbox.endpoints().enumerate().map(described).collect();
    reporter.event(&Event::Sending(Sending {
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
