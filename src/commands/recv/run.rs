//! One run of `mcast recv`, from the sockets to the verdict.

use std::time::Instant;

use tracing::debug;

use super::clock::Moment;
use super::command::RunningCommand;
use super::recv_loop::RecvLoop;
use super::results::{Results, RunEnd};
use crate::commands::address_wait::wait_for_addresses;
use crate::event::{Event, Listening, Program, RcvbufInfo, TargetInfo};
use crate::iface::Cast;
use crate::net::{Inbox, Rcvbuf};
use crate::notice::{interface, receive};
use crate::report::Reporter;
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::{self, RunError, Stop, Verdict};
use crate::{host, plan};

/// Runs the `plan` of a receiver, until a limit, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused. The receiver still leaves every group and prints the
/// summary.
pub fn run(plan: &plan::Recv, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let bound =
        plan.listens.iter().map(|listen| &listen.at).filter(|at| at.cast != Cast::Multicast);
    wait_for_addresses(bound, reporter)?;
    let joins = [&plan.listens[..], &plan.beside].concat();
    let mut inbox = Inbox::open(&joins, plan.rcvbuf.map(RcvbufRequest::bytes), plan.backend)?;
    inbox.join_everywhere(&plan.everywhere);
    if plan.spin {
        inbox.spin();
    }
    let mut recv_loop = RecvLoop::new(plan, &inbox, Instant::now());
    let mut command = None;

    let received = announce(plan, &inbox, reporter).and_then(|()| {
        if !plan.command.is_empty() {
            command = Some(RunningCommand::start(&plan.command)?);
        }
        recv_loop.run(&mut inbox, command.as_mut(), reporter)
    });
    let (stop, failure) = verdict::conclude(received, reporter.signal());
    let at = Moment::now();
    debug!(?stop, foreign = inbox.foreign(), "stopped");

    let diagnosis = recv_loop.start_final_diagnosis(at.steady, &inbox, stop);
    let discards = inbox.discards();
    let left = inbox.leave();
    let hurry = matches!(stop, Stop::Interrupted(_) | Stop::Failed);
    let command = command.map(|running| running.finish(reporter.wake(), hurry)).transpose()?;
    let end = RunEnd { at, stop, failure: failure.as_ref(), discards, command: command.as_ref() };
    let results = Results::new(plan, &mut recv_loop, &end);
    let finding = results.finding(plan, diagnosis, reporter);
    let verdict = results.verdict.clone();
    let reported = reporter.final_output(|reporter| {
        results.report(plan, finding.as_ref(), left, &mut recv_loop.warnings, reporter)
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// Reports that every group is joined.
fn announce(plan: &plan::Recv, inbox: &Inbox, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    if let Some(warning) = receive::any_source_in_ssm_range(&plan.listens) {
        reporter.warn(&warning)?;
    }
    reporter.warn_all(&interface::at_start(inbox.interfaces()))?;
    let Rcvbuf { asked, granted } = inbox.rcvbuf();
    match (plan.rcvbuf, granted) {
        (Some(request), Some(granted)) if granted < request.bytes() => {
            reporter.warn(&receive::rcvbuf_capped(request, granted, host::most_rcvbuf()))?;
        }
        _ => {}
    }
    let targets = plan.listens.iter().chain(&plan.beside).flat_map(TargetInfo::of).collect();
    reporter.event(&Event::Listening(Listening {
        program: Program::default(),
        targets,
        rcvbuf_bytes: RcvbufInfo { asked, granted, request: plan.rcvbuf },
    }))?;
    Ok(reporter.flush()?)
}
