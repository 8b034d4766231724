//! `mcast recv`: joins, receives, shows, leaves.

mod clock;
mod command;
mod count;
mod querier;
mod session;
mod silence;
mod until;
mod why;

use std::time::Instant;

use clock::Moment;
use command::Running;
use session::Session;
use tracing::debug;
pub use until::Until;

use crate::assertion::Judgement;
use crate::diagnosis::Asked;
use crate::event::{Event, Left, Listening, RcvbufInfo, RecvSummary, TargetInfo, spans};
use crate::iface::Cast;
use crate::net::{Inbox, Rcvbuf};
use crate::notice::{Warning, interface, warning};
use crate::report::Reporter;
use crate::sys::Interrupt;
use crate::target::{Endpoint, Listen};
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::{self, Ended, Evidence, RunError, Stop, Verdict};
use crate::{host, plan};

/// Receives as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused. Every group is left and the summary is said all the same.
pub fn run(
    plan: &plan::Recv,
    reporter: &mut Reporter,
    interrupt: &Interrupt,
) -> Result<Verdict, RunError> {
    let mut inbox =
        Inbox::open(&plan.listens, plan.rcvbuf.map(RcvbufRequest::bytes), plan.backend)?;
    if plan.spin {
        inbox.spin();
    }
    let start = Instant::now();
    let mut session = Session::new(plan, &inbox, start);
    let mut command = None;

    let received = announce(plan, &inbox, reporter).and_then(|()| {
        if !plan.command.is_empty() {
            command = Some(Running::start(&plan.command)?);
        }
        session.receive(&mut inbox, command.as_mut(), reporter, interrupt)
    });
    let (stop, failure) = verdict::conclude(received, interrupt);
    let end = Moment::now();
    debug!(?stop, foreign = inbox.foreign(), "stopped");

    let looking = session.why.look_at_end(end.steady, &session.counts, &inbox, stop);
    let kernel_drops = inbox.kernel_drops();
    let left = inbox.leave();
    let hurry = matches!(stop, Stop::Interrupted(_) | Stop::Failed);
    let command =
        command.map(|running| running.finish(reporter.wake(interrupt), hurry)).transpose()?;
    let set_by = session.clock_set_by(end);
    let last_report = session.last_report(end, kernel_drops);
    let figures = session.counts.figures(end, kernel_drops);
    let judgements: Vec<Judgement> = plan
        .assertions
        .iter()
        .map(|assertion| assertion.judge(|metric| figures.value(metric)))
        .collect();
    let came = session.counts.come();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_recv(&Evidence {
            stop,
            limits: &plan.limits,
            received: came.datagrams,
            streams: came.streams,
            command: command.as_ref(),
            judgements: &judgements,
        }),
    };
    let command_failed = matches!(command, Some(Ended::Failed(_)));
    let is_asserted = !plan.assertions.is_empty() && verdict.status == 0;
    let looking = looking.filter(|_| !command_failed && !is_asserted);
    let mut findings =
        looking.map(|looking| why::found_at_end(&looking, interrupt)).unwrap_or_default();
    let warns = came.is_nothing() && verdict.status == 1 && !command_failed;
    if warns && findings.len() > 1 {
        // The warning says as much, and where to look closer.
        findings.retain(|finding| finding.id != "nothing-arrives");
    }
    let said = reporter.final_output(|reporter| {
        if let Some(report) = last_report {
            reporter.event(&Event::Interval(report))?;
        }
        if let Some(by) = set_by {
            reporter.warn(&Warning::ClockSet { by })?;
        }
        reporter.explain(&findings)?;
        if warns {
            reporter.warn(&Warning::NothingReceived {
                at: in_words(&plan.listens),
                check: check(&plan.listens),
            })?;
        }
        for left in left {
            match left {
                Ok(Listen { at: Endpoint { group, port, via, .. }, .. }) => {
                    let left = Left { group, port, iface: &via.name, ifindex: via.index };
                    reporter.event(&Event::Left(left))?;
                }
                Err(error) => reporter.warn(&Warning::NotLeft(error))?,
            }
        }
        reporter.event(&Event::RecvSummary(RecvSummary {
            figures,
            assertions: judgements,
            verdict: verdict.clone(),
        }))
    });
    failure.map_or(Ok(()), Err)?;
    said?;
    Ok(verdict)
}

/// Says that every group is joined.
fn announce(plan: &plan::Recv, inbox: &Inbox, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = warning::any_source_in_ssm_range(&plan.listens) {
        reporter.warn(&warning)?;
    }
    reporter.warn_all(&interface::at_start(inbox.interfaces()))?;
    let Rcvbuf { asked, granted } = inbox.rcvbuf();
    match (plan.rcvbuf, granted) {
        (Some(request), Some(granted)) if granted < request.bytes() => {
            reporter.warn(&Warning::RcvbufCapped {
                request,
                granted,
                limit: host::most_rcvbuf(),
            })?;
        }
        _ => {}
    }
    let targets = plan.listens.iter().flat_map(TargetInfo::of).collect();
    reporter.event(&Event::Listening(Listening {
        targets,
        rcvbuf_bytes: RcvbufInfo { asked, granted, request: plan.rcvbuf },
    }))?;
    Ok(reporter.flush()?)
}

/// What is listened to, for a sentence.
fn in_words(listens: &[Listen]) -> String {
    let targets: Vec<TargetInfo> = listens.iter().flat_map(TargetInfo::of).collect();
    let spans: Vec<String> =
        spans(&targets).iter().map(|span| format!("{span} on {}", span.first.iface)).collect();
    spans.join(", ")
}

/// What to type to look into the first group that is listened to.
fn check(listens: &[Listen]) -> Option<String> {
    let listen = listens.iter().find(|listen| listen.at.cast == Cast::Multicast)?;
    Some(Asked::of(listen).check(Some(&listen.at.via.name)))
}
