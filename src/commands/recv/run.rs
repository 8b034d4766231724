//! One run of `mcast recv`, from the sockets to the verdict.

use std::time::Instant;

use tracing::debug;

use super::answering::Answering;
use super::clock::Moment;
use super::command::RunningCommand;
use super::figures::RunEnd;
use super::recording::Recorder;
use super::recv_loop::RecvLoop;
use super::results::Results;
use crate::commands::address_wait::wait_for_addresses;
use crate::event::{Event, Listening, Program, RcvbufInfo, TargetInfo};
use crate::iface::Cast;
use crate::net::{Inbox, Rcvbuf};
use crate::notice::{interface, receive};
use crate::report::Reporter;
use crate::units::UnixTime;
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::{self, RunError, Stop, Verdict};
use crate::{host, plan};

/// Runs the `plan` of a receiver, until a limit, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused. The receiver still leaves every group and prints the
/// summary.
pub fn run(plan: &plan::Recv, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    // The file is opened first: a run without its recording would have to run again.
    let interrupt = reporter.interrupt();
    let recorder = plan
        .measuring
        .recording
        .as_ref()
        .map(|plan| Recorder::open(plan, interrupt))
        .transpose()?;
    let bound =
        plan.listens.iter().map(|listen| &listen.at).filter(|at| at.cast != Cast::Multicast);
    wait_for_addresses(bound, reporter)?;
    let joins = [&plan.listens[..], &plan.beside].concat();
    let mut inbox = Inbox::open(&joins, plan.rcvbuf.map(RcvbufRequest::bytes), plan.backend)?;
    inbox.join_everywhere(&plan.everywhere);
    if plan.spin {
        inbox.spin();
    }
    let answering =
        if plan.reply { Some(Answering::open(plan, &mut inbox, Instant::now())?) } else { None };
    let mut recv_loop = RecvLoop::new(plan, &inbox, recorder, answering, Instant::now());
    let mut command = None;

    let received =
        begin(plan, &inbox, recv_loop.measurement.recorder.as_mut(), reporter).and_then(|()| {
            if !plan.command.is_empty() {
                command = Some(RunningCommand::start(&plan.command)?);
            }
            recv_loop.run(&mut inbox, command.as_mut(), reporter)
        });
    let (stop, failure) = verdict::conclude(received, reporter.signal());
    let at = Moment::now();
    debug!(?stop, foreign = inbox.foreign(), "stopped");

    let diagnosis = recv_loop.start_final_diagnosis(at.steady, &inbox, stop);
    recv_loop.finish_answering(&inbox);
    let discards = inbox.discards();
    let left = inbox.leave();
    let hurry = matches!(stop, Stop::Interrupted(_) | Stop::Failed);
    let command = command.map(|running| running.finish(reporter.wake(), hurry)).transpose()?;
    if let Some(recorder) = &mut recv_loop.measurement.recorder {
        recorder.end(at.system.into(), discards.and_then(|discards| discards.known_drops()));
    }
    let end = RunEnd { at, stop, failure: failure.as_ref(), discards, command: command.as_ref() };
    let results = Results::new(plan, &mut recv_loop, &end);
    let finding = results.finding(plan, diagnosis, reporter);
    let verdict = results.figures.verdict.clone();
    let reported = reporter.final_output(|reporter| {
        results.report(plan, finding.as_ref(), left, &mut recv_loop.measurement.warnings, reporter)
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// Begins the recording, and reports that every group is joined.
fn begin(
    plan: &plan::Recv,
    inbox: &Inbox,
    recorder: Option<&mut Recorder>,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
    let mut recording = None;
    if let Some(recorder) = recorder {
        let known = plan.listens.iter().chain(&plan.beside).map(|listen| &listen.at.via);
        let ifaces = known.filter(|via| via.index != 0).map(|via| via.name.as_str());
        let dropped = inbox.discards().and_then(|discards| discards.known_drops());
        recorder.begin(UnixTime::now(), ifaces, dropped)?;
        recording = Some(recorder.first_file());
    }
    announce(plan, inbox, recording, reporter)
}

/// Reports that every group is joined.
fn announce(
    plan: &plan::Recv,
    inbox: &Inbox,
    recording: Option<String>,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
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
    let beside = plan.beside.iter().flat_map(TargetInfo::of);
    let beside = beside.map(|target| TargetInfo { beside: true, ..target });
    let targets = plan.listens.iter().flat_map(TargetInfo::of).chain(beside).collect();
    reporter.event(&Event::Listening(Listening {
        program: Program::default(),
        targets,
        rcvbuf_bytes: RcvbufInfo { asked, granted, request: plan.rcvbuf },
        recording,
        reply_limit: plan.reply.then_some(plan.reply_limit),
    }))?;
    Ok(reporter.flush()?)
}
