//! One run of `mcast send`, from the sockets to the verdict.

use std::borrow::Cow;
use std::io;
use std::time::{Duration, Instant};

use super::lines::Lines;
use super::passes::Passes;
use super::pieces::Pieces;
use super::queue_sender::QueueSender;
use super::replay::Replay;
use super::send_loop::SendLoop;
use super::source::{Source, Supply};
use super::stream_source::StreamSource;
use crate::assertion::Judgement;
use crate::commands::address_wait::wait_for_addresses;
use crate::event::{
    Event, FormInfo, InputInfo, LatenessInfo, Program, ReceiversInfo, ReplayInfo, ReplayTotals,
    SendSummary, Sending, ShapeInfo, TargetInfo, Totals,
};
use crate::iface::Cast;
use crate::input::Input;
use crate::net::{self, Outbox};
use crate::notice::send::loopback_loops;
use crate::notice::{capture, interface};
use crate::plan::{Content, InputContent, InputForm, PlanError};
use crate::playout::Detection;
use crate::report::Reporter;
use crate::target::Endpoint;
use crate::units::Speed;
use crate::verdict::{self, RunError, Stop, Verdict};
use crate::{host, plan};

/// Runs the `plan` of a sender, until a limit, a signal, or a closed output.
///
/// # Errors
/// The operation that the system refused before the first datagram. A datagram that cannot be sent
/// is no error here: it is counted, warned of once, and judged at the end.
pub fn run(plan: &plan::Send, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let mut source = open_source(plan, reporter)?;
    wait_for_addresses(plan.endpoints.iter(), reporter)?;
    let plan = &*without_empty_input(plan, &mut source)?;
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    net::set_timer_slack();
    let (start, cpu_at_start) = (Instant::now(), host::cpu_time());
    let mut send_loop = SendLoop::new(plan, source, &outbox, start);

    let announced = announce(plan, &outbox, &mut send_loop, reporter);
    let sent = announced.and_then(|()| send_loop.run(&mut outbox, reporter));
    let sent = sent.and_then(|stop| {
        send_loop.sender.drain(&mut outbox, reporter)?;
        Ok(stop)
    });
    let (stop, mut failure) = verdict::conclude(sent, reporter.signal());
    let elapsed = start.elapsed();
    let cpu = host::cpu_time().zip(cpu_at_start).map(|(now, then)| now.saturating_sub(then));
    // If only the output failed, receivers still wait for the end markers.
    if !matches!(failure, Some(RunError::Net(_))) {
        failure = failure.or(send_loop.end_streams(&mut outbox, reporter).err());
    }

    let errors = send_loop.sender.totals.iter().map(|target| target.errors).sum();
    let replayed = send_loop.sender.payload.source().and_then(|source| source.replayed());
    let receivers = send_loop.reports.as_ref();
    let receivers = receivers.map(|reports| reports.describe(Instant::now(), &outbox, usize::MAX));
    let judgements = judge(plan, receivers.as_ref());
    let verdict = match (&failure, &replayed) {
        (Some(error), _) => Verdict::could_not(error),
        (None, None) => {
            let verdict = verdict::of_send(send_loop.sent, plan.count, errors, stop);
            let reported = receivers.as_ref().map(|receivers| receivers.receivers);
            verdict::of_reports(verdict, reported, &judgements, stop)
        }
        (None, Some((totals, damage))) => {
            // A replay states its own reason for sending nothing.
            let ended = if stop == Stop::InputEnd { Stop::Complete } else { stop };
            let verdict = verdict::of_send(send_loop.sent, plan.count, errors, ended);
            of_replay(verdict, send_loop.sent, stop, totals, damage.as_deref())
        }
    };
    let replayed = replayed.map(|(totals, _)| totals);
    let skipped = send_loop.skipped;
    let last = send_loop.intervals.as_mut();
    let last = last.and_then(|of| of.last(start + elapsed, &send_loop.sender, skipped));
    let reported = reporter.final_output(|reporter| {
        last.map_or(Ok(()), |last| reporter.event(&Event::SendInterval(last)))?;
        let summary = summary(plan, send_loop, elapsed, cpu, verdict.clone());
        let summary =
            SendSummary { replay: replayed, reports: receivers, assertions: judgements, ..summary };
        reporter.event(&Event::SendSummary(summary))
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// The source of the datagrams, if the plan has an input.
///
/// # Errors
/// The input cannot be opened or read, or not be sent as planned.
fn open_source(
    plan: &plan::Send,
    reporter: &mut Reporter,
) -> Result<Option<Box<dyn Source>>, RunError> {
    let InputContent { place, form } = match &plan.content {
        Content::Replay(replay) => {
            return Ok(Some(Box::new(Replay::open(replay, &plan.endpoints)?)));
        }
        Content::Input(content) => content,
        Content::Message(_) | Content::Probe { .. } => return Ok(None),
    };
    let input = Input::open(place)?;
    Ok(Some(match form {
        InputForm::Pieces { size } => pieces_or_stream(input, *size, plan, reporter)?,
        InputForm::Lines { most } => Box::new(Lines::new(input, *most)),
    }))
}

/// The plan to begin with: its fallback replaces standard input that no option names if that is
/// empty.
fn without_empty_input<'a>(
    plan: &'a plan::Send,
    source: &mut Option<Box<dyn Source>>,
) -> Result<Cow<'a, plan::Send>, RunError> {
    let (Some(input), Some(fallback)) = (source.as_mut(), &plan.fallback) else {
        return Ok(Cow::Borrowed(plan));
    };
    if input.fill(Duration::ZERO)? != Supply::End {
        return Ok(Cow::Borrowed(plan));
    }
    *source = None;
    Ok(Cow::Owned(plan.with_message(fallback.clone())))
}

fn input_info(InputContent { place, form }: &InputContent) -> InputInfo<'_> {
    let form = match form {
        InputForm::Pieces { .. } => FormInfo::Pieces,
        InputForm::Lines { .. } => FormInfo::Lines,
    };
    InputInfo { place, form }
}

/// The source of an input in pieces. Its first bytes decide whether it is a transport stream.
fn pieces_or_stream(
    input: Input,
    size: usize,
    plan: &plan::Send,
    reporter: &mut Reporter,
) -> Result<Box<dyn Source>, RunError> {
    if plan.passes > 1 && input.size().is_none() {
        return Err(input.failed(io::Error::other(PlanError::Unrepeatable)).into());
    }
    let mut input = Passes::new(input, plan.passes);
    Ok(match input.recognise(plan, reporter)? {
        Detection::Found { framing, skipped } => {
            input.skip(skipped);
            Box::new(StreamSource::new(input, framing, plan.stream, plan.period)?)
        }
        _ if plan.stream.is_required && reporter.signal().is_none() => {
            return Err(input.failed(io::Error::other(PlanError::NotAStream)).into());
        }
        _ => Box::new(Pieces::new(input.seamless(), size)),
    })
}

fn summary(
    plan: &plan::Send,
    mut send_loop: SendLoop,
    elapsed: Duration,
    cpu: Option<Duration>,
    verdict: Verdict,
) -> SendSummary {
    let playout = send_loop.sender.payload.source().and_then(|source| source.playout_totals());
    let SendLoop { sender, lateness, skipped, .. } = send_loop;
    let QueueSender { meter, mut totals, waits, mut impairment, .. } = sender;
    for (position, target) in totals.iter_mut().enumerate() {
        target.impaired = impairment.as_mut().map(|held| held.truth(position).into());
    }
    // A flood has no rounds.
    let first_round = if plan.period.is_some() {
        plan.burst.saturating_mul(plan.endpoints.len() as u64)
    } else {
        1
    };
    SendSummary {
        elapsed,
        // The last piece of an input can be shorter.
        meter: match (plan.content.input(), plan.content.len()) {
            (None, Some(len)) => Totals::of_rounds(&meter, first_round, len),
            _ => Totals::from(&meter),
        },
        errors: totals.iter().map(|target| target.errors).sum(),
        targets: totals,
        skipped,
        waits,
        pace_ns: lateness.quantiles().map(LatenessInfo::from),
        cpu,
        playout,
        replay: None,
        reports: None,
        assertions: Vec::new(),
        verdict,
    }
}

/// The results of the assertions about the receivers.
fn judge(plan: &plan::Send, receivers: Option<&ReceiversInfo>) -> Vec<Judgement> {
    let assertions = plan.reports.iter().flat_map(|reports| &reports.assertions);
    let value = |metric| receivers.and_then(|receivers| receivers.value(metric));
    assertions.map(|assertion| assertion.judge(value)).collect()
}

/// Reports the targets, the pace and the payload.
fn announce(
    plan: &plan::Send,
    outbox: &Outbox,
    send_loop: &mut SendLoop,
    reporter: &mut Reporter,
) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    if let Content::Replay(replay) = &plan.content {
        let doubled = replay.doubled.as_deref().map(capture::doubled);
        doubled.map_or(Ok(()), |warning| reporter.warn(&warning))?;
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
        // A replay of a pipe has no targets yet.
        ttl: plan.options.ttl.or_else(|| outbox.endpoints().next().and_then(|_| outbox.ttl(0))),
        dscp: plan.options.dscp,
        interval: send_loop.interval(),
        shape: ShapeInfo::new(plan.shape),
        impair: plan.impair.as_ref().map(|impair| &*impair.text),
        seed: plan.seed,
        burst: plan.burst,
        len_bytes: plan.content.len(),
        input: plan.content.input().map(input_info),
        playout: send_loop.sender.payload.source().and_then(|source| source.playout()),
        reports: plan.reports.as_ref().map(|reports| reports.interval),
        stream: send_loop.sender.payload.stream(),
        replay: replay_info(&plan.content),
    }))?;
    Ok(reporter.flush()?)
}

/// The facts about a replay that are known before it begins.
fn replay_info(content: &Content) -> Option<ReplayInfo> {
    let Content::Replay(replay) = content else { return None };
    let found = replay.found.filter(|found| found.is_whole);
    Some(ReplayInfo {
        file: replay.place.to_string(),
        name: replay.place.quoted(),
        speed: replay.speed,
        passes: Some(replay.passes).filter(|passes| *passes < u64::MAX),
        datagrams: found.map(|found| found.datagrams),
        duration: found.filter(|_| replay.speed != Speed::Max).map(|found| found.duration),
    })
}

/// The verdict on a replay: sending nothing and a damaged capture are failures.
fn of_replay(
    mut verdict: Verdict,
    sent: u64,
    stop: Stop,
    totals: &ReplayTotals,
    damage: Option<&str>,
) -> Verdict {
    let reasons = damage.map(str::to_owned).into_iter();
    let nothing = (sent == 0 && stop == Stop::InputEnd).then(|| totals.why_nothing());
    for reason in reasons.chain(nothing) {
        verdict = verdict.with_failure(reason);
    }
    verdict
}
